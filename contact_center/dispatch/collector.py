"""Python's search for cycles, kept away from the engine.

With the service's thresholds (`app`) it does not run among the router's steps, for they leave
nothing behind: 100,000 events at 20,000 waiting saw not one collection, where Python's own
thresholds gave 26 of up to 65 ms. But then nobody frees an engine that was replaced, whose parts
know each other. So that is done here, once nothing is left to decide.
"""

from __future__ import annotations

import gc

LARGE = 2_000
"""States from which on an old engine is worth a search through the whole process (about 80 ms)."""


def forget_the_old(states: int) -> None:
    """Free what a replaced engine held; what the new one holds is never gone through again."""
    if states < LARGE:
        return
    gc.unfreeze()
    gc.collect()
    gc.freeze()
