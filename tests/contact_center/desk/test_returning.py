"""What somebody has in his hands when he may not work any more."""

from __future__ import annotations

from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.desk import returning
from contact_center.desk.model import Park, Result
from contact_center.employees.model import HAND_BACK
from contact_center.jobs.model import Job
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House


async def leave(house: House, who: Actor, change: str = "state = 'disabled'") -> None:
    await house.database.execute(f"UPDATE employees SET {change} WHERE id = $1", who.employee_id)


async def hand_back(house: House, who: Actor, by: Actor) -> None:
    """Run the job, again as long as it asks for that."""
    payload = {"by": str(by.employee_id), "actor": by.label}
    job = Job(new_id(), HAND_BACK, str(who.employee_id), house.clock.now(), 1, payload)
    for _ in range(10):
        await house.desk.jobs()[HAND_BACK](job)
        gone = await house.database.execute("DELETE FROM jobs WHERE kind = $1", HAND_BACK)
        if gone == "DELETE 0":
            return


async def held(house: House, who: Actor, ago: float = 600) -> UUID:
    contact = await house.arrive(ago=ago)
    await house.desk.taking.take(who, contact)
    return contact


@pytest.mark.parametrize("change", ["state = 'disabled'", "role = 'light'"])
async def test_it_goes_back_to_the_line_at_its_old_place(
    house: House, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(returning, "SLICE", 2)
    anna, vera = await house.hire("Anna"), await house.hire("Vera", role="administrator")
    open_one, another, closed, aside = [await held(house, anna) for _ in range(4)]
    await house.desk.ending.close(anna, closed, Result())
    await house.desk.parking.park(anna, aside, Park())
    before = await house.work(open_one)
    kept = await held(house, await house.hire("Boris"))
    await leave(house, anna, change)
    await hand_back(house, anna, vera)
    work, row = await house.work(open_one), await house.row(open_one)
    assert (work["state"], work["origin"], work["previous_id"]) == (
        "waiting", "transfer", before["id"],
    )  # fmt: skip
    assert work["virtual_arrival"] == before["virtual_arrival"]
    assert (row["operator_id"], row["queue_id"]) == (None, house.main)
    assert await house.codes(open_one) == ["taken", "transferred"]
    entry = await house.database.fetchval(
        "SELECT data FROM messages WHERE contact_id = $1 AND data->>'code' = 'transferred'",
        open_one,
    )
    assert entry["employee_id"] == str(vera.employee_id)
    assert entry["from_employee_id"] == str(anna.employee_id)
    assert entry["to_queue_id"] == str(house.main)
    for contact in (another, aside):
        work, row = await house.work(contact), await house.row(contact)
        assert (work["state"], work["preferred_id"]) == ("waiting", None)
        assert (row["operator_id"], row["snoozed_until"]) == (None, None)
    assert (await house.work(closed))["state"] == "done"
    assert (await house.operator(anna))["used"] == 0
    assert (await house.work(kept))["state"] == "active"


async def test_who_may_work_again_before_that_keeps_it(house: House) -> None:
    anna, vera = await house.hire("Anna"), await house.hire("Vera", role="administrator")
    contact = await held(house, anna)
    await hand_back(house, anna, vera)
    assert (await house.row(contact))["operator_id"] == anna.employee_id


async def test_a_colleague_may_take_it_at_once(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await held(house, anna)
    with pytest.raises(Conflict):
        await house.desk.taking.take(boris, contact)
    await leave(house, anna)
    before = await house.work(contact)
    await house.desk.taking.take(boris, contact)
    work = await house.work(contact)
    assert (await house.row(contact))["operator_id"] == work["operator_id"] == boris.employee_id
    assert (work["state"], work["previous_id"]) == ("active", before["id"])
    assert await house.codes(contact) == ["taken", "transferred", "taken"]
