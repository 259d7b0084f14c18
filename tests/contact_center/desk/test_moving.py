"""Transfer to a colleague or a queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from contact_center.desk.model import Transfer
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House


async def test_a_transfer_to_a_queue_begins_a_new_turn_at_the_old_place(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    other = await house.elsewhere()
    contact = await house.arrive(ago=600)
    await house.desk.taking.take(anna, contact)
    before = await house.work(contact)
    await house.desk.moving.transfer(
        anna, contact, Transfer(to="queue", id=other, note="wants a refund")
    )
    work, row = await house.work(contact), await house.row(contact)
    assert (work["state"], work["origin"], work["queue_id"]) == ("waiting", "transfer", other)
    assert work["previous_id"] == before["id"]
    assert work["virtual_arrival"] == before["virtual_arrival"]
    assert work["note"] == "wants a refund"
    assert [entry[0] for entry in work["excluded"]] == [str(anna.employee_id)]
    assert (row["operator_id"], row["queue_id"]) == (None, other)
    assert (await house.operator(anna))["used"] == 0
    ended = await house.database.fetchrow("SELECT * FROM work WHERE id = $1", before["id"])
    assert ended is not None
    assert (ended["state"], ended["outcome"]) == ("done", "transferred")
    assert await house.codes(contact) == ["taken", "transferred"]


async def test_seniority_may_be_given_up(house: House, clock: ManualClock) -> None:
    anna = await house.hire("Anna")
    other = await house.queue("vip", priority=120)
    contact = await house.arrive(ago=600)
    await house.desk.taking.take(anna, contact)
    await house.desk.moving.transfer(
        anna, contact, Transfer(to="queue", id=other, keep_seniority=False)
    )
    place = clock.now() - timedelta(seconds=120)
    assert (await house.work(contact))["virtual_arrival"] == place


async def test_a_transfer_to_a_colleague_waits_for_him(house: House, clock: ManualClock) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris", await house.elsewhere())
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    await house.desk.moving.transfer(anna, contact, Transfer(to="operator", id=boris.employee_id))
    work = await house.work(contact)
    assert work["preferred_id"] == boris.employee_id
    assert work["preferred_until"] == clock.now() + timedelta(hours=1)
    offer = await house.offer(contact, boris)
    await house.desk.taking.accept(boris, offer)
    assert (await house.row(contact))["operator_id"] == boris.employee_id


async def test_a_transfer_to_anyone_stays_in_its_queue_and_asks_for_nothing(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive(ago=600)
    await house.desk.taking.take(anna, contact)
    before = await house.work(contact)
    await house.desk.moving.transfer(anna, contact, Transfer(to="anyone", note="any of you"))
    work = await house.work(contact)
    assert (work["state"], work["queue_id"]) == ("waiting", house.main)
    assert (work["requirement"], work["preferred_id"]) == ({"anyone": True}, None)
    assert work["virtual_arrival"] == before["virtual_arrival"]
    until = round((clock.now() + timedelta(seconds=60)).timestamp() * 1000)
    assert work["excluded"] == [[str(anna.employee_id), until]]
    # Who takes it and sends it to a queue means that queue's own people.
    await house.desk.taking.take(anna, contact)
    await house.desk.moving.transfer(anna, contact, Transfer(to="queue", id=house.main))
    assert (await house.work(contact))["requirement"] == {}


@pytest.mark.parametrize("named", [{"to": "queue"}, {"to": "anyone", "id": new_id()}])
def test_a_target_has_an_id_and_anyone_has_none(named: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Transfer.model_validate(named)


async def test_who_declines_a_transfer_is_no_longer_waited_for(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    await house.desk.moving.transfer(anna, contact, Transfer(to="operator", id=boris.employee_id))
    await house.desk.taking.decline(boris, await house.offer(contact, boris), "busy")
    assert (await house.work(contact))["preferred_id"] is None


@pytest.mark.parametrize("presence", ["break", "offline", "not_answering"])
async def test_nobody_hands_a_contact_to_who_is_not_there(house: House, presence: str) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris", presence=presence)
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    with pytest.raises(Conflict) as caught:
        await house.desk.moving.transfer(
            anna, contact, Transfer(to="operator", id=boris.employee_id)
        )
    assert caught.value.code == "operator_not_ready"


async def test_impossible_targets_are_refused(house: House) -> None:
    anna, lev = await house.hire("Anna"), await house.hire("Lev", role="light")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    for to in (
        Transfer(to="operator", id=new_id()),
        Transfer(to="operator", id=lev.employee_id),
        Transfer(to="operator", id=anna.employee_id),
        Transfer(to="queue", id=new_id()),
    ):
        with pytest.raises(Invalid):
            await house.desk.moving.transfer(anna, contact, to)


async def test_only_who_has_it_or_supervises_hands_a_contact_on(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    vera = await house.hire("Vera", role="supervisor")
    other = await house.queue("other")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    with pytest.raises(Conflict) as caught:
        await house.desk.moving.transfer(boris, contact, Transfer(to="queue", id=other))
    assert caught.value.code == "not_yours"
    await house.desk.moving.transfer(vera, contact, Transfer(to="queue", id=other))
    assert (await house.operator(anna))["used"] == 0
