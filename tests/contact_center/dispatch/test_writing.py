"""The rows decide: what they refute is not written, and the rest of the batch is."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from contact_center.dispatch import store
from contact_center.dispatch.plan import Written
from contact_center.dispatch.snapshots import work_state
from contact_center.kernel.ids import new_id
from contact_center.storage.leases import Fenced, Lease
from routing.decisions import Return
from routing.engine import Engine
from routing.model import Decision, Expire, Offer, Tick
from tests.contact_center.dispatch.house import House

NEXT_YEAR_MS = 1_900_000_000_000


async def lease_of(house: House, holder: str = "one", ttl: float = 60) -> Lease:
    lease = Lease(house.database, "router", holder, ttl)
    assert await lease.acquire()
    return lease


async def decide(house: House) -> tuple[Engine, list[Decision]]:
    engine = Engine.restore(await store.load(house.database), NEXT_YEAR_MS)
    return engine, engine.apply(Tick(), NEXT_YEAR_MS)


async def test_decisions_that_the_rows_allow_are_written_in_one_go(house: House) -> None:
    queue = await house.queue("Orders")
    for _ in range(3):
        await house.operator(queue)
    works = [await house.arrive(queue) for _ in range(12)]
    engine, decisions = await decide(house)
    outcome = await store.apply(house.database, await lease_of(house), decisions)
    assert outcome.refuted == []
    assert len(outcome.applied) == 12
    believed = {state.id: state for state in engine.snapshot()}
    written = {state.id: state for state in await store.load(house.database)}
    assert believed == written
    assert [await house.state(work) for work in works] == ["offered"] * 12


async def test_a_stale_decision_is_refuted_alone_and_comes_back_with_the_truth(
    house: House,
) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    first, second = await house.arrive(queue), await house.arrive(queue, "mail")
    other = await house.queue("Claims")
    await house.operator(other)
    third = await house.arrive(other)
    engine, decisions = await decide(house)
    assert await house.finish(first)
    lease = await lease_of(house)
    outcome = await store.apply(house.database, lease, decisions)
    # The second offer counted on the first one's place with the operator: refuted with it.
    assert [one.work_id for one in outcome.refuted] == [str(first), str(second)]
    assert [one.work_id for one in outcome.applied] == [str(third)]
    engine.observe(outcome.truth, NEXT_YEAR_MS)
    again = await store.apply(house.database, lease, engine.apply(Tick(), NEXT_YEAR_MS))
    assert [one.work_id for one in again.applied] == [str(second)]
    assert await house.state(first) == "done"


async def test_an_offer_that_counts_on_a_refuted_miss_is_refuted_with_it(house: House) -> None:
    """The accept gave the operator the very version the engine assumed after the miss."""
    queue = await house.queue("Orders")
    anna = await house.operator(queue, ceilings={"chat": 2})
    first = await house.arrive(queue)
    engine, decisions = await decide(house)
    lease = await lease_of(house)
    await store.apply(house.database, lease, decisions)
    assert await house.accept(first)
    second = await house.arrive(queue)
    engine.observe(work_state(await house.work(second)), NEXT_YEAR_MS)
    expire, offer = engine.apply(Tick(), NEXT_YEAR_MS + 60_000)
    assert isinstance(offer, Offer)
    row = await house.database.fetchrow("SELECT version, used FROM operators WHERE id = $1", anna)
    assert row is not None
    assert (offer.operator_version, row["version"], row["used"]) == (3, 3, 20)
    outcome = await store.apply(house.database, lease, [expire, offer])
    assert outcome.refuted == [expire, offer]


async def test_an_offer_over_capacity_is_refuted_even_with_the_right_versions(
    house: House,
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue, ceilings={"chat": 1})
    await house.arrive(queue)
    _, (offer,) = await decide(house)
    assert isinstance(offer, Offer)
    lease = await lease_of(house)
    assert (await store.apply(house.database, lease, [offer])).applied
    second = await house.arrive(queue)
    greedy = replace(
        offer, work_id=str(second), offer_id=str(new_id()), operator_version=2, work_version=1
    )
    outcome = await store.apply(house.database, lease, [greedy])
    assert outcome.refuted == [greedy]
    assert outcome.truth.operators[str(anna)].load == {"chat": 1}  # type: ignore[union-attr]


async def test_an_accepted_offer_is_not_expired(house: House) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    work = await house.arrive(queue)
    engine, decisions = await decide(house)
    lease = await lease_of(house)
    await store.apply(house.database, lease, decisions)
    (expire, *_) = engine.apply(Tick(), NEXT_YEAR_MS + 60_000)
    assert isinstance(expire, Expire)
    assert await house.accept(work)
    outcome = await store.apply(house.database, lease, [expire])
    assert outcome.refuted == [expire]
    assert await house.state(work) == "active"


async def test_parked_work_that_is_due_waits_again_and_is_its_operators_in_one_batch(
    house: House,
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    work = await house.arrive(queue)
    _, (offer,) = await decide(house)
    lease = await lease_of(house)
    assert (await store.apply(house.database, lease, [offer])).applied
    assert await house.accept(work)
    await house.operator(queue)  # idle, and yet it is not for him
    parked = await house.park(work)
    assert parked is not None
    rows = await store.load(house.database)
    engine = Engine.restore(rows, NEXT_YEAR_MS)
    decisions = [one for one in engine.decide() if isinstance(one, Written)]
    assert [type(one) for one in decisions] == [Return, Offer]
    outcome = await store.apply(house.database, lease, decisions, now_ms=NEXT_YEAR_MS)
    assert (outcome.refuted, await house.offers(parked)) == ([], [("live", anna)])
    believed = {one.id: one for one in engine.snapshot()}
    assert believed == {one.id: one for one in await store.load(house.database)}
    row = await house.work(parked)
    assert (row["arrived_ms"], row["virtual_ms"]) == (NEXT_YEAR_MS, NEXT_YEAR_MS - 30_000)
    again = await store.apply(house.database, lease, decisions[:1], now_ms=NEXT_YEAR_MS)
    assert again.refuted == decisions[:1]


async def test_a_router_that_lost_its_lease_writes_nothing(house: House) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    work = await house.arrive(queue)
    paused = await lease_of(house, "paused", ttl=0)
    _, decisions = await decide(house)
    await lease_of(house, "standby")
    with pytest.raises(Fenced):
        await store.apply(house.database, paused, decisions)
    assert await house.state(work) == "waiting"
    assert await house.offers(work) == []


async def test_a_live_offer_of_work_in_line_is_ended_and_does_not_stop_the_line(
    house: House,
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    work = await house.arrive(queue)
    await house.database.execute(
        "INSERT INTO offers (id, work_id, operator_id, fence, until) VALUES ($1, $2, $3, 0, now())",
        new_id(), work, anna,
    )  # fmt: skip
    _, decisions = await decide(house)
    outcome = await store.apply(house.database, await lease_of(house), decisions)
    assert outcome.refuted == []
    assert [state for state, _ in await house.offers(work)] == ["rescinded", "live"]


async def test_a_decision_about_rows_that_do_not_exist_is_refuted(house: House) -> None:
    nobody, nothing = str(new_id()), str(new_id())
    offer = Offer(nothing, 1, nobody, 1, str(new_id()), NEXT_YEAR_MS, {"rule": "longest_idle"})
    outcome = await store.apply(house.database, await lease_of(house), [offer])
    assert outcome.refuted == [offer]
    assert outcome.truth.work == {nothing: None}
    assert UUID(nobody) not in outcome.truth.operators
