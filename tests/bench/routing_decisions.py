"""How fast the router decides: 10,000 operators, 50 skills, 100,000 who wait.

Thread CPU time of every single event less that of reading the clock, explanations on, the
collector off as in the service's hot loop. The naive scan beside it (`_routing_naive.py`, which
knows nothing of `routing`) looks at every operator for who arrives and at everybody who waits for
who is free.
"""

from __future__ import annotations

import gc
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from routing.events import Accept
from routing.floor import TICK, Floor
from routing.model import Operator
from tests.bench._report import percentile, report
from tests.bench._routing_naive import Naive
from tests.bench._routing_world import POLICY, SKILLS, World

REPORTS = (
    "routing_decisions_rate", "routing_decisions_p50", "routing_decisions_p99",
    "routing_decisions_p999", "routing_decisions_max", "routing_decisions_idle_p99",
    "routing_decisions_memory", "routing_decisions_restore", "routing_decisions_naive",
    "routing_decisions_growth", "routing_decisions_edition", "routing_decisions_skill",
)  # fmt: skip
OPERATORS, WAITING, EVENTS = 10_000, 100_000, 60_000


def clock_cost() -> float:
    """Microseconds that the clock itself adds to what is measured between two readings."""
    clock = time.thread_time_ns
    return percentile([(clock() - clock()) / -1000 for _ in range(10_000)], 0.5)


def timed(world: World, count: int) -> tuple[list[float], list[float]]:
    """CPU microseconds of each event of the mix, and of each accept, without the clock's own."""
    clock, floor, own = time.thread_time_ns, world.floor, clock_cost()
    mix: list[float] = []
    accepts: list[float] = []
    for event, now in world.events(count):
        begun = clock()
        outcomes: list[Any] = floor.apply(event, now)
        mix.append((clock() - begun) / 1000 - own)
        for offer in world.took(event, outcomes):
            accept = Accept(offer.work_id, offer.offer_id)
            begun = clock()
            floor.apply(accept, now)
            accepts.append((clock() - begun) / 1000 - own)
    return mix, accepts


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def overload() -> float:
    """The main figures; returns the mean microseconds of an event."""
    world = World(OPERATORS, WAITING)
    held = megabytes()
    gc.collect()
    gc.freeze()
    gc.disable()
    timed(world, 2_000)
    mix, accepts = timed(world, EVENTS)
    gc.enable()
    every = mix + accepts
    mean, rate = sum(every) / len(every), 1e6 * len(every) / sum(every)
    said = (
        f"events per CPU second, {world.floor.engine.waiting()} waiting, {len(mix)} of the mix and "
        f"{len(accepts)} accepts; the mix alone {1e6 * len(mix) / sum(mix):.0f}/s, its p50 "
        f"{percentile(mix, 0.5):.0f} us"
    )
    report("routing_decisions_rate", rate, 30_000, said)
    report("routing_decisions_p50", percentile(every, 0.5), 30, "us", lower=True)
    report("routing_decisions_p99", percentile(every, 0.99), 150, "us, overload", lower=True)
    report("routing_decisions_p999", percentile(every, 0.999), 800, "us", lower=True)
    report("routing_decisions_max", max(mix) / 1000, 10, "ms", lower=True)
    report("routing_decisions_memory", held, 250, "MB of the whole process, filled", lower=True)
    restore(world)
    naive(world, mix, accepts)
    return mean


def restore(world: World) -> None:
    rows = world.floor.rows()
    gc.collect()
    gc.freeze()
    gc.disable()
    begun = time.thread_time()
    again = Floor.restore(rows, world.now, POLICY)
    assert again.apply(TICK, world.now) == []
    took = time.thread_time() - begun
    gc.enable()
    assert again.engine.waiting() == world.floor.engine.waiting()
    report("routing_decisions_restore", took, 3, "CPU seconds, to the first decision", lower=True)
    edition(again, world.now)
    skill(again, world.now)


def edition(floor: Floor, now: int) -> None:
    """The house's rules and both queues' deadlines are others, then what a queue asks for is."""
    gc.collect()
    gc.freeze()
    gc.disable()
    begun = time.thread_time()
    floor.adopt(replace(POLICY, grace_ms=10_000, exclusive=(), version="next"))
    for name in ("plain", "ladder"):
        held = floor.engine.queue(name)
        assert held is not None
        floor.apply(replace(held, version=held.version + 1, offer_seconds=60), now)
    took = 1000 * (time.thread_time() - begun)
    floor.adopt(replace(POLICY, version="again"))
    ladder = floor.engine.queue("ladder")
    assert ladder is not None
    begun = time.thread_time()
    floor.apply(replace(ladder, version=ladder.version + 1, strategy="longest_idle"), now)
    placed = 1000 * (time.thread_time() - begun)
    gc.enable()
    queued = sum(1 for row in floor.rows() if getattr(row, "queue_id", "") == "ladder")
    said = (
        f"CPU ms, all the house's rules and the deadlines of both queues; another strategy of a "
        f"queue with its {queued} contacts placed anew: {placed:.0f} ms"
    )
    report("routing_decisions_edition", took, 200, said, lower=True)


def skill(floor: Floor, now: int) -> None:
    """An operator is given another skill: his own classes are looked at, and nobody else's."""
    gc.disable()
    took: list[float] = []
    for number in range(0, OPERATORS, OPERATORS // 500):
        held = floor.engine.operator(f"o{number}")
        assert isinstance(held, Operator)
        more = {**held.skills, SKILLS[number % len(SKILLS)]: 3}
        row = replace(held, version=held.version + 1, skills=more)
        begun = time.thread_time_ns()
        floor.apply(row, now)
        took.append((time.thread_time_ns() - begun) / 1000)
    gc.enable()
    said = f"CPU us, p99 of 500 operators who are given a skill; p50 {percentile(took, 0.5):.0f} us"
    report("routing_decisions_skill", percentile(took, 0.99), 5000, said, lower=True)


def naive(world: World, mix: list[float], accepts: list[float]) -> None:
    """The same mix by scanning: a sample is enough, for it is slow."""
    rows = world.floor.rows()
    scan = Naive(map(vars, rows))
    took: list[float] = []
    for event, now in world.events(300):
        world.took(event, world.floor.apply(event, now))
        begun = time.thread_time_ns()
        scan.apply(type(event).__name__, event, now)
        took.append((time.thread_time_ns() - begun) / 1000)
    ours = (sum(mix) + sum(accepts)) / len(mix)  # an event with all that follows from it
    ratio = sum(took) / len(took) / ours
    report("routing_decisions_naive", ratio, 200, f"times a scan: {sum(took) / len(took):.0f} us "
           f"an event there, {ours:.1f} us here with the accept")  # fmt: skip


def idle() -> None:
    """Nobody waits, six of ten are busy: an arrival has thousands to choose from."""
    world = World(OPERATORS, 0, busy=0.6)
    gc.collect()
    gc.freeze()
    gc.disable()
    timed(world, 2_000)
    mix, accepts = timed(world, EVENTS // 2)
    gc.enable()
    every = mix + accepts
    said = (
        f"us, no queue; p50 {percentile(every, 0.5):.0f} us, p99.9 {percentile(every, 0.999):.0f}"
        f" us, max {max(every) / 1000:.1f} ms, {1e6 * len(every) / sum(every):.0f} events/s"
    )
    report("routing_decisions_idle_p99", percentile(every, 0.99), 400, said, lower=True)


def growth(large: float) -> None:
    world = World(OPERATORS // 10, WAITING // 10)
    gc.collect()
    gc.freeze()
    gc.disable()
    timed(world, 2_000)
    mix, accepts = timed(world, EVENTS // 2)
    gc.enable()
    small = (sum(mix) + sum(accepts)) / (len(mix) + len(accepts))
    report("routing_decisions_growth", large / small, 1.5, f"times the cost at ten times the size: "
           f"{small:.1f} and {large:.1f} us an event", lower=True)  # fmt: skip


async def main() -> None:
    large = overload()
    idle()
    growth(large)
