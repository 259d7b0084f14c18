"""Splits and joins against everything else that may happen to the same contacts at once.

50 rounds every day, 1,000 with CC_SOAK=1; what was random is printed with a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.desk.model import NewMessage, Result, Transfer
from contact_center.dispatch import store as dispatch
from contact_center.dispatch.service import Dispatcher
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from tests.contact_center.desk.post import Post
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
ROUNDS = 1000 if SOAK else 50
TOGETHER = 5  # rounds side by side, so that the same operators' rows are fought for


@pytest.fixture
async def post(post: Post, database: Database) -> AsyncIterator[Post]:
    yield post
    deadlocks = await database.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0


async def at_once(dice: random.Random, *acts: Any) -> list[Any]:
    """All of them, begun within a few milliseconds; a refusal is a result like any other."""

    async def soon(act: Any, seconds: float) -> Any:
        await asyncio.sleep(seconds)
        try:
            return await act
        except (Conflict, Invalid) as refusal:
            return refusal

    return await asyncio.gather(*(soon(act, dice.uniform(0, 0.004)) for act in acts))


def refused(results: Sequence[Any]) -> set[str]:
    return {one.code for one in results if isinstance(one, Conflict)}


def reply(text: str) -> NewMessage:
    return NewMessage(kind="reply", text=text, client_msg_id=str(new_id()), attachments=[])


async def texts(post: Post, *contacts: UUID) -> Counter[str]:
    """What was said in these, with its number."""
    rows = await post.database.fetch(
        "SELECT text FROM messages WHERE contact_id = ANY($1) AND kind <> 'system'", list(contacts)
    )
    return Counter(row["text"] for row in rows)


async def rounds(count: int, play: Any) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    for start in range(0, count, TOGETHER):
        numbers = range(start, min(start + TOGETHER, count))
        await asyncio.gather(*(play(random.Random(seed + n)) for n in numbers))


@pytest.mark.timeout(1800 if SOAK else 400)
async def test_a_split_loses_and_doubles_nothing_whatever_comes_meanwhile(post: Post) -> None:
    anna, vera = await post.hire("Anna"), await post.hire("Vera", role="supervisor")

    async def play(dice: random.Random) -> None:
        contact = await post.begin(anna)
        two = await post.letter(contact, "two")
        three = await post.letter(contact, "three")
        desk = post.desk
        results = await at_once(
            dice,
            desk.parting.split(anna, contact, two),
            desk.parting.split(anna, contact, three),
            post.letter(contact, "four"),
            desk.talking.write(anna, contact, reply("five")),
            desk.ending.close(vera, contact, Result())
            if dice.random() < 0.3
            else desk.taking.take(vera, contact),
        )
        assert refused(results) <= {"not_yours", "contact_closed", "taken"}, results
        parts = [one[0] for one in results[:2] if isinstance(one, tuple)]
        expected = ["one", "two", "three", "four"]
        if not isinstance(results[3], Conflict):
            expected.append("five")
        assert await texts(post, contact, *parts) == Counter(expected)
        rows = [await post.row(one) for one in (contact, *parts)]
        assert len({row["conversation_key"] for row in rows}) == len(rows)

    await rounds(ROUNDS, play)


@pytest.mark.timeout(1800 if SOAK else 400)
async def test_of_a_join_and_what_others_do_with_either_one_wins(post: Post) -> None:
    queue = await post.queue("other")
    anna = await post.hire("Anna", post.main, queue)
    vera = await post.hire("Vera", role="supervisor")

    async def play(dice: random.Random) -> None:
        one, two = await post.begin(anna, "one"), await post.begin(anna, "two")
        await post.letter(two, "three")
        desk, victim = post.desk, dice.choice((one, two))
        other = dice.choice((
            lambda: desk.moving.transfer(vera, victim, Transfer(to="queue", id=queue)),
            lambda: desk.ending.close(vera, victim, Result()),
            lambda: desk.parting.join(anna, two, one),
            lambda: desk.parting.join(vera, one, two),
        ))()  # fmt: skip
        results = await at_once(
            dice,
            desk.parting.join(anna, one, two),
            other,
            post.letter(two, "four"),
            desk.talking.write(anna, two, reply("five")),
        )
        assert refused(results) <= {"not_yours", "contact_closed"}, results
        assert any(not isinstance(result, Conflict) for result in results[:2])
        expected = ["one", "two", "three", "four"]
        if not isinstance(results[3], Conflict):
            expected.append("five")
        assert await texts(post, one, two) == Counter(expected)
        rows = [await post.row(contact) for contact in (one, two)]
        joined = [row for row in rows if row["data"].get("joined_into")]
        assert len(joined) <= 1
        for row in joined:
            assert row["state"] == "closed"
            assert (await post.work(row["id"]))["outcome"] in {"joined", "closed"}

    await rounds(ROUNDS, play)


async def test_a_router_that_followed_the_log_knows_both_acts(
    database: Database, hints: LocalHints, post: Post
) -> None:
    anna = await post.hire("Anna", presence="break")
    boris = await post.hire("Boris", presence="break")
    mine, free, late = [await post.begin(text=text, ago=600) for text in ("1", "2", "3")]
    dispatcher = Dispatcher(database, hints, SystemClock(), "one")
    task = asyncio.create_task(dispatcher.run())

    async def knows() -> bool:
        held = {s.id: s for s in dispatcher.engine.snapshot() if getattr(s, "state", "") != "done"}
        return held == {state.id: state for state in await dispatch.load(database)}

    async def split(who: Actor, contact: UUID) -> UUID:
        letter = await post.letter(contact, str(new_id()))
        part, _ = await post.desk.parting.split(who, contact, letter)
        await eventually(knows)
        return part

    async def join(who: Actor, contact: UUID, other: UUID) -> None:
        await post.desk.parting.join(who, contact, other)
        await eventually(knows)

    try:
        await eventually(lambda: dispatcher.active)
        for who, contact in ((anna, mine), (boris, late)):
            await post.desk.taking.take(who, contact)
        await eventually(knows)
        part, waiting = await split(anna, mine), await split(boris, free)
        last = Transfer(to="queue", id=post.main, keep_seniority=False)
        await post.desk.moving.transfer(boris, late, last)
        await join(boris, late, waiting)
        await join(anna, mine, part)
        await join(anna, late, mine)
        await join(anna, late, free)
        assert (await post.operator(anna))["used"] == 20
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
