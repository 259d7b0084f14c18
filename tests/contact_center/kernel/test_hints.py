import asyncio
from collections.abc import AsyncIterator

import pytest

from contact_center.kernel.hints import (
    BUFFER,
    PUBLISH_TIMEOUT,
    Hint,
    Hints,
    LocalHints,
    rang,
    ring_at,
)
from contact_center.kernel.redis_hints import RedisHints
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


@pytest.fixture(params=["local", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Hints]:
    hints: Hints
    if request.param == "local":
        hints = LocalHints()
    else:
        hints = RedisHints(request.getfixturevalue("valkey_url"), prefix="test:")
    yield hints
    await hints.close()


async def take(heard: AsyncIterator[Hint], count: int) -> list[Hint]:
    async with asyncio.timeout(60):
        return [await anext(heard) for _ in range(count)]


async def test_a_subscriber_hears_its_topics_in_order_and_no_others(bus: Hints) -> None:
    async with bus.subscribe("log", "typing") as heard:
        await bus.publish("log", b"1")
        await bus.publish("other", b"not for us")
        await bus.publish("typing", b"\xff\x00")
        assert await take(heard, 2) == [("log", b"1"), ("typing", b"\xff\x00")]


async def test_every_subscriber_of_a_topic_hears_it(bus: Hints) -> None:
    async with bus.subscribe("log") as one, bus.subscribe("log") as two:
        await bus.publish("log")
        assert await take(one, 1) == await take(two, 1) == [("log", b"")]


async def test_one_who_leaves_does_not_silence_the_others(bus: Hints) -> None:
    async with bus.subscribe("log") as stays:
        async with bus.subscribe("log"):
            pass
        await bus.publish("log", b"still here")
        assert await take(stays, 1) == [("log", b"still here")]


async def test_a_topic_can_be_left_and_joined_again(bus: Hints) -> None:
    for round_ in (b"1", b"2"):
        async with bus.subscribe("log") as heard:
            await bus.publish("log", round_)
            assert await take(heard, 1) == [("log", round_)]


async def test_a_slow_subscriber_loses_the_oldest_and_holds_up_nobody(bus: Hints) -> None:
    async with bus.subscribe("log", "end") as slow, bus.subscribe("end") as quick:
        for number in range(BUFFER + 50):
            await bus.publish("log", str(number).encode())
        await bus.publish("end")
        await take(quick, 1)  # by now everything has arrived
        kept = await take(slow, BUFFER)
    assert kept[-1] == ("end", b"")
    assert kept[0] == ("log", b"51")


async def test_closing_ends_the_loops_of_subscribers(bus: Hints) -> None:
    async with bus.subscribe("log") as heard:
        await bus.publish("log", b"last")
        await take(heard, 1)
        await bus.close()
        assert [hint async for hint in heard] == []


async def test_nodes_hear_each_other_over_redis(valkey_url: str) -> None:
    here, there = RedisHints(valkey_url), RedisHints(valkey_url)
    async with there.subscribe("log") as heard:
        await here.publish("log", b"from the other node")
        assert await take(heard, 1) == [("log", b"from the other node")]
    await here.close()
    await there.close()


async def test_another_prefix_is_another_bus(valkey_url: str) -> None:
    ours, theirs = RedisHints(valkey_url, prefix="a:"), RedisHints(valkey_url, prefix="b:")
    async with ours.subscribe("log") as heard:
        await theirs.publish("log", b"foreign")
        await ours.publish("log", b"ours")
        assert await take(heard, 1) == [("log", b"ours")]
    await ours.close()
    await theirs.close()


async def test_publishing_into_a_dead_redis_neither_raises_nor_waits(own_valkey: Valkey) -> None:
    bus = RedisHints(own_valkey.url)
    await bus.publish("log")
    own_valkey.stop()
    started = asyncio.get_running_loop().time()
    for _ in range(200):
        await bus.publish("log")
    # Not 200 time-outs one after the other: after the first failure it stays quiet for a while.
    assert asyncio.get_running_loop().time() - started < 20 * PUBLISH_TIMEOUT
    await bus.close()


async def test_subscribing_while_redis_is_away_works_and_hears_once_it_returns(
    own_valkey: Valkey,
) -> None:
    own_valkey.stop()
    bus = RedisHints(own_valkey.url)
    async with bus.subscribe("log") as heard:
        own_valkey.start()
        assert await heard_again(bus, heard) == "log"
    await bus.close()


async def test_a_restarted_redis_is_found_again(own_valkey: Valkey) -> None:
    bus = RedisHints(own_valkey.url)
    async with bus.subscribe("log") as heard:
        await bus.publish("log")
        await take(heard, 1)
        own_valkey.stop()
        own_valkey.start()
        assert await heard_again(bus, heard) == "log"
    await bus.close()


async def heard_again(bus: Hints, heard: AsyncIterator[Hint]) -> str:
    """Publish until something is heard: the bus needs a moment to find Redis again."""
    first = asyncio.ensure_future(anext(heard))

    async def publish_and_look() -> bool:
        await bus.publish("log")
        return first.done()

    await eventually(publish_and_look, every=0.05)
    return (await first)[0]


async def test_a_bell_rings_at_every_hint_of_its_topic(bus: Hints) -> None:
    bell = asyncio.Event()
    ringing = asyncio.create_task(ring_at(bus, "log", bell))
    for _ in range(2):

        async def heard() -> bool:
            await bus.publish("log")  # again, for nobody may have listened yet
            return bell.is_set()

        await eventually(heard)
        bell.clear()
    ringing.cancel()


async def test_a_wait_for_a_bell_tells_whether_it_rang_and_can_be_cancelled() -> None:
    bell = asyncio.Event()
    assert not await rang(bell, 0.001)
    waiting = asyncio.create_task(rang(bell, 600))
    await asyncio.sleep(0)
    bell.set()
    assert await waiting
    bell.clear()
    waiting = asyncio.create_task(rang(bell, 600))
    await asyncio.sleep(0)
    bell.set()
    waiting.cancel()  # as the bell rings: it must not be lost
    with pytest.raises(asyncio.CancelledError):
        await waiting
