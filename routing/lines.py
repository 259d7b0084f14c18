"""A requirement class: contacts that ask for the same, and who of those able to has room.

Both sides are heaps with lazy deletion. An entry carries a number its owner had when it was
pushed: whoever changes takes another number, and all his entries everywhere are void at once.
Void entries go when they come to the top or make up two thirds of a heap, so every change costs
the logarithm of the size.

The most senior contact of every class stands in one list, `fronts`, too: who is freed finds the
first of all his classes by looking at a few neighbours in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from math import inf
from typing import cast

from routing.model import Needs, OperatorState, WorkState
from routing.strategies import PLAIN, STRATEGIES, Key

Rank = tuple[int, int, str]
Waiting = tuple[int, int, str, int, "Item"]
"""A rank, the token it was pushed with, whose it is."""
NOBODY = cast("Waiting", (inf, 0, "", 0, None))
"""Stands in front where nobody waits: after everybody."""
Able = tuple[Key, int, "Group"]
Asked = tuple[str | None, Needs, str]
"""What a class asks: member of this queue (None: of any), skills; and its strategy."""
PERSONAL = "preferred"
"""The strategy of a class of those who ask for one operator."""
_SLACK = 16


class Item:
    """A contact's turn while it is not over: its snapshot and the classes it waits in."""

    __slots__ = ("assumed", "lines", "token", "work")

    def __init__(self, work: WorkState) -> None:
        self.work = work
        self.assumed = False
        """What `work` says only follows from a decision."""
        self.token = 0
        self.lines: tuple[Line, ...] = ()


class Group:
    """One operator in the classes of one medium and cost: he has room for all of them or none."""

    __slots__ = ("cost", "fits", "fresh", "lines", "medium", "numbers", "seat", "stamp")

    def __init__(self, seat: Seat, medium: str, cost: int) -> None:
        self.seat = seat
        self.medium = medium
        self.cost = cost
        self.fits = False
        self.fresh = False
        """His entries are not pushed yet: whoever is busy again at once need not be."""
        self.stamp = 0
        self.lines: list[Line] = []
        self.numbers: list[int] = []
        """Those of his lines, in the same order."""

    def enter(self, line: Line) -> None:
        """He may take what waits there."""
        self.lines.append(line)
        self.numbers.append(line.number)

    def quit(self, line: Line) -> None:
        """He may not any more."""
        self.lines.remove(line)
        self.numbers.remove(line.number)


class Seat:
    """An operator: his snapshot, and his classes by medium and cost."""

    __slots__ = ("assumed", "groups", "personal", "state")

    def __init__(self, state: OperatorState) -> None:
        self.state = state
        self.assumed = False
        self.groups: dict[tuple[str, int], Group] = {}
        self.personal: dict[tuple[str, int], Line] = {}
        """Classes of those who prefer him."""


class Line:
    """A requirement class. `queue_id` is None where membership does not matter.

    `fronts[number]` is the most senior who waits here, `NOBODY` where nobody does.
    """

    __slots__ = (
        "able", "cost", "forgotten", "fronts", "groups",
        "label", "medium", "needs", "number", "queue", "queue_id", "ready", "rule",
        "strategy", "waiting", "with_room",
    )  # fmt: skip

    def __init__(
        self, asked: Asked, medium: str, cost: int, fronts: list[Waiting], number: int
    ) -> None:
        self.fronts = fronts
        self.number = number
        self.queue_id, self.needs, self.strategy = asked
        self.medium = medium
        self.cost = cost
        self.rule = STRATEGIES.get(self.strategy, STRATEGIES[PLAIN])
        self.queue: list[Waiting] = []
        self.able: list[Able] | None = None
        """A heap of those with room; None until it is asked for (`Classes.firsts`)."""
        self.groups: dict[str, Group] = {}  # operator → his group: who is able at all
        self.waiting = self.ready = self.with_room = 0
        self.forgotten = False
        self.label = ",".join([*(f"{skill}>={level}" for skill, level in self.needs), medium])
        """The class in words for explanations."""

    # --- contacts ------------------------------------------------------------------------------

    def join(self, entry: Waiting) -> None:
        """Put a contact in line; its token is set."""
        self.waiting += 1
        queue = self.queue
        heapq.heappush(queue, entry)
        if len(queue) > 3 * self.waiting + _SLACK:
            queue = self.queue = [entry for entry in queue if entry[4].token == entry[3]]
            heapq.heapify(queue)
        self.fronts[self.number] = queue[0]

    def leave(self, item: Item) -> None:
        """Take a contact out of line; its token is another already."""
        self.waiting -= 1
        if self.fronts[self.number][4] is item:
            self._close_up()

    def head(self) -> Waiting | None:
        """The most senior contact."""
        front = self.fronts[self.number]
        return None if front is NOBODY else front

    def set_aside(self) -> Waiting:
        """Look past the most senior contact, who waits on; `put_back` when the rest is seen to."""
        entry = heapq.heappop(self.queue)
        self._close_up()
        return entry

    def put_back(self, entry: Waiting) -> None:
        """In line at the old place again, if it has not left meanwhile."""
        if entry[4].token == entry[3]:
            heapq.heappush(self.queue, entry)
            self.fronts[self.number] = self.queue[0]

    def _close_up(self) -> None:
        queue = self.queue
        if not self.waiting:
            queue.clear()
        while queue and queue[0][4].token != queue[0][3]:
            heapq.heappop(queue)
        self.fronts[self.number] = queue[0] if queue else NOBODY

    # --- operators -----------------------------------------------------------------------------

    def push(self, entry: Able) -> None:
        """Put an operator with room into the order, where there is one yet."""
        if self.able is None:
            return
        heapq.heappush(self.able, entry)
        if len(self.able) > 3 * self.with_room + _SLACK:
            self.able = [entry for entry in self.able if entry[2].stamp == entry[1]]
            heapq.heapify(self.able)

    def firsts(self, fits: Callable[[str], bool] | None) -> list[Able]:
        """The first two with room, of those that fit."""
        able = self.able or []
        found: list[Able] = []
        aside: list[Able] = []
        while able:
            entry = able[0]
            if entry[2].stamp != entry[1]:
                heapq.heappop(able)
                continue
            chosen = fits is None or fits(entry[2].seat.state.id)
            if chosen and found:
                found.append(entry)
                break
            aside.append(heapq.heappop(able))
            if chosen:
                found.append(entry)
        for entry in aside:
            heapq.heappush(able, entry)
        return found
