"""What `contact-center doctor` asks the database."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg

from contact_center.kernel.finding import Finding, bad, fine, poor
from contact_center.storage import migrate
from contact_center.storage.connecting import LOCALE_REMEDY, REMEDY, letters, one_line
from contact_center.storage.health import HORIZON

OLDEST_MAJOR = 15
_TWO_PART_SINCE = 10  # since then the driver gives the second number as the third
_SPARE = 5  # connections left for people with psql, backups, and a migration
_SECONDS = 5.0

_SLOW_LAG, _BROKEN_LAG = 1.0, 10.0
_DRIFT, _BAD_DRIFT = 0.5, 2.0

Connection = Any  # asyncpg ships no types


async def examine(url: str, *, pool: int, key_id: str | None) -> list[Finding]:
    """All checks of one database; `pool` is how many connections each process may open."""
    try:
        connection = await asyncpg.connect(url, timeout=_SECONDS, command_timeout=_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [bad("database", f"cannot connect: {one_line(error)}", REMEDY)]
    try:
        return [
            server_version(connection),
            await locale(connection),
            await durability(connection),
            await connections(connection, pool),
            await clock_drift(connection),
            await log_horizon_lag(connection),
            *await schema(connection, key_id),
        ]
    finally:
        await connection.close(timeout=_SECONDS)


def server_version(connection: Connection) -> Finding:
    """Old servers lack what the statements use."""
    version = connection.get_server_version()
    patch = version.micro if version.major >= _TWO_PART_SINCE else version.minor
    said = f"PostgreSQL {version.major}.{patch}"
    if version.major < OLDEST_MAJOR:
        return bad("server version", said, f"upgrade to PostgreSQL {OLDEST_MAJOR} or newer")
    return fine("server version", said)


async def locale(connection: Connection) -> Finding:
    """In the C locale PostgreSQL knows no letters but English ones."""
    wrong = await letters(connection)
    if wrong is None:
        return fine("locale", "lower('ПРИВЕТ') = 'привет', UTF8")
    return bad("locale", wrong, LOCALE_REMEDY)


async def durability(connection: Connection) -> Finding:
    """What is acknowledged must survive a power cut."""
    off = [
        name
        for name in ("fsync", "synchronous_commit", "full_page_writes")
        if await connection.fetchval("SELECT current_setting($1)", name) == "off"
    ]
    if off:
        return bad(
            "durability",
            f"{', '.join(off)} = off: a power cut loses acknowledged messages",
            f"set {off[0]} = on in postgresql.conf and reload",
        )
    return fine("durability", "fsync, synchronous_commit and full_page_writes are on")


async def connections(connection: Connection, pool: int) -> Finding:
    """All processes together must fit under the server's limit."""
    most = int(await connection.fetchval("SHOW max_connections"))
    reserved = int(await connection.fetchval("SHOW superuser_reserved_connections"))
    used = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    )
    room = most - reserved - _SPARE
    said = f"{used} of {most} in use; each process may open {pool}, room for {room // pool}"
    remedy = "raise max_connections of the server or lower database.pool_max of the processes"
    if pool > room:
        return bad("connections", said, remedy)
    return poor("connections", said, remedy) if used > room * 0.8 else fine("connections", said)


async def clock_drift(connection: Connection) -> Finding:
    """Deadlines are set by one clock and shown by another."""
    best = min([await _drift(connection) for _ in range(3)], key=abs)
    said = f"{abs(best):.3f} s {'behind' if best > 0 else 'ahead of'} the database"
    remedy = "let an NTP service set the clocks of this machine and of the database's"
    if abs(best) > _BAD_DRIFT:
        return bad("clock drift", said, remedy)
    return poor("clock drift", said, remedy) if abs(best) > _DRIFT else fine("clock drift", said)


async def _drift(connection: Connection) -> float:
    before = datetime.now(UTC)
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    return (theirs - before - (after - before) / 2).total_seconds()


async def log_horizon_lag(connection: Connection) -> Finding:
    """How long the oldest writing transaction of the server has held back the log's readers."""
    lag: float = await connection.fetchval(HORIZON)
    if lag > _SLOW_LAG:  # a checkpoint or a backup may hold one for a moment: look again
        await asyncio.sleep(_SLOW_LAG)
        lag = await connection.fetchval(HORIZON)
    said = f"oldest writing transaction is {lag:.1f} s old"
    remedy = (
        "find it:  SELECT pid, datname, state, query FROM pg_stat_activity WHERE backend_xid IS "
        "NOT NULL ORDER BY xact_start; SELECT * FROM pg_prepared_xacts"
    )
    if lag > _BROKEN_LAG:
        return bad("log_horizon_lag", said, remedy)
    return (
        poor("log_horizon_lag", said, remedy) if lag > _SLOW_LAG else fine("log_horizon_lag", said)
    )


async def schema(connection: Connection, key_id: str | None) -> list[Finding]:
    """Whether the tables are those of this program, and sealed with this node's key."""
    known = "SELECT to_regclass('alembic_version') IS NOT NULL"
    found = (
        await connection.fetchval("SELECT version_num FROM alembic_version")
        if await connection.fetchval(known)
        else None
    )
    head = migrate.head()
    if found is not None and found > head:
        said = f"at {found}, this program knows {head} only"
        return [bad("schema", said, _NEWER)]
    if found != head:
        said = f"at {found or 'nothing'}, this program wants {head}"
        return [bad("schema", said, "contact-center migrate")]
    newest = await connection.fetchval(_GENERATION)
    if newest > migrate.GENERATION:
        said = f"functions {newest} of a newer version, this program knows {migrate.GENERATION}"
        return [bad("schema", said, _NEWER)]
    findings = [fine("schema", f"at {head}")]
    if key_id is not None:
        findings.append(_same_key(await connection.fetchval(_KEY), key_id))
    return findings


_NEWER = "a newer version works with this database: install that version on this node, too"
_GENERATION = "SELECT coalesce(max(generation), 0) FROM installed_functions"
_KEY = "SELECT sealing_key_id FROM workspace"


def _same_key(stored: str | None, key_id: str) -> Finding:
    if stored and stored != key_id:
        return bad(
            "sealing key",
            f"the database was sealed with {stored}, this node has {key_id}",
            "bring the key file of the first node, or its backup (key_file)",
        )
    return fine("sealing key", f"{key_id} is the database's" if stored else "not used yet")
