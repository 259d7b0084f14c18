"""Fixtures every test folder may use. Servers are real: PostgreSQL and Valkey from wheels."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from contact_center.kernel.clock import ManualClock
from contact_center.kernel.hints import LocalHints
from contact_center.storage.embedded import PrivatePostgres
from tests.support import chromium
from tests.support.postgres import Server, database_of, in_thread, private_postgres, short_directory
from tests.support.valkey import Valkey

IN_CI = os.environ.get("CI") == "true"

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Else each of the hundred programs the tests start compiles all it imports, for seconds.
    sys.pycache_prefix = str(Path(__file__).parent.parent / ".pytest_cache" / "bytecode")
    sys.dont_write_bytecode = False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The one PostgreSQL of this test run."""
    server = Server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """The name of a migrated, empty database from which the tests' databases are copied."""
    from contact_center.storage.migrate import migrate

    url = postgres.create()
    in_thread(lambda: migrate(url))
    return database_of(url)


@pytest.fixture
def database_url(postgres: Server, template: str) -> Iterator[str]:
    """The address of a fresh migrated database of this test's own."""
    url = postgres.create(template)
    try:
        yield url
    finally:
        postgres.drop(url)


@pytest.fixture
def empty_database_url(postgres: Server) -> Iterator[str]:
    """The address of a fresh database without any table."""
    url = postgres.create()
    try:
        yield url
    finally:
        postgres.drop(url)


@pytest.fixture
def own_postgres() -> Iterator[PrivatePostgres]:
    """A server of this test's own, durable as in earnest (fsync on), not yet started."""
    directory = short_directory()
    server = private_postgres(directory)
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def _valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def valkey_url(_valkey: Valkey) -> str:
    """The address of a Valkey that was just flushed."""
    _valkey.flush()
    return _valkey.url


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A running Valkey of this test's own, to be stopped and started at will."""
    server = Valkey()
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves when told to."""
    return ManualClock()


@pytest.fixture
async def hints() -> LocalHints:
    """A hint bus for one process."""
    return LocalHints()


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory with a path short enough for Unix sockets."""
    directory = short_directory()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The machine's Chromium; the test is skipped, aloud, where there is none."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.MISSING)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: tests run side by side, and the last one should not run alone."""
    long = ("browser", "processes", "slow")
    items.sort(key=lambda item: not any(map(item.get_closest_marker, long)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI a skip is a failure: a test nobody runs proves nothing."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {reason}"
    return report
