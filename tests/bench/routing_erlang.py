"""The engine against queueing theory: waits and abandonment of Erlang C and A.

Mean of three seeds with 300,000 arrivals each, the first tenth left out. At a load of 0.95 such a
mean is still off by a tenth by chance alone, so the same arrivals, talks and patience go through an
ideal first-come queue, too, and what chance did to both is taken off (a control variate).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.bench._report import report
from tests.bench._routing_queue import Kind, Simulation, erlang_a, erlang_c, ideal

SEEDS = (1, 2, 3)
ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "300000"))
TALK = 180.0
CASES: list[tuple[int, float, float | None]] = [
    (10, 0.8, None), (50, 0.9, None), (200, 0.95, None), (10, 1.1, 120), (50, 1.0, 180),
    (200, 1.05, 300),
]  # fmt: skip
REPORTS = ("routing_erlang_wait", "routing_erlang_waits", "routing_erlang_abandon")
Figures = tuple[float, float, float]


def simulated(
    case: tuple[int, float, float | None], seed: int, arrivals: int
) -> tuple[Figures, Figures]:
    """(mean wait, share that waits, share that abandons): the engine's, and an ideal queue's."""
    operators, busy, patience = case
    kind = Kind("voice", 100, TALK / (operators * busy), TALK, patience)
    simulation = Simulation(operators, [kind], "longest_idle", seed)
    result = simulation.run(arrivals)["voice"]
    plain = ideal(simulation.draws, operators)
    return (result.mean, result.p_wait, result.p_abandon), plain


def theory(case: tuple[int, float, float | None]) -> Figures:
    """The same three figures, exactly."""
    operators, busy, patience = case
    if patience is None:
        return (*erlang_c(operators, operators * busy, TALK), 0.0)
    return erlang_a(operators, operators * busy, TALK, patience)


def freed(found: Sequence[float], plain: Sequence[float], wanted: Figures) -> list[float]:
    """What was found without what chance did to everybody: the ideal queue is the control."""
    return [ours + exact - same for ours, same, exact in zip(found, plain, wanted, strict=True)]


def off(found: float, wanted: float) -> float:
    return 100 * abs(found / wanted - 1)


def mean(runs: list[tuple[Figures, Figures]]) -> tuple[list[float], list[float]]:
    """Over the seeds: the engine's and the ideal queue's."""
    found, wanted = zip(*runs, strict=True)
    return (
        [sum(column) / len(runs) for column in zip(*found, strict=True)],
        [sum(column) / len(runs) for column in zip(*wanted, strict=True)],
    )


async def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            case: [pool.submit(simulated, case, seed, ARRIVALS) for seed in SEEDS] for case in CASES
        }
        means = {case: mean([job.result() for job in runs]) for case, runs in jobs.items()}
    waits, shares, leaves, said = [], [], [], []
    for case, (raw, plain) in means.items():
        wanted = theory(case)
        found = freed(raw, plain, wanted)
        waits.append(off(found[0], wanted[0]))
        shares.append(off(found[1], wanted[1]))
        if case[2] is not None:
            leaves.append(off(found[2], wanted[2]))
        said.append(f"{'A' if case[2] else 'C'} N={case[0]}: {found[0]:.2f} s, {wanted[0]:.2f}")
    report("routing_erlang_wait", max(waits), 3, f"% off at most; {'; '.join(said)}", lower=True)
    report("routing_erlang_waits", max(shares), 5, "% off at most, share that waits", lower=True)
    report("routing_erlang_abandon", max(leaves), 3, "% off at most, share that leaves", lower=True)
