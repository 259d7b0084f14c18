"""The engine: what is known of the rows, and what to do about it.

`observe` takes a snapshot in, `apply` takes it in and decides. Nothing here knows the time, the
database or chance: the same events with the same instants give the same decisions, whatever the
hash seed, and an engine restored from the rows at any point goes on as the old one would have.

The rule that holds after every `apply`: go through the waiting contacts from the most senior
on; who has an operator with room gets the first of them by rank; nobody else waits who could be
served. The structures (`lines.py`) find that without going through anything: an event costs the
logarithm of the sizes, times the number of classes of the one operator it touches.

A decision is assumed to be applied: the engine writes the change into its own snapshots with the
version the database will give it. A snapshot of the same version from outside overrules an
assumption; `Resync` overrules everything.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from routing import policy as rules
from routing.endings import Endings
from routing.index import Index
from routing.matching import Matching
from routing.model import (
    Decision,
    EngineEvent,
    Expire,
    Offer,
    OperatorState,
    Outcome,
    QueueState,
    Rescind,
    Resync,
    State,
    WorkState,
)
from routing.places import Front, fronts
from routing.policy import Policy

MakeId = Callable[[str, int, str, int], str]
TOMBSTONES = 10_000
"""Finished work remembered, so that a late older snapshot does not bring it back."""


class Engine:
    """One waiting line for all queues. `make_id(work, version, operator, now)` names offers."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        make_id: MakeId = rules.offer_id,
        now_ms: int = 0,
    ) -> None:
        self._index = Index(now_ms, policy or Policy())
        self._items, self._seats = self._index.items, self._index.classes.seats
        self._gone: OrderedDict[str, WorkState] = OrderedDict()
        self.ignored: Counter[str] = Counter()
        """Snapshots that were older than what it held, or the same again, by their kind."""
        self._assumed_gone: set[str] = set()  # asked for membership only, never gone through
        self._endings = Endings(self._index, self._assume)
        self._matching = Matching(self._index, make_id)

    @classmethod
    def restore(
        cls,
        states: Iterable[State],
        now_ms: int = 0,
        policy: Policy | None = None,
        *,
        make_id: MakeId = rules.offer_id,
        assumed: Iterable[str] = (),
    ) -> Engine:
        """An engine that knows what the rows say; the next `apply` decides what they call for.

        `assumed`: whose state no row has confirmed yet, where the states are those of `snapshot`.
        """
        engine = cls(policy, make_id=make_id, now_ms=now_ms)
        for state in states:
            engine.observe(state, now_ms)
        for name in assumed:
            engine._mark(name)
        return engine

    def _mark(self, name: str) -> None:
        """No row has confirmed yet what is held under this id."""
        item, seat = self._items.get(name), self._seats.get(name)
        if item is not None:
            item.assumed = True
        if seat is not None:
            seat.assumed = True
        if name in self._gone:
            self._assumed_gone.add(name)

    def snapshot(self) -> list[State]:
        """Everything held, assumptions included: `restore` makes the same engine of it."""
        index = self._index
        held: list[State] = list(index.queues.values())
        held += (seat.state for seat in index.classes.seats.values())
        held += (item.work for item in index.items.values())
        return [*held, *self._gone.values()]

    def assumed(self) -> list[str]:
        """Whose state in `snapshot` only follows from a decision, in the order of ids."""
        index = self._index
        found = [name for name, item in index.items.items() if item.assumed]
        found += [name for name, seat in index.classes.seats.items() if seat.assumed]
        return sorted([*found, *self._assumed_gone])

    def now_ms(self) -> int:
        """The latest instant it was told."""
        return self._index.now_ms

    def work(self, work_id: str) -> WorkState | None:
        """What the engine believes of a contact's turn in line; None when it is over."""
        item = self._items.get(work_id)
        return None if item is None else item.work

    def operator(self, operator_id: str) -> OperatorState | None:
        """What the engine believes of an operator."""
        seat = self._seats.get(operator_id)
        return None if seat is None else seat.state

    def queue(self, queue_id: str) -> QueueState | None:
        """What the engine believes of a queue."""
        return self._index.queues.get(queue_id)

    def knows(self, work_id: str) -> bool:
        """Whether it is in line, or was a short while ago."""
        return work_id in self._items or work_id in self._gone

    def on_hand(self, operator_id: str) -> list[WorkState]:
        """All that takes his points, the most senior first; looks through everything."""
        found = (item.work for item in self._items.values())
        mine = [work for work in found if work.operator_id == operator_id]
        return sorted((one for one in mine if one.state in rules.ON_HAND), key=rules.work_rank)

    def policy(self) -> Policy:
        """What holds for the whole house."""
        return self._index.policy

    def adopt(self, policy: Policy) -> None:
        """Go on under another edition of the rules, as an engine restored under it would.

        What it calls for comes with the next decisions.
        """
        self._index.adopt(policy)

    def waiting(self) -> int:
        """How many contacts wait (offered ones do not count)."""
        return self._index.waiting

    def fronts(self, most: int) -> list[Front]:
        """The first `most` of each class, for the estimate of their waits (`places.py`)."""
        return fronts(self._index.classes.lines(), self._index.policy.exclusive, most)

    def due_before(self, now_ms: int) -> bool:
        """Whether a timer may be due before that; cheap, and sometimes wrongly true."""
        return self._index.timers.soonest < now_ms

    def next_due_ms(self) -> int | None:
        """When `apply(Tick())` is worth calling although nothing happens."""
        return self._index.next_due_ms()

    def apply(self, event: EngineEvent, now_ms: int) -> list[Decision]:
        """Take an event in and decide about offers: for a shell that writes nothing else.

        Its rows carry no ladders, limits or dates, so there is nothing else; `decide` gives all.
        """
        self.observe(event, now_ms)
        return [one for one in self.decide() if isinstance(one, Offer | Expire | Rescind)]

    def decide(self) -> list[Outcome]:
        """First what changes by itself, then the new offers by seniority."""
        index = self._index
        outcomes = self._endings.decide() if index.doubtful or index.unsure else []
        if index.touched or index.classes.unrated:
            self._matching.decide(outcomes)
        return outcomes

    def observe(self, event: EngineEvent, now_ms: int) -> None:
        """Take an event in without deciding: a standby follows the log this way.

        It never assumes anything, so what it holds is what the rows said; all that calls for a
        decision is kept for the first `apply`.
        """
        self._index.advance(now_ms)
        if isinstance(event, WorkState):
            self._see_work(event)
        elif isinstance(event, OperatorState):
            self._see_operator(event)
        elif isinstance(event, QueueState):
            self._see_queue(event)
        elif isinstance(event, Resync):
            self._resync(event)

    def tell(self, rows: Iterable[State], now_ms: int) -> None:
        """Take rows in that are known to be news, all of one instant."""
        index = self._index
        index.advance(now_ms)
        for row in rows:
            if isinstance(row, WorkState):
                self._put_work(row)
            elif isinstance(row, OperatorState):
                index.put_operator(row, assumed=False)
            else:
                index.put_queue(row)

    # --- taking in ---------------------------------------------------------------------------

    def _see_work(self, seen: WorkState) -> None:
        item = self._items.get(seen.id)
        if item is not None:
            held, assumed = item.work, item.assumed
        else:
            gone = self._gone.get(seen.id)
            if gone is None:
                self._put_work(seen)
                return
            held, assumed = gone, seen.id in self._assumed_gone
        if seen.version > held.version or (seen.version == held.version and assumed):
            self._put_work(seen)
        else:
            self.ignored["work"] += 1

    def _put_work(self, work: WorkState, *, assumed: bool = False) -> None:
        name, gone = work.id, self._gone
        if work.state in rules.LIVE:
            if self._index.put_work(work, assumed=assumed) and name in gone:
                del gone[name]
                self._assumed_gone.discard(name)
            return
        if not self._index.drop_work(name) and name in gone:
            del gone[name]  # it is the last to have gone now
            self._assumed_gone.discard(name)
        gone[name] = work
        if assumed:
            self._assumed_gone.add(name)
        if len(gone) > TOMBSTONES:
            oldest, _ = gone.popitem(last=False)
            self._assumed_gone.discard(oldest)

    def _see_operator(self, seen: OperatorState) -> None:
        seat = self._seats.get(seen.id)
        if seat is None or seen.version > seat.state.version or (
            seen.version == seat.state.version and seat.assumed
        ):  # fmt: skip
            self._index.put_operator(seen, assumed=False)
        else:
            self.ignored["operator"] += 1

    def _see_queue(self, seen: QueueState) -> None:
        held = self._index.queues.get(seen.id)
        if held is None or seen.version > held.version:
            self._index.put_queue(seen)
        else:
            self.ignored["queue"] += 1

    def _resync(self, resync: Resync) -> None:
        for work_id, work in sorted(resync.work.items()):
            if work is None:
                self._index.drop_work(work_id)
            else:
                self._put_work(work)
        for operator_id, operator in sorted(resync.operators.items()):
            if operator is None:
                self._index.drop_operator(operator_id)
            else:
                self._index.put_operator(operator, assumed=False)

    def _assume(self, work: WorkState | None, operator: OperatorState | None) -> None:
        if work is not None:
            self._put_work(work, assumed=True)
        if operator is not None:
            self._index.put_operator(operator)
