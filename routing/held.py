"""What is held, and when it changes by time alone: deadlines, rungs, wrap-ups, holds, graces.

Each is set in the timers when its row comes. Rows change meanwhile and their timers stay, so
whether one still means something is asked of the row when its instant has come.
"""

from __future__ import annotations

from routing import policy as rules
from routing.classes import Classes
from routing.ladder import barred, next_rung
from routing.lines import Item
from routing.model import OperatorState, QueueState, WorkState
from routing.policy import Policy
from routing.timers import Timers

REVIEW = 0  # an offer's deadline, a rung, the end of a wrap-up or of a rest
PLACE = 1  # a hold, an exclusion or the time before a callback ends
GRACE = 2  # a lost connection counts


class Held:
    """Snapshots and their timers. `now_ms` never decreases."""

    def __init__(self, now_ms: int, policy: Policy) -> None:
        self.now_ms = now_ms
        self.policy = policy
        self.items: dict[str, Item] = {}
        self.queues: dict[str, QueueState] = {}
        self.classes = Classes(policy.exclusive)
        self.timers = Timers()

    def adopt(self, policy: Policy) -> None:
        """Go on under other rules."""
        former, self.policy = self.policy, policy
        if policy.exclusive != former.exclusive:
            self.classes.adopt(policy.exclusive)
        if policy.grace_ms != former.grace_ms:
            for name, seat in self.classes.seats.items():
                self.at(self.grace_ends(seat.state), GRACE, name)

    def at(self, due_ms: int | None, kind: int, name: str) -> None:
        """Look at it then."""
        if due_ms is not None:
            self.timers.add(due_ms, kind, name)

    def next_due_ms(self) -> int | None:
        """The next instant at which something becomes due."""
        while (first := self.timers.first()) is not None:
            if self._stands(*first):
                return first[0]
            self.timers.drop()
        return None

    def _stands(self, due_ms: int, kind: int, name: str) -> bool:
        """Whether a timer still means something; others are left in place till they come up."""
        if kind == GRACE:
            seat = self.classes.seats.get(name)
            return seat is not None and self.grace_ends(seat.state) == due_ms
        item = self.items.get(name)
        if item is None:
            return False
        if kind == PLACE:
            return item.work.state == "waiting"
        return self.due_ms(item.work) == due_ms

    def due_ms(self, work: WorkState) -> int | None:
        """When this row changes by time alone."""
        match work.state:
            case "offered":
                return work.offer_until_ms
            case "waiting":
                queue = self.queues.get(work.queue_id)
                step = next_rung(queue, work) if queue is not None and queue.ladder else None
                return step and step[0]
            case "wrap_up":
                return work.wrap_until_ms
            case "parked":
                return work.parked_until_ms
        return None

    def overdue(self, work: WorkState) -> bool:
        """Whether that instant has passed."""
        due = self.due_ms(work)
        return due is not None and due <= self.now_ms

    def grace_ends(self, operator: OperatorState) -> int | None:
        """When his lost connection counts."""
        if operator.lost_ms is None or operator.presence == rules.OFFLINE:
            return None
        return operator.lost_ms + self.policy.grace_ms

    def lost(self, operator: OperatorState) -> bool:
        """Whether his connection has been away for longer than the grace."""
        ends = self.grace_ends(operator)
        return ends is not None and ends <= self.now_ms

    def shut_out(self, work: WorkState) -> bool:
        """Whether its queue is closed and does not let wait; a callback is asked when it is due."""
        queue = self.queues.get(work.queue_id)
        if queue is None or queue.open or queue.closed_to is None:
            return False
        if barred(work, queue.closed_to):
            return False
        return work.not_before_ms is None or work.not_before_ms <= self.now_ms
