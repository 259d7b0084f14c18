"""The last day of a real database as traffic for a simulation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from contact_center.kernel.errors import Invalid
from contact_center.route import compare as route
from contact_center.storage.database import Database
from contact_center.work.planning import past
from contact_center.work.planning.simulate import as_it_was, compare
from contact_center.work.planning.store import last_day
from contact_center.work.planning.traffic import BadTraffic, Days, Seen
from routing.checks import read
from routing.events import Presence
from tests.contact_center.dispatch.house import House

TURN = """
UPDATE work SET arrived_at = now() - $2::interval, offered_at = now() - $2::interval + $3::interval,
  accepted_at = CASE WHEN $6 THEN NULL ELSE now() - $2::interval + $4::interval END,
  wrap_up_since = now() - $2::interval + $5::interval, misses = 1,
  ended_at = now() - $2::interval + $5::interval + interval '7 seconds',
  requirement = '{"skills": {"ru": 3}}', state = 'done',
  outcome = CASE WHEN $6 THEN 'abandoned' ELSE 'closed' END
WHERE id = $1
"""


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


async def turn(database: Database, work: UUID, ago: float, *, gave_up: bool = False) -> None:
    await database.execute(
        TURN, work, seconds(ago), seconds(10), seconds(13), seconds(113), gave_up
    )


async def test_the_last_day_tells_talks_waits_and_who_gave_up(
    database: Database, house: House, database_url: str
) -> None:
    with pytest.raises(BadTraffic, match="nobody came"):
        await last_day(database)
    queue = await house.queue("orders")
    anna = await house.operator(queue, presence="offline")
    await database.execute(
        "UPDATE presence_history SET started_at = now() - interval '30 hours',"
        " ended_at = now() - interval '6 hours', presence = 'break' WHERE employee_id = $1",
        anna,
    )
    await database.execute(
        "INSERT INTO presence_history (id, employee_id, presence, cause, started_at)"
        " VALUES (gen_random_uuid(), $1, 'ready', 'test', now() - interval '6 hours')",
        anna,
    )
    works = [await house.arrive(queue, "chat") for _ in range(5)]
    for number, work in enumerate(works[:4]):
        await turn(database, work, 20_000 - 100 * number, gave_up=number == 1)
    await turn(database, works[3], 90_000)  # the day before
    await database.execute(
        "UPDATE work SET arrived_at = now() - interval '60 s' WHERE id = $1", works[4]
    )
    rows = orjson.loads(past.packed(await last_day(database)))
    names = {str(queue): "orders"}
    traffic = past.traffic(rows, names, {"chat": 20})
    book = read({"media": {"chat": {"points": 20}}, "skills": {"ru": ""},
                 "queues": [{"code": "orders"}]})  # fmt: skip
    taken, gave_up, _, waits = traffic.seen
    assert isinstance(taken, Seen)
    assert (taken.queue, taken.medium, taken.needs) == ("orders", "chat", (("ru", 3),))
    assert (taken.waited_ms, taken.gave_up, taken.answer_ms) == (13_000, False, 3_000)
    assert (taken.talk_ms, taken.wrap_ms, taken.missed) == (100_000, 7_000, 1)
    assert (gave_up.talk_ms, gave_up.waited_ms, gave_up.gave_up) == (None, 120_000, True)
    assert (waits.talk_ms, waits.gave_up) == (None, False)
    assert waits.waited_ms == pytest.approx(60_000, abs=30_000)
    (came_at, operator), *presence = traffic.told
    assert (came_at, getattr(operator, "queues", ())) == (traffic.since_ms, ("orders",))
    assert [one for _, one in presence] == [
        Presence(str(anna), "break"),
        Presence(str(anna), "ready"),
    ]
    done = compare(
        [book], Days(traffic), replications=2, seed=1, within_ms=20_000, progress=lambda: None
    )
    assert done.table()["", ""]["came"][0].value > 0
    was = as_it_was(traffic.seen, 20_000)["orders", "chat"]
    assert (was["came"], was["service_level"], was["abandoned"], was["waiting"]) == (4, 50, 25, 25)
    # What runs has a fault: that is told in a sentence.
    await database.execute("UPDATE queues SET wrap_up_seconds = 1800")
    with pytest.raises(Invalid, match="wrap_up_limit"):
        await asyncio.to_thread(route.last_day, database_url)
