"""A PostgreSQL for the tests, and cheap fresh databases in it."""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
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
    "max_connections": "200",
    "autovacuum": "off",
    "logging_collector": "off",
}


class Server:
    """A server and the address of a database in it from which others can be made."""

    def __init__(self, url: str, own: PrivatePostgres | None = None) -> None:
        self.url = url
        self._own = own

    @classmethod
    def start(cls, **settings: str) -> "Server":
        """TEST_DATABASE_URL, else Debian's of major CC_TEST_POSTGRES, else the wheel's."""
        if given := os.environ.get("TEST_DATABASE_URL"):
            return cls(given)
        own = private_postgres(short_directory(), settings={**FAST, **settings})
        return cls(own.start(), own)

    def stop(self) -> None:
        """Stop and remove what `start` made."""
        if self._own is not None:
            self._own.stop("immediate")
            shutil.rmtree(self._own.data_dir, ignore_errors=True)

    def create(self, template: str = "template0") -> str:
        """Make a database; returns its address."""
        name = f"test_{uuid4().hex[:12]}"
        self._do(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return with_database(self.url, name)

    def drop(self, url: str) -> None:
        """Remove a database whoever is still connected."""
        self._do(f"DROP DATABASE IF EXISTS {database_of(url)} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        in_thread(work)


def private_postgres(data_dir: Path, settings: dict[str, str] | None = None) -> PrivatePostgres:
    """A server as the service starts it, of the major the test run asks for."""
    major = os.environ.get("CC_TEST_POSTGRES")
    bin_dir = Path(f"/usr/lib/postgresql/{major}/bin") if major else None
    return PrivatePostgres(data_dir, settings=settings, bin_dir=bin_dir)


def short_directory() -> Path:
    """A new directory whose path leaves room for the name of a socket."""
    return Path(tempfile.mkdtemp(prefix="cc-"))


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
