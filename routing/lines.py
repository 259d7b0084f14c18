"""A requirement class: contacts that ask for the same, and who of those able to has room.

Both sides are deleted from lazily. An entry carries a number its owner had when it was pushed:
whoever changes takes another number, and all his entries everywhere are void at once. Void entries
go when they come first or make up two thirds of all. Operators with room are a heap; contacts
mostly come in the order of the line and stand one behind the other, and only who is to stand before
one that is there already (priority, a return to the old place) is put into a heap. So a change
costs the logarithm of the size at most, and mostly a step.

The most senior contact of every class stands in one list, `fronts`, too: who is freed finds the
first of all his classes by looking at a few neighbours in memory.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from math import inf
from operator import itemgetter
from typing import cast

from routing.model import Needs, OperatorState, WorkState
from routing.policy import NO_LIMIT
from routing.strategies import PLAIN, STRATEGIES, Key

Rank = tuple[int, int, str]
Waiting = tuple[int, int, str, int, "Item"]
"""A rank, the token it was pushed with, whose it is."""
NOBODY = cast("Waiting", (inf, 0, "", 0, None))
"""Stands in front where nobody waits: after everybody."""
Heads = Callable[[list[Waiting]], tuple[Waiting, ...]]
Able = tuple[Key, int, "Group"]
Asked = tuple[str | None, Needs, str]
"""What a class asks: member of this queue (None: of any), skills; and its strategy."""
PERSONAL = "preferred"
"""The strategy of a class of those who ask for one operator."""
SLACK = 16


def stands(entry: Waiting) -> bool:
    """Whether it is not void."""
    return entry[4].token == entry[3]


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

    __slots__ = ("cost", "fits", "fresh", "heads", "lines", "medium", "seat", "stamp")

    def __init__(self, seat: Seat, medium: str, cost: int) -> None:
        self.seat = seat
        self.medium = medium
        self.cost = cost
        self.fits = False
        self.fresh = False
        """His entries are not pushed yet: whoever is busy again at once need not be."""
        self.stamp = 0
        self.lines: list[Line] = []
        self.heads: Heads | None = None
        """Who is first in each of his lines, all at once; made when it is asked for (`first`)."""

    def enter(self, line: Line) -> None:
        """He may take what waits there."""
        self.lines.append(line)
        self.heads = None

    def quit(self, line: Line) -> None:
        """He may not any more."""
        self.lines.remove(line)
        self.heads = None

    def first(self, fronts: list[Waiting]) -> Waiting:
        """Who waits longest in his lines, `NOBODY` where nobody does."""
        heads = self.heads
        if heads is None:
            if not self.lines:
                return NOBODY
            numbers = [line.number for line in self.lines]
            heads = self.heads = itemgetter(numbers[0], *numbers)  # of one alone it makes no tuple
        return min(heads(fronts))


class Seat:
    """An operator: his snapshot, and his classes by medium and cost."""

    __slots__ = ("assumed", "fitting", "groups", "least", "personal", "state")

    def __init__(self, state: OperatorState) -> None:
        self.state = state
        self.assumed = False
        self.groups: dict[tuple[str, int], Group] = {}
        self.least, self.fitting = NO_LIMIT, 0
        """The lowest cost among them, and for how many he has room."""
        self.personal: dict[tuple[str, int], Line] = {}
        """Classes of those who prefer him."""


class Line:
    """A requirement class. `queue_id` is None where membership does not matter.

    `fronts[number]` is the most senior who waits here, `NOBODY` where nobody does.
    """

    __slots__ = (
        "able", "cost", "forgotten", "fronts", "groups", "label", "medium", "needs", "number",
        "queue", "queue_id", "ready", "rule", "senior", "strategy", "waiting", "with_room",
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
        self.queue: deque[Waiting] = deque()
        self.senior: list[Waiting] = []
        """A heap of those who joined later than somebody whom they stand before."""
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
        waiting = self.waiting = self.waiting + 1
        queue = self.queue
        if not queue:
            queue.append(entry)
            self.fronts[self.number] = min(self.fronts[self.number], entry)
        elif entry < queue[-1]:
            self._squeeze_in(entry)
        else:
            queue.append(entry)
            if len(queue) > 3 * waiting + SLACK:
                self.queue = deque(filter(stands, queue))

    def leave(self, item: Item) -> None:
        """Take a contact out of line; its token is another already."""
        self.waiting -= 1
        if self.fronts[self.number][4] is item:
            self._close_up()
        elif len(self.queue) > 3 * self.waiting + SLACK:
            self.queue = deque(filter(stands, self.queue))

    def head(self) -> Waiting | None:
        """The most senior contact."""
        front = self.fronts[self.number]
        return None if front is NOBODY else front

    def set_aside(self) -> Waiting:
        """Look past the most senior contact, who waits on; `put_back` when the rest is seen to."""
        entry = self.fronts[self.number]
        if self.queue and self.queue[0] is entry:
            self.queue.popleft()
        else:
            heapq.heappop(self.senior)
        self._close_up()
        return entry

    def put_back(self, entry: Waiting) -> None:
        """In line at the old place again, if it has not left meanwhile."""
        if entry[4].token == entry[3]:
            self._squeeze_in(entry)

    def _squeeze_in(self, entry: Waiting) -> None:
        heapq.heappush(self.senior, entry)
        self.fronts[self.number] = min(self.fronts[self.number], entry)
        if len(self.senior) > 3 * self.waiting + SLACK:
            self.senior = list(filter(stands, self.senior))
            heapq.heapify(self.senior)

    def _close_up(self) -> None:
        queue, senior = self.queue, self.senior
        if not self.waiting:
            queue.clear()
            senior.clear()
        front = NOBODY
        while queue:
            entry = queue[0]
            if entry[4].token == entry[3]:
                front = entry
                break
            queue.popleft()
        while senior:
            entry = senior[0]
            if entry[4].token == entry[3]:
                front = min(front, entry)
                break
            heapq.heappop(senior)
        self.fronts[self.number] = front

    # --- operators -----------------------------------------------------------------------------

    def sweep(self) -> None:
        """Throw out the void entries of operators."""
        self.able = [entry for entry in self.able or [] if entry[2].stamp == entry[1]]
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
