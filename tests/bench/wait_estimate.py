"""Whether what clients are told about their wait comes true, beside the average others announce.

Overloaded lines with three minutes of talk and five of patience: p90 holds nine times of ten, p50
every other time, and the error stays below that of an average of the last waits.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

from tests.bench._report import report
from tests.bench._waits import judged

REPORTS = ("wait_estimate_p90", "wait_estimate_p50", "wait_estimate_error")
CASES = [(10, 1.1, 300.0), (50, 1.1, 300.0), (200, 1.05, 300.0)]
ARRIVALS = int(os.environ.get("CC_BENCH_ARRIVALS", "60000"))


def figures(case: tuple[int, float, float], seed: int = 1) -> tuple[float, float, float, float]:
    """(share within p90, within p50, error, error of the average) of one case."""
    found = judged(*case, seed, ARRIVALS)
    return (
        found.within(high=True), found.within(high=False),
        found.error(naive=False), found.error(naive=True),
    )  # fmt: skip


async def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(CASES, pool.map(figures, CASES), strict=True))
    said = "; ".join(
        f"N={case[0]}: p90 {100 * p90:.1f} %, p50 {100 * p50:.1f} %, error {own:.2f}"
        f" (average of the last {naive:.2f})"
        for case, (p90, p50, own, naive) in found.items()
    )
    ninth = max(abs(100 * one[0] - 90) for one in found.values())
    half = max(abs(100 * one[1] - 50) for one in found.values())
    ratio = max(own / naive for *_, own, naive in found.values())
    report("wait_estimate_p90", ninth, 5, f"points off at most; {said}", lower=True)
    report("wait_estimate_p50", half, 10, "points off at most", lower=True)
    report("wait_estimate_error", ratio, 0.8, "of the average's error, at most", lower=True)
