"""The engine against queueing theory: waits and abandonment of Erlang C and A.

The engine serves the seeds 1, 2 and 3 with 300,000 arrivals each, the first tenth left out. At a
load of 0.95 the mean of three such samples is off by a tenth through chance alone, whoever serves
it: its bare figure, printed with the half-width in which it is right 95 times of 100, says little.
So chance is taken out as two-level Monte Carlo does it (Giles, Multilevel Monte Carlo methods,
2015; Glasserman, Monte Carlo Methods in Financial Engineering, 4.1, on controls):

- a plain first-come queue gets the same arrivals, talks and patience as the engine; what counts
  is by how much the engine serves them otherwise (`apart`, in % of the formula);
- what that queue gives by itself is the mean of 1,000 samples made by another source of chance.

The sum of both is held against the formula, which is in neither. It is an unbiased estimate of what
the mean of endlessly many seeds would be, but for the start with nobody on a talk. `±` is its
standard error, in % of the formula, so two figures in three are off by less than that through
chance. Where the engine serves exactly as first come, first served, the figure tells how far the
plain samples are off. No sample is chosen: the seeds are counted from 1 and from 0, all of them
count, and the cases meet the same ones, so that their errors are akin.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import hypot, sqrt
from statistics import mean, stdev

from tests.bench._report import report
from tests.bench._routing_queue import (
    Figures,
    Kind,
    Simulation,
    erlang_a,
    erlang_c,
    first_come,
    plain_means,
)  # fmt: skip

ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "300000"))
SEEDS = (1, 2, 3)
PLAIN = 1000
TALK = 180.0
Case = tuple[int, float, float | None]
CASES: tuple[Case, ...] = (
    (10, 0.8, None), (50, 0.9, None), (200, 0.95, None),
    (10, 1.1, 120), (50, 1.0, 180), (200, 1.05, 300),
)  # fmt: skip
"""(operators, load, mean patience in seconds)."""
REPORTS = ("routing_erlang_wait", "routing_erlang_waits", "routing_erlang_abandon")
T_95 = 4.303  # Student, two degrees of freedom


@dataclass(frozen=True, slots=True)
class Found:
    """What a case gave: the engine and the plain queue on the same draws, the plain queue alone."""

    engine: list[Figures]
    beside: list[Figures]
    plain: list[Figures]

    def estimate(self, figure: int) -> float:
        """Of the engine, without the chance of its few samples."""
        return mean(column(self.plain, figure)) + mean(self.apart(figure))

    def error(self, figure: int) -> float:
        """The standard error of that: both parts are means of independent samples."""
        return hypot(deviation(column(self.plain, figure)), deviation(self.apart(figure)))

    def apart(self, figure: int) -> list[float]:
        """The engine less the plain queue, on the same draws."""
        pairs = zip(column(self.engine, figure), column(self.beside, figure), strict=True)
        return [one - two for one, two in pairs]

    def bare(self, figure: int) -> tuple[float, float]:
        """(the engine's mean, its half-width)."""
        values = column(self.engine, figure)
        return mean(values), T_95 * deviation(values)


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


def column(samples: list[Figures], figure: int) -> list[float]:
    return [one[figure] for one in samples]


def deviation(values: list[float]) -> float:
    """Of the mean of these values."""
    return stdev(values) / sqrt(len(values))


def told(case: Case, found: Found, figure: int, wanted: float) -> str:
    """One case in words."""
    share, error = (
        100 * x / wanted for x in (found.estimate(figure) - wanted, found.error(figure))
    )
    apart, (bare, half) = 100 * mean(found.apart(figure)) / wanted, found.bare(figure)
    law = "C" if case[2] is None else "A"
    return (
        f"{law} N={case[0]}: {share:+.2f} ± {error:.2f} % off {wanted:.4g}, {apart:+.3f} % apart, "
        f"bare {bare:.4g} ± {half:.2g}"
    )


async def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        runs = {
            case: [pool.submit(simulated, case, seed, ARRIVALS) for seed in SEEDS]
            for case in CASES
        }  # fmt: skip
        plain = {case: pool.submit(alone, case, PLAIN, ARRIVALS) for case in CASES}
        results: dict[Case, Found] = {}
        for case in CASES:
            engine, beside = zip(*(job.result() for job in runs[case]), strict=True)
            results[case] = Found(list(engine), list(beside), plain[case].result())
    for name, figure, target, what in (
        ("routing_erlang_wait", 0, 3, "mean wait"),
        ("routing_erlang_waits", 1, 5, "share that waits"),
        ("routing_erlang_abandon", 2, 3, "share that leaves"),
    ):
        wanted = {case: theory(case)[figure] for case in CASES}
        held = {case: found for case, found in results.items() if wanted[case]}
        worst = max(
            100 * abs(found.estimate(figure) / wanted[case] - 1) for case, found in held.items()
        )
        said = "; ".join(told(case, found, figure, wanted[case]) for case, found in held.items())
        report(name, worst, target, f"% off at most, {what}; {said}", lower=True)
