"""A requirement class: contacts that ask for the same, and who of those able to has room.

Both sides are heaps with lazy deletion. An entry carries a number its owner had when it was
pushed: whoever changes takes another number, and all his entries everywhere are void at once.
Void entries go when they come to the top or make up two thirds of a heap, so every change costs
the logarithm of the size.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from routing.model import Needs, OperatorState, WorkState
from routing.strategies import PLAIN, STRATEGIES, Key

Rank = tuple[int, int, str]
Waiting = tuple[int, int, str, int, "Item"]
"""A rank, the token it was pushed with, whose it is."""
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

    __slots__ = ("cost", "fits", "fresh", "lines", "medium", "seat", "stamp")

    def __init__(self, seat: Seat, medium: str, cost: int) -> None:
        self.seat = seat
        self.medium = medium
        self.cost = cost
        self.fits = False
        self.fresh = False
        """His entries are not pushed yet: whoever is busy again at once need not be."""
        self.stamp = 0
        self.lines: list[Line] = []


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
    """A requirement class. `queue_id` is None where membership does not matter."""

    __slots__ = (
        "able", "cost", "forgotten", "groups",
        "label", "medium", "needs", "queue", "queue_id", "ready", "rule",
        "strategy", "waiting", "with_room",
    )  # fmt: skip

    def __init__(self, asked: Asked, medium: str, cost: int) -> None:
        self.queue_id, self.needs, self.strategy = asked
        self.medium = medium
        self.cost = cost
        self.rule = STRATEGIES.get(self.strategy, STRATEGIES[PLAIN])
        self.queue: list[Waiting] = []
        self.able: list[Able] = []
        self.groups: dict[str, Group] = {}  # operator → his group: who is able at all
        self.waiting = self.ready = self.with_room = 0
        self.forgotten = False
        self.label = ",".join([*(f"{skill}>={level}" for skill, level in self.needs), medium])
        """The class in words for explanations."""

    # --- contacts ------------------------------------------------------------------------------

    def join(self, entry: Waiting) -> None:
        """Put a contact in line; its token is set."""
        self.waiting += 1
        heapq.heappush(self.queue, entry)
        if len(self.queue) > 3 * self.waiting + _SLACK:
            self.queue = [entry for entry in self.queue if entry[4].token == entry[3]]
            heapq.heapify(self.queue)

    def head(self) -> Waiting | None:
        """The most senior contact."""
        queue = self.queue
        while queue:
            entry = queue[0]
            if entry[4].token == entry[3]:
                return entry
            heapq.heappop(queue)
        return None

    # --- operators -----------------------------------------------------------------------------

    def push(self, entry: Able) -> None:
        """Put an operator with room into the order."""
        heapq.heappush(self.able, entry)
        if len(self.able) > 3 * self.with_room + _SLACK:
            self.able = [entry for entry in self.able if entry[2].stamp == entry[1]]
            heapq.heapify(self.able)

    def firsts(self, fits: Callable[[str], bool] | None) -> list[Able]:
        """The first two with room, of those that fit."""
        able = self.able
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
