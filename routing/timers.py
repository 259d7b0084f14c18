"""What becomes due, by instant: a wheel of slots, for most timers are void when their time comes.

A timer is put into the slot of its instant without looking at any other; a slot is put in order
only when time comes to it, and gone through from there. So neither setting nor running one costs
more the more there are.
"""

from __future__ import annotations

import heapq
from bisect import insort

Timer = tuple[int, int, str]
"""(due, kind, whose)."""
_SLOT_MS = 4096
_SPENT = 1024  # timers gone through that are kept for nothing
NEVER = 1 << 62


class Timers:
    """They come out by due, then kind, then name. Those of the past may be set, too."""

    def __init__(self) -> None:
        self.soonest = NEVER
        """None is due before this instant; one may be at it."""
        self._slots: dict[int, list[Timer]] = {}
        self._ahead: list[int] = []  # a heap of the slots there are
        self._now: list[Timer] = []  # the slot at hand, and what comes before its end
        self._at = 0  # the next of them
        self._end = 0  # of the slot at hand

    def add(self, due_ms: int, kind: int, name: str) -> None:
        """Set one."""
        number = due_ms // _SLOT_MS
        slot = self._slots.get(number)
        if slot is not None:
            slot.append((due_ms, kind, name))
            return
        if due_ms < self._end:
            insort(self._now, (due_ms, kind, name), self._at)
        else:
            self._slots[number] = [(due_ms, kind, name)]
            heapq.heappush(self._ahead, number)
        self._aim()

    def first(self) -> Timer | None:
        """The next one, left in place."""
        while not self._now:
            if not self._ahead:
                return None
            number = heapq.heappop(self._ahead)
            self._now, self._at = self._slots.pop(number), 0
            self._now.sort()
            self._end = (number + 1) * _SLOT_MS
            self._aim()
        return self._now[self._at]

    def drop(self) -> None:
        """Take the next one out; it is at hand."""
        at = self._at = self._at + 1
        now = self._now
        if at < len(now):
            self.soonest = now[at][0]
            if at > _SPENT and 2 * at > len(now):  # one far ahead may keep its slot for months
                del now[:at]
                self._at = 0
        else:
            self._now, self._at = [], 0
            self._aim()

    def take(self, now_ms: int) -> Timer | None:
        """Take the next one out that is due by then."""
        first = self.first()
        if first is None or first[0] > now_ms:
            return None
        self.drop()
        return first

    def _aim(self) -> None:
        if self._now:
            self.soonest = self._now[self._at][0]
        elif self._ahead:
            self.soonest = self._ahead[0] * _SLOT_MS
        else:
            self.soonest = NEVER
