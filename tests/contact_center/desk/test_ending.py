"""Closing, wrap-up, spam."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.contacts.model import ListQuery
from contact_center.desk.model import Result, WrapUp
from contact_center.jobs.model import Job
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid
from tests.contact_center.desk.house import House


async def taken(house: House, by: Actor, queue: UUID | None = None) -> UUID:
    contact = await house.arrive(queue=queue)
    await house.desk.taking.take(by, contact)
    return contact


async def owed(house: House, of: Actor) -> list[UUID]:
    """The contacts whose result he still owes."""
    return [one.id for one in (await house.contacts.page(of, ListQuery(view="wrap_up"))).items]


async def job_of(house: House, contact: UUID) -> Job:
    work = await house.work(contact)
    row = await house.database.fetchrow(
        "SELECT id, kind, key, due_at, attempts, payload FROM jobs"
        " WHERE key = $1 AND state = 'waiting'", str(work["id"])
    )  # fmt: skip
    assert row is not None
    return Job(**dict(row))


async def test_closing_with_a_result_frees_the_operator_at_once(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    result = Result(result_code_id=house.code, kind_id=house.kind, note="paid")
    await house.desk.ending.close(anna, contact, result)
    row, work = await house.row(contact), await house.work(contact)
    assert (row["state"], row["awaiting"], row["closed_by"]) == (
        "closed", "nobody", anna.employee_id,
    )  # fmt: skip
    assert (row["result_code_id"], row["kind_id"]) == (house.code, house.kind)
    assert (work["state"], work["outcome"]) == ("done", "closed")
    assert (await house.operator(anna))["used"] == 0
    assert await house.codes(contact) == ["taken", "closed"]
    assert "contact.closed" in await house.events(contact)


async def test_without_the_result_the_operator_stays_busy_until_he_gives_it(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    await house.desk.ending.close(anna, contact, Result())
    assert (await house.work(contact))["state"] == "wrap_up"
    assert (await house.operator(anna))["used"] == 20
    assert await owed(house, anna) == [contact]
    assert await owed(house, await house.hire("Boris")) == []
    with pytest.raises(Invalid):
        await house.desk.ending.wrap_up(anna, contact, WrapUp())
    await house.desk.ending.wrap_up(anna, contact, WrapUp(result_code_id=house.code))
    assert (await house.work(contact))["state"] == "done"
    assert (await house.operator(anna))["used"] == 0
    assert await owed(house, anna) == []
    assert await house.database.fetchval("SELECT count(*) FROM jobs WHERE state = 'waiting'") == 0


async def test_wrap_up_ends_by_itself_and_the_result_may_still_come(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    await house.desk.ending.close(anna, contact, Result())
    job = await job_of(house, contact)
    assert job.due_at == clock.now() + timedelta(seconds=60)
    clock.advance(61)
    await house.desk.ending.time_out(job)
    await house.desk.ending.time_out(job)
    work = await house.work(contact)
    assert (work["state"], work["outcome"]) == ("done", "wrap_up_timeout")
    assert (await house.operator(anna))["used"] == 0
    await house.desk.ending.wrap_up(anna, contact, WrapUp(result_code_id=house.code))
    assert (await house.row(contact))["result_code_id"] == house.code


async def test_wrap_up_can_be_extended_but_not_for_ever(house: House, clock: ManualClock) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    await house.desk.ending.close(anna, contact, Result())
    old = await job_of(house, contact)
    await house.desk.ending.wrap_up(anna, contact, WrapUp(extend=True))
    assert (await house.work(contact))["wrap_up_until"] == clock.now() + timedelta(seconds=90)
    clock.advance(61)
    await house.desk.ending.time_out(old)
    assert (await house.work(contact))["state"] == "wrap_up"
    clock.advance(minutes=13)
    await house.desk.ending.wrap_up(anna, contact, WrapUp(extend=True))
    clock.advance(minutes=1)
    await house.desk.ending.wrap_up(anna, contact, WrapUp(extend=True))
    with pytest.raises(Conflict) as caught:
        await house.desk.ending.wrap_up(anna, contact, WrapUp(extend=True))
    assert caught.value.code == "wrap_up_limit"


async def test_where_no_result_is_asked_for_there_is_no_wrap_up(house: House) -> None:
    queue = await house.queue("fast", code_required=False)
    anna = await house.hire("Anna", queue)
    contact = await taken(house, anna, queue)
    await house.desk.ending.close(anna, contact, Result())
    assert (await house.work(contact))["state"] == "done"


async def test_a_break_asked_for_begins_with_the_end_of_the_last_work(house: House) -> None:
    anna = await house.hire("Anna")
    one, two = await taken(house, anna), await taken(house, anna)
    await house.database.execute(
        "UPDATE operators SET presence_next = 'break:lunch' WHERE id = $1", anna.employee_id
    )
    result = Result(result_code_id=house.code)
    await house.desk.ending.close(anna, one, result)
    assert (await house.operator(anna))["presence"] == "ready"
    await house.desk.ending.close(anna, two, result)
    operator = await house.operator(anna)
    assert (operator["presence"], operator["presence_reason"]) == ("break", "lunch")


async def test_a_supervisor_closes_what_another_has(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    vera = await house.hire("Vera", role="supervisor")
    contact = await taken(house, anna)
    with pytest.raises(Conflict) as caught:
        await house.desk.ending.close(boris, contact, Result())
    assert caught.value.code == "not_yours"
    await house.desk.ending.close(vera, contact, Result())
    assert (await house.work(contact))["state"] == "done"
    assert (await house.operator(anna))["used"] == 0


async def test_closed_is_final_and_closing_twice_is_closing_once(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await taken(house, anna)
    await house.desk.ending.close(anna, contact, Result())
    await house.desk.ending.close(anna, contact, Result())
    assert await house.codes(contact) == ["taken", "closed"]
    with pytest.raises(Conflict) as caught:
        await house.desk.ending.close(boris, contact, Result())
    assert caught.value.code == "contact_closed"
    with pytest.raises(Conflict):
        await house.desk.taking.take(boris, contact)


async def test_a_result_of_another_queue_is_refused(house: House) -> None:
    other = await house.queue("other")
    await house.database.execute("UPDATE result_codes SET queue_id = $1", other)
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    with pytest.raises(Invalid):
        await house.desk.ending.close(anna, contact, Result(result_code_id=house.code))


async def test_what_was_no_spam_rings_again(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    await house.desk.ending.spam(anna, contact)
    await house.desk.ending.not_spam(anna, contact)
    once = await house.row(contact)
    assert (once["spam"], once["state"]) == (False, "closed")
    await house.desk.ending.not_spam(anna, contact)
    assert (await house.row(contact))["version"] == once["version"]


async def test_spam_closes_without_result_or_wrap_up_even_from_the_line(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    waiting, his = await house.arrive(), await taken(house, boris)
    offer = await house.offer(waiting, boris)
    await house.desk.ending.spam(anna, waiting)
    row = await house.row(waiting)
    assert (row["spam"], row["state"]) == (True, "closed")
    assert (await house.operator(boris))["used"] == 20
    state = await house.database.fetchval("SELECT state FROM offers WHERE id = $1", offer)
    assert state == "rescinded"
    with pytest.raises(Conflict):
        await house.desk.ending.spam(anna, his)
