"""From a visitor's POST to the frame at the operator's socket: idle, and under half of the most.

The floor, measured in the same run on the same database: a bare handler that commits one row and
echoes a frame. The load comes from a process of its own: closed loop to find the most the intake
takes, then an open loop at half of that while a quiet visitor is watched.
"""

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

from contact_center.storage.embedded import PrivatePostgres
from tests.bench._report import median, percentile, report
from tests.support.house import House, Office, Visitor, free_port

REPORTS = ("webhook_to_screen_idle", "webhook_to_screen_half_load")
SAMPLES = 200
LOAD_SECONDS = 12.0
PAUSE = 0.03


async def load(url: str, key: str, rate: float, seconds: float) -> None:
    """Send from 64 visitors; rate 0: as fast as it goes. Prints how many were taken."""
    visitors = [Visitor(url, key) for _ in range(64)]
    await asyncio.gather(*(visitor.begin() for visitor in visitors))
    end = time.monotonic() + seconds
    door = f"{url}/hooks/{key}"
    taken = 0

    async def one(number: int, visitor: Visitor) -> None:
        nonlocal taken
        due = time.monotonic() + (number / rate if rate else 0)
        for turn in range(100_000):
            if rate:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                due += len(visitors) / rate
            if time.monotonic() > end:
                return
            status = await visitor.write("load", f"{number}-{turn}-{end}", door=door)
            taken += status == 200

    await asyncio.gather(*(one(number, visitor) for number, visitor in enumerate(visitors)))
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    print(taken)


async def in_another_process(url: str, key: str, rate: float, seconds: float) -> float:
    """Taken per second."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.webhook_to_screen", url, key, str(rate), str(seconds),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return int(out) / seconds


async def watch(
    visitor: Visitor, socket: aiohttp.ClientWebSocketResponse, contact: str, door: str, tag: str
) -> list[float]:
    """Milliseconds from the POST to the frame that tells of its message."""
    arrived: asyncio.Queue[float] = asyncio.Queue()
    wanted = ("message.added", f"contact:{contact}")

    async def listen() -> None:
        async for frame in socket:
            for item in json.loads(frame.data):
                if (item.get("kind"), item.get("topic")) == wanted:
                    arrived.put_nowait(time.perf_counter())

    listener = asyncio.create_task(listen())
    found = []
    for number in range(SAMPLES):
        begun = time.perf_counter()
        await visitor.write("?", f"{tag}{number}", door=door)
        found.append((await asyncio.wait_for(arrived.get(), 10) - begun) * 1000)
        await asyncio.sleep(PAUSE)
    listener.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listener
    return found


async def floor(database_url: str) -> list[float]:
    """The same way without a contact centre: commit one row, echo one frame."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS bench_floor (body text)")
    sockets: list[web.WebSocketResponse] = []

    async def live(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.append(socket)
        async for _ in socket:
            pass
        return socket

    async def post(request: web.Request) -> web.Response:
        await connection.execute("INSERT INTO bench_floor VALUES ($1)", await request.text())
        for socket in sockets:
            await socket.send_str("{}")
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/live", live), web.post("/post", post)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    found = []
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"http://127.0.0.1:{port}/live")
        for _ in range(SAMPLES):
            begun = time.perf_counter()
            sent = asyncio.create_task(session.post(f"http://127.0.0.1:{port}/post", data="x"))
            await socket.receive()
            found.append((time.perf_counter() - begun) * 1000)
            (await sent).release()
            await asyncio.sleep(PAUSE)
        await socket.close()
    await runner.cleanup()
    await connection.execute("DROP TABLE bench_floor")
    await connection.close()
    return found


async def main() -> None:
    visitors_as_fast_as_providers = {"CC_CHAT__EVENTS": "1000000"}
    house = House("run", environ=visitors_as_fast_as_providers, on_disk=True)
    house.start()
    try:
        await house.ready()
        office = Office(house.url)
        await office.begin(house.first_token)
        account = await office.furnish()
        await measure(house, office, account)
        await office.close()
    finally:
        house.stop()


async def measure(house: House, office: Office, account: dict[str, Any]) -> None:
    key = account["public_key"]
    door = f"{house.url}/hooks/{key}"
    await office.call("PUT", "/me/presence", {"presence": "break"})
    visitor = Visitor(house.url, key)
    await visitor.begin()
    await visitor.write("Здравствуйте", "first")
    rows = await office.call("GET", "/contacts?view=all")
    contact = rows["items"][0]["id"]
    socket = await office.live(f"contact:{contact}")

    bare = await floor(PrivatePostgres(house.directory / "data").url())
    idle = await watch(visitor, socket, contact, door, "idle")
    most = await in_another_process(house.url, key, 0, 5.0)
    loading = asyncio.create_task(in_another_process(house.url, key, most / 2, LOAD_SECONDS))
    await asyncio.sleep(2.0)
    busy = await watch(visitor, socket, contact, door, "busy")
    rate = await loading
    await visitor.close()

    beside = f"floor p50 {median(bare):.1f} p99 {percentile(bare, 0.99):.1f} ms"
    report("webhook_to_screen_idle", median(idle), 12.0,
           f"p50, ms; p99 {percentile(idle, 0.99):.1f}; {beside}", lower=True)  # fmt: skip
    report("webhook_to_screen_half_load", percentile(busy, 0.99), 80.0,
           f"p99, ms; p50 {median(busy):.1f}; at {rate:.0f}/s of {most:.0f}/s taken; {beside}",
           lower=True)  # fmt: skip


if __name__ == "__main__":
    asyncio.run(load(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
