"""The hint bus: "there is something new, look", between tasks and between nodes.

A hint may be lost, doubled or late; nobody may rely on one. Whoever listens also asks the
database from time to time, so a silent bus makes the house slower and never wrong.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from contact_center.kernel.log import get_logger

Hint = tuple[str, bytes]

BUFFER = 256
"""Hints kept for a slow subscriber; the oldest are dropped first."""

PUBLISH_TIMEOUT = 0.5
"""Seconds after which publishing gives up: a dead Redis must not hold up the publisher."""

_RETRY_AFTER_FAILURE = 1.0
_LONGEST_PAUSE = 5.0

log = get_logger(__name__)


class Hints(Protocol):
    """What the house asks of a bus."""

    async def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell whoever listens now. Never raises; gives up after half a second."""
        ...

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        """Listen to topics: ``async with hints.subscribe("log") as heard: async for … in heard``.

        What is published after the block is entered arrives, except when the bus itself is away.
        """
        ...

    async def close(self) -> None:
        """End all subscriptions."""
        ...


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


class _Switchboard:
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
        self._board = _Switchboard()

    async def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell the listeners of this process."""
        self._board.deliver(topic, payload)

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


class RedisHints:
    """The bus of several nodes over Redis publish/subscribe.

    One connection listens for the whole process and is renewed with jitter when it breaks.
    """

    def __init__(self, url: str, *, prefix: str = "cc:") -> None:
        self._prefix = prefix
        # No retries inside the client: a hint that is late is worth nothing.
        options = {} if url.startswith("unix:") else {"socket_keepalive": True}
        self._redis: Redis = Redis.from_url(
            url, socket_connect_timeout=PUBLISH_TIMEOUT, retry=None, **options
        )
        self._board = _Switchboard()
        self._pubsub: PubSub | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._changing = asyncio.Lock()
        self._quiet_until = 0.0

    async def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell all nodes; gives up quietly when Redis is away."""
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until:
            return  # it failed a moment ago: do not let every publisher wait for it again
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await self._redis.publish(self._prefix + topic, payload)
        except (RedisError, OSError, TimeoutError) as error:
            self._quiet_until = asyncio.get_running_loop().time() + _RETRY_AFTER_FAILURE
            log.warning("hint not published", topic=topic, error=repr(error))

    @contextlib.asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[AsyncIterator[Hint]]:
        """Listen to topics of all nodes; waits shortly for Redis to confirm."""
        names, inbox = set(topics), Inbox()
        fresh = self._board.add(inbox, names)
        try:
            await self._listen_to(fresh)
            yield inbox
        finally:
            await self._forget(self._board.remove(inbox, names))

    async def close(self) -> None:
        """End all subscriptions and connections."""
        self._board.close()
        if self._reader is not None:
            # redis-py 8 swallows a cancellation that comes together with a reply: ask again.
            while not self._reader.done():
                self._reader.cancel()
                await asyncio.wait([self._reader], timeout=0.05)
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _listen_to(self, topics: list[str]) -> None:
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_forever(), name="hints")
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await self._ready.wait()
                async with self._changing:
                    if self._pubsub is not None and topics:
                        await self._pubsub.subscribe(*self._named(topics))

    async def _forget(self, topics: list[str]) -> None:
        if not topics or self._pubsub is None:
            return
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PUBLISH_TIMEOUT), self._changing:
                await self._pubsub.unsubscribe(*self._named(topics))

    def _named(self, topics: Iterable[str]) -> list[str]:
        return [self._prefix + topic for topic in topics]

    async def _read_forever(self) -> None:
        failures = 0
        while True:
            try:
                await self._read()
                failures = 0
            except (RedisError, OSError, TimeoutError) as error:
                failures += 1
                pause = min(_LONGEST_PAUSE, 0.1 * 2**failures) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
                log.warning("hint bus away", error=repr(error), again_in=round(pause, 2))
                await asyncio.sleep(pause)

    async def _read(self) -> None:
        """Subscribe to everything wanted and hand out what comes, until the connection breaks."""
        async with self._redis.pubsub() as pubsub:
            # A first subscription of our own makes the connection and proves that it works.
            await pubsub.subscribe(f"{self._prefix}·", *self._named(self._board.topics()))
            self._pubsub = pubsub
            self._ready.set()
            try:
                while True:
                    message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=30)
                    if message is None:
                        await pubsub.ping()  # finds a connection that died without a word
                        continue
                    if message["type"] == "message":
                        topic = message["channel"].decode().removeprefix(self._prefix)
                        self._board.deliver(topic, message["data"])
            finally:
                self._pubsub = None
                self._ready.clear()
