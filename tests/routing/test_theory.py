"""What queueing theory knows of simple floors, the engine shows."""

from __future__ import annotations

import pytest

from tests.bench.routing_erlang import CASES, simulated, theory


@pytest.mark.parametrize(("case", "seed"), [(CASES[0], 3), (CASES[3], 7)], ids=["C", "A"])
def test_waits_and_abandonment_are_those_of_erlang(case, seed):
    found, wanted = simulated(case, seed, 6_000), theory(case)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == pytest.approx(theirs, rel=0.12, abs=1e-9)
