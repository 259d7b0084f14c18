"""One open screen: what it listens to, and what waits to be written to it.

Everything pushed within a loop tick leaves in one write. What waits is bounded: a screen that
does not read is cut, so it delays nobody and comes back with a resync.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import WSCloseCode, WSMsgType, web

from contact_center.access.model import Actor
from contact_center.kernel.hints import rang
from contact_center.web.live import protocol

BUFFER = 1024
WRITE_SECONDS = 10.0
INLINE = 32 * 1024
"""Bytes in the transport up to which a write is sure not to wait for the other side."""
SPACING = 0.002
"""Seconds between two rounds of writing: the first leaves at once, a storm leaves in bundles."""
TURN = 64
"""Screens written to before others of this process have their turn."""


class Outgoing(ABC):
    """What waits for one screen; subclasses write it to their kind of wire."""

    def __init__(self, limit: int = BUFFER) -> None:
        self.n = 0
        self.cut = False
        self._limit = limit
        self._waiting = 0

    @abstractmethod
    def push(self, template: bytes, count: int) -> None:
        """Number `count` shared frames (protocol.template) and let them wait."""

    @abstractmethod
    def put(self, part: bytes) -> None:
        """Let an encoded object wait."""

    def _count(self, more: int) -> None:
        self._waiting += more
        if self._waiting > self._limit:
            self.give_up()

    def stuck(self, now: float) -> bool:  # noqa: ARG002 - a poll waits for nobody
        """Whether a write has been waiting for the other side for too long."""
        return False

    def give_up(self) -> None:
        """Nothing more will come, and nobody waits for what has not left."""
        self.cut = True


class Flusher:
    """Writes for all sockets of a node: one write per socket and round.

    A socket that might make it wait is written to by a task of its own instead.
    """

    def __init__(self) -> None:
        self._marked: list[SocketOutgoing] = []
        self._news = asyncio.Event()

    def mark(self, out: SocketOutgoing) -> None:
        """There is something to write."""
        self._marked.append(out)
        if len(self._marked) == 1:
            self._news.set()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            marked, self._marked = self._marked, []
            for at, out in enumerate(marked, 1):
                await out.flush()
                if at % TURN == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(SPACING)


class SocketOutgoing(Outgoing):
    """What waits for a WebSocket."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        flusher: Flusher,
        limit: int = BUFFER,
    ) -> None:
        super().__init__(limit)
        self.socket = socket
        self._transport = transport
        self._flusher = flusher
        self._parts: list[bytes] = []
        self._slow: asyncio.Task[None] | None = None
        self._writing = 0.0

    def push(self, template: bytes, count: int) -> None:
        """Number shared frames and let them wait for the next write."""
        n = self.n + 1
        self.n += count
        if not self._parts:
            self._flusher.mark(self)
        self._parts.append(template % tuple(range(n, n + count)))
        self._count(count)

    def put(self, part: bytes) -> None:
        """Let an encoded object wait for the next write."""
        if not self._parts:
            self._flusher.mark(self)
        self._parts.append(part)
        self._count(1)

    async def flush(self) -> None:
        """Write what waits; never waits for the other side."""
        if self._slow is not None or self.cut:
            return
        data = self._take()
        if self._transport.get_write_buffer_size() + len(data) > INLINE:
            self._slow = asyncio.create_task(self._write_slowly(data), name="live-slow")
            return
        try:
            await self.socket.send_frame(data, WSMsgType.TEXT)
        except (ConnectionError, RuntimeError):
            self.give_up()

    def _take(self) -> bytes:
        data = protocol.array(self._parts)
        self._parts = []
        self._waiting = 0
        return data

    async def _write_slowly(self, data: bytes) -> None:
        """Wait for the other side, until it has all; meanwhile the buffer fills, to its limit."""
        clock = asyncio.get_running_loop().time
        try:
            while True:
                self._writing = clock()
                await self.socket.send_frame(data, WSMsgType.TEXT)
                if not self._parts or self.cut:
                    return
                data = self._take()
        except (ConnectionError, RuntimeError):
            self.give_up()
        finally:
            self._slow = None

    def stuck(self, now: float) -> bool:
        """Whether a write has been waiting for the other side for too long."""
        return self._slow is not None and now - self._writing > WRITE_SECONDS

    def give_up(self) -> None:
        """Drop the connection without waiting for the other side."""
        self.cut = True
        self._parts = []
        self._transport.abort()


def socket_outgoing(
    socket: web.WebSocketResponse, request: web.Request, flusher: Flusher, limit: int = BUFFER
) -> SocketOutgoing:
    """For a socket that was just prepared. Raises ConnectionError when it is gone already."""
    if request.transport is None:
        raise ConnectionResetError("the socket closed while it was opened")
    return SocketOutgoing(socket, request.transport, flusher, limit)


class PollOutgoing(Outgoing):
    """Keeps numbered frames until the next poll says they arrived."""

    def __init__(self, limit: int = BUFFER) -> None:
        super().__init__(limit)
        self._news = asyncio.Event()
        self._kept: deque[tuple[int, int, bytes]] = deque()
        self._fleeting: list[bytes] = []

    def push(self, template: bytes, count: int) -> None:
        """Number shared frames and keep them until they are confirmed."""
        n = self.n + 1
        self.n += count
        self._kept.append((self.n, count, template % tuple(range(n, n + count))))
        self._count(count)
        self._news.set()

    def put(self, part: bytes) -> None:
        """Keep an unnumbered object for the next answer only."""
        self._fleeting.append(part)
        self._count(1)
        self._news.set()

    async def take(self, after: int, wait: float) -> bytes:
        """What came after number `after`; waits at most `wait` seconds for something to come.

        A run of frames is kept whole: the client passes over the numbers it has.
        """
        while self._kept and self._kept[0][0] <= after:
            self._waiting -= self._kept.popleft()[1]
        if not self._kept and not self._fleeting and not self.cut:
            self._news.clear()
            await rang(self._news, wait)
        fleeting, self._fleeting = self._fleeting, []
        self._waiting -= len(fleeting)
        return protocol.array([part for _, _, part in self._kept] + fleeting)

    def give_up(self) -> None:
        """End the poll that waits."""
        self.cut = True
        self._news.set()


@dataclass(eq=False, slots=True)
class Session:
    """An open screen. `request` is the one that opened it: it proves the actor again later."""

    id: UUID
    actor: Actor
    request: web.Request
    out: Outgoing
    socket: web.WebSocketResponse | None = None
    topics: set[str] = field(default_factory=set)  # internal names
    viewing: UUID | None = None
    seen: int = -1  # serial of the last event it got, so that it gets each once
    batch: list[bytes] = field(default_factory=list)  # what it gets of the batch at hand
    counted: bool = False  # has a row in operator_sessions
    asked_at: float = 0.0  # of a long poll: when it last asked
    typed_at: float = 0.0

    @property
    def employee_id(self) -> UUID:
        return self.actor.employee_id

    @property
    def proof(self) -> bytes | None:
        """The hash of the login session or API token that opened it."""
        return self.actor.session or self.actor.token

    async def end(self, reason: str, code: int = WSCloseCode.POLICY_VIOLATION) -> None:
        """Close the screen from our side."""
        if self.socket is None:
            self.out.give_up()
        else:
            await self.socket.close(code=code, message=reason.encode()[:120])
