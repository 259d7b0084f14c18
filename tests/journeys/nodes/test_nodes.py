"""Several nodes are one service, with their bus and without it."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.journeys.crash.harness import FAULTS
from tests.journeys.nodes.conftest import Nodes
from tests.support.house import Visitor
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
# Without the bus all waits are the log reader's quarter of a second; a busy machine gets more, but
# far less than the half minute after which senders and runners look by themselves.
SECONDS = 2.0 if SOAK else 25.0
SENT = ("sent", "delivered", "read")
VISITORS, MESSAGES = (40, 40) if SOAK else (8, 12)

pytestmark = [
    pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(600 if SOAK else 400),
]  # fmt: skip


async def talk(nodes: Nodes, name: str, *, typing: bool) -> None:
    """A visitor of the first node is answered on the second one, by the worker."""
    office = nodes.office
    visitor = Visitor(nodes.first.url, nodes.public_key)
    try:
        await visitor.begin()
        assert await visitor.write("Где заказ?", name) == 200
        offer = await nodes.offer(SECONDS)
        contact = (await office.call("POST", f"/offers/{offer['id']}/accept"))["id"]
        await nodes.screen.send_json({"t": "sub", "topics": [f"contact:{contact}"]})
        assert await nodes.shown("subscribed", SECONDS)
        if typing:
            await eventually(lambda: types(nodes, visitor))
        said = {"kind": "reply", "text": f"Уже едет: {name}", "client_msg_id": str(uuid4())}
        await office.call("POST", f"/contacts/{contact}/messages", said)

        async def arrived() -> bool:
            return any(said["text"] == one.get("text") for one in await visitor.messages())

        async def sent() -> bool:
            thread = await office.call("GET", f"/contacts/{contact}/messages")
            return any(
                one["text"] == said["text"] and one["delivery"]["state"] in SENT
                for one in thread["items"]
            )

        await asyncio.gather(
            eventually(arrived, seconds=SECONDS, every=0.05),
            eventually(sent, seconds=SECONDS, every=0.05),
        )
        result = {"result_code_id": office.solved}
        await office.call("POST", f"/contacts/{contact}/close", result)
        await office.call("POST", f"/contacts/{contact}/wrap-up", result)
    finally:
        await visitor.close()


async def types(nodes: Nodes, visitor: Visitor) -> bool:
    """Whether typing crosses the nodes now; it may be lost, so whoever types on sends it again."""
    assert await visitor.write("", "x", type="typing") == 200
    try:
        return await nodes.shown("typing", 1)
    except (AssertionError, TimeoutError):
        return False


async def test_a_talk_crosses_nodes_while_the_bus_is_there_gone_and_back(
    nodes: Nodes, own_valkey: Valkey
) -> None:
    await talk(nodes, "with-the-bus", typing=True)
    own_valkey.stop()
    for number in range(3):
        await talk(nodes, f"without-{number}", typing=False)
    await nodes.office.call("GET", "/me")
    assert not nodes.screen.closed, "nobody is signed out"
    own_valkey.start()
    await talk(nodes, "back", typing=True)
    assert not nodes.screen.closed


async def faults(database_url: str) -> dict[str, int]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(FAULTS)
    finally:
        await connection.close()
    return {row["fault"]: row["n"] for row in rows if row["n"]}


async def test_two_intake_processes_fed_the_same_events_shuffled_agree(
    nodes: Nodes, database_url: str
) -> None:
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"seed {seed}")
    chance = random.Random(seed)
    visitors = [Visitor(nodes.first.url, nodes.public_key) for _ in range(VISITORS)]
    events: list[tuple[Visitor, dict[str, Any]]] = []
    for number, visitor in enumerate(visitors):
        await visitor.begin()
        events += [(visitor, {"id": f"{number}-{n}"}) for n in range(MESSAGES)]

    async def feed(url: str) -> None:
        mine = chance.sample(events, len(events))
        for start in range(0, len(mine), 16):
            answers = await asyncio.gather(*(
                visitor.write(f"text {body['id']}", body["id"],
                              door=f"{url}/chat/v1/{nodes.public_key}/events")
                for visitor, body in mine[start : start + 16]
            ))  # fmt: skip
            assert set(answers) == {200}

    try:
        await asyncio.gather(feed(nodes.first.url), feed(nodes.second.url))
    finally:
        for visitor in visitors:
            await visitor.close()
    connection = await asyncpg.connect(database_url)
    try:
        stored = await connection.fetch("SELECT external_id FROM messages WHERE kind = 'inbound'")
    finally:
        await connection.close()
    assert len(stored) == VISITORS * MESSAGES == len({row["external_id"] for row in stored})

    async def agreed() -> bool:
        return not await faults(database_url)

    await eventually(agreed, every=0.5)
