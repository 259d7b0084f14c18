"""One open screen: what it listens to, and what waits to be written to it.

Everything pushed within a loop tick leaves in one write. What waits is bounded: a screen that
does not read is cut, so it delays nobody and comes back with a resync.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import WSCloseCode, WSMsgType, web

from contact_center.access.model import Actor
from contact_center.web.live import protocol

BUFFER = 1024
WRITE_SECONDS = 10.0
SPACING = 0.005
"""Seconds between two writes to one screen: the first leaves at once, a storm leaves in bundles."""


class Outgoing(ABC):
    """What waits for one screen; subclasses write it to their kind of wire."""

    def __init__(self, limit: int = BUFFER) -> None:
        self.n = 0
        self.cut = False
        self._limit = limit
        self._waiting = 0
        self._news = asyncio.Event()

    @abstractmethod
    def push(self, template: bytes, count: int) -> None:
        """Number `count` shared frames (protocol.template) and let them wait."""

    @abstractmethod
    def put(self, part: bytes) -> None:
        """Let an encoded object wait."""

    def _told(self, more: int) -> None:
        self._waiting += more
        if self._waiting > self._limit:
            self.cut = True
        self._news.set()

    def stuck(self, now: float) -> bool:  # noqa: ARG002 - a poll waits for nobody
        """Whether a write has been waiting for the other side for too long."""
        return False

    def close(self) -> None:
        """Nothing more will come."""
        self.cut = True
        self._news.set()


class SocketOutgoing(Outgoing):
    """Writes to a WebSocket from a task of its own."""

    def __init__(self, socket: web.WebSocketResponse, limit: int = BUFFER) -> None:
        super().__init__(limit)
        self.socket = socket
        self._parts: list[bytes] = []
        self._writing: float | None = None

    def push(self, template: bytes, count: int) -> None:
        """Number shared frames and let them wait for the next write."""
        n = self.n + 1
        self.n += count
        self._parts.append(template % tuple(range(n, n + count)))
        self._told(count)

    def put(self, part: bytes) -> None:
        """Let an encoded object wait for the next write."""
        self._parts.append(part)
        self._told(1)

    def stuck(self, now: float) -> bool:
        """Whether a write has been waiting for the other side for too long."""
        return self._writing is not None and now - self._writing > WRITE_SECONDS

    async def write_all(self) -> None:
        """Write until cut or closed; then the connection is gone."""
        clock = asyncio.get_running_loop().time
        news, send = self._news, self.socket.send_frame
        try:
            while not self.cut:
                await news.wait()
                news.clear()
                parts = self._parts
                if parts and not self.cut:
                    self._parts = []
                    self._waiting = 0
                    # A time-out around each write would cost as much as the write itself: the
                    # beat looks for those that are stuck.
                    self._writing = clock()
                    await send(protocol.array(parts), WSMsgType.TEXT)
                    self._writing = None
                    await asyncio.sleep(SPACING)
        except ConnectionError:
            self.cut = True


class PollOutgoing(Outgoing):
    """Keeps numbered frames until the next poll says they arrived."""

    def __init__(self, limit: int = BUFFER) -> None:
        super().__init__(limit)
        self._kept: deque[tuple[int, int, bytes]] = deque()
        self._fleeting: list[bytes] = []

    def push(self, template: bytes, count: int) -> None:
        """Number shared frames and keep them until they are confirmed."""
        n = self.n + 1
        self.n += count
        self._kept.append((self.n, count, template % tuple(range(n, n + count))))
        self._told(count)

    def put(self, part: bytes) -> None:
        """Keep an unnumbered object for the next answer only."""
        self._fleeting.append(part)
        self._told(1)

    async def take(self, after: int, wait: float) -> bytes:
        """What came after number `after`; waits at most `wait` seconds for something to come.

        A run of frames is kept whole: the client passes over the numbers it has.
        """
        while self._kept and self._kept[0][0] <= after:
            self._waiting -= self._kept.popleft()[1]
        if not self._kept and not self._fleeting and not self.cut:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait)
        fleeting, self._fleeting = self._fleeting, []
        self._waiting -= len(fleeting)
        return protocol.array([part for _, _, part in self._kept] + fleeting)


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

    async def end(self, reason: str, code: int = WSCloseCode.POLICY_VIOLATION) -> None:
        """Close the screen from our side."""
        self.out.close()
        if self.socket is not None:
            await self.socket.close(code=code, message=reason.encode()[:120])

    def cut(self) -> None:
        """Drop the connection without waiting for the other side."""
        self.out.close()
        transport = self.request.transport
        if transport is not None:
            transport.abort()
