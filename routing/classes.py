"""The operators' side: who belongs to which requirement class, and who of them has room.

A class is built once, from the operators who have the rarest of its skills; afterwards a change
of an operator costs a step per class of his. Who has room for what is found out when it is asked
for (`rate`), his place in the orders still later (`settle`): whoever is freed is mostly busy again
within the same event, and nothing has changed then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from routing import policy as rules
from routing.lines import NOBODY, PERSONAL, SLACK, Able, Asked, Group, Line, Seat, Waiting
from routing.model import OperatorState
from routing.strategies import Key

MOST = 4096
"""Classes kept although nobody waits in them; more are built again when they are needed."""


class Classes:
    """Seats, classes, and what has changed since the last decision."""

    def __init__(self, exclusive: tuple[str, ...]) -> None:
        self.seats: dict[str, Seat] = {}
        self.gained: dict[str, Seat] = {}
        """Who may take something he could not take before; known once all are rated."""
        self.unrated: dict[str, tuple[Seat, bool]] = {}
        """Who is to be rated anew, and whether his row has changed: a newcomer's has not."""
        self.fronts: list[Waiting] = []
        """Who is first in each class, by its number (`lines.py`)."""
        self._numbers: list[int] = []  # free ones
        self._exclusive = exclusive
        self._stamp = 0
        self._fresh: dict[str, Seat] = {}
        self._members: dict[str, dict[str, int]] = {}  # queue → operator → 0
        self._skilled: dict[str, dict[str, int]] = {}  # skill → operator → level
        self._lines: dict[tuple[Asked, str, int], Line] = {}
        self._anchored: dict[tuple[str, str], dict[Line, None]] = {}

    # --- classes -------------------------------------------------------------------------------

    def line(self, asked: Asked, medium: str, cost: int) -> Line:
        """The class of those who ask for this."""
        key = (asked, medium, cost)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._built(asked, medium, cost)
            if len(self._lines) > MOST:
                self._forget_some()
        return found

    def lines(self) -> Iterable[Line]:
        """All classes but those who prefer somebody."""
        return self._lines.values()

    def personal(self, seat: Seat, medium: str, cost: int) -> Line:
        """The class of those who prefer this operator."""
        line = seat.personal.get((medium, cost))
        if line is None:
            line = self._new((None, (), PERSONAL), medium, cost)
            seat.personal[medium, cost] = line
            self._add(line, seat)
        return line

    def forget_personal(self, line: Line) -> None:
        """Nobody waits in it any more."""
        for group in line.groups.values():
            del group.seat.personal[line.medium, line.cost]
            group.quit(line)
        self._numbers.append(line.number)

    def front(self, seat: Seat) -> Waiting | None:
        """Who waits longest of all he has room for by his row, rated or not."""
        state, best = seat.state, NOBODY
        if state.budget - state.used < seat.least:
            return None
        points = rules.points_left(state, self._exclusive)
        for group in seat.groups.values():
            if group.cost <= points and rules.below_ceiling(state, group.medium):
                first = group.first(self.fronts)
                if first < best:  # noqa: PLR1730 - a third of the time of min()
                    best = first
        return None if best is NOBODY else best

    def key(self, line: Line, state: OperatorState) -> Key:
        """His place in the order of a class."""
        return line.rule(state, line.needs, line.medium, self._exclusive)

    def firsts(self, line: Line, fits: Callable[[str], bool] | None) -> list[Able]:
        """The first two of a class with room, of those that fit; all are settled."""
        if line.able is None:
            line.able = [
                (self.key(line, group.seat.state), group.stamp, group)
                for group in line.groups.values()
                if group.fits
            ]
            heapq.heapify(line.able)
        return line.firsts(fits)

    def adopt(self, exclusive: tuple[str, ...]) -> None:
        """Other media are exclusive now: who has room and who comes first may be others."""
        self._exclusive = exclusive
        for line in self._lines.values():
            line.able = None
        for name, seat in self.seats.items():
            self.unrated.setdefault(name, (seat, False))

    def _built(self, asked: Asked, medium: str, cost: int) -> Line:
        line = self._new(asked, medium, cost)
        for operator_id in self._able(line):
            self._add(line, self.seats[operator_id])
        self._anchored.setdefault(_anchor(line), {})[line] = None
        return line

    def _new(self, asked: Asked, medium: str, cost: int) -> Line:
        if not self._numbers:
            self._numbers.append(len(self.fronts))
            self.fronts.append(NOBODY)
        return Line(asked, medium, cost, self.fronts, self._numbers.pop())

    def _able(self, line: Line) -> list[str]:
        """Who may take what waits in it, sifted from those who have the rarest of its skills."""
        sieves = [(self._skilled.get(skill, {}), level) for skill, level in line.needs]
        if line.queue_id is not None:
            sieves.append((self._members.get(line.queue_id, {}), 0))
        names = [] if sieves else list(self.seats)
        for number, (held, level) in enumerate(sorted(sieves, key=lambda one: len(one[0]))):
            if number == 0:
                names = [name for name, has in held.items() if has >= level]
            else:
                names = [name for name in names if held.get(name, -1) >= level]
        return [name for name in names if rules.takes(self.seats[name].state, line.medium)]

    def _add(self, line: Line, seat: Seat) -> None:
        group = seat.groups.get((line.medium, line.cost))
        if group is None:
            self._stamp += 1
            group = seat.groups[line.medium, line.cost] = Group(seat, line.medium, line.cost)
            seat.least = min(seat.least, line.cost)
            group.stamp = self._stamp
            group.fits = self._room(seat.state, group)
            seat.fitting += group.fits
        line.groups[seat.state.id] = group
        group.enter(line)
        line.ready += seat.state.presence == rules.READY
        if group.fits:
            line.with_room += 1
            if line.able is not None and not group.fresh:
                heapq.heappush(line.able, (self.key(line, seat.state), group.stamp, group))

    def _forget_some(self) -> None:
        """Of the oldest classes those in which nobody waits, a few at a time."""
        for _ in range(16):
            key = next(iter(self._lines))
            line = self._lines.pop(key)
            if line.waiting:
                self._lines[key] = line
                continue
            line.forgotten = True
            del self._anchored[_anchor(line)][line]
            for group in line.groups.values():
                group.quit(line)
            self._numbers.append(line.number)

    # --- operators -----------------------------------------------------------------------------

    def put(self, state: OperatorState) -> Seat:
        """Hold this snapshot in place of the former one."""
        seat = self.seats.get(state.id)
        if seat is None:
            seat = self.seats[state.id] = Seat(state)
            self._join(seat)
            self.unrated[state.id] = (seat, False)
        else:
            former, seat.state = seat.state, state
            if _others(former, state):
                self._leave(seat, former)
                self._join(seat)
            else:
                step = (state.presence == rules.READY) - (former.presence == rules.READY)
                if step:
                    _count_ready(seat, step)
            self.unrated[state.id] = (seat, True)
        return seat

    def load(self, seat: Seat, state: OperatorState) -> None:
        """Hold this snapshot, which can no more and no less than the former one."""
        seat.state = state
        self.unrated[state.id] = (seat, True)

    def rate(self) -> None:
        """See for what everybody has room whose row has changed."""
        changed, self.unrated = self.unrated, {}
        for seat, moved in changed.values():
            state = seat.state
            if seat.fitting or state.budget - state.used >= seat.least:
                self._rate(seat, moved=moved)

    def drop(self, operator_id: str) -> None:
        """Forget him."""
        seat = self.seats.pop(operator_id, None)
        if seat is not None:
            self._leave(seat, seat.state)
            self.gained.pop(operator_id, None)
            self.unrated.pop(operator_id, None)
            self._fresh.pop(operator_id, None)

    def _room(self, state: OperatorState, group: Group) -> bool:
        return rules.has_room(state, group.medium, group.cost, self._exclusive)

    def _rate(self, seat: Seat, *, moved: bool) -> None:
        """See for what he has room now; `moved`: his place in every order is another."""
        state = seat.state
        points = rules.points_left(state, self._exclusive)
        for group in seat.groups.values():
            if group.cost <= points and rules.below_ceiling(state, group.medium):
                if not group.fits:
                    group.fits = True
                    seat.fitting += 1
                    self.gained[state.id] = seat
                    for line in group.lines:
                        line.with_room += 1
                elif not moved:
                    continue
                self._stamp += 1
                group.stamp = self._stamp
                group.fresh = True
                self._fresh[state.id] = seat
            elif group.fits:
                group.fits = False
                seat.fitting -= 1
                group.stamp = -1
                for line in group.lines:
                    line.with_room -= 1

    def _join(self, seat: Seat) -> None:
        state = seat.state
        for queue_id in state.queues:
            self._members.setdefault(queue_id, {})[state.id] = 0
        for skill, level in state.skills.items():
            self._skilled.setdefault(skill, {})[state.id] = level
        anchors = [("", ""), *(("queue", one) for one in state.queues)]
        anchors += [("skill", one) for one in state.skills]
        for anchor in anchors:
            for line in self._anchored.get(anchor, ()):
                if _eligible(line, state):
                    self._add(line, seat)
        self.gained[state.id] = seat

    def _leave(self, seat: Seat, former: OperatorState) -> None:
        for queue_id in former.queues:
            self._members[queue_id].pop(former.id, None)
        for skill in former.skills:
            self._skilled[skill].pop(former.id, None)
        for group in seat.groups.values():
            group.stamp = -1
            for line in group.lines:
                line.groups.pop(former.id, None)
                line.ready -= former.presence == rules.READY
                line.with_room -= group.fits
        seat.groups, seat.least, seat.fitting = {}, rules.NO_LIMIT, 0
        for line in seat.personal.values():
            self._add(line, seat)

    def settle(self) -> None:
        """Put those with room into the order of their classes."""
        self.gained.clear()
        if not self._fresh:
            return
        fresh, self._fresh = self._fresh, {}
        for seat in fresh.values():
            state = seat.state
            for group in seat.groups.values():
                if group.fresh:
                    group.fresh = False
                    if group.fits:
                        self._push(group, state)

    def _push(self, group: Group, state: OperatorState) -> None:
        rule, entry = None, None
        for line in group.lines:
            able = line.able
            if able is None:
                continue
            if entry is None or line.rule is not rule or line.strategy == "best_level":
                rule, entry = line.rule, (self.key(line, state), group.stamp, group)
            heapq.heappush(able, entry)
            if len(able) > 3 * line.with_room + SLACK:
                line.sweep()


def _eligible(line: Line, state: OperatorState) -> bool:
    return (
        (line.queue_id is None or line.queue_id in state.queues)
        and rules.takes(state, line.medium)
        and rules.masters(state, line.needs)
    )


def _anchor(line: Line) -> tuple[str, str]:
    """Where an operator who is able surely looks for this class."""
    if line.needs:
        return ("skill", line.needs[0][0])
    return ("", "") if line.queue_id is None else ("queue", line.queue_id)


def _others(former: OperatorState, state: OperatorState) -> bool:
    """Whether he may belong to other classes now."""
    return (
        (former.queues is not state.queues and former.queues != state.queues)
        or (former.skills is not state.skills and former.skills != state.skills)
        or (former.media is not state.media and former.media != state.media)
    )


def _count_ready(seat: Seat, step: int) -> None:
    for group in seat.groups.values():
        for line in group.lines:
            line.ready += step
