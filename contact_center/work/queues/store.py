"""SQL of queues and their members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.errors import Invalid, NotFound
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Queries = Database | Unit
EVERYTHING = sa.true()

_QUEUES = sa.select(
    t.queues,
    sa.func.array(
        sa.select(t.queue_members.c.employee_id)
        .where(t.queue_members.c.queue_id == t.queues.c.id)
        .order_by(t.queue_members.c.employee_id)
        .scalar_subquery()
    ).label("members"),
)
IN_USE = """
SELECT CASE
  WHEN EXISTS (SELECT FROM accounts WHERE queue_id = $1 AND archived_at IS NULL) THEN 'accounts'
  WHEN EXISTS (SELECT FROM contacts WHERE queue_id = $1 AND state = 'open') THEN 'contacts'
  WHEN EXISTS (SELECT FROM work WHERE queue_id = $1 AND state IN ('waiting','offered')) THEN 'work'
  WHEN EXISTS (SELECT FROM queues q WHERE archived_at IS NULL AND id <> $1 AND (
      rules ->> 'closed' = 'queue:' || $1 OR EXISTS (
        SELECT FROM jsonb_array_elements(q.rules -> 'ladder') r
        WHERE r ->> 'overflow' = 'queue:' || $1))) THEN 'policy'
END
"""
ARCHIVED_IN_RULES = """
SELECT o.name FROM queues q JOIN queues o ON o.archived_at IS NOT NULL AND o.id <> q.id AND (
  q.rules ->> 'closed' = 'queue:' || o.id OR EXISTS (
    SELECT FROM jsonb_array_elements(q.rules -> 'ladder') r
    WHERE r ->> 'overflow' = 'queue:' || o.id))
WHERE q.id = $1
UNION ALL
SELECT s.code FROM queues q JOIN skills s ON s.archived_at IS NOT NULL AND (
  q.rules -> 'needs' ? s.code OR EXISTS (
    SELECT FROM jsonb_array_elements(q.rules -> 'ladder') r
    WHERE r -> 'needs' ? s.code OR r -> 'drop' ? s.code))
WHERE q.id = $1
LIMIT 1
"""
WAITING = """
SELECT queue_id, count(*) AS n FROM work WHERE state IN ('waiting','offered') GROUP BY queue_id
"""


async def queues(
    db: Queries, visible: sa.ColumnElement[bool], *, archived: bool = False
) -> list[Record]:
    """Queues by name, with their members."""
    query = _QUEUES.where(visible).order_by(sa.func.lower(t.queues.c.name), t.queues.c.id)
    return await db.fetch(query if archived else query.where(t.queues.c.archived_at.is_(None)))


async def queue(
    db: Queries, queue_id: UUID, visible: sa.ColumnElement[bool] = EVERYTHING
) -> Record:
    """One queue. Raises NotFound."""
    row = await db.fetchrow(_QUEUES.where(t.queues.c.id == queue_id, visible))
    if row is None:
        raise NotFound("there is no such queue")
    return row


async def lock(unit: Unit, queue_id: UUID) -> Record:
    """The queue, held against other changes. Raises NotFound."""
    row = await unit.fetchrow("SELECT * FROM queues WHERE id = $1 FOR NO KEY UPDATE", queue_id)
    if row is None:
        raise NotFound("there is no such queue")
    return row


async def add(unit: Unit, values: Mapping[str, Any]) -> None:
    await unit.execute(sa.insert(t.queues).values(dict(values)))


async def in_use(db: Queries, queue_id: UUID) -> str | None:
    """What still needs the queue: accounts, contacts, work, policy; None when nothing does."""
    what: str | None = await db.fetchval(IN_USE, queue_id)
    return what


async def archived_in_rules(db: Queries, queue_id: UUID) -> str | None:
    """An archived queue its contacts would go to, or skill they would ask for; None if none is."""
    name: str | None = await db.fetchval(ARCHIVED_IN_RULES, queue_id)
    return name


async def code_is_taken(db: Queries, code: str, *, but: UUID) -> bool:
    query = "SELECT EXISTS (SELECT FROM queues WHERE code = $1 AND id <> $2)"
    return bool(await db.fetchval(query, code, but))


async def members(db: Queries, queue_id: UUID) -> set[UUID]:
    rows = await db.fetch("SELECT employee_id FROM queue_members WHERE queue_id = $1", queue_id)
    return {row["employee_id"] for row in rows}


async def set_members(unit: Unit, queue_id: UUID, wanted: Iterable[UUID]) -> None:
    """Make these the members; the operators' rows must be locked. Raises Invalid."""
    listed = sorted(set(wanted))
    known = await unit.fetch("SELECT id FROM operators WHERE id = ANY($1::uuid[])", listed)
    if len(known) < len(listed):
        raise Invalid("there is no such employee", field="members", code="unknown_reference")
    await unit.execute(
        "DELETE FROM queue_members WHERE queue_id = $1 AND employee_id <> ALL($2::uuid[])",
        queue_id,
        listed,
    )
    await unit.execute(
        "INSERT INTO queue_members (queue_id, employee_id) SELECT $1, unnest($2::uuid[])"
        " ON CONFLICT DO NOTHING",
        queue_id,
        listed,
    )


async def snapshot(db: Queries, queue_id: UUID) -> Any:
    """The queue as the routing engine sees it."""
    return await db.fetchval("SELECT cc_queue_snapshot($1)", queue_id)


async def waiting(db: Queries) -> dict[UUID, int]:
    """How much work waits in each queue, what is just being offered included."""
    return {row["queue_id"]: row["n"] for row in await db.fetch(WAITING)}
