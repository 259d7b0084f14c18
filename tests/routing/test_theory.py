"""What queueing theory knows of simple floors, the engine shows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench._routing_queue import offered_waits, side_by_side
from tests.bench.routing_erlang import Case, Found, alone, simulated, theory


@pytest.mark.parametrize("case", [(10, 0.8, None), (10, 1.1, 120)], ids=["C", "A"])
def test_waits_and_abandonment_are_those_of_erlang(case: Case) -> None:
    runs = [simulated(case, seed, 1_500) for seed in (1, 2, 3)]
    engine, beside = map(list, zip(*runs, strict=True))
    # So few contacts are off by chance: by the same as a plain queue with the same clients.
    for found, plain in runs:
        assert found == pytest.approx(plain, rel=0.001, abs=1e-6)
    found = Found(engine, beside, alone(case, 200, 6_000))
    estimates = tuple(found.estimate(figure) for figure in range(3))
    assert estimates == pytest.approx(theory(case), rel=0.04, abs=1e-9)


@pytest.mark.parametrize("operators", [1, 3, 20])
@pytest.mark.parametrize("patience", [np.inf, 100.0])
def test_queues_side_by_side_are_first_come_queues_draw_for_draw(
    operators: int, patience: float
) -> None:
    chance = np.random.default_rng(7)
    shape = 2, 200, 5  # blocks, arrivals, samples
    gaps, talks = chance.exponential(200 / operators, shape), chance.exponential(180, shape)
    patiences = patience * chance.exponential(1, shape)
    blocks = zip(gaps, talks, patiences, strict=True)
    found = np.concatenate([waits for waits, _ in side_by_side(blocks, operators, 5)])
    for sample in range(5):
        at = np.cumsum(gaps[:, :, sample])
        columns = at, talks[:, :, sample].ravel(), patiences[:, :, sample].ravel()
        draws = list(zip(*(column.tolist() for column in columns), strict=True))
        assert found[:, sample].tolist() == offered_waits(draws, operators)
