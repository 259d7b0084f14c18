"""From an operator who frees himself to the next offer on his screen, through the whole service.

He closes a contact with its result, or ends a wrap-up, by the API; thousands of others wait. What
is measured ends when the frame of the next offer is at his socket. The floor, in the same run on
the same database: a bare handler that commits one row and echoes a frame.
"""

import asyncio
import json
import time
from typing import Any

import aiohttp

from contact_center.storage.database import Database
from contact_center.storage.embedded import PrivatePostgres
from tests.bench._report import median, percentile, report
from tests.bench.webhook_to_screen import floor
from tests.journeys.nodes.crowd import Crowd
from tests.support.house import House, Office, Visitor

REPORTS = ("offer_latency", "offer_latency_wrap_up")
SAMPLES = 250
WARM = 20
BEHIND, OPERATORS = 2_000, 200
"""Who else waits, and who else works: none of them is free."""
PAUSE = 0.02
VISITORS = 64
TARGET_MS = 100.0


class Desk:
    """One operator at his screen with room for one contact."""

    def __init__(self, office: Office, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._office = office
        self._arrived: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
        self._listener = asyncio.create_task(self._listen(socket))

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            at = time.perf_counter()
            for item in json.loads(frame.data):
                if item.get("kind") == "work.offered":
                    self._arrived.put_nowait((item["topic"], at))

    async def taken(self) -> str:
        """Take the next offer; the contact's id."""
        (offer,) = await self._offers()
        return str((await self._office.call("POST", f"/offers/{offer['id']}/accept"))["id"])

    async def _offers(self) -> list[dict[str, Any]]:
        async with asyncio.timeout(30):
            while not (found := await self._office.call("GET", "/offers")):
                await asyncio.sleep(0.01)
            return list(found)

    async def free(self, path: str, body: dict[str, Any]) -> float:
        """Milliseconds from this call to the next offer's frame."""
        while not self._arrived.empty():
            self._arrived.get_nowait()
        begun = time.perf_counter()
        call = asyncio.create_task(self._office.call("POST", path, body))
        async with asyncio.timeout(30):
            _, at = await self._arrived.get()
        await call
        return (at - begun) * 1000

    async def end(self) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)


class Line:
    """Visitors with a question each, who have the next one as soon as it was answered."""

    def __init__(self, url: str, key: str) -> None:
        self._door = f"{url}/hooks/{key}"
        self._visitors = [Visitor(url, key) for _ in range(VISITORS)]
        self._turn = 0

    async def begin(self) -> None:
        await asyncio.gather(*(visitor.begin() for visitor in self._visitors))
        await self.write()

    async def write(self) -> None:
        self._turn += 1
        await asyncio.gather(*(
            visitor.write("Где заказ?", f"{number}-{self._turn}", door=self._door)
            for number, visitor in enumerate(self._visitors)
        ))  # fmt: skip

    async def end(self) -> None:
        await asyncio.gather(*(visitor.close() for visitor in self._visitors))


async def sample(office: Office, desk: Desk, line: Line, *, wrap_up: bool) -> list[float]:
    """Milliseconds: of closing with the result, or of ending a wrap-up."""
    result = {"result_code_id": office.solved}
    found = []
    for number in range(WARM + SAMPLES):
        if number % (VISITORS // 2) == 0:
            await line.write()
        contact = await desk.taken()
        if wrap_up:
            await office.call("POST", f"/contacts/{contact}/close", {})
        way = "wrap-up" if wrap_up else "close"
        found.append(await desk.free(f"/contacts/{contact}/{way}", result))
        await asyncio.sleep(PAUSE)
    return found[WARM:]


async def main() -> None:
    house = House("run", environ={"CC_CHAT__EVENTS": "1000000"}, on_disk=True)
    house.start()
    try:
        await house.ready()
        office = Office(house.url)
        await office.begin(house.first_token)
        key = (await office.furnish())["public_key"]
        database = await Database.connect(PrivatePostgres(house.directory / "data").url())
        await Crowd(database, 1, OPERATORS, BEHIND).build("break")
        await measure(house, office, database, key)
        await office.close()
        await database.close()
    finally:
        house.stop()


async def measure(house: House, office: Office, database: Database, key: str) -> None:
    await office.call("PATCH", f"/employees/{office.id}", {"ceilings": {"chat": 1}})
    await office.call("PATCH", f"/queues/{office.queue}", {"follow_up_minutes": 0})
    line = Line(house.url, key)
    await line.begin()
    desk = Desk(office, await office.live("me"))
    await office.call("PUT", "/me/presence", {"presence": "ready"})
    bare = await floor(database.url)
    closing = await sample(office, desk, line, wrap_up=False)
    wrapping = await sample(office, desk, line, wrap_up=True)
    await desk.end()
    await line.end()
    beside = f"floor p50 {median(bare):.1f} p99 {percentile(bare, 0.99):.1f} ms"
    for name, found in zip(REPORTS, (closing, wrapping), strict=True):
        detail = f"p99, ms; p50 {median(found):.1f}; {BEHIND} others wait; {beside}"
        report(name, percentile(found, 0.99), TARGET_MS, detail, lower=True)
