"""A small house in a test's database: rows made and changed as the other features do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

SNAPSHOT = "SELECT cc_work_snapshot(work) FROM work WHERE id = $1"
COSTS = {"voice": 100, "chat": 20, "mail": 10}


@dataclass
class House:
    """One department, its queues and operators, over a real database."""

    database: Database
    department: UUID = field(default_factory=new_id)

    async def build(self) -> House:
        await self.database.execute(
            "INSERT INTO departments (id, name) VALUES ($1, 'Shop')", self.department
        )
        return self

    async def queue(self, name: str, offer_seconds: int = 45, hold_seconds: int = 60) -> UUID:
        queue = new_id()

        async def step(unit: Unit) -> None:
            await unit.execute(
                "INSERT INTO queues (id, name, department_id, offer_seconds,"
                " preferred_hold_seconds) VALUES ($1, $2, $3, $4, $5)",
                queue, name, self.department, offer_seconds, hold_seconds,
            )  # fmt: skip
            data = await unit.fetchval("SELECT cc_queue_snapshot($1)", queue)
            unit.log("queue.changed", "queue", queue, version=1, actor="system", data=data)

        await self.database.run(step)
        return queue

    async def operator(
        self, *queues: UUID, presence: str = "ready", ceilings: dict[str, int] | None = None
    ) -> UUID:
        operator = new_id()

        async def step(unit: Unit) -> None:
            await unit.execute(
                "INSERT INTO employees (id, email, name, role) VALUES ($1, $2, $3, 'operator')",
                operator, f"{operator}@example.org", "Anna",
            )  # fmt: skip
            await unit.executemany(
                "INSERT INTO queue_members (queue_id, employee_id) VALUES ($1, $2)",
                [(queue, operator) for queue in queues],
            )
            await unit.execute(
                "INSERT INTO operators (id, presence, ceilings, idle_since)"
                " VALUES ($1, $2, $3, clock_timestamp())",
                operator, presence, ceilings or {},
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO presence_history (id, employee_id, presence, cause)"
                " VALUES ($1, $2, $3, 'test')",
                new_id(), operator, presence,
            )  # fmt: skip
            await log_operator(unit, operator)

        await self.database.run(step)
        return operator

    async def arrive(
        self, queue: UUID, medium: str = "chat", *, preferred: UUID | None = None, ago: float = 0,
        stays: bool = False,
    ) -> UUID:  # fmt: skip
        """A contact comes into the line, as intake writes it."""
        work = new_id()

        async def step(unit: Unit) -> None:
            await unit.execute(
                "INSERT INTO work (id, queue_id, medium, cost, preferred_id, arrived_at,"
                " virtual_arrival, requirement) VALUES ($1, $2, $3, $4, $5,"
                " clock_timestamp() - make_interval(secs => $6),"
                " clock_timestamp() - make_interval(secs => $6), $7)",
                work, queue, medium, COSTS[medium], preferred, ago,
                {"stays": True} if stays else {},
            )  # fmt: skip
            await log_work(unit, work, "work.waiting", "client")

        await self.database.run(step)
        return work

    async def presence(self, operator: UUID, presence: str) -> None:
        async def step(unit: Unit) -> None:
            await unit.lock("operators", [operator], columns="id")
            await unit.execute(
                "UPDATE operators SET presence = $2, misses = 0, version = version + 1"
                " WHERE id = $1",
                operator, presence,
            )  # fmt: skip
            await log_operator(unit, operator)

        await self.database.run(step)

    async def archive(self, queue: UUID) -> None:
        async def step(unit: Unit) -> None:
            await unit.execute(
                "UPDATE queues SET archived_at = now(), version = version + 1 WHERE id = $1", queue
            )
            data = await unit.fetchval("SELECT cc_queue_snapshot($1)", queue)
            version = data["version"]
            unit.log("queue.changed", "queue", queue, version=version, actor="system", data=data)

        await self.database.run(step)

    async def accept(self, work: UUID) -> bool:
        """The operator takes what is offered to him; False when the offer is gone."""
        return await self._answer(work, "accepted")

    async def decline(self, work: UUID) -> bool:
        return await self._answer(work, "declined")

    async def _answer(self, work: UUID, state: str) -> bool:
        async def step(unit: Unit) -> bool:
            row = await unit.fetchrow("SELECT operator_id, offer_id FROM work WHERE id = $1", work)
            if row is None or row["offer_id"] is None:
                return False
            operator, offer = row["operator_id"], row["offer_id"]
            await unit.lock("operators", [operator], columns="id")
            (locked,) = await unit.lock("work", [work])
            if locked["state"] != "offered" or locked["offer_id"] != offer:
                return False
            await unit.execute(
                "UPDATE offers SET state = $2, ended_at = now() WHERE id = $1", offer, state
            )
            if state == "accepted":
                await unit.execute(
                    "UPDATE work SET state = 'active', accepted_at = now(), offer_id = NULL,"
                    " offer_until = NULL, version = version + 1 WHERE id = $1",
                    work,
                )
                await unit.execute(
                    "UPDATE operators SET misses = 0, version = version + 1 WHERE id = $1", operator
                )
            else:
                await self._back(unit, work, operator)
                await free(unit, operator, locked)
            kind = "work.active" if state == "accepted" else "work.waiting"
            await log_work(unit, work, kind, f"employee:{operator}")
            await log_operator(unit, operator)
            return True

        return await self.database.run(step)

    async def _back(self, unit: Unit, work: UUID, operator: UUID) -> None:
        await unit.execute(
            "UPDATE work SET state = 'waiting', operator_id = NULL, offer_id = NULL,"
            " offer_until = NULL, offered_at = NULL, version = version + 1, excluded = excluded ||"
            " jsonb_build_array(jsonb_build_array($2::text, cc_ms(clock_timestamp()) + 60000))"
            " WHERE id = $1",
            work, str(operator),
        )  # fmt: skip

    async def finish(self, work: UUID) -> bool:
        """The contact ends, whatever its work is doing."""

        async def step(unit: Unit) -> bool:
            holder = await unit.fetchval("SELECT operator_id FROM work WHERE id = $1", work)
            await unit.lock("operators", [holder] if holder else [], columns="id")
            (locked,) = await unit.lock("work", [work])
            if locked["state"] == "done" or locked["operator_id"] != holder:
                return False
            await unit.execute(
                "UPDATE offers SET state = 'rescinded', ended_at = now()"
                " WHERE work_id = $1 AND state = 'live'",
                work,
            )
            await unit.execute(
                "UPDATE work SET state = 'done', ended_at = now(), offer_id = NULL,"
                " offer_until = NULL, version = version + 1 WHERE id = $1",
                work,
            )
            if holder:
                await free(unit, holder, locked)
                await log_operator(unit, holder)
            await log_work(unit, work, "work.done", "system")
            return True

        return await self.database.run(step)

    async def park(self, work: UUID, seconds: float = 0) -> UUID | None:
        """The operator lays his talk aside, as the desk writes it; the turn that lies aside."""
        parked = new_id()

        async def step(unit: Unit) -> UUID | None:
            holder = await unit.fetchval("SELECT operator_id FROM work WHERE id = $1", work)
            await unit.lock("operators", [holder] if holder else [], columns="id")
            (locked,) = await unit.lock("work", [work])
            if locked["state"] != "active" or locked["operator_id"] != holder:
                return None
            await unit.execute(
                "UPDATE work SET state = 'done', outcome = 'parked', ended_at = clock_timestamp(),"
                " version = version + 1 WHERE id = $1", work,
            )  # fmt: skip
            await free(unit, holder, locked)
            await log_operator(unit, holder)
            await log_work(unit, work, "work.done", "employee")
            await unit.execute(
                "INSERT INTO work (id, queue_id, medium, cost, state, origin, preferred_id,"
                " previous_id, requirement, arrived_at, virtual_arrival, parked_until)"
                " SELECT $2, queue_id, medium, cost, 'parked', 'parked', $3, id, requirement,"
                " now(), now() - interval '30 s', clock_timestamp() + make_interval(secs => $4)"
                " FROM work WHERE id = $1",
                work, parked, holder, seconds,
            )  # fmt: skip
            await log_work(unit, parked, "work.parked", "employee")
            return parked

        return await self.database.run(step)

    async def expire(self, work: UUID) -> None:
        """Bring an offer's deadline to now instead of waiting for it."""

        async def step(unit: Unit) -> None:
            await unit.lock("work", [work], columns="id")
            await unit.execute(
                "UPDATE work SET offer_until = clock_timestamp(), version = version + 1"
                " WHERE id = $1 AND state = 'offered'",
                work,
            )
            await log_work(unit, work, "work.offered", "system")

        await self.database.run(step)

    async def work(self, work: UUID) -> dict[str, Any]:
        """The engine's snapshot of the row."""
        return dict(await self.database.fetchval(SNAPSHOT, work))

    async def state(self, work: UUID) -> str:
        return str(await self.database.fetchval("SELECT state FROM work WHERE id = $1", work))

    async def offers(self, work: UUID) -> list[tuple[str, UUID]]:
        """State and operator of all offers of this work, in their order."""
        rows = await self.database.fetch(
            "SELECT state, operator_id FROM offers WHERE work_id = $1 ORDER BY created_at", work
        )
        return [(row["state"], row["operator_id"]) for row in rows]


async def free(unit: Unit, operator: UUID, work: Any) -> None:
    await unit.execute(
        "UPDATE operators SET used = used - $2, version = version + 1,"
        " idle_since = CASE WHEN used = $2 THEN clock_timestamp() ELSE idle_since END,"
        " load = load || jsonb_build_object($3::text, (load->>$3)::int - 1) WHERE id = $1",
        operator, work["cost"], work["medium"],
    )  # fmt: skip


async def log_work(unit: Unit, work: UUID, kind: str, actor: str) -> None:
    data = await unit.fetchval(SNAPSHOT, work)
    unit.log(kind, "work", work, version=data["version"], actor=actor, data=data)


async def log_operator(unit: Unit, operator: UUID) -> None:
    data = await unit.fetchval("SELECT cc_operator_snapshot($1)", operator)
    version = data["version"]
    unit.log("operator.changed", "operator", operator, version=version, actor="system", data=data)


FAULTS = """
WITH busy AS (
    SELECT operator_id, sum(cost) AS used, count(*) FILTER (WHERE medium = 'chat') AS chats
    FROM work WHERE state IN ('offered', 'active', 'wrap_up') GROUP BY operator_id
)
SELECT 'used differs' AS fault, o.id FROM operators o LEFT JOIN busy b ON b.operator_id = o.id
WHERE o.used <> coalesce(b.used, 0) OR coalesce((o.load->>'chat')::int, 0) <> coalesce(b.chats, 0)
UNION ALL SELECT 'over budget', id FROM operators WHERE used > budget
UNION ALL SELECT 'over ceiling', id FROM operators
WHERE (load->>'chat')::int > (ceilings->>'chat')::int
UNION ALL SELECT 'offered without live offer', w.id FROM work w
WHERE w.state = 'offered' AND NOT EXISTS (SELECT FROM offers o WHERE o.id = w.offer_id
    AND o.state = 'live' AND o.work_id = w.id AND o.operator_id = w.operator_id)
UNION ALL SELECT 'live offer without offered work', o.id FROM offers o JOIN work w
ON w.id = o.work_id WHERE o.state = 'live' AND (w.state <> 'offered' OR w.offer_id <> o.id)
"""


async def faults(database: Database) -> list[tuple[str, UUID]]:
    """What the rows must never show: capacity that differs or runs over, offers without work."""
    return [(row["fault"], row["id"]) for row in await database.fetch(FAULTS)]
