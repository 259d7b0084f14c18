"""Work that comes is offered, once, to who has room; what is not answered comes back."""

from __future__ import annotations

from uuid import UUID

from contact_center.employees import presence
from contact_center.storage.unit import Unit
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House, log_operator
from tests.support.waiting import eventually


async def offered_to(house: House, work: UUID) -> UUID:
    """The operator it is offered to, once it is."""
    row = await eventually(
        lambda: house.database.fetchrow(
            "SELECT operator_id FROM work WHERE id = $1 AND state = 'offered'", work
        )
    )
    return UUID(str(row["operator_id"]))


async def count(house: House, state: str) -> int:
    return int(await house.database.fetchval("SELECT count(*) FROM work WHERE state = $1", state))


async def presence_of(house: House, operator: UUID) -> str:
    query = "SELECT presence FROM operators WHERE id = $1"
    return str(await house.database.fetchval(query, operator))


async def test_a_contact_that_arrives_is_offered_with_the_reasons_written_down(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    async with running() as dispatcher:
        work = await house.arrive(queue)
        assert await offered_to(house, work) == anna
        row = await house.database.fetchrow("SELECT * FROM offers WHERE work_id = $1", work)
        assert row is not None
        assert row["explanation"]["rule"] == "automatic"
        assert row["explanation"]["with_room"] == 1
        assert row["fence"] == 1
        assert 40 < (row["until"] - row["created_at"]).total_seconds() <= 46
        assert await house.accept(work)
        assert await house.offers(work) == [("accepted", anna)]
        assert dispatcher.active


async def test_the_log_tells_of_the_offer_in_the_version_the_rows_have(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    async with running():
        work = await house.arrive(queue)
        await offered_to(house, work)
    rows = await house.database.fetch(
        "SELECT kind, version, data FROM events WHERE actor = 'router' ORDER BY seq"
    )
    assert [row["kind"] for row in rows] == ["work.offered", "operator.changed"]
    assert rows[0]["data"] == await house.work(work)
    assert rows[1]["data"]["used"] == 20


async def test_who_waited_before_the_router_started_is_served_by_seniority(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    works = [await house.arrive(queue, ago=ago) for ago in (10, 30, 20)]
    await house.operator(queue, ceilings={"chat": 2})
    async with running():
        await eventually(lambda: count_is(house, "offered", 2))
        assert [await house.state(work) for work in works] == ["waiting", "offered", "offered"]


async def count_is(house: House, state: str, wanted: int) -> bool:
    return await count(house, state) == wanted


async def test_a_declined_contact_goes_to_the_next_operator(house: House, running: Running) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    boris = await house.operator(queue)
    async with running():
        work = await house.arrive(queue)
        assert await offered_to(house, work) == anna
        assert await house.decline(work)
        assert await offered_to(house, work) == boris
        assert await house.offers(work) == [("declined", anna), ("live", boris)]


async def test_an_unanswered_offer_is_missed_and_goes_on_from_its_old_place(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    boris = await house.operator(queue)
    async with running():
        work = await house.arrive(queue, ago=30)
        before = await house.work(work)
        assert await offered_to(house, work) == anna
        await house.expire(work)
        await eventually(lambda: is_offered_to(house, work, boris))
        after = await house.work(work)
    assert await house.offers(work) == [("missed", anna), ("live", boris)]
    assert after["virtual_ms"] == before["virtual_ms"]
    assert after["misses"] == 1
    assert [who for who, _ in after["excluded"]] == [str(anna)]


async def is_offered_to(house: House, work: UUID, operator: UUID) -> bool:
    row = await house.work(work)
    return (row["state"], row["operator_id"]) == ("offered", str(operator))


async def test_two_unanswered_offers_in_a_row_take_the_operator_out_of_the_line(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    async with running():
        works = [await house.arrive(queue) for _ in range(2)]
        for work in works:
            await offered_to(house, work)
        for gone, work in enumerate(works, 1):  # they lay on his screen together: one miss
            await house.expire(work)
            await eventually(lambda gone=gone: count_is(house, "waiting", gone))
        assert await presence_of(house, anna) == "ready"
        works += [await house.arrive(queue) for _ in range(2)]
        for work in works[2:]:
            await offered_to(house, work)
        await house.expire(works[2])
        await eventually(lambda: count_is(house, "waiting", 4))
    assert await presence_of(house, anna) == "not_answering"
    assert [state for work in works for state, _ in await house.offers(work)] == [
        "missed", "missed", "missed", "rescinded",
    ]  # fmt: skip
    history = await house.database.fetch(
        "SELECT presence, ended_at IS NULL AS open FROM presence_history"
        " WHERE employee_id = $1 ORDER BY started_at",
        anna,
    )
    assert [(row["presence"], row["open"]) for row in history] == [
        ("ready", False),
        ("not_answering", True),
    ]


async def test_offers_are_taken_back_from_an_operator_who_leaves(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    boris = await house.operator(queue, presence="break")
    async with running():
        work = await house.arrive(queue)
        assert await offered_to(house, work) == anna
        await house.presence(anna, "offline")
        await eventually(lambda: count_is(house, "waiting", 1))
        await house.presence(boris, "ready")
        assert await offered_to(house, work) == boris
    assert await house.offers(work) == [("rescinded", anna), ("live", boris)]


async def test_a_break_after_the_present_work_begins_when_its_last_offer_is_taken_back(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)

    async def wish(unit: Unit) -> None:
        now = await unit.fetchval("SELECT now()")
        await presence.change(
            unit, anna, "break", reason="lunch", after_contact=True, now=now, actor="test"
        )

    async with running():
        await offered_to(house, await house.arrive(queue))
        await house.database.run(wish)
        await eventually(lambda: is_on_break(house, anna))
    assert await count(house, "waiting") == 1


async def is_on_break(house: House, operator: UUID) -> bool:
    return await presence_of(house, operator) == "break"


async def test_an_archived_queue_offers_nothing_more(house: House, running: Running) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    async with running():
        work = await house.arrive(queue)
        await offered_to(house, work)
        await house.archive(queue)
        await eventually(lambda: count_is(house, "waiting", 1))
        await house.arrive(queue)
    assert await count(house, "waiting") == 2


async def test_a_contact_waits_for_its_preferred_operator_and_goes_on_when_he_leaves(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue, ceilings={"chat": 1})
    async with running():
        assert await offered_to(house, await house.arrive(queue)) == anna
        boris = await house.operator(queue)
        hers = await house.arrive(queue, preferred=anna)
        others = await house.arrive(queue)
        assert await offered_to(house, others) == boris
        assert await house.state(hers) == "waiting"
        await house.presence(anna, "break")
        assert await offered_to(house, hers) == boris


async def test_an_operator_changed_by_two_hands_at_once_is_read_again(
    house: House, running: Running
) -> None:
    """The router's log is late by a change; the refuted offer is made again on the truth."""
    queue = await house.queue("Orders")
    anna = await house.operator(queue)

    async def silently(unit: Unit) -> None:
        await unit.lock("operators", [anna], columns="id")
        await unit.execute(
            "UPDATE operators SET ceilings = '{\"chat\": 1}', version = version + 1 WHERE id = $1",
            anna,
        )

    async with running() as dispatcher:
        await eventually(lambda: dispatcher.active)
        await house.database.run(silently)
        for _ in range(3):
            await house.arrive(queue)
        await eventually(lambda: count_is(house, "offered", 1))
        await house.database.run(lambda unit: log_operator(unit, anna))
        await house.arrive(queue)
    assert await count(house, "waiting") == 3
