"""Laying a talk aside: points are free, and it comes back to whom it was."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.contacts.listing.store import Asked, Seen, counts, page
from contact_center.desk.model import Park, Transfer
from contact_center.desk.parking import LONGEST, UNSAID
from contact_center.jobs.model import Job
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.ids import new_id
from contact_center.work.model import CLIENT_WROTE
from tests.contact_center.desk.house import House


async def parked(house: House, actor: Actor, **asked: object) -> UUID:
    contact = await house.arrive(ago=600)
    await house.desk.taking.take(actor, contact)
    await house.desk.parking.park(actor, contact, Park.model_validate(asked))
    return contact


async def wake(house: House, contact: UUID) -> None:
    await house.desk.parking.wake(Job(new_id(), CLIENT_WROTE, str(contact), house.clock.now(), 1))


async def seen(house: House, actor: Actor) -> list[UUID]:
    """What his view of parked contacts holds, as it is counted, too."""
    mine = Seen(actor.employee_id, visible(actor, "contact"), visible(actor, "queue"))
    found = [one for one, _ in await page(house.database, Asked("parked"), mine)]
    assert (await counts(house.database, mine))["parked"] == len(found)
    return found


async def test_parking_ends_the_turn_and_frees_the_points(house: House, clock: ManualClock) -> None:
    anna = await house.hire("Anna")
    until = clock.now() + timedelta(hours=1)
    contact = await parked(house, anna, until=until, note="asks his wife")
    work, row = await house.work(contact), await house.row(contact)
    assert (work["state"], work["origin"], work["operator_id"]) == ("parked", "parked", None)
    assert (work["preferred_id"], work["parked_until"]) == (anna.employee_id, until)
    assert (row["operator_id"], row["snoozed_until"]) == (None, until)
    assert work["requirement"] == {"stays": True}
    assert (await house.operator(anna))["used"] == 0
    former = await house.database.fetchrow("SELECT * FROM work WHERE id = $1", work["previous_id"])
    assert former is not None
    assert (former["state"], former["outcome"]) == ("done", "parked")
    assert await house.codes(contact) == ["taken", "parked"]
    assert await seen(house, anna) == [contact]
    assert await seen(house, await house.hire("Boris")) == []


async def test_what_the_client_writes_brings_it_back_to_its_operator_first(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await parked(house, anna)
    assert (await house.work(contact))["parked_until"] == clock.now() + UNSAID
    clock.advance(3600)
    await house.write(contact)
    await wake(house, contact)
    await wake(house, contact)
    work = await house.work(contact)
    assert (work["state"], work["preferred_id"]) == ("waiting", anna.employee_id)
    assert (work["arrived_at"], work["virtual_arrival"]) == (clock.now(), clock.now())
    assert (work["parked_until"], work["preferred_until"]) == (None, None)
    assert (await house.events(work["id"])) == ["work.parked", "work.waiting"]
    await house.desk.taking.accept(anna, await house.offer(contact, anna))
    assert (await house.row(contact))["snoozed_until"] is None
    assert await seen(house, anna) == []


async def test_priority_is_kept_and_seniority_is_not(house: House, clock: ManualClock) -> None:
    vip = await house.queue("vip", priority=120)
    anna = await house.hire("Anna", house.main, vip)
    contact = await house.arrive(ago=600)
    await house.desk.taking.take(anna, contact)
    await house.desk.moving.transfer(anna, contact, Transfer(to="queue", id=vip))
    await house.desk.taking.take(anna, contact)
    await house.desk.parking.park(anna, contact, Park())
    clock.advance(60)
    await wake(house, contact)
    work = await house.work(contact)
    assert work["virtual_arrival"] == clock.now() - timedelta(seconds=120)
    assert (work["arrived_at"], work["kept_ms"]) == (clock.now(), 0)


async def test_who_hands_it_on_while_it_lies_aside_gives_it_no_seniority(
    house: House, clock: ManualClock
) -> None:
    anna, chief = await house.hire("Anna"), await house.hire("Vera", role="supervisor")
    contact = await parked(house, anna, until=clock.now() + timedelta(days=20))
    clock.advance(3 * 86_400)
    await house.desk.moving.transfer(chief, contact, Transfer(to="anyone"))
    work = await house.work(contact)
    assert (work["state"], work["kept_ms"]) == ("waiting", 0)
    assert work["virtual_arrival"] == clock.now()


async def test_who_takes_it_while_it_lies_aside_has_not_let_it_wait(
    house: House, clock: ManualClock
) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await parked(house, anna)
    clock.advance(3600)
    await house.desk.taking.take(boris, contact)
    work = await house.work(contact)
    assert (work["state"], work["operator_id"]) == ("active", boris.employee_id)
    assert work["arrived_at"] == work["virtual_arrival"] == work["accepted_at"] == clock.now()
    await wake(house, contact)
    assert (await house.work(contact))["state"] == "active"


async def test_it_may_be_put_off_by_who_laid_it_aside_alone(
    house: House, clock: ManualClock
) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await parked(house, anna)
    later = clock.now() + timedelta(days=2)
    for _ in range(2):
        await house.desk.parking.park(anna, contact, Park(until=later))
    assert (await house.work(contact))["parked_until"] == later
    assert await house.codes(contact) == ["taken", "parked", "parked"]
    with pytest.raises(Conflict, match="take the contact first"):
        await house.desk.parking.park(boris, contact, Park())


async def test_words_that_were_not_seen_keep_it_in_hand(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    last = (await house.row(contact))["last_seq"]
    await house.write(contact)
    with pytest.raises(Conflict) as refused:
        await house.desk.parking.park(anna, contact, Park(seen_seq=last))
    assert refused.value.code == "client_wrote"
    await house.desk.parking.park(anna, contact, Park(seen_seq=last + 1))


async def test_the_time_lies_ahead_and_not_beyond_the_longest(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    await house.desk.taking.take(anna, contact)
    for until in (clock.now(), clock.now() + LONGEST + timedelta(seconds=1)):
        with pytest.raises(Invalid):
            await house.desk.parking.park(anna, contact, Park(until=until))


async def test_a_member_of_no_queue_still_sees_what_he_laid_aside(house: House) -> None:
    outsider = await house.hire("Olga", await house.elsewhere())
    contact = await house.arrive()
    await house.desk.taking.accept(outsider, await house.offer(contact, outsider))
    await house.desk.parking.park(outsider, contact, Park())
    assert await seen(house, outsider) == [contact]
    assert (await house.contacts.contact(outsider, contact)).can.park


async def test_what_is_closed_while_it_lies_aside_has_never_waited(
    house: House, clock: ManualClock
) -> None:
    anna, chief = await house.hire("Anna"), await house.hire("Vera", role="supervisor")
    contact = await parked(house, anna)
    clock.advance(3600)
    await house.desk.ending.spam(chief, contact)
    work = await house.work(contact)
    assert (work["state"], work["ended_at"]) == ("done", work["arrived_at"])
    assert (await house.row(contact))["snoozed_until"] is None
