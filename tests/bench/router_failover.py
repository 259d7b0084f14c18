"""From a stopped or killed active router to the first offer of the next one, at full size.

10,000 wait, 400 operators work, two routers and the rest of the service run over one database that
syncs. The floor is the lease: a router that gives no sign is waited for that long.
"""

import asyncio
import shutil
import signal

from contact_center.storage.migrate import migrate
from tests.bench._report import median, report
from tests.journeys.nodes.routers import FULL, Routers, crowd_of
from tests.support.postgres import private_postgres, short_directory
from tests.support.valkey import Valkey

ROUNDS = 3
TARGET_SECONDS = 5.0


async def strikes(url: str, bus: str) -> dict[signal.Signals, list[float]]:
    """Seconds of each strike; raises where something was that must never be."""
    found: dict[signal.Signals, list[float]] = {signal.SIGSTOP: [], signal.SIGKILL: []}
    async with crowd_of(FULL, url, seed=1) as crowd:
        async with crowd.at_work(FULL.each_beat), Routers(FULL, crowd, url, bus) as routers:
            await routers.goes_on()
            for number in [*found] * ROUNDS:
                await routers.complete()
                found[number].append(await routers.strike(number))
        if faults := await crowd.never():
            raise AssertionError(faults)
    return found


async def main() -> None:
    directory = short_directory(on_disk=True)
    postgres, valkey = private_postgres(directory), Valkey()
    try:
        url = await asyncio.to_thread(postgres.start)
        await migrate(url)
        await asyncio.to_thread(valkey.start)
        found = await strikes(url, valkey.url)
    finally:
        valkey.remove()
        postgres.stop("immediate")
        shutil.rmtree(directory, ignore_errors=True)
    stopped, killed = found[signal.SIGSTOP], found[signal.SIGKILL]
    detail = (
        f"s, most of {2 * ROUNDS} strikes; median stopped {median(stopped):.2f}, "
        f"killed {median(killed):.2f}; lease {FULL.lease:g}; {FULL.waiting} wait"
    )
    report("router_failover", max(stopped + killed), TARGET_SECONDS, detail, lower=True)
