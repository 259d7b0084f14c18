"""The hint bus: "there is something new, look", between tasks and between nodes.

A hint may be lost, doubled or late; nobody may rely on one. Whoever listens also asks the
database from time to time, so a silent bus makes the house slower and never wrong.

The bus over Redis stands in `redis_hints.py`: a single process does without that library.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Hint = tuple[str, bytes]

BUFFER = 256
"""Hints kept for a slow subscriber; the oldest are dropped first."""

PUBLISH_TIMEOUT = 0.5
"""Seconds after which publishing gives up: a dead Redis must not hold up the publisher."""


class Hints(Protocol):
    """What the house asks of a bus."""

    async def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell whoever listens now. Never raises; gives up after half a second."""
        ...

    def ring(self, topic: str) -> None:
        """Tell the listeners of this process alone, whether the bus is there or not."""
        ...

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        """Listen to topics: ``async with hints.subscribe("log") as heard: async for … in heard``.

        What is published after the block is entered arrives, except when the bus itself is away.
        """
        ...

    async def close(self) -> None:
        """End all subscriptions."""
        ...


async def ring_at(hints: Hints, topic: str, bell: asyncio.Event) -> None:
    """Ring a bell at every hint of a topic, until cancelled."""
    async with hints.subscribe(topic) as heard:
        async for _ in heard:
            bell.set()


async def rang(bell: asyncio.Event, seconds: float) -> bool:
    """Wait for a bell, `seconds` at most; whether it rang.

    Not wait_for: before Python 3.12 it loses a cancellation that meets the wake-up.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await bell.wait()
    return False


class Inbox:
    """What one subscriber has not read yet: bounded, the oldest goes first."""

    def __init__(self, size: int = BUFFER) -> None:
        self._kept: deque[Hint] = deque(maxlen=size)
        self._news = asyncio.Event()
        self._closed = False

    def put(self, hint: Hint) -> None:
        """Keep a hint; forget the oldest when there is no room."""
        self._kept.append(hint)
        self._news.set()

    def close(self) -> None:
        """Let the reader finish what is kept and then stop."""
        self._closed = True
        self._news.set()

    def __aiter__(self) -> "Inbox":
        return self

    async def __anext__(self) -> Hint:
        while not self._kept:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._kept.popleft()


class Switchboard:
    """Which inbox listens to which topic."""

    def __init__(self) -> None:
        self._inboxes: dict[str, list[Inbox]] = {}

    def topics(self) -> list[str]:
        return list(self._inboxes)

    def deliver(self, topic: str, payload: bytes) -> None:
        for inbox in self._inboxes.get(topic, ()):
            inbox.put((topic, payload))

    def add(self, inbox: Inbox, topics: Iterable[str]) -> list[str]:
        """Connect an inbox; returns the topics nobody listened to before."""
        fresh = [topic for topic in topics if topic not in self._inboxes]
        for topic in topics:
            self._inboxes.setdefault(topic, []).append(inbox)
        return fresh

    def remove(self, inbox: Inbox, topics: Iterable[str]) -> list[str]:
        """Disconnect an inbox; returns the topics nobody listens to any more."""
        for topic in topics:
            self._inboxes[topic].remove(inbox)
        empty = [topic for topic in topics if not self._inboxes[topic]]
        for topic in empty:
            del self._inboxes[topic]
        return empty

    def close(self) -> None:
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                inbox.close()


class LocalHints:
    """The bus of a single process."""

    def __init__(self) -> None:
        self._board = Switchboard()

    async def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell the listeners of this process."""
        self._board.deliver(topic, payload)

    def ring(self, topic: str) -> None:
        """Tell them without a payload."""
        self._board.deliver(topic, b"")

    @contextlib.asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[AsyncIterator[Hint]]:
        """Listen to topics for as long as the block lasts."""
        names, inbox = set(topics), Inbox()
        self._board.add(inbox, names)
        try:
            yield inbox
        finally:
            self._board.remove(inbox, names)

    async def close(self) -> None:
        """End all subscriptions."""
        self._board.close()
