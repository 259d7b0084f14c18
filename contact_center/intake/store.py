"""SQL of intake: the one call, and the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.ids import new_id
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

# Columns travel as one text each, their elements joined by SEPARATOR (see wire.py): asyncpg looks
# at every element of an array twice, which took a third of the writer's time. The first element is
# a dummy, because a column of one empty text would otherwise look like an empty column.
_ELEMENTS = "(string_to_array(${}, E'\\x1f', E'\\x1e'))[2:]::{}[]"
_TYPES = (
    "uuid", "uuid", "text", "int", "int", "text", "text", "text", "text", "text", "text", "text",
    "text", "timestamptz", "text", "text",
)  # fmt: skip


def _call() -> str:
    columns = [_ELEMENTS.format(n, kind) for n, kind in enumerate(_TYPES, 1)]
    return f"SELECT cc_intake({', '.join(columns)}, $17)"


CALL = _call()
KEEP = """
INSERT INTO quarantine (id, account_id, kind, error, request) VALUES ($1, $2, $3, $4, $5)
RETURNING version
"""
_ROW = sa.select(
    *(t.quarantine.c[name] for name in (
        "id", "account_id", "kind", "error", "state", "attempts", "received_at", "settled_at",
        "settled_by", "version",
    )),
    t.accounts.c.title.label("account"),
).join_from(t.quarantine, t.accounts)  # fmt: skip
SETTLE = """
UPDATE quarantine SET state = $2, settled_at = now(), settled_by = $3, version = version + 1
WHERE id = $1 AND state = 'waiting' RETURNING version
"""
FAILED_AGAIN = """
UPDATE quarantine SET attempts = attempts + 1, error = $2, version = version + 1
WHERE id = $1 AND state = 'waiting' RETURNING version
"""
WAITING = "SELECT count(*) FROM quarantine WHERE state = 'waiting'"

CURSOR = "SELECT cursor FROM account_cursors WHERE account_id = $1"
MOVE_CURSOR = """
INSERT INTO account_cursors (account_id, cursor) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET cursor = excluded.cursor, moved_at = now()
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that could not be taken in, as it came."""

    account_id: UUID
    kind: str  # malformed | poison | unsupported | refused
    error: str
    request: bytes  # packed, see packing.py


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row of the quarantine; `request` is there only when one is asked for."""

    id: UUID
    account_id: UUID
    account: str
    kind: str
    error: str
    state: str
    attempts: int
    received_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None
    version: int
    request: bytes = b""


async def keep(database: Database, kept: Kept) -> UUID:
    """Put something into quarantine; returns its id after the commit."""
    made = new_id()

    async def step(unit: Unit) -> None:
        await unit.execute(KEEP, made, kept.account_id, kept.kind, kept.error, kept.request)
        _log(unit, made, 1, "system", kept.kind)

    await database.run(step)
    return made


async def listed(
    database: Database, visible: sa.ColumnElement[bool], state: str | None, before: UUID | None,
    limit: int, *, account_id: UUID | None = None,
) -> list[Quarantined]:  # fmt: skip
    """Newest first, of the accounts whose queue is `visible`."""
    query = _ROW.join(t.queues, t.queues.c.id == t.accounts.c.queue_id).where(visible)
    if state is not None:
        query = query.where(t.quarantine.c.state == state)
    if account_id is not None:
        query = query.where(t.quarantine.c.account_id == account_id)
    if before is not None:
        query = query.where(t.quarantine.c.id < before)
    rows = await database.fetch(query.order_by(t.quarantine.c.id.desc()).limit(limit))
    return [_of(row) for row in rows]


async def get(database: Database, quarantined: UUID) -> Quarantined | None:
    """One row with its request."""
    query = _ROW.add_columns(t.quarantine.c.request).where(t.quarantine.c.id == quarantined)
    row = await database.fetchrow(query)
    return _of(row) if row else None


async def settle(
    database: Database, quarantined: UUID, state: str, employee_id: UUID | None
) -> bool:
    """Mark as replayed or dropped; False when somebody has settled it already."""

    async def step(unit: Unit) -> bool:
        version = await unit.fetchval(SETTLE, quarantined, state, employee_id)
        if version is None:
            return False
        actor = f"employee:{employee_id}" if employee_id else "system"
        _log(unit, quarantined, version, actor, state)
        return True

    return await database.run(step)


async def failed_again(database: Database, quarantined: UUID, error: str) -> None:
    """Note that a replay brought no success."""

    async def step(unit: Unit) -> None:
        version = await unit.fetchval(FAILED_AGAIN, quarantined, error)
        if version is not None:
            _log(unit, quarantined, version, "system", "failed_again")

    await database.run(step)


async def waiting(database: Database) -> int:
    """How many rows wait for a person."""
    return int(await database.fetchval(WAITING))


def _log(unit: Unit, subject: UUID, version: int, actor: str, cause: str) -> None:
    unit.log("quarantine.changed", "quarantine", subject, version=version, actor=actor, cause=cause)


def _of(row: Record) -> Quarantined:
    values: dict[str, Any] = dict(row)
    return Quarantined(**values)


async def cursor(database: Database, account_id: UUID) -> dict[str, Any] | None:
    """How far a listening account has been read; None at its beginning."""
    found: dict[str, Any] | None = await database.fetchval(CURSOR, account_id)
    return found


async def move_cursor(database: Database, account_id: UUID, value: dict[str, Any]) -> None:
    """Move the cursor where nothing was stored with it."""
    await database.execute(MOVE_CURSOR, account_id, value)
