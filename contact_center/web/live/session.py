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
from contact_center.web.live import protocol

BUFFER = 1024
WRITE_SECONDS = 10.0


class Outgoing(ABC):
    """What waits for one screen; subclasses write it to their kind of wire."""

    def __init__(self, limit: int = BUFFER) -> None:
        self.n = 0
        self.cut = False
        self._limit = limit
        self._news = asyncio.Event()

    def push(self, tail: bytes) -> None:
        """Number a shared frame and let it wait."""
        self.n += 1
        self.put(protocol.numbered(self.n, tail))

    @abstractmethod
    def put(self, part: bytes) -> None:
        """Let an encoded object wait."""

    def _told(self, waiting: int) -> None:
        if waiting > self._limit:
            self.cut = True
        self._news.set()

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

    def put(self, part: bytes) -> None:
        """Let an encoded object wait for the next write."""
        self._parts.append(part)
        self._told(len(self._parts))

    async def write_all(self) -> None:
        """Write until cut, closed or too slow; then the connection is gone."""
        try:
            while not self.cut:
                await self._news.wait()
                self._news.clear()
                if self._parts and not self.cut:
                    parts, self._parts = self._parts, []
                    async with asyncio.timeout(WRITE_SECONDS):
                        await self.socket.send_frame(protocol.array(parts), WSMsgType.TEXT)
        except (ConnectionError, TimeoutError):
            self.cut = True


class PollOutgoing(Outgoing):
    """Keeps numbered frames until the next poll says they arrived."""

    def __init__(self, limit: int = BUFFER) -> None:
        super().__init__(limit)
        self._kept: deque[tuple[int, bytes]] = deque()
        self._fleeting: list[bytes] = []

    def push(self, tail: bytes) -> None:
        """Number a shared frame and keep it until it is confirmed."""
        self.n += 1
        self._kept.append((self.n, protocol.numbered(self.n, tail)))
        self._told(len(self._kept))

    def put(self, part: bytes) -> None:
        """Keep an unnumbered object for the next answer only."""
        self._fleeting.append(part)
        self._told(len(self._fleeting))

    async def take(self, after: int, wait: float) -> bytes:
        """What came after number `after`; waits at most `wait` seconds for something to come."""
        while self._kept and self._kept[0][0] <= after:
            self._kept.popleft()
        if not self._kept and not self._fleeting and not self.cut:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), wait)
            except TimeoutError:
                pass
        fleeting, self._fleeting = self._fleeting, []
        return protocol.array([part for _, part in self._kept] + fleeting)


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
