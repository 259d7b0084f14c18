"""The short way in for providers.

Each of their events waits for the one before it in the event loop, so what is spent on a request
is spent by all of them. A connection begins here. As long as it brings nothing but plain requests
`POST /hooks/{key}` to accounts that are there, they are read here, and numbered, answered, counted
and logged by the same functions as all others (`guard.py`); no router, middleware or stream is
between. With the first byte of anything else, the connection is aiohttp's, with all that was not
answered yet, and stays so: other methods and addresses, unknown keys, chunks, compression,
`Expect`, `Upgrade`, large bodies, what is slow, and whatever is not written as RFC 9112 has it in
its strictest reading. So no request is judged by two readers, and none is refused by this one.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from aiohttp import web
from multidict import CIMultiDict

from contact_center.kernel.hints import rang
from contact_center.web import guard
from contact_center.web.answers import Encoder
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.webhooks import HOOKS, ROUTE, Hooks

BACKLOG = 512
PREFIX = ROUTE.partition("{")[0].encode()
START = b"POST " + PREFIX
PLAIN = re.compile(
    rb"POST (" + PREFIX + rb"([\w.~-]++)) HTTP/1\.1\r\n"
    rb"((?:[\w!#$%&'*+.^`|~-]++:[^\x00-\x08\x0a-\x1f\x7f]*+\r\n)++)\r\n"
)
"""A request's head: address, key, fields. No folded lines, no bare CR or LF, no other controls."""
LENGTH = re.compile(r"[0-9]{1,9}")
UNUSUAL = ("Transfer-Encoding", "Expect", "Upgrade", "Connection", "Content-Encoding")
HEAD_BYTES = 8190  # of a line in aiohttp
BODY_BYTES = 64 * 1024
SWEEP_SECONDS = 5.0
PART_SECONDS = 10.0  # then a request that came in part is aiohttp's
IDLE_SECONDS = 3630.0  # as aiohttp keeps them: longer than any proxy before it


@dataclass(slots=True, eq=False)
class House:
    """What the connections of one listening address share."""

    hooks: Hooks
    metrics: Metrics
    encoder: Encoder
    most: int  # bytes of a body
    usual: Callable[[], asyncio.Protocol]
    loop: asyncio.AbstractEventLoop
    fronts: set[Front] = field(default_factory=set)
    closing: bool = False
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self, front: Front) -> None:
        """Forget a connection that is over or aiohttp's."""
        self.fronts.discard(front)
        if self.closing and not self.fronts:
            self.empty.set()

    async def sweep(self) -> None:
        """Hand on what came in part, end what is idle; until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = self.loop.time()
            for front in list(self.fronts):
                front.age(now)

    async def close(self, seconds: float) -> None:
        """End idle connections now, the others with their answers or after `seconds`."""
        self.closing = True
        for front in list(self.fronts):
            front.end()
        if self.fronts:
            await rang(self.empty, seconds)
        for front in list(self.fronts):
            front.abort()


class Front(asyncio.Protocol):
    """One connection, one request at a time."""

    __slots__ = (
        "_buffer",
        "_full",
        "_house",
        "_since",
        "_stopped",
        "_task",
        "_transport",
        "_wanted",
    )

    def __init__(self, house: House) -> None:
        self._house = house
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._since = house.loop.time()
        self._wanted = 0  # bytes there must be before looking again is of use
        self._full = self._stopped = False

    # --- the transport's calls ------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._house.fronts.add(self)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family in (socket.AF_INET, socket.AF_INET6):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's call
        self._house.leave(self)  # what is under way is stored all the same

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
        else:
            self._buffer, self._since = data, self._house.loop.time()
        if self._task is None and not self._full:
            if len(self._buffer) >= self._wanted:
                self._look()
        elif len(self._buffer) > self._house.most:
            self._stop_reading()

    def pause_writing(self) -> None:
        self._full = True
        self._stop_reading()

    def resume_writing(self) -> None:
        self._full = False
        self._next()

    # --- the shared house's calls ---------------------------------------------------------

    def age(self, now: float) -> None:
        """Do what time asks for."""
        if self._task is not None or self._full:
            return
        if self._buffer and now - self._since > PART_SECONDS:
            self._hand_over()
        elif not self._buffer and now - self._since > IDLE_SECONDS:
            self._transport.close()

    def end(self) -> None:
        """Close as soon as nothing is under way."""
        if self._task is None:
            self._transport.close()

    def abort(self) -> None:
        """Close whatever is under way."""
        self._transport.abort()

    # --- requests -------------------------------------------------------------------------

    def _look(self) -> None:
        """Begin the request that has come whole; wait for one in part; hand over what is else."""
        data, house = self._buffer, self._house
        found = PLAIN.match(data)
        if found is None:
            begun = START.startswith(data[: len(START)])
            if not begun or len(data) > HEAD_BYTES or b"\r\n\r\n" in data:
                self._hand_over()
            return
        address, key, fields = found.groups()
        headers = fields_of(fields)
        given = headers.getall("Content-Length", ())
        begin, size = found.end(), _number(given[0]) if len(given) == 1 else -1
        if (
            not 0 <= size <= house.most
            or begin > HEAD_BYTES
            or any(name in headers for name in UNUSUAL)
            or not house.hooks.knows(name := key.decode())
        ):
            self._hand_over()
        elif len(data) < begin + size:
            self._wanted = begin + size
        else:
            self._wanted = 0
            self._buffer = data[begin + size :]
            path, body = address.decode(), data[begin : begin + size]
            self._task = house.loop.create_task(self._serve(name, path, headers, body))

    async def _serve(self, key: str, path: str, headers: CIMultiDict[str], body: bytes) -> None:
        house, began = self._house, time.perf_counter()
        number = guard.new_number()
        try:
            reply = await house.hooks.enter(key, path, headers, body)
            status = reply.status
            answer = house.encoder.encode(status, reply.headers, reply.body, number)
        except Exception as error:  # noqa: BLE001 - this is where they all end
            problem = guard.problem_of(
                error, number, ROUTE, house.metrics, body_limit=house.most
            )  # fmt: skip
            status, told = problem.status, dict(problem.headers)
            answer = house.encoder.encode(status, told, bytes(problem.body or b""), number)  # type: ignore[arg-type]
        guard.note("POST", ROUTE, status, time.perf_counter() - began, house.metrics)
        self._task = None
        if not self._transport.is_closing():
            self._transport.write(answer)
            self._next()

    def _next(self) -> None:
        if self._task is not None:
            return  # its end asks again
        if self._house.closing:
            self._transport.close()
        elif not self._full:
            if self._stopped:
                self._stopped = False
                self._transport.resume_reading()
            if self._buffer:
                self._look()

    def _stop_reading(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._transport.pause_reading()

    def _hand_over(self) -> None:
        house, data, self._buffer = self._house, self._buffer, b""
        house.leave(self)
        usual = house.usual()
        self._transport.set_protocol(usual)
        usual.connection_made(self._transport)
        usual.data_received(data)


def fields_of(lines: bytes) -> CIMultiDict[str]:
    """The fields of a head, each ended by CR LF; what is not UTF-8 comes as aiohttp gives it."""
    pairs = []
    for line in lines.decode("utf-8", "surrogateescape").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name, value.strip(" \t")))
    return CIMultiDict(pairs)


def _number(text: str) -> int:
    return int(text) if LENGTH.fullmatch(text) else -1


@asynccontextmanager
async def listening(
    runner: web.AppRunner, host: str, port: int, *, most: int, seconds: float
) -> AsyncIterator[asyncio.Server]:
    """Listen for an application that is set up and takes bodies of `most` bytes.

    At the end there are `seconds` for what is under way. Raises OSError where it cannot listen.
    """
    loop, app, server = asyncio.get_running_loop(), runner.app, runner.server
    if server is None:
        raise RuntimeError("the runner is set up first")
    made: Callable[[], asyncio.Protocol] = server
    async with AsyncExitStack() as exits:
        if HOOKS in app:  # else a process no provider calls, without the role `web`
            encoder = Encoder(secure=app[guard.SECURE])
            house = House(app[HOOKS], app[METRICS], encoder, min(BODY_BYTES, most), server, loop)
            made = partial(Front, house)
            exits.push_async_callback(house.close, seconds)
            sweeping = asyncio.create_task(house.sweep(), name="sweep of connections")
            exits.callback(sweeping.cancel)
        wire = await loop.create_server(made, host, port, backlog=BACKLOG)
        exits.callback(wire.close)
        yield wire
