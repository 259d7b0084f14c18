"""What queueing theory knows of simple floors, the engine shows."""

from __future__ import annotations

import pytest

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
