"""What the engine holds, arranged so that the next step is found without searching.

Every snapshot stands in the classes (`lines.py`) it belongs to, its timers stand in `held.py`, and
what an event may have made possible is remembered: touched classes, doubtful rows. Nothing is
decided here.
"""

from __future__ import annotations

from collections import defaultdict

from routing import policy as rules
from routing.held import GRACE, PLACE, REVIEW, Held
from routing.ladder import needed
from routing.lines import PERSONAL, Asked, Item, Line, Seat
from routing.model import LATER, Needs, OperatorState, QueueState, WorkState, changed
from routing.policy import Policy
from routing.strategies import PLAIN

Groups = defaultdict[str, dict[str, None]]


class Index(Held):
    """Snapshots in their classes. Emptied groups stay: no more than there are queues, operators."""

    def __init__(self, now_ms: int, policy: Policy) -> None:
        super().__init__(now_ms, policy)
        self.waiting = 0
        self._lines: dict[tuple[str, str, int, int, Needs], Line] = {}
        self._in_queue: Groups = defaultdict(dict)  # waiting or offered, by queue
        self._prefer: Groups = defaultdict(dict)  # waiting, by preferred operator
        self._offers: Groups = defaultdict(dict)  # live offers of an operator
        self.touched: dict[Line, None] = {}
        self.doubtful: dict[str, None] = {}
        self.unsure: dict[str, None] = {}
        """Work and operators that may have to change by themselves."""
        self._tokens = 0

    # --- time ----------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Move time on and take note of what has become due."""
        if now_ms > self.now_ms:  # noqa: PLR1730 - a third of the time of max()
            self.now_ms = now_ms
        if self.timers.soonest <= self.now_ms:
            self._run_timers()

    def _run_timers(self) -> None:
        items, timers, now_ms = self.items, self.timers, self.now_ms
        while timers.soonest <= now_ms and (timer := timers.take(now_ms)) is not None:
            _, kind, name = timer
            if kind == GRACE:
                self.unsure[name] = None
                continue
            item = items.get(name)
            if item is None or item.work.state == "active":
                continue
            if kind == PLACE and item.work.state == "waiting":
                self._place(item)
            else:
                self._doubt(item.work)

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

    # --- work ----------------------------------------------------------------------------------

    def put_work(self, work: WorkState, *, assumed: bool = False) -> bool:
        """Hold this snapshot in place of the former one; whether there was none."""
        name, state = work.id, work.state
        item = self.items.get(name)
        new = item is None
        if item is None:
            item = self.items[name] = Item(work)
        else:
            held = item.work
            if (
                state == "waiting" == held.state
                and held.queue_id == work.queue_id
                and held.preferred_id == work.preferred_id
            ):
                item.work = work
                item.assumed = assumed
                self._place(item)
                return False
            self._take_out(item)
            item.work = work
        item.assumed = assumed
        if state == "active":
            return new
        if state == "waiting":
            self.waiting += 1
            self._in_queue[work.queue_id][name] = None
            if work.preferred_id is not None:
                self._prefer[work.preferred_id][name] = None
            self._place(item)
            return new
        if state == "offered":
            self._in_queue[work.queue_id][name] = None
            self._offers[work.operator_id or ""][name] = None
        self.at(self.due_ms(work), REVIEW, name)
        self._doubt(work)
        return new

    def put_offer(self, item: Item, work: WorkState, seat: Seat, operator: OperatorState) -> None:
        """Waiting work is offered now, by our own decision, to who has room for it."""
        self.waiting -= 1
        self._displace(item)
        name = work.id
        if work.preferred_id is not None:
            del self._prefer[work.preferred_id][name]
        item.work = work
        item.assumed = True
        self._offers[operator.id][name] = None
        self.at(work.offer_until_ms, REVIEW, name)
        self.classes.load(seat, operator)
        seat.assumed = True

    def drop_work(self, work_id: str) -> bool:
        """Forget it; whether it was held."""
        item = self.items.pop(work_id, None)
        if item is None:
            return False
        if item.work.state != "active":
            self._take_out(item)
        return True

    def _take_out(self, item: Item) -> None:
        work = item.work
        state = work.state
        if state == "offered":
            del self._in_queue[work.queue_id][work.id]
            del self._offers[work.operator_id or ""][work.id]
        elif state == "waiting":
            self.waiting -= 1
            self._displace(item)
            del self._in_queue[work.queue_id][work.id]
            if work.preferred_id is not None:
                del self._prefer[work.preferred_id][work.id]

    def _place(self, item: Item) -> None:
        """Put waiting work into the classes it belongs to at this instant."""
        work = item.work
        if item.lines:
            self._displace(item)
        queue = self.queues.get(work.queue_id)
        if queue is None or queue.archived:
            return
        special = queue.ladder or not queue.open or work.not_before_ms is not None
        if special and not self._admitted(work, queue):
            return
        if work.excluded:
            self._at_their_ends(work)
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
        due = self.due_ms(work)
        self.at(due, REVIEW, work.id)
        if (due is not None and due <= self.now_ms) or (not queue.open and self.shut_out(work)):
            self.doubtful[work.id] = None
        if work.not_before_ms is not None and work.not_before_ms > self.now_ms:
            self.at(work.not_before_ms, PLACE, work.id)
            return False
        return queue.open

    def _at_their_ends(self, work: WorkState) -> None:
        """Who is excluded now may have it then."""
        for _, until in work.excluded:
            if until > self.now_ms:
                self.at(until, PLACE, work.id)

    def _preferring(self, work: WorkState, queue: QueueState) -> tuple[Line, ...]:
        seat = self.wanted(work)
        lines: tuple[Line, ...] = ()
        if seat is not None:
            lines = (self.classes.personal(seat, work.medium, work.cost),)
        if not self._held(work, queue, seat):
            return (*lines, self.line_of(work))
        self.at(rules.hold_until(work, queue), PLACE, work.id)
        return lines

    def _displace(self, item: Item) -> None:
        item.token = 0  # nobody's: his entries are void
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
        if seat is not None and rules.only_busier(seat.state, operator):
            self.classes.load(seat, operator)
        else:
            seat = self._seated(operator, None if seat is None else seat.state)
        seat.assumed = assumed
        if (
            operator.used > operator.budget
            or (operator.presence == rules.DRAINING and not operator.used)
            or (operator.ceilings and rules.overloaded(operator))
        ):
            self.unsure[operator.id] = None

    def _seated(self, operator: OperatorState, former: OperatorState | None) -> Seat:
        seat = self.classes.put(operator)
        if (
            former is None
            or former.presence != operator.presence
            or former.skills != operator.skills
            or former.media != operator.media
        ):
            self._stands_otherwise(operator.id)
        if operator.lost_ms is not None and (former is None or former.lost_ms != operator.lost_ms):
            self.at(self.grace_ends(operator), GRACE, operator.id)
        return seat

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
