"""What a plan changes, written set by set into locked rows, and told in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from contact_center.dispatch.plan import Ended, Left, Made, Moved, Plan, Returned
from contact_center.employees import presence
from contact_center.jobs import store as jobs
from contact_center.kernel.ids import new_id
from contact_center.kernel.log import get_logger
from contact_center.storage.events import Position
from contact_center.storage.unit import Unit
from contact_center.work.model import OVERFLOWED, PARK_OVER

log = get_logger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ACTOR = "router"

# By now the rows are locked: a statement of its own sees them as they are.
OPERATORS = "SELECT cc_operator_snapshot(id) AS data FROM unnest($1::uuid[]) AS id"
BACK_IN_LINE = """
UPDATE work w
SET state = 'waiting', operator_id = NULL, offer_id = NULL, offered_at = NULL, offer_until = NULL,
    excluded = v.excluded::jsonb, misses = v.misses, version = v.version
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[]) AS v(id, version, excluded, misses)
WHERE w.id = v.id AND w.version = v.version - 1
RETURNING w.id, w.version, cc_work_snapshot(w) AS data
"""
RETURN_WORK = """
UPDATE work w
SET state = 'waiting', arrived_at = to_timestamp(v.at_ms / 1000.0), kept_ms = 0, rung = 0,
    queued_at = to_timestamp(v.at_ms / 1000.0), parked_until = NULL, preferred_until = NULL,
    virtual_arrival = to_timestamp(v.virtual_ms / 1000.0), version = v.version
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[])
     AS v(id, version, at_ms, virtual_ms)
WHERE w.id = v.id AND w.version = v.version - 1 AND w.state = 'parked'
RETURNING w.id, w.version, cc_work_snapshot(w) AS data
"""
MOVE_WORK = """
UPDATE work w
SET queue_id = v.queue_id, rung = v.rung, version = v.version,
    came_queue_id = coalesce(w.came_queue_id, nullif(w.queue_id, v.queue_id)),
    queued_at = to_timestamp(v.queued_ms / 1000.0)
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::bigint[])
     AS v(id, version, queue_id, rung, queued_ms)
WHERE w.id = v.id AND w.version = v.version - 1 AND w.state = 'waiting'
RETURNING w.id, w.version, cc_work_snapshot(w) AS data
"""
LEAVE_LINE = """
UPDATE work w
SET state = 'done', outcome = v.outcome, ended_at = clock_timestamp(), version = v.version
FROM unnest($1::uuid[], $2::int[], $3::text[]) AS v(id, version, outcome)
WHERE w.id = v.id AND w.version = v.version - 1 AND w.state = 'waiting'
RETURNING w.id, w.version, w.contact_id, w.outcome, cc_work_snapshot(w) AS data,
  (SELECT c.last_seq FROM contacts c WHERE c.id = w.contact_id) AS last_seq
"""
END_OFFERS = """
UPDATE offers o SET state = v.state, reason = v.reason, ended_at = clock_timestamp()
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v(id, state, reason)
WHERE o.id = v.id AND o.state = 'live'
"""
# Work in line has no live offer. Should a row say otherwise, it must not stop the line for ever.
STRAY_OFFERS = """
UPDATE offers SET state = 'rescinded', reason = 'stray', ended_at = clock_timestamp()
WHERE work_id = ANY($1::uuid[]) AND state = 'live'
"""
MAKE_OFFERS = """
INSERT INTO offers (id, work_id, operator_id, fence, explanation, until)
SELECT v.id, v.work_id, v.operator_id, $5, v.explanation, v.until
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[], $6::timestamptz[])
     AS v(id, work_id, operator_id, explanation, until)
"""
OFFER_WORK = """
UPDATE work w
SET state = 'offered', operator_id = v.operator_id, offer_id = v.offer_id,
    offered_at = clock_timestamp(), offer_until = v.until, version = v.version
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::timestamptz[])
     AS v(id, version, operator_id, offer_id, until)
WHERE w.id = v.id AND w.version = v.version - 1 AND w.state = 'waiting'
RETURNING w.id, w.version, cc_work_snapshot(w) AS data
"""
# `used` may lie over a budget that was lowered meanwhile; it must not grow there.
CHANGE_OPERATORS = """
UPDATE operators o
SET used = v.used, load = v.load, misses = v.misses, version = v.version,
    presence = CASE WHEN v.away THEN 'not_answering' ELSE o.presence END,
    presence_reason = CASE WHEN v.away THEN NULL ELSE o.presence_reason END,
    presence_since = CASE WHEN v.away THEN clock_timestamp() ELSE o.presence_since END,
    offered_at = to_timestamp(nullif(v.turn, 0) / 1000.0),
    missed_at = to_timestamp(nullif(v.missed, 0) / 1000.0)
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::jsonb[], $6::int[], $7::bool[],
            $8::bigint[], $9::bigint[])
     AS v(id, expected, version, used, load, misses, away, turn, missed)
WHERE o.id = v.id AND o.version = v.expected AND (v.used <= o.budget OR v.used <= o.used)
RETURNING o.id
"""
END_PRESENCE = """
UPDATE presence_history SET ended_at = clock_timestamp()
WHERE employee_id = ANY($1::uuid[]) AND ended_at IS NULL
"""
BEGIN_PRESENCE = """
INSERT INTO presence_history (id, employee_id, presence, cause)
SELECT v.id, v.employee_id, 'not_answering', $3
FROM unnest($1::uuid[], $2::uuid[]) AS v(id, employee_id)
"""


class BrokenRows(Exception):
    """Locked rows did not take a change they allowed: the program is at fault, nothing is kept."""


async def write(unit: Unit, plan: Plan, fence: int, position: Position) -> None:
    """Write what the plan allows; `fence` and `position` are kept with each offer."""
    await _write_ended(unit, plan.ended)
    await _write_returned(unit, plan.returned)
    await _write_moved(unit, plan.moved)
    await _write_left(unit, plan.left)
    await _write_made(unit, plan.made, fence, position)
    await _write_operators(unit, plan)


async def _write_ended(unit: Unit, ended: list[Ended]) -> None:
    if not ended:
        return
    states = [one.work for one in ended]
    await unit.execute(
        END_OFFERS,
        [one.offer_id for one in ended],
        [one.state for one in ended],
        [one.reason for one in ended],
    )
    rows = await unit.fetch(
        BACK_IN_LINE,
        [state.id for state in states],
        [state.version for state in states],
        # As text: asyncpg would take lists in a jsonb[] for further dimensions of the array.
        [orjson.dumps(state.excluded).decode() for state in states],
        [state.misses for state in states],
    )
    causes = {one.work.id: one.reason or one.state for one in ended}
    _log_work(unit, "work.waiting", rows, causes)


async def _write_returned(unit: Unit, returned: list[Returned]) -> None:
    if not returned:
        return
    states = [one.work for one in returned]
    rows = await unit.fetch(
        RETURN_WORK,
        [state.id for state in states],
        [state.version for state in states],
        [state.arrived_ms for state in states],
        [state.virtual_ms for state in states],
    )
    _log_work(unit, "work.waiting", rows, dict.fromkeys((state.id for state in states), PARK_OVER))


async def _write_moved(unit: Unit, moved: list[Moved]) -> None:
    """Step by step: a piece of work may come two rungs further, or through two queues, at once."""
    while moved:
        first = {one.work.id: one for one in reversed(moved)}
        steps = list(first.values())
        moved = [one for one in moved if one not in steps]
        states = [one.work for one in steps]
        rows = await unit.fetch(
            MOVE_WORK,
            [state.id for state in states],
            [state.version for state in states],
            [state.queue_id for state in states],
            [state.rung for state in states],
            [state.queued_ms for state in states],
        )
        _log_work(unit, "work.waiting", rows, {one.work.id: one.cause for one in steps})


async def _write_left(unit: Unit, left: list[Left]) -> None:
    """End the turns, and leave what is to be done about their contacts to jobs of this commit."""
    if not left:
        return
    states = [one.work for one in left]
    rows = await unit.fetch(
        LEAVE_LINE,
        [state.id for state in states],
        [state.version for state in states],
        [one.to for one in left],
    )
    _log_work(unit, "work.done", rows, {one.work.id: one.cause for one in left})
    payloads = {
        str(row["id"]): {
            "contact_id": str(row["contact_id"]),
            "to": row["outcome"],
            "last_seq": row["last_seq"],
        }
        for row in rows
        if row["contact_id"] is not None
    }
    if payloads:
        now = await unit.fetchval("SELECT clock_timestamp()")
        await jobs.schedule_all(unit, OVERFLOWED, payloads, now)


async def _write_made(unit: Unit, made: list[Made], fence: int, position: Position) -> None:
    if not made:
        return
    offers = [one.offer for one in made]
    ids = [offer.work_id for offer in offers]
    until = [EPOCH + timedelta(milliseconds=offer.until_ms) for offer in offers]
    stray = await unit.execute(STRAY_OFFERS, ids)
    if stray != "UPDATE 0":
        log.error("work in line had a live offer", rows=stray)
    names = [offer.offer_id for offer in offers]
    operators = [offer.operator_id for offer in offers]
    reasons = [{**offer.explanation, "log": position} for offer in offers]
    await unit.execute(MAKE_OFFERS, names, ids, operators, reasons, fence, until)
    versions = [one.work.version for one in made]
    rows = await unit.fetch(OFFER_WORK, ids, versions, operators, names, until)
    _log_work(unit, "work.offered", rows, {o.work_id: o.explanation["rule"] for o in offers})


def _log_work(unit: Unit, kind: str, rows: list[Any], causes: dict[str, str]) -> None:
    if len(rows) != len(causes):
        raise BrokenRows(f"{kind}: {len(causes)} rows were to change, {len(rows)} did")
    for row in rows:
        data, cause = row["data"], causes[str(row["id"])]
        unit.log(
            kind,
            "work",
            row["id"],
            version=row["version"],
            actor=ACTOR,
            cause=cause,
            data=data,
        )


async def _write_operators(unit: Unit, plan: Plan) -> None:
    if not plan.changed:
        return
    states = [plan.operators[operator_id] for operator_id in plan.changed]
    ids = [state.id for state in states]
    rows = await unit.fetch(
        CHANGE_OPERATORS,
        ids,
        list(plan.changed.values()),
        [state.version for state in states],
        [state.used for state in states],
        [dict(state.load) for state in states],
        [state.misses for state in states],
        [state.id in plan.not_answering for state in states],
        [state.turn for state in states],
        [state.missed_ms for state in states],
    )
    if len(rows) != len(ids):
        raise BrokenRows(f"operators: {len(ids)} rows were to change, {len(rows)} did")
    await _write_presence(unit, list(plan.not_answering))
    await _tell_operators(unit, ids)
    if plan.ended:  # who asked for a break after his work, and has none left, begins it
        now = await unit.fetchval("SELECT clock_timestamp()")
        free = [UUID(state.id) for state in states if state.used == 0]
        await presence.settle(unit, free, now=now, actor=ACTOR)


async def _tell_operators(unit: Unit, ids: list[str]) -> None:
    for row in await unit.fetch(OPERATORS, ids):
        data = row["data"]
        unit.log(
            "operator.changed",
            "operator",
            UUID(data["id"]),
            version=data["version"],
            actor=ACTOR,
            data=data,
        )


async def _write_presence(unit: Unit, operators: list[str]) -> None:
    if operators:
        await unit.execute(END_PRESENCE, operators)
        await unit.execute(BEGIN_PRESENCE, [new_id() for _ in operators], operators, "missed")
