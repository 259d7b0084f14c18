"""What queueing theory knows of simple floors, the engine shows."""

from __future__ import annotations

import pytest

from tests.bench.routing_erlang import Case, simulated, theory


@pytest.mark.parametrize("case", [(10, 0.8, None), (10, 1.1, 120)], ids=["C", "A"])
def test_waits_and_abandonment_are_those_of_erlang(case: Case) -> None:
    found, plain = simulated(case, 3, 6_000)
    # So few contacts are off by chance: by the same as at an ideal queue.
    assert found == pytest.approx(plain, rel=0.001, abs=1e-6)
    assert found == pytest.approx(theory(case), rel=0.15, abs=1e-9)
