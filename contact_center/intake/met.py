"""The conversations a process has met lately, so that it need not ask for each. No I/O."""

from __future__ import annotations

from collections.abc import Hashable

LIMIT = 16_384  # of each half: some eight megabytes in all


class Met:
    """Remembers at least the last `limit` keys and at most twice as many."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._young: set[Hashable] = set()
        self._old: set[Hashable] = set()

    def is_new(self, key: Hashable) -> bool:
        """Whether it was not met lately; from now on it was."""
        if key in self._young:
            return False
        if len(self._young) >= self._limit:
            self._young, self._old = set(), self._young
        self._young.add(key)
        return key not in self._old
