"""Where the waiting stand, for the estimate of their waits: read off the engine's classes.

Who waits in another class counts as ahead with the share of that class's operators who are also
of one's own: those are whom he may take away. Only the first `most` of a class are looked at, and
the classes in which most wait, so a step costs the same however many wait behind them.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from routing import policy as rules
from routing.estimate import Place
from routing.lines import PERSONAL, Line, Rank, Waiting, stands
from routing.model import OperatorState, WorkState

CLASSES = 48


@dataclass(frozen=True, slots=True)
class Front:
    """A class at one moment: who waits first, their ranks, who of its operators is at work."""

    label: str
    heads: list[WorkState]
    ranks: list[Rank]
    able: frozenset[str]
    room: int


def fronts(lines: Iterable[Line], exclusive: tuple[str, ...], most: int) -> list[Front]:
    """Values of their own: places may be made of them while the engine goes on."""
    waited = [line for line in lines if line.waiting and line.strategy != PERSONAL]
    busiest = heapq.nlargest(CLASSES, waited, key=lambda line: line.waiting)
    return [_front(line, exclusive, most) for line in busiest]


def places(rows: list[Front]) -> list[Place]:
    """The places of those who wait, class by class; nobody's for whom no operator is at work."""
    found: list[Place] = []
    for row in rows:
        if row.room:
            shares = [(other, share) for other in rows if (share := _share(row, other))]
            found += [_place(row, n, work, shares) for n, work in enumerate(row.heads)]
    return found


def _front(line: Line, exclusive: tuple[str, ...], most: int) -> Front:
    works = _heads(line, most)
    states = [group.seat.state for group in line.groups.values()]
    at_work = [one for one in states if one.presence == rules.READY and one.lost_ms is None]
    room = sum(_holds(one, line.medium, line.cost, exclusive) for one in at_work)
    ranks = [rules.work_rank(work) for work in works]
    return Front(line.label, works, ranks, frozenset(one.id for one in at_work), room)


def _heads(line: Line, most: int) -> list[WorkState]:
    """The first of a class in their order, void entries left out, however long it is.

    No two entries share a token, so what comes after it in an entry is never compared.
    """
    ranked = heapq.merge(line.queue, _in_order(line.senior))
    return [entry[4].work for entry in islice(filter(stands, ranked), most)]


def _in_order(heap: list[Waiting]) -> Iterator[Waiting]:
    ahead = [(heap[0], 0)] if heap else []
    while ahead:
        entry, at = heapq.heappop(ahead)
        yield entry
        for child in (2 * at + 1, 2 * at + 2):
            if child < len(heap):
                heapq.heappush(ahead, (heap[child], child))


def _holds(operator: OperatorState, medium: str, cost: int, exclusive: tuple[str, ...]) -> int:
    """How many such talks he can hold at once while he does nothing else."""
    if medium in exclusive:
        return min(1, operator.budget // cost)
    whole = operator.budget // cost
    return min(whole, operator.ceilings.get(medium, whole))


def _share(own: Front, other: Front) -> float:
    if own is other or not other.able:
        return 0.0
    return len(own.able & other.able) / len(other.able)


def _place(row: Front, n: int, work: WorkState, shares: list[tuple[Front, float]]) -> Place:
    ahead, senior = float(n), n
    for other, share in shares:
        before = bisect_left(other.ranks, row.ranks[n])
        ahead += share * before
        senior += before
    asked = f"{work.queue_id} {row.label}"
    return Place(work.id, work.queue_id, work.medium, asked, round(ahead, 3), senior, row.room)
