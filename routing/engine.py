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

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from routing import policy as rules
from routing.index import Index
from routing.lines import Line, Rank
from routing.model import (
    Decision,
    EngineEvent,
    Expire,
    Offer,
    OperatorState,
    QueueState,
    Rescind,
    Resync,
    Tick,
    WorkState,
)
from routing.policy import Policy

MakeId = Callable[[str, int, str, int], str]
State = WorkState | OperatorState | QueueState
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
        self._policy = policy or Policy()
        self._make_id = make_id
        self._index = Index(now_ms)
        self._assumed: set[str] = set()  # asked for membership only, never gone through
        self._gone: dict[str, WorkState] = {}

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
        engine._assumed.update(assumed)
        return engine

    def snapshot(self) -> list[State]:
        """Everything held, assumptions included: `restore` makes the same engine of it."""
        index = self._index
        held: list[State] = [*index.queues.values(), *index.operators.values()]
        return [*held, *index.work.values(), *self._gone.values()]

    def assumed(self) -> list[str]:
        """Whose state in `snapshot` only follows from a decision, in the order of ids."""
        return sorted(self._assumed)

    def now_ms(self) -> int:
        """The latest instant it was told."""
        return self._index.now_ms

    def work(self, work_id: str) -> WorkState | None:
        """What the engine believes of a contact's turn in line; None when it is over."""
        return self._index.work.get(work_id)

    def operator(self, operator_id: str) -> OperatorState | None:
        """What the engine believes of an operator."""
        return self._index.operators.get(operator_id)

    def waiting(self) -> int:
        """How many contacts wait (offered ones do not count)."""
        return self._index.waiting

    def next_due_ms(self) -> int | None:
        """When `apply(Tick())` is worth calling although nothing happens."""
        return self._index.next_due_ms()

    def apply(self, event: EngineEvent, now_ms: int) -> list[Decision]:
        """Take an event in and decide. First what ends offers, then the new ones by seniority."""
        self.observe(event, now_ms)
        decisions: list[Decision] = []
        self._end_offers(decisions)
        self._make_offers(decisions)
        return decisions

    def observe(self, event: EngineEvent, now_ms: int) -> None:
        """Take an event in without deciding: a standby follows the log this way.

        It never assumes anything, so what it holds is what the rows said; all that calls for a
        decision is kept for the first `apply`.
        """
        self._index.advance(now_ms)
        match event:
            case WorkState():
                self._see_work(event)
            case OperatorState():
                self._see_operator(event)
            case QueueState():
                self._see_queue(event)
            case Resync():
                self._resync(event)
            case Tick():
                pass

    # --- taking in ---------------------------------------------------------------------------

    def _is_news(self, held: State | None, seen: State) -> bool:
        if held is None:
            return True
        return seen.version > held.version or (
            seen.version == held.version and seen.id in self._assumed
        )

    def _see_work(self, seen: WorkState) -> None:
        held = self._index.work.get(seen.id) or self._gone.get(seen.id)
        if not self._is_news(held, seen):
            return
        self._assumed.discard(seen.id)
        self._put_work(seen)

    def _put_work(self, work: WorkState) -> None:
        self._gone.pop(work.id, None)
        if work.state != "done":
            self._index.put_work(work)
            return
        self._index.drop_work(work.id)
        self._gone[work.id] = work
        if len(self._gone) > TOMBSTONES:
            del self._gone[next(iter(self._gone))]

    def _see_operator(self, seen: OperatorState) -> None:
        if self._is_news(self._index.operators.get(seen.id), seen):
            self._assumed.discard(seen.id)
            self._index.put_operator(seen)

    def _see_queue(self, seen: QueueState) -> None:
        if self._is_news(self._index.queues.get(seen.id), seen):
            self._index.put_queue(seen)

    def _resync(self, resync: Resync) -> None:
        for work_id, work in sorted(resync.work.items()):
            self._assumed.discard(work_id)
            if work is None:
                self._index.drop_work(work_id)
            else:
                self._put_work(work)
        for operator_id, operator in sorted(resync.operators.items()):
            self._assumed.discard(operator_id)
            if operator is None:
                self._index.drop_operator(operator_id)
            else:
                self._index.put_operator(operator)

    # --- deciding ----------------------------------------------------------------------------

    def _assume(self, work: WorkState, operator: OperatorState | None) -> None:
        self._assumed.add(work.id)
        self._index.put_work(work)
        if operator is not None:
            self._assumed.add(operator.id)
            self._index.put_operator(operator)

    def _end_offers(self, decisions: list[Decision]) -> None:
        """Miss what is overdue, take back what cannot be answered; most senior first."""
        while doubtful := self._index.take_doubtful():
            for work in sorted(doubtful, key=rules.work_rank):
                # The one before may have taken this one's operator out of `ready`.
                self._end_offer(work, decisions)

    def _end_offer(self, work: WorkState, decisions: list[Decision]) -> None:
        if work.operator_id is None or work.offer_id is None:
            return
        operator = self._index.operators.get(work.operator_id)
        queue = self._index.queues.get(work.queue_id)
        if operator is not None and operator.presence != rules.READY:
            decisions.append(self._rescind(work, operator, "operator_left"))
        elif self._index.overdue(work):
            decisions.append(self._expire(work, operator))
        elif queue is not None and queue.archived:
            decisions.append(self._rescind(work, operator, "queue_archived"))

    def _expire(self, work: WorkState, operator: OperatorState | None) -> Expire:
        until = self._index.now_ms + self._policy.exclude_ms
        gives_up = operator is not None and rules.gives_up(operator, self._policy)
        after = operator and rules.missed(rules.loaded(operator, work, -1), not_answering=gives_up)
        self._assume(rules.returned(work, until), after)
        who, offer = work.operator_id or "", work.offer_id or ""
        return Expire(work.id, work.version, who, offer, until, gives_up)

    def _rescind(self, work: WorkState, operator: OperatorState | None, reason: str) -> Rescind:
        after = operator and rules.loaded(operator, work, -1)
        self._assume(rules.returned(work), after)
        return Rescind(work.id, work.version, work.operator_id or "", work.offer_id or "", reason)

    def _make_offers(self, decisions: list[Decision]) -> None:
        """Serve the touched classes, always the most senior head of all of them."""
        lines = self._index.take_touched()
        heads: list[tuple[Rank, int]] = []
        aside = []
        for number, line in enumerate(lines):
            _push_head(heads, line, number)
        while heads:
            rank, number = heapq.heappop(heads)
            line = lines[number]
            if not len(line.able):
                continue  # nobody has room for this class any more, so for none of its contacts
            if line.waiting.first() == rank:
                work = self._index.work[rank[2]]
                chosen, runner_up = self._choose(work)
                if chosen is None:
                    aside.append((line, line.waiting.set_aside()))
                else:
                    decisions.append(self._offer(work, chosen, runner_up))
            _push_head(heads, line, number)
        for line, entry in aside:
            line.waiting.put_back(entry)

    def _choose(self, work: WorkState) -> tuple[OperatorState | None, OperatorState | None]:
        """The operator for this contact, and who would have been next.

        A contact that is held stands in its preferred operator's class only, which is not looked
        at while he has no room; so whoever comes here may have anybody.
        """
        now, operators = self._index.now_ms, self._index.operators
        able = self._index.queue_line(work).able
        found = able.firsts(2, lambda who: not rules.excluded(work, who, now))
        ranked = [operators[rank[2]] for rank in found]
        wanted = operators.get(work.preferred_id or "")
        if (
            wanted is not None
            and rules.has_room(wanted, work.medium, work.cost)
            and not rules.excluded(work, wanted.id, now)
        ):
            ranked = [wanted, *(one for one in ranked if one.id != wanted.id)]
        return (*ranked, None, None)[0], (*ranked, None, None)[1]

    def _offer(
        self, work: WorkState, operator: OperatorState, runner_up: OperatorState | None
    ) -> Offer:
        now = self._index.now_ms
        offer = self._make_id(work.id, work.version, operator.id, now)
        until = now + 1000 * self._index.queues[work.queue_id].offer_seconds
        reasons = self._explain(work, operator, runner_up)
        self._assume(
            rules.offered(work, operator.id, offer, until), rules.loaded(operator, work, 1)
        )
        return Offer(work.id, work.version, operator.id, operator.version, offer, until, reasons)

    def _explain(
        self, work: WorkState, operator: OperatorState, runner_up: OperatorState | None
    ) -> dict[str, Any]:
        """Why this one: written down with the offer, in codes and figures only."""
        now = self._index.now_ms
        return {
            "rule": "preferred" if operator.id == work.preferred_id else "longest_idle",
            "at_ms": now,
            "queue_id": work.queue_id,
            "medium": work.medium,
            "rung": work.rung,
            "wait_ms": max(0, now - work.arrived_ms),
            "priority_ms": work.arrived_ms - work.virtual_ms,
            **self._index.candidates(work),
            "chosen": _figures(operator),
            "runner_up": runner_up and _figures(runner_up),
            "excluded": [who for who, ends in work.excluded if ends > now],
        }


def _figures(operator: OperatorState) -> dict[str, Any]:
    return {"id": operator.id, "used": operator.used, "idle_ms": operator.idle_ms}


def _push_head(heads: list[tuple[Rank, int]], line: Line, number: int) -> None:
    head = line.waiting.first()
    if head is not None:
        heapq.heappush(heads, (head, number))
