"""What becomes due, by instant: a wheel of slots, for most timers are void when their time comes.

A timer is put into the slot of its instant without looking at any other; a slot is put in order
only when time comes to it. So neither setting nor running one costs more the more there are.
"""

from __future__ import annotations

import heapq

Timer = tuple[int, int, str]
"""(due, kind, whose)."""
_SLOT_MS = 4096


class Timers:
    """They come out by due, then kind, then name. Those of the past may be set, too."""

    def __init__(self) -> None:
        self._slots: dict[int, list[Timer]] = {}
        self._ahead: list[int] = []  # a heap of the slots there are
        self._now: list[Timer] = []  # a heap: the slot at hand, and what comes before its end
        self._end = 0  # of the slot at hand

    def add(self, due_ms: int, kind: int, name: str) -> None:
        """Set one."""
        if due_ms < self._end:
            heapq.heappush(self._now, (due_ms, kind, name))
            return
        number = due_ms // _SLOT_MS
        slot = self._slots.get(number)
        if slot is None:
            self._slots[number] = [(due_ms, kind, name)]
            heapq.heappush(self._ahead, number)
        else:
            slot.append((due_ms, kind, name))

    def first(self) -> Timer | None:
        """The next one, left in place."""
        while not self._now:
            if not self._ahead:
                return None
            number = heapq.heappop(self._ahead)
            self._now = self._slots.pop(number)
            self._now.sort()
            self._end = (number + 1) * _SLOT_MS
        return self._now[0]

    def drop(self) -> None:
        """Take the next one out."""
        heapq.heappop(self._now)

    def take(self, now_ms: int) -> Timer | None:
        """Take the next one out that is due by then."""
        first = self._now[0] if self._now else self.first()
        return heapq.heappop(self._now) if first is not None and first[0] <= now_ms else None

    def due(self, now_ms: int) -> bool:
        """Whether one is due by then, or may be; cheap."""
        if self._now:
            return self._now[0][0] <= now_ms
        return bool(self._ahead) and self._ahead[0] * _SLOT_MS <= now_ms
