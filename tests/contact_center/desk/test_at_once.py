"""Two people do the same thing at once: one wins, the other learns who it was.

50 rounds every day, 1,000 with CC_SOAK=1; what was random is printed with a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.desk.model import NewMessage, Result, Transfer
from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House

SOAK = os.environ.get("CC_SOAK") == "1"
ROUNDS = 1000 if SOAK else 50
TOGETHER = 10  # rounds side by side, so that the same operators' rows are fought for


async def at_once(dice: random.Random, *acts: Awaitable[Any]) -> list[Any]:
    """All of them, begun within a few milliseconds; a refusal is a result like any other."""

    async def soon(act: Awaitable[Any], seconds: float) -> Any:
        await asyncio.sleep(seconds)
        try:
            return await act
        except Conflict as refusal:
            return refusal

    return await asyncio.gather(*(soon(act, dice.uniform(0, 0.004)) for act in acts))


def only_winner(results: Sequence[Any], *codes: str) -> int:
    """The index of the one that succeeded; all others were refused with one of these codes."""
    won = [at for at, result in enumerate(results) if not isinstance(result, Conflict)]
    assert len(won) == 1, results
    assert {one.code for one in results if isinstance(one, Conflict)} <= set(codes), results
    return won[0]


def names(result: Any) -> str | None:
    """Whom a refusal names."""
    taken_by = result.extra.get("taken_by")
    return taken_by and str(taken_by["name"])


def reply() -> NewMessage:
    return NewMessage(kind="reply", text="yes", client_msg_id=str(new_id()), attachments=[])


async def play(house: House, people: Sequence[Actor], other: UUID, seed: int) -> None:
    """One contact from its offer to its end; everything is tried by two at once."""
    dice, desk = random.Random(seed), house.desk
    (first, second), chief = dice.sample(people[:3], 2), people[3]
    contact = await house.arrive()
    offer = await house.offer(contact, first)

    results = await at_once(
        dice, desk.taking.accept(first, offer), desk.taking.take(chief, contact)
    )
    won = only_winner(results, "offer_gone", "taken")
    holder, late = (first, chief)[won], results[1 - won]
    assert names(late) == holder.name

    results = await at_once(
        dice,
        desk.talking.write(holder, contact, reply()),
        desk.talking.write(second, contact, reply()),
    )
    assert only_winner(results, "not_yours") == 0
    assert names(results[1]) == holder.name

    to = Transfer(to="queue", id=other)
    ends = [
        desk.moving.transfer(holder, contact, to),
        desk.ending.close(holder, contact, Result()),
        desk.talking.write(holder, contact, reply()),
    ]
    results = await at_once(dice, *ends)
    refused = [one for one in results if isinstance(one, Conflict)]
    assert {one.code for one in refused} <= {"not_yours", "contact_closed"}
    row = await house.row(contact)
    if row["state"] == "closed":
        assert not isinstance(results[1], Conflict)
        return

    results = await at_once(
        dice, desk.taking.take(first, contact), desk.taking.take(second, contact)
    )
    won = only_winner(results, "taken")
    holder, late = (first, second)[won], results[1 - won]
    assert names(late) == holder.name

    results = await at_once(
        dice,
        desk.ending.close(holder, contact, Result(result_code_id=house.code)),
        desk.ending.close(chief, contact, Result()),
        desk.moving.transfer(second if holder is first else first, contact, to),
    )
    assert only_winner(results, "contact_closed", "not_yours") in (0, 1)
    assert (await house.codes(contact)).count("closed") == 1


@pytest.mark.timeout(1800 if SOAK else 400)
async def test_whatever_two_do_at_once_one_wins_and_the_other_learns_who(house: House) -> None:
    other = await house.queue("other")
    queues = (house.main, other)
    people = [await house.hire(name, *queues) for name in ("Anna", "Boris", "Clara")]
    people.append(await house.hire("Vera", *queues, role="supervisor"))
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    for start in range(0, ROUNDS, TOGETHER):
        rounds = range(start, min(start + TOGETHER, ROUNDS))
        await asyncio.gather(*(play(house, people, other, seed + n) for n in rounds))
