"""Work that comes is offered, once, to who has room; what is not answered comes back."""

from __future__ import annotations

import asyncio
import random

from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House
from tests.support.waiting import eventually


async def offered_to(house: House, work: object) -> object:
    await eventually(lambda: is_offered(house, work))
    return (await house.work(work))["operator_id"]  # type: ignore[arg-type]


async def is_offered(house: House, work: object) -> bool:
    return await house.state(work) == "offered"  # type: ignore[arg-type]


async def test_a_contact_that_arrives_is_offered_to_the_operator_with_room(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    async with running():
        work = await house.arrive(queue)
        assert await offered_to(house, work) == str(anna)
        row = await house.database.fetchrow("SELECT * FROM offers WHERE work_id = $1", work)
        assert row is not None
        assert row["explanation"]["rule"] == "longest_idle"
        assert row["explanation"]["with_room"] == 1
        assert await house.accept(work)
        assert await house.offers(work) == [("accepted", anna)]
