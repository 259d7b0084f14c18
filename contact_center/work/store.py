"""SQL of work: every change of a turn is versioned, told to the router, and counted.

Capacity is not added and subtracted: `recount` writes what the operator's open work adds up to,
so it cannot drift. Whoever changes work locks operators first, then work (`storage/unit.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contact_center.employees import operators, presence
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.model import Origin, Work, cost_of

FIELDS = tuple(Work.__dataclass_fields__)
_ROW = ", ".join(f"w.{name}" for name in FIELDS)
_BACK = f"{_ROW}, cc_work_snapshot(w) AS snapshot"

OPEN = f"SELECT {_ROW} FROM work w WHERE w.contact_id = $1 AND w.state <> 'done'"  # noqa: S608
ONE = f"SELECT {_ROW} FROM work w WHERE w.id = $1"  # noqa: S608

# What is taken, or ends, while it lies aside has not waited: its turn begins with that.
_NOW_IF_PARKED = """
  arrived_at = CASE w.state WHEN 'parked' THEN $3::timestamptz ELSE w.arrived_at END,
  virtual_arrival = CASE w.state WHEN 'parked' THEN w.virtual_arrival + ($3 - w.arrived_at)
                    ELSE w.virtual_arrival END"""
ACTIVATE = f"""
UPDATE work w SET state = 'active', operator_id = $2, accepted_at = $3, offer_id = NULL,
  offer_until = NULL, preferred_id = NULL, preferred_until = NULL, parked_until = NULL,
  version = w.version + 1, {_NOW_IF_PARKED}
WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
PUT_OFF = f"""
UPDATE work w SET parked_until = $2, version = w.version + 1 WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
# What is in nobody's hands and costs other points than the running policy says.
_OTHERWISE = """
p.state = 'current' AND w.state IN ('waiting', 'offered', 'parked')
  AND w.cost <> (p.body -> 'media' -> w.medium ->> 'points')::int"""
COSTS_OTHERWISE = f"""
SELECT w.id, w.operator_id FROM work w, policies p WHERE {_OTHERWISE} LIMIT $1"""  # noqa: S608
REPRICE = f"""
UPDATE work w SET cost = (p.body -> 'media' -> w.medium ->> 'points')::int, version = w.version + 1
FROM policies p WHERE {_OTHERWISE} AND w.id = ANY($1::uuid[])
  AND (w.operator_id IS NULL OR w.operator_id = ANY($2::uuid[]))
RETURNING w.id, w.version, w.state, cc_work_snapshot(w) AS snapshot"""  # noqa: S608
# As the engine's own return (`routing.endings.come_back`): a wait that begins now, for him first.
COME_BACK = f"""
UPDATE work w SET state = 'waiting', arrived_at = $2, queued_at = $2,
  virtual_arrival = $2::timestamptz
    - (w.arrived_at - w.virtual_arrival - make_interval(secs => w.kept_ms / 1000.0)),
  kept_ms = 0, rung = 0, parked_until = NULL, preferred_until = NULL, version = w.version + 1
WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
BACK_IN_LINE = f"""
UPDATE work w SET state = 'waiting', operator_id = NULL, offer_id = NULL, offered_at = NULL,
  offer_until = NULL, excluded = $2, version = w.version + 1,
  preferred_until = CASE WHEN w.preferred_id = $3 THEN NULL ELSE w.preferred_until END,
  preferred_id = nullif(w.preferred_id, $3)
WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
WRAP_UP = f"""
UPDATE work w SET state = 'wrap_up', wrap_up_since = coalesce(w.wrap_up_since, $3),
  wrap_up_until = $2, version = w.version + 1
WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
END = f"""
UPDATE work w SET state = 'done', ended_at = $3, outcome = $2, offer_id = NULL,
  offer_until = NULL, version = w.version + 1, {_NOW_IF_PARKED}
WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
ADVANCE = f"""
UPDATE work w SET virtual_arrival = $2, kept_ms = w.kept_ms + cc_ms(w.virtual_arrival) - cc_ms($2),
  version = w.version + 1 WHERE w.id = $1 RETURNING {_BACK}"""  # noqa: S608
INSERT = f"""
INSERT INTO work AS w (id, contact_id, queue_id, medium, cost, state, origin, previous_id,
  arrived_at, virtual_arrival, requirement, preferred_id, preferred_until, excluded, operator_id,
  accepted_at, note, kept_ms, parked_until)
VALUES ($1, $2, $3, $4, coalesce((
  SELECT (body -> 'media' -> $4::text ->> 'points')::int FROM policies WHERE state = 'current'),
  $5), $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
RETURNING {_BACK}"""  # noqa: S608
END_OFFERS = """
UPDATE offers SET state = $2, reason = $3, ended_at = $4 WHERE work_id = $1 AND state = 'live'
"""
OFFER = """
SELECT o.id, o.work_id, o.operator_id, o.state, w.contact_id FROM offers o
JOIN work w ON w.id = o.work_id WHERE o.id = $1
"""
OFFER_STATE = "SELECT state FROM offers WHERE id = $1"
LIVE_OFFERS = """
SELECT o.id, o.work_id, o.created_at, o.until, o.explanation, w.contact_id
FROM offers o JOIN work w ON w.id = o.work_id
WHERE o.operator_id = $1 AND o.state = 'live' ORDER BY o.until, o.id
"""
HISTORY = """
SELECT w.id, w.state, w.queue_id, w.medium, w.origin, w.operator_id, w.arrived_at, w.offered_at,
  w.accepted_at, w.wrap_up_since, w.ended_at, w.outcome, w.note, w.previous_id, coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'id', o.id, 'operator_id', o.operator_id, 'state', o.state, 'reason', o.reason,
      'created_at', o.created_at, 'until', o.until, 'ended_at', o.ended_at,
      'explanation', o.explanation) ORDER BY o.created_at)
    FROM offers o WHERE o.work_id = w.id), '[]'::jsonb) AS offers
FROM work w WHERE w.contact_id = $1 ORDER BY w.arrived_at, w.seq
"""
RECOUNT = """
UPDATE operators o SET used = coalesce(s.used, 0), load = coalesce(s.load, '{}'::jsonb),
  idle_since = CASE WHEN o.id = ANY($2::uuid[]) THEN $4 ELSE o.idle_since END,
  misses = CASE WHEN o.id = ANY($3::uuid[]) THEN 0 ELSE o.misses END
FROM unnest($1::uuid[]) AS t (id) LEFT JOIN LATERAL (
  SELECT sum(m.points)::int AS used, jsonb_object_agg(m.medium, m.n) AS load FROM (
    SELECT medium, count(*)::int AS n, sum(cost) AS points FROM work
    WHERE operator_id = t.id AND state <> 'done' GROUP BY medium) m) s ON true
WHERE o.id = t.id
"""


def _work(row: Record) -> Work:
    return Work(**{name: row[name] for name in FIELDS})


async def open_work(db: Database | Unit, contact_id: UUID) -> Work | None:
    """The turn of this contact that is not over; None where there is none."""
    row = await db.fetchrow(OPEN, contact_id)
    return None if row is None else _work(row)


async def one(db: Database | Unit, work_id: UUID) -> Work | None:
    """A turn by its id."""
    row = await db.fetchrow(ONE, work_id)
    return None if row is None else _work(row)


async def activate(
    unit: Unit, work: Work, operator_id: UUID, *, now: datetime, actor: str, cause: str
) -> Work:
    """Give it into this operator's hands; a live offer ends, accepted if it was his."""
    if work.offer_id is not None:
        state = "accepted" if work.operator_id == operator_id else "rescinded"
        await unit.execute(END_OFFERS, work.id, state, None if state == "accepted" else cause, now)
    return await _change(unit, actor, cause, ACTIVATE, work.id, operator_id, now)


async def decline(
    unit: Unit, work: Work, *, reason: str, excluded: list[list[Any]], now: datetime, actor: str
) -> Work:
    """End its offer as declined: it waits again at its old place, and not for him."""
    await unit.execute(END_OFFERS, work.id, "declined", reason, now)
    return await _change(unit, actor, "declined", BACK_IN_LINE, work.id, excluded, work.operator_id)


async def wrap_up(
    unit: Unit, work: Work, until: datetime, *, now: datetime, actor: str, cause: str
) -> Work:
    """Let the operator finish by `until`, or longer than he was first given."""
    return await _change(unit, actor, cause, WRAP_UP, work.id, until, now)


async def advance(unit: Unit, work: Work, arrival: datetime, *, actor: str, cause: str) -> Work:
    """Give it an older place in the line."""
    return await _change(unit, actor, cause, ADVANCE, work.id, arrival)


async def put_off(unit: Unit, work: Work, until: datetime, *, actor: str) -> Work:
    """Leave what lies aside there until another time."""
    return await _change(unit, actor, "put_off", PUT_OFF, work.id, until)


async def come_back(unit: Unit, work: Work, *, now: datetime, actor: str, cause: str) -> Work:
    """Parked work waits again, for whom it prefers first."""
    return await _change(unit, actor, cause, COME_BACK, work.id, now)


async def end(unit: Unit, work: Work, outcome: str, *, now: datetime, actor: str) -> Work:
    """The turn is over; a live offer is taken back."""
    if work.offer_id is not None:
        await unit.execute(END_OFFERS, work.id, "rescinded", outcome, now)
    return await _change(unit, actor, outcome, END, work.id, outcome, now)


async def start(
    unit: Unit,
    *,
    contact_id: UUID,
    queue_id: UUID,
    medium: str,
    origin: Origin,
    now: datetime,
    actor: str,
    virtual_arrival: datetime | None = None,
    own_place: datetime | None = None,
    previous: Work | None = None,
    preferred_id: UUID | None = None,
    preferred_seconds: float = 0,
    excluded: Sequence[Sequence[Any]] = (),
    operator_id: UUID | None = None,
    parked_until: datetime | None = None,
    requirement: dict[str, Any] | None = None,
    note: str = "",
) -> Work:
    """A new turn: waiting, at once in the hands of `operator_id`, or laid aside.

    `own_place`: where it would stand by its priority alone (None: now); what `virtual_arrival` is
    before it was kept from a former turn. `requirement`: other needs than those of `previous`.
    """
    state = "active" if operator_id else "parked" if parked_until else "waiting"
    if requirement is None:
        requirement = previous.requirement if previous else {}
    place = virtual_arrival or now
    kept = max(timedelta(), (own_place or now) - place)
    held = preferred_id is not None and preferred_seconds > 0
    until = now + timedelta(seconds=preferred_seconds) if held else None
    return await _change(
        unit, actor, origin, INSERT,
        new_id(), contact_id, queue_id, medium, cost_of(medium),
        state, origin, previous.id if previous else None, now, place, requirement,
        preferred_id, until, list(excluded), operator_id, now if operator_id else None, note,
        kept // timedelta(milliseconds=1), parked_until,
    )  # fmt: skip


async def _change(unit: Unit, actor: str, cause: str, query: str, *args: Any) -> Work:
    row = await unit.fetchrow(query, *args)
    if row is None:
        msg = "a locked work row is missing"
        raise AssertionError(msg)
    unit.log(
        f"work.{row['state']}",
        "work",
        row["id"],
        version=row["version"],
        actor=actor,
        cause=cause,
        data=row["snapshot"],
    )
    return _work(row)


async def recount(
    unit: Unit,
    ids: Iterable[UUID | None],
    *,
    now: datetime,
    actor: str,
    cause: str,
    busy: Sequence[UUID] = (),
    answered: Sequence[UUID] = (),
) -> None:
    """Write what the locked operators' open work adds up to, and tell the router.

    `busy`: whose waiting for work begins anew (he took or finished something); `answered`: who
    reacted to an offer and so is no longer suspected of being away. A break that was asked for
    begins where nothing is left.
    """
    listed = sorted({one for one in ids if one is not None})
    if not listed:
        return
    await unit.execute(RECOUNT, listed, list(busy), list(answered), now)
    await operators.tell(unit, listed, actor=actor, cause=cause)
    await presence.settle(unit, listed, now=now, actor=actor)


async def offer(db: Database | Unit, offer_id: UUID) -> Record | None:
    """(id, work_id, operator_id, state, contact_id) of an offer."""
    return await db.fetchrow(OFFER, offer_id)


async def offer_state(unit: Unit, offer_id: UUID) -> str:
    """Its state now."""
    return str(await unit.fetchval(OFFER_STATE, offer_id))


async def live_offers(db: Database, operator_id: UUID) -> list[Record]:
    """What is being offered to him, the most urgent first."""
    return await db.fetch(LIVE_OFFERS, operator_id)


async def history(db: Database, contact_id: UUID) -> list[Record]:
    """All turns of a contact with their offers, oldest first; authorise the contact before."""
    return await db.fetch(HISTORY, contact_id)
