"""What changes by itself: offers that end, rungs, wrap-ups, parked work, presence."""

from __future__ import annotations

from collections.abc import Callable

from routing import policy as rules
from routing.decisions import (
    EndWrapUp,
    Expire,
    Outcome,
    Overflow,
    Relax,
    Rescind,
    Return,
    SetPresence,
)
from routing.index import Index
from routing.ladder import TO_QUEUE, next_rung
from routing.model import OperatorState, WorkState, changed

Assume = Callable[[WorkState | None, OperatorState | None], None]


class Endings:
    """Decides what is due, most senior work first, then operators by id, until nothing is."""

    def __init__(self, index: Index, assume: Assume) -> None:
        self._index = index
        self._assume = assume

    def decide(self) -> list[Outcome]:
        """All that is due at this instant, assumed already."""
        outcomes: list[Outcome] = []
        while self._index.doubtful or self._index.unsure:
            for work in self._index.take_doubtful():
                # The one before may have taken this one's operator out of `ready`.
                outcome = self._end(work)
                if outcome is not None:
                    outcomes.append(outcome)
            for operator in self._index.take_unsure():
                outcomes += self._presence(operator)
        return outcomes

    def _end(self, work: WorkState) -> Outcome | None:
        match work.state:
            case "offered":
                return self._end_offer(work)
            case "waiting":
                return self._step(work)
            case "wrap_up" if self._index.overdue(work):
                return self._end_wrap_up(work)
            case "parked" if self._index.overdue(work):
                self._assume(come_back(work, self._index.now_ms), None)
                return Return(work.id, work.version)
        return None

    # --- offers --------------------------------------------------------------------------------

    def _operator(self, work: WorkState) -> OperatorState | None:
        seat = self._index.classes.seats.get(work.operator_id or "")
        return None if seat is None else seat.state

    def _end_offer(self, work: WorkState) -> Outcome | None:
        if work.operator_id is None or work.offer_id is None:
            return None
        operator = self._operator(work)
        queue = self._index.queues.get(work.queue_id)
        if operator is not None and operator.presence not in rules.ANSWERING:
            return self._rescind(work, operator, "operator_left")
        if self._index.overdue(work):
            return self._expire(work, operator)
        if queue is not None and queue.archived:
            return self._rescind(work, operator, "queue_archived")
        return None

    def _expire(self, work: WorkState, operator: OperatorState | None) -> Expire:
        policy = self._index.policy
        until = self._index.now_ms + policy.exclude_ms
        gives_up = operator is not None and rules.gives_up(operator, work, policy)
        after = operator and rules.missed(
            rules.loaded(operator, work, -1), work, not_answering=gives_up
        )
        self._assume(rules.returned(work, until), after)
        who, offer = work.operator_id or "", work.offer_id or ""
        return Expire(work.id, work.version, who, offer, until, gives_up)

    def _rescind(self, work: WorkState, operator: OperatorState | None, reason: str) -> Rescind:
        after = operator and rules.loaded(operator, work, -1)
        self._assume(rules.returned(work), after)
        return Rescind(work.id, work.version, work.operator_id or "", work.offer_id or "", reason)

    # --- waiting, wrapping up ------------------------------------------------------------------

    def _step(self, work: WorkState) -> Outcome | None:
        """The next rung, or a closed door."""
        queue = self._index.queues.get(work.queue_id)
        if queue is None or queue.archived:
            return None
        if queue.closed_to is not None and self._index.shut_out(work):
            return self._overflow(work, queue.closed_to, "closed")
        ahead = next_rung(queue, work)
        if ahead is None or ahead[0] > self._index.now_ms:
            return None
        if ahead[1].overflow is not None:
            return self._overflow(work, ahead[1].overflow, "ladder")
        self._assume(changed(work, version=work.version + 1, rung=work.rung + 1), None)
        return Relax(work.id, work.version, work.rung + 1)

    def _overflow(self, work: WorkState, to: str, reason: str) -> Overflow:
        self._assume(overflowed(work, to, self._index.now_ms), None)
        return Overflow(work.id, work.version, to, reason)

    def _end_wrap_up(self, work: WorkState) -> EndWrapUp:
        operator = self._operator(work)
        done = changed(work, version=work.version + 1, state="done", wrap_until_ms=None)
        after = operator and changed(
            rules.loaded(operator, work, -1), idle_ms=self._index.now_ms
        )  # fmt: skip
        self._assume(done, after)
        return EndWrapUp(work.id, work.version, work.operator_id or "")

    # --- operators -----------------------------------------------------------------------------

    def _presence(self, operator: OperatorState) -> list[Outcome]:
        if self._index.lost(operator):
            return [self._set_presence(operator, rules.OFFLINE, "lost")]
        if operator.presence == rules.DRAINING and not operator.used:
            return [self._set_presence(operator, operator.drain_to, "drained")]
        return self._relieve(operator) if rules.overloaded(operator) else []

    def _set_presence(self, operator: OperatorState, presence: str, reason: str) -> SetPresence:
        self._assume(None, changed(operator, version=operator.version + 1, presence=presence))
        return SetPresence(operator.id, operator.version, presence, reason)

    def _relieve(self, operator: OperatorState) -> list[Outcome]:
        """Take back what is too much of his offers, the least senior first."""
        outcomes: list[Outcome] = []
        for work in reversed(self._index.offers_of(operator.id)):
            present = self._operator(work)
            if present is not None and rules.overloads(present, work):
                outcomes.append(self._rescind(work, present, "capacity"))
        return outcomes


def overflowed(work: WorkState, to: str, now_ms: int) -> WorkState:
    """The work row in the next queue with its seniority, at the bottom of that ladder; or out."""
    if not to.startswith(TO_QUEUE):
        return changed(work, version=work.version + 1, state=to)
    return changed(
        work,
        version=work.version + 1,
        queue_id=to.removeprefix(TO_QUEUE),
        rung=0,
        queued_ms=now_ms,
    )


def come_back(work: WorkState, now_ms: int) -> WorkState:
    """Parked work in line again: a new turn that begins now, for the operator it prefers."""
    priority = work.arrived_ms - work.virtual_ms - work.kept_ms
    return changed(
        work,
        version=work.version + 1,
        state="waiting",
        arrived_ms=now_ms,
        virtual_ms=now_ms - priority,
        queued_ms=now_ms,
        kept_ms=0,
        rung=0,
        parked_until_ms=None,
        preferred_until_ms=None,
    )
