"""Fixtures every test folder may use. Servers are real: PostgreSQL and Valkey from wheels."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from itertools import chain, islice
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
def begun() -> Iterator[Path]:
    """The data of a service that was migrated and is stopped: a `House` begins with a copy."""
    from contact_center.storage.migrate import migrate

    directory = short_directory()
    server = private_postgres(directory)
    try:
        url = server.start()
        in_thread(lambda: migrate(url))
        server.stop()
        yield directory
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
    """The long ones first, those in browsers at one worker and those of processes at another.

    xdist cuts the list into one piece for each worker; whoever is done early takes over from the
    end of another's piece. So what takes long stands at the beginning of the pieces.
    """
    kinds: tuple[list[pytest.Item], ...] = ([], [], [])
    for item in items:
        marks = [item.get_closest_marker(name) for name in ("browser", "processes", "slow")]
        kinds[0 if marks[0] else 1 if any(marks) else 2].append(item)
    short, workers = iter(kinds[2]), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    pieces = [[one for kind in kinds[hand:2:workers] for one in kind] for hand in range(workers)]
    for number, piece in enumerate(pieces):
        size = (len(items) + number) // workers  # the same sum of pieces as xdist's
        piece.extend(islice(short, max(0, size - len(piece))))
    items[:] = [*chain(*pieces), *short]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI a skip is a failure: a test nobody runs proves nothing."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {reason}"
    return report
