"""Where the waiting stand, for the estimate of their waits: read off the engine's classes.

Who waits in another class counts as ahead with the share of that class's operators who are also
of one's own: those are whom he may take away. Only the first `most` of a class are looked at, and
the classes in which most wait, so a step costs the same however many wait behind them.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from routing import policy as rules
from routing.estimate import Place
from routing.lines import PERSONAL, Line, Rank
from routing.model import OperatorState, WorkState

CLASSES = 48


@dataclass(frozen=True, slots=True)
class _Row:
    """A class: who waits first, their ranks, who of its operators is at work."""

    line: Line
    heads: list[WorkState]
    ranks: list[Rank]
    able: frozenset[str]
    room: int


def places(lines: Iterable[Line], exclusive: tuple[str, ...], most: int) -> list[Place]:
    """The places of those who wait, class by class; nobody's for whom no operator is at work."""
    waited = [line for line in lines if line.waiting and line.strategy != PERSONAL]
    busiest = heapq.nlargest(CLASSES, waited, key=lambda line: line.waiting)
    rows = [_row(line, exclusive, most) for line in busiest]
    found: list[Place] = []
    for row in rows:
        if row.room:
            shares = [(other, share) for other in rows if (share := _share(row, other))]
            found += [_place(row, n, work, shares) for n, work in enumerate(row.heads)]
    return found


def _row(line: Line, exclusive: tuple[str, ...], most: int) -> _Row:
    entries = heapq.nsmallest(
        most, (entry for entry in line.queue if entry[4].token == entry[3]), key=lambda one: one[:4]
    )
    states = [group.seat.state for group in line.groups.values()]
    at_work = [one for one in states if one.presence == rules.READY and one.lost_ms is None]
    room = sum(_holds(one, line.medium, line.cost, exclusive) for one in at_work)
    works = [entry[4].work for entry in entries]
    ranks = [rules.work_rank(work) for work in works]
    return _Row(line, works, ranks, frozenset(one.id for one in at_work), room)


def _holds(operator: OperatorState, medium: str, cost: int, exclusive: tuple[str, ...]) -> int:
    """How many such talks he can hold at once while he does nothing else."""
    if medium in exclusive:
        return min(1, operator.budget // cost)
    whole = operator.budget // cost
    return min(whole, operator.ceilings.get(medium, whole))


def _share(own: _Row, other: _Row) -> float:
    if own is other or not other.able:
        return 0.0
    return len(own.able & other.able) / len(other.able)


def _place(row: _Row, n: int, work: WorkState, shares: list[tuple[_Row, float]]) -> Place:
    ahead, senior = float(n), n
    for other, share in shares:
        before = bisect_left(other.ranks, row.ranks[n])
        ahead += share * before
        senior += before
    asked = f"{work.queue_id} {row.line.label}"
    return Place(work.id, work.queue_id, work.medium, asked, round(ahead, 3), senior, row.room)
