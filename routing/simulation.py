"""A floor with clients and operators who behave as they are said to: what would become of whom.

Everything by chance is drawn by who calls: a `Visit` carries how long its client waits and how
long the talk takes, so the same visits meet another policy unchanged, and what differs comes of the
policy. Instants and spans are milliseconds.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from routing.decisions import EndWrapUp, Overflow, Relax
from routing.events import Abandon, Accept, Event, Presence, Release, WrapUpDone
from routing.floor import TICK, Floor
from routing.ladder import TO_QUEUE
from routing.model import Expire, Needs, Offer, Operator, OperatorState, Work, changed
from routing.policy import ANSWERING, NOT_ANSWERING, READY

BACK_MS = 60_000
"""After so long who let too many offers pass says that he is there again."""
Told = tuple[int, Event]
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Visit:
    """One client's contact, with all that chance decides about it."""

    id: str
    at_ms: int
    queue_id: str
    medium: str
    talk_ms: int
    wrap_ms: int | None = None
    """How long is noted afterwards, at most what the queue allows; None: all of that."""
    patience_ms: int | None = None
    needs: Needs = ()
    priority_ms: int | None = None
    """None: as the queue says."""
    preferred_id: str | None = None
    points: int | None = None
    """What it costs of an operator; None: as its medium says."""
    answer_ms: int = 0
    """How long an operator looks at its offer before he accepts."""
    missed: int = 0
    """So many of its offers are let pass."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a visit; `end`: taken, abandoned, overflow (left the line), waiting."""

    visit: Visit
    end: str
    wait_ms: int
    operator_id: str | None = None
    relaxed: bool = False
    moved: bool = False
    """It went to another queue, or out of the line, by a ladder or because of closing."""
    overtook: int = 0
    """How many of its queue who had come before it still waited when it was taken."""
    missed: int = 0


@dataclass(slots=True)
class Shift:
    """An operator's time: `present_ms` ready or with work, `busy_ms` of it by points taken."""

    present_ms: float = 0.0
    busy_ms: float = 0.0
    _at: int = 0
    _busy: float = 0.0
    _present: bool = False

    def note(self, now: int, operator: OperatorState) -> None:
        """Count the time up to now, and what holds from now on."""
        if self._present:
            self.present_ms += now - self._at
            self.busy_ms += (now - self._at) * self._busy
        self._at = now
        self._present = operator.presence in ANSWERING or operator.used > 0
        self._busy = min(1.0, operator.used / max(1, operator.budget))


@dataclass(slots=True)
class _Open:
    """A visit under way."""

    visit: Visit
    seq: int
    turn: int = 0  # of being taken: a talk that was cut short ends no later one
    taken: bool = False
    operator_id: str | None = None
    deaf: int = 0
    relaxed: bool = False
    moved: bool = False
    missed: int = 0


class Simulation:
    """One play on one floor. `points`: what a medium costs where a visit does not say."""

    def __init__(self, floor: Floor, points: Mapping[str, int] | None = None) -> None:
        self.floor = floor
        self.points = points or {}
        self.shifts: dict[str, Shift] = {}
        self._does: dict[type, Callable[[Any, int], None]] = {
            Offer: self._offer, Expire: self._expire, Relax: self._relax,
            Overflow: self._overflow, EndWrapUp: self._end_wrap_up,
        }  # fmt: skip
        self._open: dict[str, _Open] = {}
        self._lines: dict[str, list[int]] = {}
        self._ahead: list[tuple[int, int, Callable[[int], None]]] = []
        self._pushed = self._seq = 0
        self._fates: list[Fate] = []

    def play(
        self, visits: Iterable[Visit], told: Iterable[Told] = (), until_ms: int | None = None
    ) -> Iterator[Fate]:
        """Fates in the order they are known. Both streams by time; `told` may be endless.

        `told` is what else happens: operators who come, go and change, opening hours. Who still
        waits at the end comes last, as `waiting`; without `until_ms` it ends when nothing more
        can happen.
        """
        last = _NEVER if until_ms is None else until_ms
        arrivals = ((one.at_ms, one) for one in visits)
        for at, what in heapq.merge(arrivals, told, key=itemgetter(0)):
            if at > last:
                break
            self._until(at)
            if isinstance(what, Visit):
                self._arrive(what)
            else:
                self._happen(what, at)
            yield from self._known()
        while (due := self._next()) is not None and due <= last:
            self._step(due)
            yield from self._known()
        end = self.floor.engine.now_ms() if until_ms is None else until_ms
        for one in [one for one in self._open.values() if not one.taken]:
            self._close(one, "waiting", end)
        yield from self._known()
        for name, shift in self.shifts.items():
            operator = self.floor.engine.operator(name)
            if operator is not None:
                shift.note(end, operator)

    def _known(self) -> list[Fate]:
        known, self._fates = self._fates, []
        return known

    # --- time ----------------------------------------------------------------------------------

    def _until(self, at: int) -> None:
        """What clients and operators do up to this instant, and the timers before it."""
        while self._ahead or self.floor.engine.due_before(at):
            due = self._next()
            if due is None or due > at or (due == at and not self._acts(due)):
                return
            self._step(due)

    def _next(self) -> int | None:
        """When the next thing happens by itself."""
        timer = self.floor.engine.next_due_ms()
        if not self._ahead:
            return timer
        return self._ahead[0][0] if timer is None else min(timer, self._ahead[0][0])

    def _acts(self, due: int) -> bool:
        return bool(self._ahead) and self._ahead[0][0] == due

    def _step(self, due: int) -> None:
        """People first, then timers: who answers at the deadline has answered."""
        if self._acts(due):
            _, _, act = heapq.heappop(self._ahead)
            act(due)
        else:
            self._tell(TICK, due)

    def _push(self, at: int, act: Callable[[int], None]) -> None:
        self._pushed += 1
        heapq.heappush(self._ahead, (at, self._pushed, act))

    # --- what happens --------------------------------------------------------------------------

    def _arrive(self, visit: Visit) -> None:
        queue = self.floor.engine.queue(visit.queue_id)
        usual = 1000 * queue.priority_seconds if queue is not None else 0
        priority = usual if visit.priority_ms is None else visit.priority_ms
        cost = self.points.get(visit.medium, 1) if visit.points is None else visit.points
        self._seq += 1
        one = _Open(visit, self._seq, deaf=visit.missed)
        self._open[visit.id] = one
        self._lines.setdefault(visit.queue_id, []).append(self._seq)
        now = visit.at_ms
        work = Work(
            visit.id, 1, visit.queue_id, visit.medium, cost, "waiting", self._seq, now,
            now - priority, needs=visit.needs, preferred_id=visit.preferred_id,
        )  # fmt: skip
        self._tell(work, now)
        if visit.patience_ms is not None and visit.id in self._open and not one.taken:
            self._push(now + visit.patience_ms, lambda at: self._lose_patience(one, at))

    def _happen(self, event: Event, at: int) -> None:
        if not isinstance(event, OperatorState):
            self._tell(event, at)
            self._note(getattr(event, "operator_id", None), at)
            return
        held = self.floor.engine.operator(event.id)
        if held is not None:  # what is on his hands stays there
            event = changed(
                event, version=held.version + 1, used=held.used, load=held.load,
                idle_ms=held.idle_ms, misses=held.misses,
                turn=held.turn if isinstance(held, Operator) else 0,
            )  # fmt: skip
        self._tell(event, at)
        self._note(event.id, at)

    def _lose_patience(self, one: _Open, at: int) -> None:
        if one.taken or one.visit.id not in self._open:
            return
        self._tell(Abandon(one.visit.id), at)
        self._note(one.operator_id, at)
        self._close(one, "abandoned", at)

    def _accept(self, one: _Open, offer: Offer, at: int) -> None:
        work = self.floor.engine.work(one.visit.id)
        if work is None or work.offer_id != offer.offer_id:
            return  # it was taken back, or the client has gone
        self._tell(Accept(one.visit.id, offer.offer_id), at)
        one.turn += 1
        turn = one.turn
        if not one.taken:
            self._close(one, "taken", at)
        self._push(at + one.visit.talk_ms, lambda now: self._release(one, turn, now))

    def _release(self, one: _Open, turn: int, at: int) -> None:
        if one.turn != turn:
            return
        name, wrap = one.visit.id, one.visit.wrap_ms
        self._tell(Release(name, 0 if wrap == 0 else None), at)
        self._note(one.operator_id, at)
        work = self.floor.engine.work(name)
        if work is None:
            self._open.pop(name, None)
        elif wrap is not None and work.wrap_until_ms is not None and at + wrap < work.wrap_until_ms:
            self._push(at + wrap, lambda now: self._note_down(one, now))

    def _note_down(self, one: _Open, at: int) -> None:
        self._tell(WrapUpDone(one.visit.id), at)
        self._note(one.operator_id, at)
        self._open.pop(one.visit.id, None)

    def _come_back(self, operator_id: str, at: int) -> None:
        operator = self.floor.engine.operator(operator_id)
        if operator is not None and operator.presence == NOT_ANSWERING:
            self._tell(Presence(operator_id, READY), at)
            self._note(operator_id, at)

    # --- what is decided -----------------------------------------------------------------------

    def _tell(self, event: Event, at: int) -> None:
        for outcome in self.floor.apply(event, at):
            self._note(getattr(outcome, "operator_id", None), at)
            does = self._does.get(type(outcome))
            if does is not None:
                does(outcome, at)

    def _offer(self, outcome: Offer, at: int) -> None:
        one = self._open[outcome.work_id]
        one.operator_id = outcome.operator_id
        if one.deaf:
            one.deaf -= 1
        elif one.visit.answer_ms:
            self._push(at + one.visit.answer_ms, lambda now: self._accept(one, outcome, now))
        else:
            self._accept(one, outcome, at)

    def _expire(self, outcome: Expire, at: int) -> None:
        self._open[outcome.work_id].missed += 1
        if outcome.not_answering:
            who = outcome.operator_id
            self._push(at + BACK_MS, lambda now: self._come_back(who, now))

    def _relax(self, outcome: Relax, _at: int) -> None:
        self._open[outcome.work_id].relaxed = True

    def _overflow(self, outcome: Overflow, at: int) -> None:
        one = self._open[outcome.work_id]
        one.moved = True
        if not outcome.to.startswith(TO_QUEUE) and not one.taken:
            self._close(one, "overflow", at)

    def _end_wrap_up(self, outcome: EndWrapUp, _at: int) -> None:
        self._open.pop(outcome.work_id, None)

    # --- what is noted -------------------------------------------------------------------------

    def _close(self, one: _Open, end: str, at: int) -> None:
        """Its fate is known; who was taken is still on an operator's hands."""
        line = self._lines[one.visit.queue_id]
        ahead = bisect_left(line, one.seq)
        del line[ahead]
        taken = one.taken = end == "taken"
        visit, who = one.visit, one.operator_id if taken else None
        self._fates.append(
            Fate(visit, end, max(0, at - visit.at_ms), who, one.relaxed, one.moved,
                 ahead if taken else 0, one.missed)
        )  # fmt: skip
        if not taken:
            del self._open[visit.id]

    def _note(self, operator_id: str | None, at: int) -> None:
        operator = None if operator_id is None else self.floor.engine.operator(operator_id)
        if operator is not None:
            shift = self.shifts.get(operator.id)
            if shift is None:
                shift = self.shifts[operator.id] = Shift()
            shift.note(at, operator)
