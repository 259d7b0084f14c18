"""Days denser than hypothesis finds them, each step compared with the plain policy."""

from __future__ import annotations

import pytest

from tests.routing.actions import SOAK
from tests.routing.busy import played


@pytest.mark.parametrize("seed", range(300 if SOAK else 3))
def test_a_busy_day_is_decided_alike(seed: int) -> None:
    busy = played(seed, 600 if SOAK else 250)
    kinds = {type(one).__name__ for one in busy.day.told}
    assert {"Offer", "Expire"} <= kinds
