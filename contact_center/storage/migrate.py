"""Bring a database to the present schema; safe when several processes start at once.

Tables come by Alembic revisions, SQL functions from the .sql files below: they are installed
again whenever their text has changed. A program that is older than the database refuses to start:
it must not bring its older functions back under the feet of newer nodes. A database that is up to
date costs a few short queries and never imports Alembic, which keeps the second start short.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contact_center.kernel.errors import SettingsError
from contact_center.storage.connecting import connected, require_locale
from contact_center.storage.database import Connection, prepare

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection as AlchemyConnection

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "storage" / "migrations"
T = TypeVar("T", str, int)
LOCK = 7_304_215_001  # any number, the same in every process
# In order of dependence: a function may use those of the files above it.
# Raise GENERATION with every change of one of them (a test keeps the two together).
GENERATION = 32
FUNCTIONS = (
    "work/snapshot.sql", "outbox/deliveries.sql", "intake/people.sql", "intake/opening.sql",
    "intake/changes.sql", "intake/threads.sql", "intake/batch.sql", "automation/answers.sql",
)  # fmt: skip


def head() -> str:
    """The newest revision: revision files are numbered."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def digests() -> dict[str, str]:
    """What each function file should be, by name."""
    files = ((name, ROOT / name) for name in FUNCTIONS)
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files if path.exists()
    }


async def migrate(url: str) -> bool:
    """Migrate under an advisory lock; True when there was something to do.

    Raises Unavailable when the server is away, SettingsError when it does not let us in or is not
    for us (a newer version's included), and the driver's errors when a migration fails (nothing of
    the failed revision is kept).
    """
    async with connected(url) as connection:
        await prepare(connection)
        await require_locale(connection)
        if await _up_to_date(connection):
            return False
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await _up_to_date(connection):
            return False
        if await _revision(connection) != head():
            await _upgrade(url)
        await _install(connection)
        return True


async def _revision(connection: Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


async def _up_to_date(connection: Connection) -> bool:
    """Whether nothing is to be done. Raises SettingsError where the database is ahead of us."""
    revision = await _revision(connection)
    _refuse_newer("schema", revision or "", head())
    if revision != head():
        return False
    rows = await connection.fetch("SELECT name, digest, generation FROM installed_functions")
    _refuse_newer("functions", max((row["generation"] for row in rows), default=0), GENERATION)
    wanted = {name: (digest, GENERATION) for name, digest in digests().items()}
    return {row["name"]: (row["digest"], row["generation"]) for row in rows} == wanted


def _refuse_newer(what: str, found: T, known: T) -> None:
    if found > known:
        raise SettingsError(
            f"a newer version works with this database ({what} {found}, this program knows {known}"
            "): install that version on this node, too",
            key="database_url",
        )


async def _upgrade(url: str) -> None:
    # Alembic costs 1.7 s and is needed only when there is work.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def upgrade(connection: AlchemyConnection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()

    engine = create_async_engine(alchemy_url(url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


async def _install(connection: Connection) -> None:
    async with connection.transaction():
        for name, digest in digests().items():
            await connection.execute((ROOT / name).read_text())
            await connection.execute(
                "INSERT INTO installed_functions (name, digest, generation) VALUES ($1, $2, $3) "
                "ON CONFLICT (name) DO UPDATE"
                " SET digest = excluded.digest, generation = excluded.generation",
                name,
                digest,
                GENERATION,
            )


def alchemy_url(url: str) -> str:
    """The same address as SQLAlchemy's asyncpg dialect writes it."""
    return f"postgresql+asyncpg://{url.split('://', 1)[1]}"
