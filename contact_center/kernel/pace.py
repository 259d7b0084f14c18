"""How often somebody may do something, counted in this process's memory alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable


class Pace:
    """At most `count` times per key and window of `seconds`."""

    def __init__(
        self, count: int, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._seconds = seconds
        self._now = now
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def wait_of(self, key: Hashable) -> float:
        """Count one; seconds to wait where that was too many, else 0."""
        now = self._now()
        since, count = self._seen.get(key, (now, 0))
        if now - since >= self._seconds:
            since, count = now, 0
        self._seen[key] = (since, count + 1)
        return 0.0 if count < self._count else since + self._seconds - now

    def forget(self) -> None:
        """Drop windows that are over."""
        now = self._now()
        old = [key for key, (since, _) in self._seen.items() if now - since >= self._seconds]
        for key in old:
            del self._seen[key]
