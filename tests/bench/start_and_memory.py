"""How soon the second start answers, and what the idle service keeps in memory."""

import asyncio
import time
from pathlib import Path

from tests.bench._report import report
from tests.support.house import House

REPORTS = ("cold_start", "idle_memory")
ROUNDS = 3
IDLE_SECONDS = 10


def pss(pid: int) -> float:
    """Proportional memory of a process in megabytes, shared pages counted by their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this kernel does not tell")


async def main() -> None:
    house = House("run", on_disk=True)
    house.start()
    try:
        await house.ready()
        seconds = []
        for _ in range(ROUNDS):
            house.halt()
            begun = time.monotonic()
            house.start()
            await house.ready()
            seconds.append(time.monotonic() - begun)
        await asyncio.sleep(IDLE_SECONDS)
        service, parent = pss(house.service_pid()), pss(house.pid)
    finally:
        house.stop()
    each = "/".join(f"{one:.1f}" for one in seconds)
    report("cold_start", max(seconds), 5.0, f"second starts, s: {each}", lower=True)
    report("idle_memory", service, 120.0, f"service PSS, MB; parent {parent:.0f}", lower=True)
