"""A cheap sender of requests: raw sockets, requests encoded beforehand, a process of its own."""

import asyncio
import contextlib
import multiprocessing
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import uvloop


@dataclass(frozen=True, slots=True)
class Shot:
    """What one salvo brought. Seconds; latencies in milliseconds."""

    seconds: float
    answers: int
    refused: int
    latencies: list[float]

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is complete."""

    def __init__(self, feed: Any, shot: dict[str, Any], done: asyncio.Future[None]) -> None:
        self._feed, self._shot, self._done = feed, shot, done
        self._transport: Any = None
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def start(self) -> None:
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        mark = self._buffer.lower().find(b"content-length:")
        length = int(self._buffer[mark + 15 : self._buffer.find(b"\r", mark)]) if mark >= 0 else 0
        if len(self._buffer) < head + 4 + length:
            return
        self._shot["latencies"].append((time.perf_counter() - self._began) * 1000)
        if self._buffer[9:12] != b"200":
            self._shot["refused"] += 1
            self._shot["example"] = self._buffer[:400]
        self._buffer = b""
        self._next()

    def _next(self) -> None:
        request = next(self._feed, None)
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))


async def _shoot(port: int, connections: int, requests: list[bytes]) -> Shot:
    loop = asyncio.get_running_loop()
    feed = iter(requests)
    shot: dict[str, Any] = {"refused": 0, "latencies": [], "example": b""}
    wires = []
    for _ in range(connections):
        done = loop.create_future()
        _, protocol = await loop.create_connection(
            partial(_Connection, feed, shot, done), "127.0.0.1", port
        )
        wires.append((protocol, done))
    began = time.perf_counter()
    for protocol, _ in wires:
        protocol.start()
    await asyncio.gather(*(done for _, done in wires))
    seconds = time.perf_counter() - began
    if shot["refused"]:
        print(shot["refused"], "refused:", shot["example"])
    latencies = shot["latencies"]
    return Shot(seconds, len(latencies) - shot["refused"], shot["refused"], latencies)


def _serve(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            pipe.send(uvloop.run(_shoot(*pipe.recv())))


class Load:
    """The other process; `shoot` blocks until the last answer is there."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def shoot(self, port: int, connections: int, requests: list[bytes]) -> Shot:
        self._pipe.send((port, connections, requests))
        shot: Shot = self._pipe.recv()
        return shot

    def close(self) -> None:
        self._pipe.close()
        self._process.join(5)
