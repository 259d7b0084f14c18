"""Which decisions the locked rows still allow, and what the rows become: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from routing import policy as rules
from routing.decisions import Overflow, Relax, Return
from routing.endings import come_back, overflowed
from routing.model import (
    Decision,
    Expire,
    Offer,
    OperatorState,
    Rescind,
    WorkState,
    changed,
)

Written = Decision | Relax | Overflow | Return
"""What the rows of this house can call for: they carry no other limits or dates."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An offer that ends, and its work row back in line."""

    offer_id: str
    state: str  # missed | rescinded
    reason: str | None
    work: WorkState


@dataclass(frozen=True, slots=True)
class Made:
    """A new offer and its work row."""

    offer: Offer
    work: WorkState


@dataclass(frozen=True, slots=True)
class Moved:
    """Waiting work that asks for less now, or waits in another queue."""

    work: WorkState
    cause: str  # relaxed | overflow_ladder | overflow_closed


@dataclass(frozen=True, slots=True)
class Returned:
    """Parked work whose hour has come: it waits again, for its operator first."""

    work: WorkState


@dataclass(frozen=True, slots=True)
class Left:
    """Waiting work that leaves the line; the floor above acts on it."""

    work: WorkState
    to: str  # voicemail | mail_form | bot
    cause: str  # overflow_ladder | overflow_closed


def touched(decision: Written) -> set[str]:
    """The work and the operator a decision is about."""
    if isinstance(decision, Relax | Overflow | Return):
        return {decision.work_id}
    return {decision.work_id, decision.operator_id}


@dataclass
class Plan:
    """Starts with the rows as locked; `take` each decision in its order.

    What one decision changes the next one sees, so a version that two decisions of a batch count
    on is counted here as the engine counted it. A refuted decision refutes the later ones about
    the same work or operator (`doubted`): the engine took them counting on it, and the version it
    assumed may by chance be the version of somebody else's change.
    """

    work: dict[str, WorkState]
    operators: dict[str, OperatorState]
    ended: list[Ended] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    applied: list[Written] = field(default_factory=list)
    refuted: list[Written] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)
    now_ms: int = 0  # the instant of the decisions
    changed: dict[str, int] = field(default_factory=dict)  # operator → version of its row
    not_answering: dict[str, None] = field(default_factory=dict)

    def take_all(self, decisions: Iterable[Written]) -> None:
        """Sort the decisions into applied and refuted."""
        for decision in decisions:
            names = touched(decision)
            if self.doubted.isdisjoint(names) and self._take(decision):
                self.applied.append(decision)
            else:
                self.doubted |= names
                self.refuted.append(decision)

    def _take(self, decision: Written) -> bool:
        if isinstance(decision, Offer):
            return self._offer(decision)
        if isinstance(decision, Expire | Rescind):
            return self._end(decision)
        if isinstance(decision, Return):
            return self._return(decision)
        return isinstance(decision, Relax | Overflow) and self._move(decision)

    def _return(self, decision: Return) -> bool:
        work = self.work.get(decision.work_id)
        if work is None or work.state != "parked" or work.version != decision.work_version:
            return False
        self.work[work.id] = after = come_back(work, self.now_ms)
        self.returned.append(Returned(after))
        return True

    def _move(self, decision: Relax | Overflow) -> bool:
        work = self.work.get(decision.work_id)
        if work is None or work.state != "waiting" or work.version != decision.work_version:
            return False
        if isinstance(decision, Relax):
            after, cause = changed(work, version=work.version + 1, rung=decision.rung), "relaxed"
        else:
            after = overflowed(work, decision.to, self.now_ms)
            cause = f"overflow_{decision.reason}"
        self.work[work.id] = after
        if after.state == "waiting":
            self.moved.append(Moved(after, cause))
        else:
            self.left.append(Left(after, after.state, cause))
        return True

    def _offer(self, offer: Offer) -> bool:
        work, operator = (
            self.work.get(offer.work_id),
            self.operators.get(offer.operator_id),
        )
        if work is None or operator is None:
            return False
        if work.state != "waiting" or work.version != offer.work_version:
            return False
        if operator.version != offer.operator_version:
            return False
        if not rules.has_room(operator, work.medium, work.cost):
            return False
        after = rules.offered(work, operator.id, offer.offer_id, offer.until_ms)
        self.work[work.id] = after
        loaded = rules.loaded(operator, work, 1)
        self._change(changed(loaded, turn=int(offer.explanation["at_ms"])))
        self.made.append(Made(offer, after))
        return True

    def _end(self, decision: Expire | Rescind) -> bool:
        work = self.work.get(decision.work_id)
        if work is None or work.state != "offered" or work.offer_id != decision.offer_id:
            return False
        if work.version != decision.work_version:
            return False
        operator = self.operators.get(decision.operator_id)
        if operator is not None:
            operator = rules.loaded(operator, work, -1)
        until = None
        state, reason = "missed", None
        if isinstance(decision, Rescind):
            state, reason = "rescinded", decision.reason
        else:
            until = decision.excluded_until_ms
            if operator is not None:
                if decision.not_answering and operator.presence == rules.READY:
                    self.not_answering[operator.id] = None
                operator = rules.missed(operator, work, not_answering=decision.not_answering)
        after = rules.returned(work, until)
        self.work[work.id] = after
        if operator is not None:
            self._change(operator)
        self.ended.append(Ended(decision.offer_id, state, reason, after))
        return True

    def _change(self, after: OperatorState) -> None:
        self.changed.setdefault(after.id, self.operators[after.id].version)
        self.operators[after.id] = after
