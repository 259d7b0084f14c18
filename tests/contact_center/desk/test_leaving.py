"""Who leaves before anybody took his contact, and what he does between saying so and the job."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from contact_center.desk import leaving
from contact_center.desk.leaving import VISITOR_LEFT
from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House


async def look(house: House, contact: UUID) -> str:
    """Run the job as a worker does that takes it now, however early; the contact's state."""
    row = await house.database.fetchrow(
        "SELECT payload FROM jobs WHERE kind = $1 AND key = $2", VISITOR_LEFT, str(contact)
    )
    assert row
    job = Job(new_id(), VISITOR_LEFT, str(contact), house.clock.now(), 1, row["payload"])
    await house.desk.jobs()[VISITOR_LEFT](job)
    return str((await house.row(contact))["state"])


async def test_who_says_that_he_waits_no_longer_is_given_up(house: House) -> None:
    contact = await house.arrive()
    await house.write(contact)
    await leaving.note_given_up(house.database, contact, house.clock.now())
    assert await look(house, contact) == "closed"
    assert (await house.work(contact))["outcome"] == "abandoned"


async def test_nobody_closes_over_what_he_wrote_after_he_said_so(house: House) -> None:
    contact = await house.arrive()
    await leaving.note_given_up(house.database, contact, house.clock.now())
    await house.write(contact, "no, wait")
    assert await look(house, contact) == "open"
    assert (await house.work(contact))["state"] == "waiting"


async def test_nobody_closes_over_what_he_wrote_while_he_was_sought(house: House) -> None:
    contact = await house.arrive()
    await leaving.note_left(house.database, [contact], house.clock.now())
    assert await look(house, contact) == "open"
    await house.write(contact, "here I am")
    assert await look(house, contact) == "open"


async def test_he_is_sought_for_the_whole_time_however_far_a_workers_clock_is_ahead(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOUGHT", timedelta(hours=1))
    contact = await house.arrive()
    await leaving.note_left(house.database, [contact], house.clock.now())
    for _ in range(3):
        assert await look(house, contact) == "open"
    await house.database.execute(
        "UPDATE jobs SET payload = payload || jsonb_build_object('sought', now() - interval '1 s')"
    )
    assert await look(house, contact) == "closed"
