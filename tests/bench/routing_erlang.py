"""The engine against queueing theory: waits and abandonment of Erlang C and A.

Mean of three seeds with 300,000 arrivals each, the first tenth left out. One seed alone may be off
by ten in a hundred where the load is high; that is chance, not the router.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

from tests.bench._report import report
from tests.bench._routing_queue import Kind, Simulation, erlang_a, erlang_c

SEEDS = (1, 2, 3)
ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "300000"))
TALK = 180.0
CASES: list[tuple[int, float, float | None]] = [
    (10, 0.8, None), (50, 0.9, None), (200, 0.95, None), (10, 1.1, 120), (50, 1.0, 180),
    (200, 1.05, 300),
]  # fmt: skip
REPORTS = ("routing_erlang_wait", "routing_erlang_waits", "routing_erlang_abandon")
Figures = tuple[float, float, float]


def simulated(case: tuple[int, float, float | None], seed: int, arrivals: int) -> Figures:
    """(mean wait, share that waits, share that abandons)."""
    operators, busy, patience = case
    kind = Kind("voice", 100, TALK / (operators * busy), TALK, patience)
    result = Simulation(operators, [kind], "longest_idle", seed).run(arrivals)["voice"]
    return result.mean, result.p_wait, result.p_abandon


def theory(case: tuple[int, float, float | None]) -> Figures:
    operators, busy, patience = case
    if patience is None:
        return (*erlang_c(operators, operators * busy, TALK), 0.0)
    return erlang_a(operators, operators * busy, TALK, patience)


def off(found: float, wanted: float) -> float:
    return 100 * abs(found / wanted - 1)


async def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            case: [pool.submit(simulated, case, seed, ARRIVALS) for seed in SEEDS] for case in CASES
        }
        means = {
            case: [
                sum(column) / len(SEEDS) for column in zip(*(j.result() for j in runs), strict=True)
            ]
            for case, runs in jobs.items()
        }
    waits, shares, leaves, said = [], [], [], []
    for case, (wait, share, leave) in means.items():
        wanted = theory(case)
        waits.append(off(wait, wanted[0]))
        shares.append(off(share, wanted[1]))
        if case[2] is not None:
            leaves.append(off(leave, wanted[2]))
        said.append(f"{'A' if case[2] else 'C'} N={case[0]}: {wait:.2f} s for {wanted[0]:.2f}")
    report("routing_erlang_wait", max(waits), 3, f"% off at most; {'; '.join(said)}", lower=True)
    report("routing_erlang_waits", max(shares), 5, "% off at most, share that waits", lower=True)
    report("routing_erlang_abandon", max(leaves), 3, "% off at most, share that leaves", lower=True)
