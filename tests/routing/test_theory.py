"""What queueing theory knows of simple floors, the engine shows."""

from __future__ import annotations

import pytest

from tests.bench.routing_erlang import CASES, freed, simulated, theory


@pytest.mark.parametrize("case", [CASES[0], CASES[3]], ids=["C", "A"])
def test_waits_and_abandonment_are_those_of_erlang(case):
    found, plain = simulated(case, 3, 6_000)
    wanted = theory(case)
    assert freed(found, plain, wanted) == pytest.approx(wanted, rel=0.03, abs=1e-9)
    assert found == pytest.approx(wanted, rel=0.15, abs=1e-9)
