"""The router and its rows: those the engine is rebuilt from, and decisions held against them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from contact_center.dispatch.plan import Plan, Written
from contact_center.dispatch.snapshots import (
    State,
    operator_state,
    policy_of,
    queue_state,
    work_state,
)
from contact_center.dispatch.writing import OPERATORS, write
from contact_center.storage.database import Database
from contact_center.storage.events import Position
from contact_center.storage.leases import Lease
from contact_center.storage.unit import Unit
from routing.decisions import Expire, Offer, Rescind
from routing.model import OperatorState, Resync, WorkState
from routing.policy import Policy

# What is done plays no part any more; everything else the engine has to know.
LOAD = """
SELECT 'queue' AS kind, cc_queue_snapshot(id) AS data FROM queues
UNION ALL SELECT 'operator', cc_operator_snapshot(id) FROM operators
UNION ALL SELECT 'work', cc_work_snapshot(work) FROM work WHERE state <> 'done'
"""
POLICY = """
SELECT edition, body -> 'house' AS house, body -> 'media' AS media
FROM policies WHERE state = 'current'
"""
NOW = "SELECT cc_ms(clock_timestamp())"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch; `truth` holds the rows of what was refuted."""

    applied: list[Written]
    refuted: list[Written]
    truth: Resync


async def policy(database: Database) -> Policy | None:
    """The house's part of the policy that runs; None before the first."""
    row = await database.fetchrow(POLICY)
    return None if row is None else policy_of(row)


async def load(database: Database) -> list[State]:
    """All that the engine has to know, as of one instant."""
    reads: dict[str, Callable[[dict[str, Any]], State]] = {
        "queue": queue_state,
        "operator": operator_state,
        "work": work_state,
    }
    return [reads[row["kind"]](row["data"]) for row in await database.fetch(LOAD)]


async def database_ms(database: Database) -> int:
    """The database's clock in milliseconds."""
    return int(await database.fetchval(NOW))


async def read_again(database: Database, work: Iterable[str], operators: Iterable[str]) -> Resync:
    """What the rows say now of these."""
    return await database.run(lambda unit: _lock(unit, work, operators))


async def apply(
    database: Database,
    lease: Lease,
    decisions: Sequence[Written],
    position: Position = (0, 0),
    *,
    doubted: Collection[str] = (),
    now_ms: int = 0,
) -> Outcome:
    """Write what the rows allow, in one transaction under our lease; report what they refute.

    `position`: how much of the log they were decided on, kept with each offer for a replay.
    `doubted`: work and operators of refuted decisions of an earlier part of the same batch.
    Raises Fenced when the lease is another's, Unavailable when the outcome is unknown.
    """

    async def step(unit: Unit) -> Outcome:
        await lease.guard(unit)
        rows = await _lock(
            unit,
            {one.work_id for one in decisions},
            {one.operator_id for one in decisions if isinstance(one, Offer | Expire | Rescind)},
        )
        plan = Plan(_known(rows.work), _known(rows.operators), doubted=set(doubted), now_ms=now_ms)
        plan.take_all(decisions)
        await write(unit, plan, lease.token, position)
        return Outcome(plan.applied, plan.refuted, _truth(plan))

    return await database.run(step)


def _known(rows: Any) -> dict[str, Any]:
    return {key: row for key, row in rows.items() if row is not None}


def _truth(plan: Plan) -> Resync:
    operators = {
        one.operator_id for one in plan.refuted if isinstance(one, Offer | Expire | Rescind)
    }
    return Resync(
        work={one.work_id: plan.work.get(one.work_id) for one in plan.refuted},
        operators={name: plan.operators.get(name) for name in operators},
    )


async def _lock(unit: Unit, work: Iterable[str], operators: Iterable[str]) -> Resync:
    """Lock these rows in the house's order and read them; None stands for a missing row."""
    found_work: dict[str, WorkState | None] = dict.fromkeys(sorted(work))
    found_operators: dict[str, OperatorState | None] = dict.fromkeys(sorted(operators))
    await unit.lock("operators", found_operators, columns="id")
    locked = await unit.lock("work", found_work, columns="cc_work_snapshot(work) AS data")
    for row in locked:
        state = work_state(row["data"])
        found_work[state.id] = state
    for row in await unit.fetch(OPERATORS, list(found_operators)):
        if row["data"] is not None:
            operator = operator_state(row["data"])
            found_operators[operator.id] = operator
    return Resync(found_work, found_operators)
