"""A whole floor without a database: events in, decisions out, rows kept by the engine itself.

`apply(event, now)` first lets every timer run at its own instant, then turns the event into the
rows it makes and decides. An event that does not fit (unknown, repeated, out of order, too late: an
accept of an offer that has ended) makes no row and no decision and is counted by its reason.

`rows()` is the whole state: `Floor.restore(rows, now)` goes on identically, from any point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from routing import moves
from routing.engine import Engine
from routing.events import Event
from routing.model import OperatorState, Outcome, QueueState, State, Tick, WorkState
from routing.moves import Misfit
from routing.policy import Policy

TICK = Tick()


class Floor:
    """The engine for simulations, tests and the command line. Time never goes back."""

    def __init__(self, policy: Policy | None = None, now_ms: int = 0) -> None:
        self.engine = Engine(policy, now_ms=now_ms)
        self.misfits: Counter[str] = Counter()
        """Events that changed nothing, by reason."""

    @classmethod
    def restore(cls, rows: Iterable[State], now_ms: int, policy: Policy | None = None) -> Floor:
        """A floor with these rows; what they call for comes with the next event."""
        floor = cls(policy, now_ms)
        floor.engine = Engine.restore(rows, now_ms, policy)
        return floor

    def rows(self) -> list[State]:
        """Everything that decides about the future, finished work as far as it is remembered."""
        return self.engine.snapshot()

    def adopt(self, policy: Policy) -> None:
        """Go on under another edition of the house's rules; it counts from the next event on."""
        self.engine.adopt(policy)

    def apply(self, event: Event, now_ms: int) -> list[Outcome]:
        """What follows from the event, and from the time that passed before it.

        One of an instant before the latest is out of order: it is counted and changes nothing.
        """
        engine = self.engine
        if now_ms < engine.now_ms():
            self.misfits["out_of_order"] += 1
            return []
        outcomes = self.run_until(now_ms) if engine.due_before(now_ms) else []
        move = moves.MOVES.get(type(event))
        try:
            rows = self._told(event) if move is None else move(engine, event, now_ms)
        except Misfit as misfit:
            self.misfits[str(misfit)] += 1
            rows = ()
        engine.tell(rows, now_ms)
        return [*outcomes, *engine.decide()] if outcomes else engine.decide()

    def run_until(self, now_ms: int) -> list[Outcome]:
        """Let all timers before this instant run, each at its own."""
        outcomes: list[Outcome] = []
        due = self.engine.next_due_ms()
        while due is not None and due < now_ms:
            self.engine.observe(TICK, due)
            outcomes += self.engine.decide()
            due = self.engine.next_due_ms()
        return outcomes

    def _told(self, event: Event) -> tuple[State, ...]:
        """The row that is told as itself."""
        if isinstance(event, WorkState):
            return self._arrival(event)
        return self._changed(event) if isinstance(event, OperatorState | QueueState) else ()

    def _arrival(self, work: WorkState) -> tuple[State, ...]:
        """A contact comes; its priority is bounded, so nobody can be passed without end."""
        if self.engine.knows(work.id):
            raise Misfit("repeated")
        if self.engine.queue(work.queue_id) is None:
            raise Misfit("unknown_queue")
        return (moves.bounded(work, self.engine.policy()),)

    def _changed(self, row: OperatorState | QueueState) -> tuple[State, ...]:
        held: State | None
        if isinstance(row, OperatorState):
            held = self.engine.operator(row.id)
        else:
            held = self.engine.queue(row.id)
        if held is not None and held.version >= row.version:
            raise Misfit("repeated")
        return (row,)
