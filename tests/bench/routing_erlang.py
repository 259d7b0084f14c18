"""The engine against queueing theory: waits and abandonment of Erlang C and A.

The engine serves the seeds 1, 2 and 3 with 300,000 arrivals each, the first tenth left out. At a
load of 0.95 the mean of three such samples is off by a tenth through chance alone, whoever serves
it. So chance is taken out as two-level Monte Carlo does it (Giles, Multilevel Monte Carlo methods,
2015; Glasserman, Monte Carlo Methods in Financial Engineering, 4.1, on controls): a plain
first-come queue gets the same arrivals, talks and patience as the engine, and their difference
counts; what that queue gives by itself is the mean of 200 samples of its own, made by another
source of chance. The sum of both is held against the formula, which is in neither. No sample is
chosen: all of 1, 2, 3 and all of the 200 count. The engine's bare means stand beside, with the
half-width in which they are right 95 times of 100.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt

from tests.bench._report import report
from tests.bench._routing_queue import (
    Kind,
    Simulation,
    erlang_a,
    erlang_c,
    first_come,
    plain_means,
)  # fmt: skip

ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "300000"))
SEEDS = (1, 2, 3)
PLAIN = 200
TALK = 180.0
Case = tuple[int, float, float | None]
CASES: tuple[Case, ...] = (
    (10, 0.8, None), (50, 0.9, None), (200, 0.95, None),
    (10, 1.1, 120), (50, 1.0, 180), (200, 1.05, 300),
)  # fmt: skip
"""(operators, load, mean patience in seconds)."""
REPORTS = ("routing_erlang_wait", "routing_erlang_waits", "routing_erlang_abandon")
T_95 = 4.303  # Student, two degrees of freedom
Figures = tuple[float, float, float]
"""(mean wait, share that waits, share that abandons)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a case gave: the engine and the plain queue on the same draws, the plain queue alone."""

    engine: list[Figures]
    beside: list[Figures]
    plain: list[Figures]

    def estimate(self, figure: int) -> float:
        """Of the engine, without the chance of its few samples."""
        differences = [
            one[figure] - two[figure] for one, two in zip(self.engine, self.beside, strict=True)
        ]
        return mean([one[figure] for one in self.plain]) + mean(differences)

    def bare(self, figure: int) -> tuple[float, float]:
        """(the engine's mean, its half-width)."""
        values = [one[figure] for one in self.engine]
        middle = mean(values)
        spread = sqrt(sum((value - middle) ** 2 for value in values) / max(1, len(values) - 1))
        return middle, T_95 * spread / sqrt(len(values))


def traffic(case: Case) -> Kind:
    operators, busy, patience = case
    return Kind("voice", 100, TALK / (operators * busy), TALK, patience)


def simulated(case: Case, seed: int, arrivals: int) -> tuple[Figures, Figures]:
    """The engine's figures, and a plain queue's on the same draws."""
    operators = case[0]
    simulation = Simulation(operators, [traffic(case)], "longest_idle", seed)
    result = simulation.run(arrivals)["voice"]
    beside = first_come(simulation.draws, operators)
    return (result.mean, result.p_wait, result.p_abandon), beside


def alone(case: Case, samples: int, arrivals: int) -> list[Figures]:
    """A plain queue's figures in so many samples."""
    return plain_means(case[0], traffic(case), samples, arrivals)


def theory(case: Case) -> Figures:
    """The same three figures, exactly."""
    operators, busy, patience = case
    if patience is None:
        return (*erlang_c(operators, operators * busy, TALK), 0.0)
    return erlang_a(operators, operators * busy, TALK, patience)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def off(found: float, wanted: float) -> float:
    return 100 * abs(found / wanted - 1)


async def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        plain = {case: pool.submit(alone, case, PLAIN, ARRIVALS) for case in CASES}
        runs = {
            case: [pool.submit(simulated, case, seed, ARRIVALS) for seed in SEEDS]
            for case in CASES
        }  # fmt: skip
        results: dict[Case, Found] = {}
        for case in CASES:
            engine, beside = zip(*(job.result() for job in runs[case]), strict=True)
            results[case] = Found(list(engine), list(beside), plain[case].result())
    for name, figure, target, what in (
        ("routing_erlang_wait", 0, 3, "mean wait"),
        ("routing_erlang_waits", 1, 5, "share that waits"),
        ("routing_erlang_abandon", 2, 3, "share that leaves"),
    ):
        worst, said = 0.0, []
        for case, found in results.items():
            wanted = theory(case)[figure]
            if wanted:
                share = off(found.estimate(figure), wanted)
                bare, half = found.bare(figure)
                worst = max(worst, share)
                law = "A" if case[2] else "C"
                said.append(f"{law} N={case[0]}: {share:.2f} % off {wanted:.4g}, bare "
                            f"{bare:.4g} ± {half:.2g}")  # fmt: skip
        report(name, worst, target, f"% off at most, {what}; {'; '.join(said)}", lower=True)
