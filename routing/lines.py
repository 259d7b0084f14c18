"""Ordered sets that stay cheap at any size, and the requirement class built of two of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

Rank = tuple[int, int, str]
_SLACK = 16


class Ranked:
    """Members in the order of a rank that may change: a heap with lazy deletion.

    Every change costs O(log n); what was changed or dropped stays in the heap until it comes to
    the top or makes up two thirds of it. Ranks end with the member's id and so never tie.
    """

    __slots__ = ("_heap", "_live", "_stamp")

    def __init__(self) -> None:
        self._live: dict[str, tuple[Rank, int]] = {}
        self._heap: list[tuple[Rank, int]] = []
        self._stamp = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, member: str) -> bool:
        return member in self._live

    def put(self, member: str, rank: Rank) -> None:
        """Add a member or give it another rank, whose last part is its id."""
        held = self._live.get(member)
        if held is not None and held[0] == rank:
            return
        self._stamp += 1
        self._live[member] = (rank, self._stamp)
        heapq.heappush(self._heap, (rank, self._stamp))
        if len(self._heap) > 3 * len(self._live) + _SLACK:
            self._heap = list(self._live.values())
            heapq.heapify(self._heap)

    def drop(self, member: str) -> None:
        """Remove a member, if it is there."""
        self._live.pop(member, None)

    def members(self) -> list[str]:
        """All members, in no promised order."""
        return list(self._live)

    def first(self) -> Rank | None:
        """The rank of the first member."""
        heap, live = self._heap, self._live
        while heap:
            rank, stamp = heap[0]
            held = live.get(rank[2])
            if held is not None and held[1] == stamp:
                return rank
            heapq.heappop(heap)
        return None

    def firsts(self, count: int, fits: Callable[[str], bool]) -> list[Rank]:
        """The ranks of the first `count` members that fit."""
        found: list[Rank] = []
        aside: list[tuple[Rank, int]] = []
        while len(found) < count:
            rank = self.first()
            if rank is None:
                break
            aside.append(heapq.heappop(self._heap))
            if fits(rank[2]):
                found.append(rank)
        for entry in aside:
            heapq.heappush(self._heap, entry)
        return found

    def set_aside(self) -> tuple[Rank, int]:
        """Take the first member's entry out of the order (call `first` before)."""
        return heapq.heappop(self._heap)

    def put_back(self, entry: tuple[Rank, int]) -> None:
        """Undo `set_aside`."""
        heapq.heappush(self._heap, entry)


@dataclass(slots=True)
class Line:
    """A requirement class: contacts that need the same of an operator, and who can take one now.

    Today a class is (queue or preferred operator, medium, cost); skills and the rungs of a ladder
    will make finer ones without another structure.
    """

    medium: str
    cost: int
    waiting: Ranked = field(default_factory=Ranked)
    able: Ranked = field(default_factory=Ranked)
