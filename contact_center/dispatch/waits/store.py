"""SQL of waits: what was measured, what was told. The router alone writes here, under its lease.

A row of `wait_rates` holds sums that stand for about the last `WINDOW` contacts of a queue and
medium: what is older counts less with every new one, and a quiet week forgets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from routing.estimate import Place, Promise, Rates, Span

WINDOW = 200.0
FEWEST = 5.0
"""Contacts handled before anything is said: fewer would be a guess."""

RATES = """
SELECT queue_id, medium, handle_seconds / handled AS handle_seconds,
       CASE WHEN waited_seconds > 0 THEN gone / waited_seconds ELSE 0 END AS leaving
FROM wait_rates WHERE handled >= $1 AND handle_seconds > 0
"""
# A contact takes its operator's room from the offer he accepted to the end of his wrap-up. Whom the
# policy sent out of the line has waited, but has not lost patience; what was closed while it lay
# aside has not even waited.
MEASURE = """
INSERT INTO wait_rates AS r (queue_id, medium, handled, handle_seconds, gone, waited_seconds)
SELECT w.queue_id, w.medium, count(w.accepted_at), coalesce(sum(extract(epoch FROM
         w.ended_at - least(w.accepted_at, coalesce(w.offered_at, w.accepted_at)))), 0),
       count(*) FILTER (WHERE w.accepted_at IS NULL
         AND w.ended_at > w.arrived_at
         AND coalesce(w.outcome, '') NOT IN ('mail_form', 'bot', 'voicemail')),
       sum(greatest(0, extract(epoch FROM coalesce(w.accepted_at, w.ended_at) - w.arrived_at)))
FROM work w WHERE w.id = ANY($1::uuid[]) AND w.state = 'done' GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (queue_id, medium) DO UPDATE SET
  (handled, handle_seconds, gone, waited_seconds) = (
    SELECT r.handled * k + excluded.handled, r.handle_seconds * k + excluded.handle_seconds,
           r.gone * k + excluded.gone, r.waited_seconds * k + excluded.waited_seconds
    FROM (SELECT CASE WHEN r.handled + r.gone = 0 THEN 0 ELSE greatest(0, least(1,
      ($2 - excluded.handled - excluded.gone) / (r.handled + r.gone))) END AS k) AS decay)
"""
SETTLE = """
WITH over AS (
  DELETE FROM wait_promises p USING work w
  WHERE w.id = p.work_id AND p.work_id = ANY($1::uuid[]) AND w.state NOT IN ('waiting', 'offered')
  RETURNING p.queue_id, p.medium, p.first_low_ms / 1000.0 AS low, p.first_high_ms / 1000.0 AS high,
            extract(epoch FROM w.accepted_at - p.first_at) AS real
)
INSERT INTO wait_rates AS r (queue_id, medium, promised, within_low, within_high, off_seconds,
                             real_seconds)
SELECT queue_id, medium, count(*), count(*) FILTER (WHERE real <= low),
       count(*) FILTER (WHERE real <= high), sum(abs(real - low)), sum(greatest(0, real))
FROM over WHERE real IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (queue_id, medium) DO UPDATE SET
  (promised, within_low, within_high, off_seconds, real_seconds) = (
    SELECT r.promised * k + excluded.promised, r.within_low * k + excluded.within_low,
           r.within_high * k + excluded.within_high, r.off_seconds * k + excluded.off_seconds,
           r.real_seconds * k + excluded.real_seconds
    FROM (SELECT CASE WHEN r.promised = 0 THEN 0 ELSE greatest(0, least(1,
      ($2 - excluded.promised) / r.promised)) END AS k) AS decay)
"""
TOLD = """
SELECT p.* FROM wait_promises p JOIN work w ON w.id = p.work_id
WHERE w.state IN ('waiting', 'offered')
"""
STALE = """
DELETE FROM wait_promises p USING work w
WHERE w.id = p.work_id AND w.state NOT IN ('waiting', 'offered')
"""
TELL = """
INSERT INTO wait_promises AS p (work_id, queue_id, medium, asked, ahead, senior, room, low_ms,
  high_ms, told_ms, cause, first_low_ms, first_high_ms)
SELECT v.work_id, v.queue_id, v.medium, v.asked, v.ahead, v.senior, v.room, v.low_ms, v.high_ms,
       v.told_ms, v.cause, v.low_ms, v.high_ms
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::float8[], $6::int[], $7::int[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])
     AS v (work_id, queue_id, medium, asked, ahead, senior, room, low_ms, high_ms, told_ms, cause)
JOIN work w ON w.id = v.work_id AND w.state IN ('waiting', 'offered') ORDER BY v.work_id
ON CONFLICT (work_id) DO UPDATE SET asked = excluded.asked, ahead = excluded.ahead,
  senior = excluded.senior, room = excluded.room, low_ms = excluded.low_ms,
  high_ms = excluded.high_ms, told_ms = excluded.told_ms, cause = excluded.cause, shown = true
"""
HIDE = "UPDATE wait_promises SET shown = false WHERE work_id = ANY($1::uuid[])"
OF_CONTACTS = """
SELECT w.contact_id, p.ahead, p.low_ms, p.high_ms, p.cause FROM work w
JOIN wait_promises p ON p.work_id = w.id AND p.shown
WHERE w.contact_id = ANY($1::uuid[]) AND w.state <> 'done' AND w.state IN ('waiting', 'offered')
"""
OF_WORK = "SELECT ahead, low_ms, high_ms FROM wait_promises WHERE work_id = $1 AND shown"


async def rates(database: Database) -> dict[tuple[str, str], Rates]:
    """What is known well enough, by queue and medium."""
    rows = await database.fetch(RATES, FEWEST)
    return {
        (str(row["queue_id"]), row["medium"]): Rates(
            float(row["handle_seconds"]), float(row["leaving"])
        )
        for row in rows
    }


async def measure(unit: Unit, ended: Sequence[UUID], settled: Sequence[UUID]) -> None:
    """Count in work that is over, and hold promises against when somebody took the contact."""
    await unit.execute(MEASURE, ended, WINDOW)
    await unit.execute(SETTLE, settled, WINDOW)


async def told(unit: Unit) -> dict[str, tuple[Promise, bool]]:
    """What was told to who still waits, and whether it is shown; forgets about the others."""
    await unit.execute(STALE)
    return {str(row["work_id"]): (promise(row), row["shown"]) for row in await unit.fetch(TOLD)}


def promise(row: Record) -> Promise:
    """A row as the estimator knows it."""
    return Promise(
        Place(str(row["work_id"]), str(row["queue_id"]), row["medium"], row["asked"], row["ahead"],
              row["senior"], row["room"]),
        Span(row["low_ms"], row["high_ms"]), row["told_ms"], row["cause"],
    )  # fmt: skip


async def tell(unit: Unit, promises: Sequence[Promise], hidden: Sequence[str]) -> None:
    """Write what is told from now on, and of whom nothing is known any more."""
    if promises:
        places, spans = [one.place for one in promises], [one.span for one in promises]
        await unit.execute(
            TELL, [UUID(one.work_id) for one in places], [UUID(one.queue_id) for one in places],
            [one.medium for one in places], [one.asked for one in places],
            [one.ahead for one in places], [one.senior for one in places],
            [one.room for one in places], [one.low_ms for one in spans],
            [one.high_ms for one in spans], [one.at_ms for one in promises],
            [one.cause for one in promises],
        )  # fmt: skip
    if hidden:
        await unit.execute(HIDE, [UUID(one) for one in hidden])


async def of_contacts(database: Database, contacts: Sequence[UUID]) -> Mapping[UUID, Record]:
    """(ahead, low_ms, high_ms, cause) of those of these contacts whose wait is known."""
    rows = await database.fetch(OF_CONTACTS, list(contacts))
    return {row["contact_id"]: row for row in rows}


async def of_work(database: Database, work_id: UUID) -> Record | None:
    """(ahead, low_ms, high_ms) of a turn whose wait is known."""
    return await database.fetchrow(OF_WORK, work_id)


async def waiting(database: Database, visible: sa.ColumnElement[bool], limit: int) -> list[Record]:
    """The known waits one may see, the next ones first."""
    p, w = t.wait_promises.c, t.work.c
    return await database.fetch(
        sa.select(w.contact_id, w.queue_id, p.ahead, p.low_ms, p.high_ms, p.cause)
        .select_from(t.wait_promises.join(t.work, w.id == p.work_id))
        .where(p.shown, w.state.in_(["waiting", "offered"]), w.contact_id.is_not(None), visible)
        .order_by(p.ahead, p.work_id).limit(limit)
    )  # fmt: skip


async def accuracy(database: Database, visible: sa.ColumnElement[bool]) -> list[Any]:
    """The sums of the queues one may see."""
    r = t.wait_rates
    return await database.fetch(
        sa.select(r).select_from(r.join(t.queues, t.queues.c.id == r.c.queue_id))
        .where(visible).order_by(r.c.queue_id, r.c.medium)
    )  # fmt: skip
