"""Events to 1,000 operators' sockets, against a loop of `send_str`, in the same run.

Both serve from this process; a second process reads all sockets and counts what arrives. A burst
of events is what a busy log brings in one batch. The subject is the whole path from the event:
topics, numbering, encoding, one write per socket and tick.
"""

import asyncio
import multiprocessing
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import aiohttp
import orjson
from aiohttp import web

from contact_center.access.model import Actor
from contact_center.kernel.ids import new_id
from contact_center.storage.events import Event
from contact_center.web.live import protocol
from contact_center.web.live.hub import Hub
from contact_center.web.live.session import Flusher, Session, socket_outgoing
from tests.bench._report import median, report

SOCKETS = 1000
BURST = 10
BURSTS = 10
ROUNDS = 5
TARGET = 5.0
TOPIC = new_id()
CONTACT_TOPIC = f"contact:{TOPIC}"


@dataclass(slots=True)
class World:
    hub: Hub
    flusher: Flusher
    plain: list[web.WebSocketResponse]
    live: list[web.WebSocketResponse]


def reader(port: int, pipe: Connection) -> None:
    """The other process: reads every socket, counts objects, says when all have arrived."""
    import uvloop

    with suppress(KeyboardInterrupt):
        uvloop.run(_read(port, pipe))


async def _read(port: int, pipe: Connection) -> None:
    counts = {"plain": 0, "live": 0}

    async def follow(http: aiohttp.ClientSession, kind: str) -> None:
        async with http.ws_connect(f"http://127.0.0.1:{port}/{kind}", compress=0) as wire:
            async for message in wire:
                # Counting commas of the outer array would be wrong; the marker is in each object.
                counts[kind] += message.data.count('"kind":"message.added"')

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        tasks = [
            asyncio.create_task(follow(http, kind))
            for kind in ("plain", "live")
            for _ in range(SOCKETS)
        ]
        loop = asyncio.get_running_loop()
        while True:
            asked = await loop.run_in_executor(None, pipe.recv)
            if asked is None:
                break
            kind, wanted = asked
            while counts[kind] < wanted:
                await asyncio.sleep(0.001)
            pipe.send(counts[kind])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def events(first: int) -> list[Event]:
    """A burst as the log's reader gives it."""
    data = {"message_id": str(TOPIC), "seq": 12, "kind": "inbound", "queue_id": str(TOPIC)}
    at = datetime.now(UTC)
    return [
        Event(n, 1, "message.added", "contact", TOPIC, n, None, "client", "", data, at)
        for n in range(first, first + BURST)
    ]


async def subject(world: World) -> None:
    for burst in range(BURSTS):
        world.hub.publish(events(burst * BURST + 1))
        await asyncio.sleep(0)


async def floor(world: World) -> None:
    """What one writes first: encode an event once, send it to one socket after the other."""
    for burst in range(BURSTS):
        for event in events(burst * BURST + 1):
            tail = protocol.event_tail(event, CONTACT_TOPIC)
            text = orjson.dumps([orjson.loads(protocol.numbered(1, tail))]).decode()
            for wire in world.plain:
                await wire.send_str(text)


async def _serve(world: World) -> tuple[web.AppRunner, int]:
    async def plain(request: web.Request) -> web.StreamResponse:
        wire = web.WebSocketResponse(compress=False)
        await wire.prepare(request)
        world.plain.append(wire)
        async for _ in wire:
            pass
        return wire

    async def live(request: web.Request) -> web.StreamResponse:
        wire = web.WebSocketResponse(compress=False)
        await wire.prepare(request)
        out = socket_outgoing(wire, request, world.flusher)
        actor = Actor(new_id(), "operator", "", frozenset())
        out.n = 7 * len(world.live)  # as in life: no two sockets have had the same
        session = Session(UUID(int=len(world.live)), actor, request, out, wire)
        world.hub.add(session)
        world.hub.subscribe(session, [CONTACT_TOPIC])
        world.live.append(wire)
        async for _ in wire:
            pass
        world.hub.remove(session)
        return wire

    app = web.Application()
    app.router.add_get("/plain", plain)
    app.router.add_get("/live", live)
    runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    await web.SockSite(runner, listener, backlog=4096).start()
    return runner, listener.getsockname()[1]


async def _timed(work: Any, kind: str, wanted: int, pipe: Connection) -> tuple[float, float]:
    """Seconds until everything was written and had arrived, and CPU seconds of this process."""
    loop = asyncio.get_running_loop()
    began, cpu = time.perf_counter(), time.process_time()
    await work
    pipe.send((kind, wanted))
    await loop.run_in_executor(None, pipe.recv)
    return time.perf_counter() - began, time.process_time() - cpu


async def measure() -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    world = World(Hub(), Flusher(), [], [])
    writer = asyncio.create_task(world.flusher.run())
    runner, port = await _serve(world)
    near, far = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=reader, args=(port, far))
    process.start()
    try:
        while len(world.plain) < SOCKETS or len(world.live) < SOCKETS:
            await asyncio.sleep(0.05)
        each = SOCKETS * BURST * BURSTS
        ratios, rates, lean = [], [], []
        for number in range(1, ROUNDS + 1):
            slow, slow_cpu = await _timed(floor(world), "plain", number * each, near)
            quick, quick_cpu = await _timed(subject(world), "live", number * each, near)
            ratios.append(slow_cpu / quick_cpu)
            rates.append((each / slow, each / quick))
            lean.append(quick_cpu / each * 1e6)
        detail = (
            f"CPU per delivery against a send_str loop, {min(ratios):.1f}-{max(ratios):.1f} in "
            f"{ROUNDS} rounds; {median(lean):.2f} us each; deliveries/s to the reader's end "
            f"{median([r[1] for r in rates]):.0f} against {median([r[0] for r in rates]):.0f}"
        )
        report("ws_fanout_1k", median(ratios), TARGET, detail)
    finally:
        writer.cancel()
        near.send(None)
        process.join(10)
        if process.is_alive():
            process.terminate()
        await runner.cleanup()


async def main() -> None:
    """Run on the loop the service uses."""
    import uvloop

    loop = asyncio.get_running_loop()
    if isinstance(loop, uvloop.Loop):
        await measure()
        return
    await asyncio.to_thread(lambda: uvloop.run(measure()))
