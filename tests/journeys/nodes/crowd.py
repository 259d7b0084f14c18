"""A big house under load, written set by set: many who wait, skills, operators at their screens.

`Crowd` writes the rows as intake and the desk do, with versions and events, and looks afterwards
for what must never be: two who hold one contact, an operator above what he may carry, a router
that wrote after another had its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from tests.contact_center.dispatch.house import COSTS, FAULTS

SKILLS, QUEUES, KINDS = 50, 4, 200
MEDIA = ("chat", "chat", "mail", "voice")
BEAT = 0.1
SLICE = 500
FEW = ["skill_0", "skill_1"]

SEED_PEOPLE = """
WITH people AS (
  INSERT INTO employees (id, email, name, role)
  SELECT id, id || '@example.org', 'Anna', 'operator' FROM unnest($1::uuid[]) AS id RETURNING id
), members AS (
  INSERT INTO queue_members (queue_id, employee_id)
  SELECT q, p FROM unnest($1::uuid[]) AS p, unnest($2::uuid[]) AS q
), history AS (
  INSERT INTO presence_history (id, employee_id, presence, cause)
  SELECT gen_random_uuid(), p, $3, 'test' FROM unnest($1::uuid[]) AS p
), screens AS (
  INSERT INTO operator_sessions (id, employee_id, node, opened_at, seen_at)
  SELECT gen_random_uuid(), p, 'crowd', now(), now() FROM unnest($1::uuid[]) AS p
)
INSERT INTO operators (id, presence, idle_since, ceilings)
SELECT p, $3, clock_timestamp(), '{"chat": 3}' FROM unnest($1::uuid[]) AS p
"""
SEED_SKILLS = """
INSERT INTO employee_skills (employee_id, skill_id, level)
SELECT v.who, s.id, v.level FROM unnest($1::uuid[], $2::text[], $3::int[]) AS v(who, code, level)
JOIN skills s ON s.code = v.code
"""
ARRIVE = """
INSERT INTO work AS w (id, queue_id, medium, cost, requirement, arrived_at, virtual_arrival)
SELECT v.id, v.queue, v.medium, v.cost, v.asked::jsonb, clock_timestamp(), clock_timestamp()
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[])
     AS v(id, queue, medium, cost, asked)
RETURNING id, version, cc_work_snapshot(w) AS data
"""
ON_HAND = """
SELECT id, operator_id, offer_id, state FROM work WHERE state IN ('offered', 'active')
ORDER BY random() LIMIT $1
"""
TAKEN = "UPDATE offers SET state = 'accepted', ended_at = now() WHERE id = ANY($1::uuid[])"
MOVE = """
UPDATE work w SET state = $2, version = version + 1, offer_id = NULL, offer_until = NULL,
    accepted_at = coalesce(accepted_at, now()),
    ended_at = CASE WHEN $2 = 'done' THEN now() END
WHERE id = ANY($1::uuid[]) RETURNING id, version, cc_work_snapshot(w) AS data
"""
CHANGE = """
UPDATE operators o SET used = v.used, load = v.load::jsonb, misses = 0, version = version + 1,
    idle_since = CASE WHEN v.used = 0 THEN clock_timestamp() ELSE o.idle_since END
FROM unnest($1::uuid[], $2::int[], $3::text[]) AS v(id, used, load) WHERE o.id = v.id
"""
OPERATORS = "SELECT id, version, cc_operator_snapshot(id) AS data FROM operators WHERE id = ANY($1)"
SCREENS = "UPDATE operator_sessions SET seen_at = now()"

NEVER = """
SELECT 'two hold one contact' AS fault, count(*) AS n FROM (
  SELECT FROM offers WHERE state IN ('live', 'accepted') GROUP BY work_id HAVING count(*) > 1) AS t
UNION ALL SELECT 'offered again without an end of the offer before', count(*) FROM (
  SELECT kind, lag(kind) OVER (PARTITION BY subject_id ORDER BY version) AS before
  FROM events WHERE subject_kind = 'work') AS turns
  WHERE kind = 'work.offered' AND before = kind
UNION ALL SELECT 'above the budget for a while', count(*) FROM events
  WHERE kind = 'operator.changed' AND (data ->> 'used')::int > (data ->> 'budget')::int
UNION ALL SELECT 'above a ceiling for a while', count(*) FROM events
  WHERE kind = 'operator.changed' AND (data #>> '{load,chat}')::int > 3
UNION ALL SELECT 'wrote after its lease had gone', count(*) FROM offers late JOIN (
  SELECT fence, max(created_at) AS last FROM offers GROUP BY fence) AS f
  ON f.fence < late.fence AND late.created_at < f.last
"""
SESSIONS = r"""
SELECT format(
    '%s %s %s %s/%s xid %s, query %s s, blocked by %s, locks %s: %s', a.pid, a.application_name,
    a.state, a.wait_event_type, a.wait_event, a.backend_xid,
    round(extract(epoch FROM clock_timestamp() - a.query_start), 2), pg_blocking_pids(a.pid),
    (SELECT string_agg(concat_ws(' ', l.locktype, l.relation::regclass, l.mode,
                                 CASE WHEN NOT l.granted THEN 'awaited' END), ', ')
     FROM pg_locks l WHERE l.pid = a.pid AND l.locktype <> 'virtualxid'
       AND (NOT l.granted OR l.mode <> 'AccessShareLock')),
    left(regexp_replace(a.query, '\s+', ' ', 'g'), 80)) AS line
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.state <> 'idle' AND a.pid <> pg_backend_pid()
ORDER BY a.query_start
"""
RESUMED = "SELECT min(created_at) FROM offers WHERE created_at > $1 AND fence > $2"


class Crowd:
    """A house of `operators` people and `waiting` contacts; `at_work` gives it hands."""

    def __init__(self, database: Database, seed: int, operators: int, waiting: int) -> None:
        self.database = database
        self.chance = random.Random(seed)
        self.queues = [new_id() for _ in range(QUEUES)]
        self.operators = [new_id() for _ in range(operators)]
        self.waiting = waiting
        self.done = 0
        self._codes = [f"skill_{n}" for n in range(SKILLS)]
        self._asked = [self._some() for _ in range(KINDS)]

    async def build(self, presence: str = "ready") -> None:
        """All rows; the log begins after them, as for a service that starts."""
        department = new_id()
        write = self.database.execute
        await write("INSERT INTO departments (id, name) VALUES ($1, 'Shop')", department)
        await write(
            "INSERT INTO queues (id, name, department_id, rules) SELECT id, id::text, $2, $3"
            " FROM unnest($1::uuid[]) AS id",
            self.queues, department, {"members_only": True, "strategy": "narrowest_first"},
        )  # fmt: skip
        await write(
            "INSERT INTO skills (id, code, title) SELECT gen_random_uuid(), code, '{}'"
            " FROM unnest($1::text[]) AS code",
            self._codes,
        )
        await write(SEED_PEOPLE, self.operators, self.queues, presence)
        known = [
            (who, code, self.chance.randint(1, 5))
            for who in self.operators
            for code in {*self.chance.sample(self._codes, 8), *FEW}
        ]
        await write(SEED_SKILLS, *map(list, zip(*known, strict=True)))
        for there in range(0, self.waiting, SLICE):
            await self.arrive(min(SLICE, self.waiting - there))

    async def arrive(self, count: int) -> None:
        """Contacts come into the line; each asks for one or two skills."""
        media = [self.chance.choice(MEDIA) for _ in range(count)]
        queues = [self.chance.choice(self.queues) for _ in range(count)]
        costs = [COSTS[medium] for medium in media]

        async def step(unit: Unit) -> None:
            asked = self.chance.choices(self._asked, k=count)
            names = [new_id() for _ in range(count)]
            rows = await unit.fetch(ARRIVE, names, queues, media, costs, asked)
            _log(unit, "work.waiting", "work", rows)

        await self.database.run(step)

    def _some(self) -> str:
        codes = self.chance.sample(self._codes, self.chance.choice([1, 1, 2]))
        skills = ", ".join(f'"{code}": {self.chance.randint(1, 3)}' for code in codes)
        return f'{{"skills": {{{skills}}}}}'

    # --- hands -----------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def at_work(self, each_beat: int) -> AsyncIterator[None]:
        """Operators take what they are offered and end what they have; others come instead."""
        task = asyncio.create_task(self._work(each_beat))
        try:
            yield
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _work(self, each_beat: int) -> None:
        while True:
            with contextlib.suppress(Unavailable):
                ended = await self.database.run(lambda unit: self._step(unit, each_beat))
                self.done += ended
                if ended:
                    await self.arrive(ended)
                await self.database.execute(SCREENS)
            await asyncio.sleep(BEAT)

    async def _step(self, unit: Unit, most: int) -> int:
        seen = {row["id"]: row for row in await unit.fetch(ON_HAND, most)}
        people = {
            row["id"]: row
            for row in await unit.lock("operators", [row["operator_id"] for row in seen.values()])
        }
        keys = ("operator_id", "offer_id", "state")
        same = [
            row for row in await unit.lock("work", seen)
            if all(row[key] == seen[row["id"]][key] for key in keys)
        ]  # fmt: skip
        offered = [row for row in same if row["state"] == "offered"]
        active = [row for row in same if row["state"] == "active"]
        await unit.execute(TAKEN, [row["offer_id"] for row in offered])
        for state, rows in (("active", offered), ("done", active)):
            moved = await unit.fetch(MOVE, [row["id"] for row in rows], state)
            _log(unit, f"work.{state}", "work", moved)
        await self._change(unit, people, same)
        return len(active)

    async def _change(self, unit: Unit, people: dict[UUID, Any], rows: list[Any]) -> None:
        """Who took something is not idle; who ended something has room again."""
        load = {name: Counter(person["load"]) for name, person in people.items()}
        used = {name: person["used"] for name, person in people.items()}
        for row in rows:
            if row["state"] == "active":
                used[row["operator_id"]] -= row["cost"]
                load[row["operator_id"]][row["medium"]] -= 1
        names = list({row["operator_id"] for row in rows})
        loads = [str(dict(load[name])).replace("'", '"') for name in names]
        await unit.execute(CHANGE, names, [used[name] for name in names], loads)
        _log(unit, "operator.changed", "operator", await unit.fetch(OPERATORS, names))

    # --- what is looked at -----------------------------------------------------------------

    async def now(self) -> datetime:
        """The database's clock."""
        at: datetime = await self.database.fetchval("SELECT clock_timestamp()")
        return at

    async def lease(self) -> tuple[str, int]:
        """Whose node's lease is valid, and its fencing token; ("", 0) where nobody's is."""
        row = await self.database.fetchrow(
            "SELECT holder, token FROM leases WHERE name = 'router' AND until > clock_timestamp()"
        )
        return (str(row["holder"]).partition("/")[0], int(row["token"])) if row else ("", 0)

    async def resumed(self, since: datetime, token: int) -> float | None:
        """Seconds until another router than that one had offered something; None: not yet."""
        at = await self.database.fetchval(RESUMED, since, token)
        return None if at is None else float((at - since).total_seconds())

    async def sessions(self) -> str:
        """What every session does, holds and waits for now: why nothing goes on."""
        try:
            rows = await self.database.fetch(SESSIONS)
        except Unavailable as error:
            return repr(error)
        return "\n".join(["sessions that are not idle:", *(row["line"] for row in rows)])

    async def never(self) -> dict[str, int]:
        """What must never have been, in words; empty when all is well."""
        found = {row["fault"]: row["n"] for row in await self.database.fetch(NEVER)}
        found.update(Counter(row["fault"] for row in await self.database.fetch(FAULTS)))
        return {fault: count for fault, count in found.items() if count}


def _log(unit: Unit, kind: str, subject: str, rows: list[Any]) -> None:
    for row in rows:
        unit.log(kind, subject, row["id"], version=row["version"], actor="system", data=row["data"])
