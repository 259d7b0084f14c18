"""The hint bus of several nodes, over Redis publish/subscribe."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterable

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from contact_center.kernel.hints import PUBLISH_TIMEOUT, Hint, Inbox, Switchboard
from contact_center.kernel.log import get_logger

_RETRY_AFTER_FAILURE = 1.0
_LONGEST_PAUSE = 5.0

log = get_logger(__name__)


class RedisHints:
    """`Hints` for every process that speaks to the same Redis.

    One connection listens for the whole process and is renewed with jitter when it breaks.
    """

    def __init__(self, url: str, *, prefix: str = "cc:") -> None:
        self._prefix = prefix
        # No retries inside the client: a hint that is late is worth nothing.
        options = {} if url.startswith("unix:") else {"socket_keepalive": True}
        self._redis: Redis = Redis.from_url(
            url, socket_connect_timeout=PUBLISH_TIMEOUT, retry=None, **options
        )
        self._board = Switchboard()
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

    def ring(self, topic: str) -> None:
        """Tell the listeners of this process; Redis has no part in it."""
        self._board.deliver(topic, b"")

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
