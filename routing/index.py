"""What the engine holds, arranged so that the next step is found without searching.

Every snapshot stands in the classes (`Line`) it belongs to, timers stand in one heap, and what
an event may have made possible is remembered: touched classes and doubtful offers. Nothing is
decided here.
"""

from __future__ import annotations

import heapq

from routing import policy as rules
from routing.lines import Line
from routing.model import OperatorState, QueueState, WorkState

Need = tuple[str, int]  # medium, cost
_REVIEW = 0  # an offer's deadline
_PLACE = 1  # a hold or an exclusion ends


class Index:
    """Snapshots, classes and timers. `now_ms` never decreases."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.waiting = 0
        self.work: dict[str, WorkState] = {}
        self.operators: dict[str, OperatorState] = {}
        self.queues: dict[str, QueueState] = {}
        self._members: dict[str, dict[str, None]] = {}  # operators of a queue
        self._ready: dict[str, int] = {}  # how many of them are ready
        self._of_queue: dict[str, dict[Need, Line]] = {}
        self._of_operator: dict[str, dict[Need, Line]] = {}  # contacts that prefer him
        self._in_queue: dict[str, dict[str, None]] = {}  # waiting or offered, by queue
        self._offers: dict[str, dict[str, None]] = {}  # live offers of an operator
        self._timers: list[tuple[int, int, str]] = []
        self._touched: dict[int, Line] = {}  # by identity; the order of insertion is kept
        self._doubtful: dict[str, None] = {}

    # --- time ----------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Move time on and take note of what has become due."""
        self.now_ms = max(self.now_ms, now_ms)
        while self._timers and self._timers[0][0] <= self.now_ms:
            _, kind, work_id = heapq.heappop(self._timers)
            work = self.work.get(work_id)
            if work is None:
                continue
            if kind == _REVIEW:
                self._doubt(work)
            elif work.state == "waiting":
                self._place(work)

    def next_due_ms(self) -> int | None:
        """The next instant at which something becomes due."""
        while self._timers:
            due, kind, work_id = self._timers[0]
            work = self.work.get(work_id)
            if work is not None and _stands(work, due, kind):
                return due
            heapq.heappop(self._timers)
        return None

    def overdue(self, work: WorkState) -> bool:
        """Whether its offer's deadline has passed."""
        return work.offer_until_ms is not None and work.offer_until_ms <= self.now_ms

    # --- what may have become possible -----------------------------------------------------------

    def take_touched(self) -> list[Line]:
        """The classes in which somebody may be served now; forgets them."""
        lines, self._touched = list(self._touched.values()), {}
        return lines

    def take_doubtful(self) -> list[WorkState]:
        """The offered work whose offer may have to end; forgets it."""
        ids, self._doubtful = self._doubtful, {}
        found = (self.work.get(work_id) for work_id in ids)
        return [work for work in found if work is not None and work.state == "offered"]

    def candidates(self, work: WorkState) -> dict[str, int]:
        """How many wait for the same, and how many operators could take it, by what is missing."""
        line = self.queue_line(work)
        return {
            "waiting": len(line.waiting),
            "eligible": len(self._members.get(work.queue_id, ())),
            "ready": self._ready.get(work.queue_id, 0),
            "with_room": len(line.able),
        }

    def _touch(self, line: Line) -> None:
        if len(line.waiting) and len(line.able):
            self._touched[id(line)] = line

    def _doubt(self, work: WorkState) -> None:
        if work.state != "offered":
            return
        operator = self.operators.get(work.operator_id or "")
        queue = self.queues.get(work.queue_id)
        if (
            self.overdue(work)
            or (operator is not None and operator.presence != rules.READY)
            or (queue is not None and queue.archived)
        ):
            self._doubtful[work.id] = None

    # --- work ----------------------------------------------------------------------------------

    def put_work(self, work: WorkState) -> None:
        """Hold this snapshot in place of the former one."""
        self.drop_work(work.id)
        self.work[work.id] = work
        if work.state in ("waiting", "offered"):
            self._in_queue.setdefault(work.queue_id, {})[work.id] = None
        if work.state == "waiting":
            self.waiting += 1
            self._place(work)
        elif work.state == "offered":
            self._offers.setdefault(work.operator_id or "", {})[work.id] = None
            self._at(work.offer_until_ms, _REVIEW, work.id)
            self._doubt(work)

    def drop_work(self, work_id: str) -> None:
        """Forget it."""
        work = self.work.pop(work_id, None)
        if work is None:
            return
        _discard(self._in_queue, work.queue_id, work_id)
        if work.state == "waiting":
            self.waiting -= 1
            self._displace(work)
        elif work.state == "offered":
            _discard(self._offers, work.operator_id or "", work_id)

    def _at(self, due_ms: int | None, kind: int, work_id: str) -> None:
        if due_ms is not None:
            heapq.heappush(self._timers, (due_ms, kind, work_id))

    def _place(self, work: WorkState) -> None:
        """Put waiting work into the classes it belongs to at this instant."""
        self._displace(work)
        queue = self.queues.get(work.queue_id)
        if queue is None or queue.archived:
            return
        for _, until in work.excluded:
            if until > self.now_ms:
                self._at(until, _PLACE, work.id)
        lines = []
        if work.preferred_id is not None:
            lines.append(self._operator_line(work.preferred_id, (work.medium, work.cost)))
        if self._held(work, queue):
            self._at(rules.hold_until(work, queue), _PLACE, work.id)
        else:
            lines.append(self.queue_line(work))
        for line in lines:
            line.waiting.put(work.id, rules.work_rank(work))
            self._touch(line)

    def _displace(self, work: WorkState) -> None:
        need = (work.medium, work.cost)
        line = self._of_queue.get(work.queue_id, {}).get(need)
        if line is not None:
            line.waiting.drop(work.id)
        own = self._of_operator.get(work.preferred_id or "", {})
        if need in own:
            own[need].waiting.drop(work.id)
            if not len(own[need].waiting):
                self._forget_line(work.preferred_id or "", need)

    def _held(self, work: WorkState, queue: QueueState) -> bool:
        """Whether it waits for its preferred operator alone."""
        if work.preferred_id is None or rules.hold_until(work, queue) <= self.now_ms:
            return False
        operator = self.operators.get(work.preferred_id)
        if operator is None or operator.presence != rules.READY:
            return False
        return not rules.excluded(work, work.preferred_id, self.now_ms)

    # --- classes -------------------------------------------------------------------------------

    def queue_line(self, work: WorkState) -> Line:
        """The class this work belongs to by its queue."""
        need = (work.medium, work.cost)
        lines = self._of_queue.setdefault(work.queue_id, {})
        if need not in lines:
            lines[need] = Line(*need)
            for operator_id in self._members.get(work.queue_id, ()):
                _rate(lines[need], self.operators[operator_id])
        return lines[need]

    def _operator_line(self, operator_id: str, need: Need) -> Line:
        lines = self._of_operator.setdefault(operator_id, {})
        if need not in lines:
            lines[need] = Line(*need)
            if operator_id in self.operators:
                _rate(lines[need], self.operators[operator_id])
        return lines[need]

    def _forget_line(self, operator_id: str, need: Need) -> None:
        line = self._of_operator[operator_id].pop(need)
        self._touched.pop(id(line), None)
        if not self._of_operator[operator_id]:
            del self._of_operator[operator_id]

    # --- operators -----------------------------------------------------------------------------

    def put_operator(self, operator: OperatorState) -> None:
        """Hold this snapshot in place of the former one."""
        former = self.operators.get(operator.id)
        self.operators[operator.id] = operator
        if former is None or former.queues != operator.queues:
            self._move(operator.id, former.queues if former else (), operator.queues)
        self._count_ready(former, operator)
        for queue_id in operator.queues:
            for line in self._of_queue.get(queue_id, {}).values():
                if _rate(line, operator):
                    self._touch(line)
        for line in list(self._of_operator.get(operator.id, {}).values()):
            if _rate(line, operator):
                self._touch(line)
        if former is None or former.presence != operator.presence:
            self._presence_changed(operator.id)

    def drop_operator(self, operator_id: str) -> None:
        """Forget him; his live offers run to their deadlines."""
        former = self.operators.pop(operator_id, None)
        if former is None:
            return
        self._move(operator_id, former.queues, ())
        self._count_ready(former, None)
        for line in self._of_operator.get(operator_id, {}).values():
            line.able.drop(operator_id)
        self._presence_changed(operator_id)

    def _move(self, operator_id: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        for queue_id in before:
            _discard(self._members, queue_id, operator_id)
            for line in self._of_queue.get(queue_id, {}).values():
                line.able.drop(operator_id)
        for queue_id in after:
            self._members.setdefault(queue_id, {})[operator_id] = None

    def _count_ready(self, before: OperatorState | None, after: OperatorState | None) -> None:
        for state, step in ((before, -1), (after, 1)):
            if state is not None and state.presence == rules.READY:
                for queue_id in state.queues:
                    self._ready[queue_id] = self._ready.get(queue_id, 0) + step

    def _presence_changed(self, operator_id: str) -> None:
        """Holds for him begin or end with it, and his offers may have to be taken back."""
        for line in list(self._of_operator.get(operator_id, {}).values()):
            for work_id in line.waiting.members():
                self._place(self.work[work_id])
        for work_id in self._offers.get(operator_id, {}):
            self._doubt(self.work[work_id])

    # --- queues --------------------------------------------------------------------------------

    def put_queue(self, queue: QueueState) -> None:
        """Hold this snapshot in place of the former one; everything in the queue is placed anew."""
        self.queues[queue.id] = queue
        for work_id in list(self._in_queue.get(queue.id, {})):
            work = self.work[work_id]
            if work.state == "waiting":
                self._place(work)
            else:
                self._doubt(work)


def _stands(work: WorkState, due_ms: int, kind: int) -> bool:
    """Whether a timer still means something; others are left in the heap until they come up."""
    if kind == _REVIEW:
        return work.state == "offered" and work.offer_until_ms == due_ms
    return work.state == "waiting"


def _rate(line: Line, operator: OperatorState) -> bool:
    """Put him among those who can take a contact of this class, or out; True when he is new."""
    if not rules.has_room(operator, line.medium, line.cost):
        line.able.drop(operator.id)
        return False
    new = operator.id not in line.able
    line.able.put(operator.id, rules.operator_rank(operator))
    return new


def _discard(groups: dict[str, dict[str, None]], group: str, member: str) -> None:
    members = groups.get(group)
    if members is not None:
        members.pop(member, None)
        if not members:
            del groups[group]
