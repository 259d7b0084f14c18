"""The small parent, with stand-ins for the service that live and die as told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from contact_center.storage.embedded import PrivatePostgres
from contact_center.supervise import EX_CONFIG, EX_TEMPFAIL, next_pause
from tests.support.waiting import eventually

# The child appends its pid to a file and then does what it is told.
CHILD = (
    "import os, pathlib, signal, sys, time; f = pathlib.Path(sys.argv[1]);"
    " f.open('a').write(f'{os.getpid()}\\n');"
)
LIVES = CHILD + "time.sleep(600)"
PARENT = """
import sys
from pathlib import Path
from contact_center.storage.embedded import PrivatePostgres
from contact_center.supervise import Supervisor
log, script, data = sys.argv[1:]
postgres = PrivatePostgres(Path(data)) if data else None
sys.exit(Supervisor([sys.executable, "-c", script, log], postgres).run())
"""

Parent = subprocess.Popen[bytes]
Start = Callable[..., Parent]

pytestmark = pytest.mark.processes


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "pids"


@pytest.fixture
async def start(log: Path) -> AsyncIterator[Start]:
    started: list[Parent] = []

    def start_parent(script: str, data: Path | str = "") -> Parent:
        command = [sys.executable, "-c", PARENT, str(log), script, str(data)]
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        return started[-1]

    yield start_parent
    for parent in started:
        if parent.poll() is None:
            parent.terminate()
            await eventually(lambda parent=parent: parent.poll() is not None, seconds=100)


def pids(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def postmaster(postgres: PrivatePostgres) -> int:
    """The process id of the server, 0 while none has written it down."""
    try:
        return int((postgres.cluster / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_killed_child_is_started_again(start: Start, log: Path) -> None:
    start(LIVES)
    await eventually(lambda: len(pids(log)) == 1)
    began = time.monotonic()
    os.kill(pids(log)[0], signal.SIGKILL)
    await eventually(lambda: len(pids(log)) == 2)
    # A second is the promise; a machine under load gets more, it may even stand still.
    assert time.monotonic() - began < 30
    assert lives(pids(log)[1])


async def test_a_child_that_dies_at_once_gets_longer_and_longer_pauses(
    start: Start, log: Path
) -> None:
    begun = log.with_name("begun")
    start(CHILD + f"open({str(begun)!r}, 'a').write(f'{{time.time()}}\\n'); sys.exit(3)")
    await eventually(lambda: begun.exists() and len(begun.read_text().split()) >= 3)
    first, second, third = (float(one) for one in begun.read_text().split()[:3])
    assert second - first > 0.4
    assert third - second > 0.8


def test_waiting_in_vain_for_a_database_is_no_steady_life_and_never_waits_long() -> None:
    pauses = [0.2]
    for _ in range(6):
        pauses.append(next_pause(pauses[-1], EX_TEMPFAIL, lived=5))
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.0, 3.0, 3.0]
    assert next_pause(3.0, -9, lived=60) == 0.2


async def test_a_refused_configuration_ends_the_parent_too(start: Start, log: Path) -> None:
    parent = start(CHILD + f"sys.exit({EX_CONFIG})")
    await eventually(lambda: parent.poll() is not None)
    assert parent.returncode == EX_CONFIG
    assert len(pids(log)) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_is_passed_on_and_waited_for(
    start: Start, log: Path, number: signal.Signals, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    script = CHILD + (
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), "
        f"pathlib.Path({str(done)!r}).touch(), sys.exit(0)));"
        "f.open('a').write('0\\n'); time.sleep(600)"
    )
    parent = start(script)
    await eventually(lambda: len(pids(log)) == 2)
    parent.send_signal(number)
    await eventually(lambda: parent.poll() is not None)
    assert parent.returncode == 0
    assert done.exists()


async def test_a_dead_postgres_is_started_again_and_the_child_keeps_running(
    start: Start, log: Path, short_path: Path
) -> None:
    start(LIVES, short_path)
    postgres = PrivatePostgres(short_path)
    await eventually(lambda: len(pids(log)) == 1)
    first = postmaster(postgres)
    os.kill(first, signal.SIGQUIT)
    await eventually(lambda: postgres.ready() and postmaster(postgres) not in (0, first))
    assert len(pids(log)) == 1
    assert lives(pids(log)[0])


async def test_a_stop_stops_postgres_last_and_leaves_nothing_behind(
    start: Start, log: Path, short_path: Path
) -> None:
    parent = start(LIVES, short_path)
    await eventually(lambda: len(pids(log)) == 1)
    assert PrivatePostgres(short_path).ready()
    parent.terminate()
    await eventually(lambda: parent.poll() is not None)
    assert not lives(pids(log)[0])
    assert not PrivatePostgres(short_path).ready()


async def test_a_stop_does_not_wait_for_a_postgres_that_is_only_being_made(
    start: Start, log: Path, short_path: Path
) -> None:
    parent = start(LIVES, short_path)
    await eventually((short_path / "postgres.new").exists)
    parent.terminate()
    await eventually(lambda: parent.poll() is not None)
    assert parent.returncode == 0
    assert not (short_path / "postgres").exists()
    assert pids(log) == []


async def test_the_parent_stays_small(start: Start, log: Path) -> None:
    parent = start(LIVES)
    await eventually(lambda: len(pids(log)) == 1)
    status = Path(f"/proc/{parent.pid}/status").read_text()
    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    assert kilobytes < 40_000


async def test_it_imports_nothing_but_the_standard_library() -> None:
    script = (
        "import sys, contact_center.supervise; print(*{n.partition('.')[0] for n in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    foreign = set(done.stdout.split()) - sys.stdlib_module_names - {"contact_center", "__main__"}
    assert {name for name in foreign if not name.startswith(("_", "sitecustomize"))} == set()
