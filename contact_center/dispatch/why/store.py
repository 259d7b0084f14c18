"""What explanations are made of: a contact's turns and offers, and snapshots of now and of then.

Every query is bounded by what it asks about, none by how long the house has been working.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.dispatch.doors import Doors
from contact_center.dispatch.snapshots import (
    operator_state,
    policy_of,
    queue_state,
    work_state,
)
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record
from routing.model import OperatorState, QueueState, WorkState
from routing.policy import Policy

TURNS = 20
OFFERS = 100
EVENTS = 500
OPERATORS = 2000
"""So many are looked at to say why something waits."""
AHEAD = 1000
OF_QUEUE = 20
"""So many of each queue are looked at to say why somebody is idle: the most senior ones."""
QUEUES = 200
SKEW = 10_000
"""How far the log's numbers may be out of the order of its transactions: an index wants a bound."""

IN_LINE = ("waiting", "parked")

NOW = "SELECT cc_ms(clock_timestamp())"
TURNS_OF = """
SELECT id, state, origin, queue_id, arrived_at, accepted_at, ended_at, outcome, operator_id
FROM work WHERE contact_id = $1 ORDER BY arrived_at DESC LIMIT $2
"""
OFFERS_OF = """
SELECT id, work_id, operator_id, state, reason, explanation, created_at, ended_at
FROM offers WHERE work_id = ANY($1::uuid[]) ORDER BY created_at DESC LIMIT $2
"""
REFUSALS = """
SELECT DISTINCT ON (operator_id) operator_id, state, reason FROM offers
WHERE work_id = $1 AND state IN ('declined', 'missed') AND ended_at <= $2
ORDER BY operator_id, ended_at DESC
"""
MOVES_OF = """
SELECT cause, CASE WHEN cause IN ('park_over', 'client_wrote')  -- before its offer
                    THEN to_timestamp((data ->> 'arrived_ms')::bigint / 1000.0) ELSE at END AS at,
  (data ->> 'rung')::int AS rung, (data ->> 'queue_id')::uuid AS queue_id
FROM (SELECT kind, cause, at, data FROM events
      WHERE subject_id = ANY($1::uuid[]) ORDER BY seq DESC LIMIT $2) latest
WHERE kind = 'work.waiting' AND cause IN ('relaxed', 'overflow_ladder', 'overflow_closed',
                                           'park_over', 'client_wrote')
ORDER BY at
"""
OWN = """
SELECT EXISTS (SELECT FROM contacts WHERE id = $1 AND operator_id = $2)
    OR EXISTS (SELECT FROM work WHERE contact_id = $1 AND state <> 'done'
               AND (operator_id = $2 OR preferred_id = $2 AND origin = 'parked'))
"""
OPEN_TURN = "SELECT cc_work_snapshot(work) FROM work WHERE contact_id = $1 AND state <> 'done'"
WORK = "SELECT cc_work_snapshot(work) FROM work WHERE id = $1"
QUEUE = "SELECT cc_queue_snapshot($1)"
QUEUES_NOW = "SELECT cc_queue_snapshot(id) AS data FROM queues WHERE id = ANY($1::uuid[])"
OPERATORS_NOW = "SELECT cc_operator_snapshot(id) AS data FROM operators WHERE id = ANY($1::uuid[])"
OPERATOR = "SELECT cc_operator_snapshot($1)"
POLICY = """
SELECT jsonb_build_object('edition', edition, 'house', body -> 'house', 'media', body -> 'media')
FROM policies WHERE CASE WHEN $1::int IS NULL THEN state = 'current' ELSE edition = $1 END
"""
ABLE = """
SELECT cc_operator_snapshot(o.id) AS data
FROM operators o JOIN employees e ON e.id = o.id AND e.state = 'active' AND e.role <> 'light'
WHERE NOT $2 OR EXISTS (SELECT FROM queue_members m WHERE m.employee_id = o.id AND m.queue_id = $1)
ORDER BY o.presence <> 'ready', o.id LIMIT $3
"""
BEFORE = """
SELECT count(*) FROM (
  SELECT FROM work WHERE queue_id = $1 AND state = 'waiting' AND medium = $2
    AND virtual_arrival <= to_timestamp($3::bigint / 1000.0) AND seq <> $4 LIMIT $5) w
"""
OFFER = "SELECT id, work_id, operator_id, explanation, created_at FROM offers WHERE id = $1"
OFFERED = """
SELECT data FROM events WHERE subject_id = $1 AND kind = 'work.offered'
  AND data ->> 'offer_id' = $2 ORDER BY seq LIMIT 1
"""
THEN = """
SELECT data FROM events
WHERE subject_id = $1 AND kind = $2 AND seq <= $4::bigint + $5 AND (xid, seq) <= ($3::xid8, $4)
ORDER BY seq DESC LIMIT 1
"""
PEOPLE = "SELECT id, name FROM employees WHERE id = ANY($1::uuid[])"
SKILLS = "SELECT code, title FROM skills WHERE code = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a question about one contact and one operator looks at, as of one moment."""

    work: WorkState
    queue: QueueState
    operator: OperatorState
    policy: Policy
    now_ms: int
    preferred: OperatorState | None = None


async def now_ms(database: Database) -> int:
    """The database's clock."""
    return int(await database.fetchval(NOW))


async def turns(database: Database, contact_id: UUID) -> list[Record]:
    """The contact's latest turns in line, the newest first."""
    return await database.fetch(TURNS_OF, contact_id, TURNS)


async def offers(database: Database, work: Sequence[UUID]) -> list[Record]:
    """Their latest offers, the newest first."""
    return await database.fetch(OFFERS_OF, list(work), OFFERS)


async def moves(database: Database, work: Sequence[UUID]) -> list[Record]:
    """Their latest rungs and changes of queue by the ladder, as far as the log is kept."""
    return await database.fetch(MOVES_OF, list(work), EVENTS)


async def refusals(database: Database, work_id: UUID, at_ms: int) -> dict[UUID, Record]:
    """How the latest offer ended of everybody who did not take the work by then, and his reason."""
    by = datetime.fromtimestamp(at_ms / 1000, UTC)
    rows = await database.fetch(REFUSALS, work_id, by)
    return {row["operator_id"]: row for row in rows}


async def own(database: Database, contact_id: UUID, employee_id: UUID) -> bool:
    """Whether the contact is, or is being offered to be, this employee's."""
    return bool(await database.fetchval(OWN, contact_id, employee_id))


async def open_turn(database: Database, contact_id: UUID) -> WorkState | None:
    """The contact's turn that is not over."""
    data = await database.fetchval(OPEN_TURN, contact_id)
    return None if data is None else work_state(data)


async def work(database: Database, work_id: UUID) -> WorkState:
    """A turn as it is now."""
    return work_state(await database.fetchval(WORK, work_id))


async def queue(database: Database, queue_id: str, at_ms: int) -> QueueState:
    """A queue as it is now, open or closed."""
    return _at(await database.fetchval(QUEUE, UUID(queue_id)), at_ms)


async def operator(database: Database, employee_id: UUID | str | None) -> OperatorState | None:
    """An operator as he is now; None where there is none."""
    if employee_id is None:
        return None
    data = await database.fetchval(OPERATOR, UUID(str(employee_id)))
    return None if data is None else operator_state(data)


async def policy(database: Database, edition: int | None = None) -> Policy:
    """What holds for the whole house, or held as of an edition."""
    data = await database.fetchval(POLICY, edition)
    return Policy() if data is None else policy_of(data)


async def able(database: Database, queue_id: str, *, members: bool) -> list[OperatorState]:
    """The operators a queue may ask, those who are ready first."""
    rows = await database.fetch(ABLE, UUID(queue_id), members, OPERATORS)
    return [operator_state(row["data"]) for row in rows]


async def ahead(database: Database, one: WorkState) -> int:
    """How many wait before it in its queue for the same medium; a thousand means many."""
    found = await database.fetchval(
        BEFORE, UUID(one.queue_id), one.medium, one.virtual_ms, one.seq, AHEAD
    )
    return int(found)


async def offer(database: Database, offer_id: UUID) -> Record | None:
    """One offer with its explanation."""
    return await database.fetchrow(OFFER, offer_id)


async def then(database: Database, made: Record, employee_id: UUID) -> Seen | None:
    """What the router had been told when it made this offer; None where the log is gone."""
    said = made["explanation"]
    position = said.get("log")
    if not position:
        return None
    turn = await database.fetchval(OFFERED, made["work_id"], str(made["id"]))
    if turn is None:
        return None
    of_turn, at_ms = work_state(turn), int(said["at_ms"])
    queue_id = UUID(of_turn.queue_id)
    one = await database.fetchval(THEN, employee_id, "operator.changed", *position, SKEW)
    if one is None:
        return None
    # A queue nobody has changed since the log began is as it is now.
    rules = await database.fetchval(THEN, queue_id, "queue.changed", *position, SKEW)
    doors = _at(rules or await database.fetchval(QUEUE, queue_id), at_ms)
    edition = str(said.get("policy") or "")
    ruled = await policy(database, int(edition) if edition.isdecimal() else None)
    return Seen(of_turn, doors, operator_state(one), ruled, at_ms)


async def line(
    database: Database, seen: sa.ColumnElement[bool], at_ms: int
) -> list[tuple[WorkState, QueueState, int | None]]:
    """The most senior waiting work of every queue with its contact's number, as far as `seen`."""
    w, q, c = t.work, t.queues, t.contacts
    heads = (
        sa.select(w.c.id)
        .where(w.c.queue_id == q.c.id, w.c.state == sa.literal_column("'waiting'"), seen)
        .order_by(w.c.virtual_arrival)
        .limit(OF_QUEUE)
        .correlate(q)
        .lateral("heads")
    )
    some = sa.select(q.c.id).where(q.c.archived_at.is_(None)).order_by(q.c.id).limit(QUEUES)
    found = sa.alias(w, "waiting")
    rows = await database.fetch(
        sa.select(
            sa.literal_column("cc_work_snapshot(waiting)").label("work"), c.c.number.label("number")
        )
        .select_from(q)
        .join(heads, sa.true())
        .join(found, found.c.id == heads.c.id)
        .outerjoin(c, c.c.id == found.c.contact_id)
        .where(q.c.id.in_(some))
    )
    read = [(work_state(row["work"]), row["number"]) for row in rows]
    ids = sorted({UUID(one.queue_id) for one, _ in read})
    held = [_at(row["data"], at_ms) for row in await database.fetch(QUEUES_NOW, ids)]
    queues = {one.id: one for one in held}
    return [(one, queues[one.queue_id], number) for one, number in read]


async def operators(database: Database, ids: Iterable[str]) -> dict[str, OperatorState]:
    """These as they are now."""
    rows = await database.fetch(OPERATORS_NOW, [UUID(one) for one in sorted(set(ids))])
    read = [operator_state(row["data"]) for row in rows]
    return {one.id: one for one in read}


async def people(database: Database, ids: Iterable[UUID]) -> list[Record]:
    """Their names."""
    return await database.fetch(PEOPLE, list(ids))


async def skills(database: Database, codes: Iterable[str]) -> list[Record]:
    """Their titles."""
    return await database.fetch(SKILLS, list(codes))


def _at(data: dict[str, Any], at_ms: int) -> QueueState:
    return Doors().take(queue_state(data), at_ms)
