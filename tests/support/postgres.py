"""A PostgreSQL for the tests, and cheap fresh databases in it."""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from contact_center.storage.embedded import PrivatePostgres

T = TypeVar("T")

# What a unit test writes need not survive a power cut. Crash tests bring their own server.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
    "max_connections": "200",
    "autovacuum": "off",
    "logging_collector": "off",
}

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30


class Server:
    """A server and the address of a database in it from which others can be made."""

    def __init__(self, url: str, own: PrivatePostgres | None = None) -> None:
        self.url = url
        self._own = own
        self._hand = Hand(url)

    @classmethod
    def start(cls, **settings: str) -> "Server":
        """TEST_DATABASE_URL, else Debian's of major CC_TEST_POSTGRES, else the wheel's."""
        if given := os.environ.get("TEST_DATABASE_URL"):
            return cls(given)
        own = private_postgres(short_directory(), settings={**FAST, **settings})
        return cls(own.start(), own)

    def stop(self) -> None:
        """Stop and remove what `start` made."""
        self._hand.close()
        if self._own is not None:
            self._own.stop("immediate")
            shutil.rmtree(self._own.data_dir, ignore_errors=True)

    def create(self, template: str = "template0") -> str:
        """Make a database; returns its address."""
        name = f"test_{uuid4().hex[:12]}"
        # Copied as files: the other strategy writes each page to the log as well.
        self._hand.do(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return with_database(self.url, name)

    def drop(self, url: str) -> None:
        """Remove a database whoever is still connected."""
        self._hand.do(f"DROP DATABASE IF EXISTS {database_of(url)} WITH (FORCE)")


class Hand:
    """One connection kept for all makings, on a loop of its own beside whatever loop a test has."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    def do(self, statement: str) -> None:
        self._wait(self._do(statement))

    def close(self) -> None:
        if self._thread.is_alive():
            if self._connection is not None:
                self._wait(self._connection.close(timeout=5))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _do(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(statement)

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


def private_postgres(data_dir: Path, settings: dict[str, str] | None = None) -> PrivatePostgres:
    """A server as the service starts it, of the major the test run asks for."""
    major = os.environ.get("CC_TEST_POSTGRES")
    bin_dir = Path(f"/usr/lib/postgresql/{major}/bin") if major else None
    return PrivatePostgres(data_dir, settings=settings, bin_dir=bin_dir)


def short_directory(*, on_disk: bool = False) -> Path:
    """A new directory whose path leaves room for the name of a socket.

    In memory where there is plenty of it: making a cluster on a disk waits for the disk for
    seconds, and what tests write need not outlive them. TMPDIR decides otherwise.
    """
    if on_disk:
        return Path(tempfile.mkdtemp(prefix="cc-", dir="/tmp"))
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    memory = MEMORY if roomy and "TMPDIR" not in os.environ else None
    return Path(tempfile.mkdtemp(prefix="cc-", dir=memory))


def database_of(url: str) -> str:
    """The name of the database in an address."""
    return urlsplit(url).path.lstrip("/")


def with_database(url: str, name: str) -> str:
    """The same address with another database."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/" + name, parts.query, parts.fragment))


def in_thread(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine to its end, beside whatever event loop the test has."""
    results: list[T] = []
    errors: list[BaseException] = []

    async def run() -> T:
        return await work()

    def target() -> None:
        try:
            results.append(asyncio.run(run()))
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
