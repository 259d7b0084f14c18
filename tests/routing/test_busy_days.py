"""Days denser than hypothesis finds them, each step compared with the plain policy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.routing.actions import SOAK
from tests.routing.busy import Busy


@pytest.mark.parametrize("seed", range(300 if SOAK else 3))
def test_a_busy_day_is_decided_alike(seed: int) -> None:
    busy = Busy(seed)
    busy.play(600 if SOAK else 250)
    kinds = {type(one).__name__ for one in busy.day.told}
    assert {"Offer", "Expire"} <= kinds


def test_a_day_does_not_depend_on_the_hash_seed() -> None:
    outputs = []
    for seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.routing.busy"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
            cwd=Path(__file__).parents[2],
        )
        outputs.append(done.stdout)
    assert len(outputs[0].splitlines()) > 100
    assert outputs[0] == outputs[1]
