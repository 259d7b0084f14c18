"""Visitors played from outside: whatever happens to their lines, each message is stored once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from contact_center.app import running
from contact_center.settings import Settings
from tests.support.demo import Demo
from tests.support.house import free_port
from tests.support.waiting import eventually


async def test_the_way_of_a_contact_is_read_from_rows_and_log(demo: Demo) -> None:
    await demo.sign_in("kate@north-pine.example")
    new = await demo.ask("POST", "/simulator/api/visitors", {"account": "north-shop"})

    async def offered() -> Any:
        offers = await demo.ask("GET", "/api/v1/offers")
        for offer in offers:
            await demo.ask("POST", f"/api/v1/offers/{offer['id']}/accept")
        visitor = await demo.visitor(new["id"])
        return visitor["contact"] and visitor["contact"]["operator"] and visitor

    visitor = await eventually(offered)
    number = visitor["contact"]["number"]
    contact_id = (await demo.trace(number))["contact"]["id"]
    await demo.ask(
        "POST", f"/api/v1/contacts/{contact_id}/messages",
        {"kind": "reply", "text": "Hello from Kate", "client_msg_id": "one"},
    )  # fmt: skip

    async def read() -> Any:
        trace = await demo.trace(number)
        return trace if any(step["about"] == "read" for step in trace["steps"]) else None

    trace = await eventually(read)
    stages = [step["stage"] for step in trace["steps"]]
    for stage in (
        "received", "stored", "client", "triage", "work", "offer", "operator", "answer",
    ):  # fmt: skip
        assert stage in stages, stage
    assert [step["at"] for step in trace["steps"]] == sorted(s["at"] for s in trace["steps"])
    kinds = {event["kind"] for event in trace["events"]}
    assert {"contact.opened", "message.added", "work.offered", "work.active"} <= kinds
    lines = (await demo.visitor(new["id"]))["lines"]
    assert "Hello from Kate" in [line["text"] for line in lines if line["sender"] == "operator"]


async def test_repeated_messages_are_stored_once(demo: Demo) -> None:
    await demo.ask("POST", "/simulator/api/scenarios", {"scenario": "repeats"})
    await eventually(demo.visitors)
    visitors = await demo.settled()
    sent = 0
    for visitor in visitors:
        own = [line for line in visitor["lines"] if line["sender"] == "visitor"]
        assert all(line["tries"] >= 3 for line in own)
        sent += len(own)
        assert sorted(await demo.stored(visitor)) == sorted(line["text"] for line in own)
    assert sent == 4


async def test_messages_over_broken_lines_are_stored_once(demo: Demo) -> None:
    await demo.ask("POST", "/simulator/api/scenarios", {"scenario": "drops"})
    await eventually(demo.visitors)

    async def written() -> Any:
        visitors = await demo.visitors()
        lines = [line for v in visitors for line in v["lines"]]
        return len(lines) == 4 and all(line["status"] != "sending" for line in lines)

    await eventually(written)
    for visitor in await demo.settled():
        own = [line["text"] for line in visitor["lines"] if line["sender"] == "visitor"]
        assert sorted(await demo.stored(visitor)) == sorted(own)


async def test_messages_in_the_wrong_order_are_all_stored(demo: Demo) -> None:
    await demo.ask("POST", "/simulator/api/scenarios", {"scenario": "reorder"})

    async def three() -> Any:
        visitors = await demo.visitors()
        return visitors and len(visitors[0]["lines"]) == 3

    await eventually(three)
    [visitor] = await demo.settled()
    own = [line["text"] for line in visitor["lines"]]
    assert await demo.stored(visitor) == own[::-1]


async def test_ten_visitors_at_once_get_ten_contacts(demo: Demo) -> None:
    await demo.ask("POST", "/simulator/api/scenarios", {"scenario": "ten"})

    async def ten() -> Any:
        visitors = await demo.visitors()
        return len(visitors) == 10 and all(v["contact"] for v in visitors)

    await eventually(ten)
    numbers = {v["contact"]["number"] for v in await demo.visitors()}
    assert len(numbers) == 10
    await demo.ask("DELETE", "/simulator/api/visitors")
    assert await demo.visitors() == []


async def test_pages_are_served_strictly_and_foreign_sites_cannot_play(demo: Demo) -> None:
    for path in ("/simulator", "/demo/shop", "/demo/north", "/simulator/simulator.js"):
        async with demo.http.get(demo.url + path) as page:
            assert page.status == 200
            policy = page.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
    async with demo.http.post(
        f"{demo.url}/simulator/api/scenarios", json={"scenario": "ten"},
        headers={"Origin": "https://evil.example"},
    ) as refused:  # fmt: skip
        assert refused.status == 403
    for path in ("trace/999999", "trace/x"):
        async with demo.http.get(f"{demo.url}/simulator/api/{path}") as missing:
            assert missing.status == 404


async def test_without_the_demo_there_is_no_simulator(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(database_url=SecretStr(database_url), listen_port=port, data_dir=tmp_path)
    async with running(settings), aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{port}/simulator/api/state"
        async with http.get(url) as page:
            assert "visitors" not in await page.text()
