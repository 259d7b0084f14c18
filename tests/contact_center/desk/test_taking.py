"""Offers, accepting, declining and taking."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, NotFound
from tests.contact_center.desk.house import House


async def test_an_accepted_offer_puts_the_contact_into_the_operators_hands(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    offer = await house.offer(contact, anna)
    assert await house.desk.taking.accept(anna, offer) == contact
    row, work = await house.row(contact), await house.work(contact)
    assert row["operator_id"] == work["operator_id"] == anna.employee_id
    assert work["state"] == "active"
    operator = await house.operator(anna)
    assert (operator["used"], operator["load"], operator["misses"]) == (20, {"chat": 1}, 0)
    assert await house.codes(contact) == ["taken"]
    assert await house.events(contact) == ["message.added", "contact.changed"]


async def test_accepting_twice_is_accepting_once(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    offer = await house.offer(contact, anna)
    await house.desk.taking.accept(anna, offer)
    await house.desk.taking.accept(anna, offer)
    assert await house.codes(contact) == ["taken"]


async def test_a_stale_accept_says_who_has_the_contact(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris", role="supervisor")
    contact = await house.arrive()
    offer = await house.offer(contact, anna)
    await house.desk.taking.take(boris, contact)
    with pytest.raises(Conflict) as caught:
        await house.desk.taking.accept(anna, offer)
    assert caught.value.code == "offer_gone"
    assert caught.value.extra["taken_by"] == {"id": str(boris.employee_id), "name": "Boris"}
    assert (await house.operator(anna))["used"] == 0


async def test_nobody_accepts_what_was_offered_to_another(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    offer = await house.offer(await house.arrive(), anna)
    with pytest.raises(NotFound):
        await house.desk.taking.accept(boris, offer)


async def test_declined_work_waits_again_at_its_old_place_and_not_for_who_declined(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive(ago=90)
    before = await house.work(contact)
    offer = await house.offer(contact, anna)
    await house.desk.taking.decline(anna, offer, "not my subject")
    work = await house.work(contact)
    assert (work["state"], work["operator_id"], work["offer_id"]) == ("waiting", None, None)
    assert work["virtual_arrival"] == before["virtual_arrival"]
    until = clock.now() + timedelta(seconds=60)
    assert work["excluded"] == [[str(anna.employee_id), round(until.timestamp() * 1000)]]
    row = await house.database.fetchrow("SELECT state, reason FROM offers WHERE id = $1", offer)
    assert row is not None
    assert tuple(row) == ("declined", "not my subject")
    assert (await house.operator(anna))["used"] == 0
    await house.desk.taking.decline(anna, offer, "again")


async def test_an_operator_takes_from_the_line_beyond_what_the_router_would_give(
    house: House,
) -> None:
    anna = await house.hire("Anna", presence="break")
    for _ in range(6):
        await house.desk.taking.take(anna, await house.arrive())
    assert (await house.operator(anna))["used"] == 120


async def test_taking_what_another_has_says_who(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    with pytest.raises(Conflict) as caught:
        await house.desk.taking.take(boris, contact)
    assert caught.value.code == "taken"
    assert caught.value.extra["taken_by"]["name"] == "Anna"


async def test_only_a_supervisor_takes_what_is_being_offered_to_another(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    vera = await house.hire("Vera", role="supervisor")
    contact = await house.arrive()
    offer = await house.offer(contact, anna)
    with pytest.raises(Conflict):
        await house.desk.taking.take(boris, contact)
    await house.desk.taking.take(vera, contact)
    state = await house.database.fetchval("SELECT state FROM offers WHERE id = $1", offer)
    assert state == "rescinded"


async def test_a_foreign_teams_contact_does_not_exist(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive(queue=await house.elsewhere())
    with pytest.raises(NotFound):
        await house.desk.taking.take(anna, contact)


async def test_an_offer_shows_the_contact_with_the_clients_earlier_ones(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive(queue=await house.elsewhere(), text="where is my order")
    offer = await house.offer(contact, anna)
    (shown,) = await house.desk.taking.offers(anna)
    assert (shown.id, shown.contact.id, shown.seconds) == (offer, contact, 45)
    assert shown.contact.last_text == "where is my order"
    assert shown.recent == []
    assert (await house.contacts.contact(anna, contact)).can.take
