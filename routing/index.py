"""What the engine holds, arranged so that the next step is found without searching.

Every snapshot stands in the classes (`lines.py`) it belongs to, timers stand in one heap, and what
an event may have made possible is remembered: touched classes, doubtful rows. Nothing is decided
here.
"""

from __future__ import annotations

from routing import policy as rules
from routing.classes import Classes
from routing.ladder import barred, needed, next_rung
from routing.lines import PERSONAL, Asked, Item, Line, Seat
from routing.model import LATER, Needs, OperatorState, QueueState, WorkState, changed
from routing.policy import Policy
from routing.strategies import PLAIN
from routing.timers import Timers

_REVIEW = 0  # an offer's deadline, a rung, the end of a wrap-up or of a rest
_PLACE = 1  # a hold, an exclusion or the time before a callback ends
_GRACE = 2  # a lost connection counts


class Index:
    """Snapshots, classes and timers. `now_ms` never decreases."""

    def __init__(self, now_ms: int, policy: Policy) -> None:
        self.now_ms = now_ms
        self.policy = policy
        self.waiting = 0
        self.items: dict[str, Item] = {}
        self.queues: dict[str, QueueState] = {}
        self.classes = Classes(policy.exclusive)
        self._lines: dict[tuple[str, str, int, int, Needs], Line] = {}
        self._in_queue: dict[str, dict[str, None]] = {}  # waiting or offered, by queue
        self._prefer: dict[str, dict[str, None]] = {}  # waiting, by preferred operator
        self._offers: dict[str, dict[str, None]] = {}  # live offers of an operator
        self.timers = Timers()
        self.touched: dict[Line, None] = {}
        self.doubtful: dict[str, None] = {}
        self.unsure: dict[str, None] = {}
        """Work and operators that may have to change by themselves."""
        self._tokens = 0

    # --- time ----------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Move time on and take note of what has become due."""
        self.now_ms = max(self.now_ms, now_ms)
        if self.timers.due(self.now_ms):
            self._run_timers()

    def _run_timers(self) -> None:
        items, take = self.items, self.timers.take
        while (timer := take(self.now_ms)) is not None:
            _, kind, name = timer
            if kind == _GRACE:
                self.unsure[name] = None
                continue
            item = items.get(name)
            if item is None or item.work.state == "active":  # mostly: an offer that was taken
                continue
            if kind == _PLACE and item.work.state == "waiting":
                self._place(item)
            else:
                self._doubt(item.work)

    def adopt(self, policy: Policy) -> None:
        """Go on under other rules."""
        former, self.policy = self.policy, policy
        if policy.exclusive != former.exclusive:
            self.classes.adopt(policy.exclusive)
        if policy.grace_ms != former.grace_ms:
            for name, seat in self.classes.seats.items():
                self._at(self._grace_ends(seat.state), _GRACE, name)

    def next_due_ms(self) -> int | None:
        """The next instant at which something becomes due."""
        while (first := self.timers.first()) is not None:
            if self._stands(*first):
                return first[0]
            self.timers.drop()
        return None

    def _stands(self, due_ms: int, kind: int, name: str) -> bool:
        """Whether a timer still means something; others are left in the heap till they come up."""
        if kind == _GRACE:
            seat = self.classes.seats.get(name)
            return seat is not None and self._grace_ends(seat.state) == due_ms
        item = self.items.get(name)
        if item is None:
            return False
        if kind == _PLACE:
            return item.work.state == "waiting"
        return self.due_ms(item.work) == due_ms

    def _at(self, due_ms: int | None, kind: int, name: str) -> None:
        if due_ms is not None:
            self.timers.add(due_ms, kind, name)

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

    def _grace_ends(self, operator: OperatorState) -> int | None:
        if operator.lost_ms is None or operator.presence == rules.OFFLINE:
            return None
        return operator.lost_ms + self.policy.grace_ms

    def lost(self, operator: OperatorState) -> bool:
        """Whether his connection has been away for longer than the grace."""
        ends = self._grace_ends(operator)
        return ends is not None and ends <= self.now_ms

    # --- what may have become possible -----------------------------------------------------------

    def take_touched(self) -> list[Line]:
        """The classes in which somebody has come to wait and may be served; forgets them."""
        lines = list(self.touched)
        self.touched.clear()
        return lines

    def take_doubtful(self) -> list[WorkState]:
        """The work that may have to change by itself, most senior first; forgets it."""
        ids, self.doubtful = self.doubtful, {}
        items = self.items
        found = [items[work_id].work for work_id in ids if work_id in items]
        return sorted(found, key=rules.work_rank) if len(found) > 1 else found

    def take_unsure(self) -> list[OperatorState]:
        """The operators who may have to change by themselves; forgets them."""
        ids, self.unsure = self.unsure, {}
        seats = self.classes.seats
        return [seats[name].state for name in sorted(ids) if name in seats]

    def offers_of(self, operator_id: str) -> list[WorkState]:
        """His live offers, the most senior first."""
        found = [self.items[work_id].work for work_id in self._offers.get(operator_id, ())]
        return sorted(found, key=rules.work_rank)

    def _doubt(self, work: WorkState) -> None:
        if work.state == "offered":
            seat = self.classes.seats.get(work.operator_id or "")
            queue = self.queues.get(work.queue_id)
            if (
                (work.offer_until_ms is not None and work.offer_until_ms <= self.now_ms)
                or (seat is not None and seat.state.presence not in rules.ANSWERING)
                or (queue is not None and queue.archived)
            ):
                self.doubtful[work.id] = None
        elif self.overdue(work) or (work.state == "waiting" and self.shut_out(work)):
            self.doubtful[work.id] = None

    def shut_out(self, work: WorkState) -> bool:
        """Whether its queue is closed and does not let wait; a callback is asked when it is due."""
        queue = self.queues.get(work.queue_id)
        if queue is None or queue.open or queue.closed_to is None:
            return False
        if barred(work, queue.closed_to):
            return False
        return work.not_before_ms is None or work.not_before_ms <= self.now_ms

    # --- work ----------------------------------------------------------------------------------

    def put_work(self, work: WorkState, *, assumed: bool = False) -> None:
        """Hold this snapshot in place of the former one."""
        item = self.items.get(work.id)
        if item is None:
            item = self.items[work.id] = Item(work)
        else:
            held = item.work
            if (
                held.state == work.state == "waiting"
                and held.queue_id == work.queue_id
                and held.preferred_id == work.preferred_id
            ):
                item.work = work
                item.assumed = assumed
                self._place(item)
                return
            self._take_out(item)
            item.work = work
        item.assumed = assumed
        state = work.state
        if state == "active":
            return
        if state == "waiting":
            self.waiting += 1
            _add(self._in_queue, work.queue_id, work.id)
            if work.preferred_id is not None:
                _add(self._prefer, work.preferred_id, work.id)
            self._place(item)
        elif state == "offered":
            _add(self._in_queue, work.queue_id, work.id)
            self._offered(work)
            self._doubt(work)
        else:
            self._at(self.due_ms(work), _REVIEW, work.id)
            self._doubt(work)

    def put_offer(self, work: WorkState, operator: OperatorState) -> None:
        """Waiting work is offered now, by our own decision, to who has room for it."""
        item = self.items[work.id]
        self.waiting -= 1
        self._displace(item)
        if work.preferred_id is not None:
            _discard(self._prefer, work.preferred_id, work.id)
        item.work = work
        item.assumed = True
        self._offered(work)
        seat = self.classes.seats[operator.id]
        self.classes.load(seat, operator)
        seat.assumed = True

    def _offered(self, work: WorkState) -> None:
        _add(self._offers, work.operator_id or "", work.id)
        self._at(work.offer_until_ms, _REVIEW, work.id)

    def drop_work(self, work_id: str) -> None:
        """Forget it."""
        item = self.items.pop(work_id, None)
        if item is not None:
            self._take_out(item)

    def _take_out(self, item: Item) -> None:
        work = item.work
        if work.state == "waiting":
            self.waiting -= 1
            self._displace(item)
            _discard(self._in_queue, work.queue_id, work.id)
            if work.preferred_id is not None:
                _discard(self._prefer, work.preferred_id, work.id)
        elif work.state == "offered":
            _discard(self._in_queue, work.queue_id, work.id)
            # An empty group is kept: offers come and go.
            self._offers[work.operator_id or ""].pop(work.id, None)

    def _place(self, item: Item) -> None:
        """Put waiting work into the classes it belongs to at this instant."""
        work = item.work
        if item.lines:
            self._displace(item)
        queue = self.queues.get(work.queue_id)
        if queue is None or queue.archived or not self._admitted(work, queue):
            return
        if work.excluded:
            for _, until in work.excluded:
                if until > self.now_ms:
                    self._at(until, _PLACE, work.id)
        self._tokens += 1
        item.token = self._tokens
        if work.preferred_id is None:
            item.lines = (self.line_of(work),)
        else:
            item.lines = self._preferring(work, queue)
        entry = (work.virtual_ms, work.seq, work.id, item.token, item)
        for line in item.lines:
            line.join(entry)
            if line.with_room:  # else whoever gains room brings his classes along
                self.touched[line] = None

    def _admitted(self, work: WorkState, queue: QueueState) -> bool:
        """Whether it may be offered at this instant: its queue is open, a callback is due."""
        if queue.ladder:
            self._at(self.due_ms(work), _REVIEW, work.id)
        if queue.ladder or not queue.open:
            self._doubt(work)
        if work.not_before_ms is not None and work.not_before_ms > self.now_ms:
            self._at(work.not_before_ms, _PLACE, work.id)
            return False
        return queue.open

    def _preferring(self, work: WorkState, queue: QueueState) -> tuple[Line, ...]:
        seat = self.wanted(work)
        lines: tuple[Line, ...] = ()
        if seat is not None:
            lines = (self.classes.personal(seat, work.medium, work.cost),)
        if not self._held(work, queue, seat):
            return (*lines, self.line_of(work))
        self._at(rules.hold_until(work, queue), _PLACE, work.id)
        return lines

    def _displace(self, item: Item) -> None:
        self._tokens += 1
        item.token = self._tokens
        for line in item.lines:
            line.leave(item)
            if not line.waiting and line.strategy == PERSONAL:
                self.classes.forget_personal(line)
                self.touched.pop(line, None)
        item.lines = ()

    def wanted(self, work: WorkState) -> Seat | None:
        """Its preferred operator, where the preference counts."""
        seat = self.classes.seats.get(work.preferred_id or "")
        if seat is None or not rules.may_be_preferred(work, seat.state):
            return None
        return seat

    def _held(self, work: WorkState, queue: QueueState, seat: Seat | None) -> bool:
        """Whether it waits for its preferred operator alone."""
        if rules.hold_until(work, queue) <= self.now_ms:
            return False
        if work.strict:
            return True
        if seat is None or seat.state.presence != rules.READY:
            return False
        return not rules.excluded(work, seat.state.id, self.now_ms)

    def line_of(self, work: WorkState) -> Line:
        """The class this work belongs to by what it needs at its rung."""
        rung = -1 if work.anyone else work.rung
        key = (work.queue_id, work.medium, work.cost, rung, work.needs)
        line = self._lines.get(key)
        if line is None or line.forgotten:
            line = self.classes.line(self._asks(work), work.medium, work.cost)
            self._lines[key] = line
        return line

    def _asks(self, work: WorkState) -> Asked:
        queue = self.queues[work.queue_id]
        strategy = queue.strategy or PLAIN
        if work.anyone:
            return None, (), strategy
        needs, members_only = needed(queue, work.needs, work.rung)
        return queue.id if members_only else None, needs, strategy

    # --- operators and queues --------------------------------------------------------------------

    def put_operator(self, operator: OperatorState, *, assumed: bool = True) -> None:
        """Hold this snapshot in place of the former one; `assumed` where no row has said it."""
        seat = self.classes.seats.get(operator.id)
        former = None if seat is None else seat.state
        if seat is not None and former is not None and rules.only_busier(former, operator):
            self.classes.load(seat, operator)
        else:
            seat = self.classes.put(operator)
            if (
                former is None
                or former.presence != operator.presence
                or former.skills != operator.skills
                or former.media != operator.media
            ):
                self._stands_otherwise(operator.id)
            if operator.lost_ms is not None and (
                former is None or former.lost_ms != operator.lost_ms
            ):
                self._at(self._grace_ends(operator), _GRACE, operator.id)
        seat.assumed = assumed
        if (
            (operator.presence == rules.DRAINING and not operator.used)
            or operator.used > operator.budget
            or (operator.ceilings and rules.overloaded(operator))
        ):
            self.unsure[operator.id] = None

    def drop_operator(self, operator_id: str) -> None:
        """Forget him; his live offers run to their deadlines."""
        if operator_id in self.classes.seats:
            for work_id in self._prefer.get(operator_id, {}):
                self._displace(self.items[work_id])
            self.classes.drop(operator_id)
            self._stands_otherwise(operator_id)

    def _stands_otherwise(self, operator_id: str) -> None:
        """Holds for him begin or end with it, and his offers may have to be taken back."""
        for work_id in self._prefer.get(operator_id, {}):
            self._place(self.items[work_id])
        for work_id in self._offers.get(operator_id, {}):
            self._doubt(self.items[work_id].work)

    def put_queue(self, queue: QueueState) -> None:
        """Hold this snapshot in place of the former one; all in the queue find their places anew.

        Nobody need where it only differs in what counts when an offer is made or a talk ends.
        """
        former = self.queues.get(queue.id)
        self.queues[queue.id] = queue
        if former is not None:
            before = {name: getattr(former, name) for name in LATER}
            if former == changed(queue, **before):
                return
        self._lines = {key: line for key, line in self._lines.items() if key[0] != queue.id}
        for work_id in list(self._in_queue.get(queue.id, {})):
            item = self.items[work_id]
            if item.work.state == "waiting":
                self._place(item)
            else:
                self._doubt(item.work)


def _add(groups: dict[str, dict[str, None]], group: str, member: str) -> None:
    members = groups.get(group)
    if members is None:
        members = groups[group] = {}
    members[member] = None


def _discard(groups: dict[str, dict[str, None]], group: str, member: str) -> None:
    members = groups.get(group)
    if members is not None:
        members.pop(member, None)
        if not members:
            del groups[group]
