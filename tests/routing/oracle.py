"""The same policy without any structure: every contact against every operator, every time."""

from __future__ import annotations

from dataclasses import replace

from routing.model import (
    Decision,
    Expire,
    Offer,
    OperatorState,
    QueueState,
    Rescind,
    WorkState,
    changed,
)
from routing.policy import Policy, offer_id

Explained = tuple[str, int, int, int, str | None]


class Rows:
    """The rows as a database would have them; `decide` proposes, `take` carries out."""

    def __init__(self) -> None:
        self.work: dict[str, WorkState] = {}
        self.operators: dict[str, OperatorState] = {}
        self.queues: dict[str, QueueState] = {}

    def states(self) -> list[WorkState | OperatorState | QueueState]:
        return [*self.queues.values(), *self.operators.values(), *self.work.values()]

    def copy(self) -> Rows:
        other = Rows()
        other.work, other.operators = dict(self.work), dict(self.operators)
        other.queues = dict(self.queues)
        return other

    # --- the policy ------------------------------------------------------------------------

    def decide(self, now: int, policy: Policy | None = None) -> list[Decision]:
        """What an engine that knows these rows must decide; the rows become what it assumes."""
        policy = policy or Policy()
        decisions: list[Decision] = []
        while doubtful := [w for w in self._by_rank("offered") if self._end(w, now, policy)]:
            for work in doubtful:
                decision = self._end(self.work[work.id], now, policy)
                assert decision is not None
                self.take(decision)
                decisions.append(decision)
        for work in self._by_rank("waiting"):
            offer = self._offer(work, now)
            if offer is not None:
                self.take(offer)
                decisions.append(offer)
        return decisions

    def _by_rank(self, state: str) -> list[WorkState]:
        found = [work for work in self.work.values() if work.state == state]
        return sorted(found, key=lambda work: (work.virtual_ms, work.seq))

    def _end(self, work: WorkState, now: int, policy: Policy) -> Expire | Rescind | None:
        assert work.operator_id
        assert work.offer_id
        assert work.offer_until_ms is not None
        operator, queue = self.operators[work.operator_id], self.queues[work.queue_id]
        head = (work.id, work.version, operator.id, work.offer_id)
        if operator.presence != "ready":
            return Rescind(*head, "operator_left")
        if work.offer_until_ms <= now:
            enough = operator.misses + 1 >= policy.misses_in_a_row
            gives_up = enough and self._counts(operator, work)
            return Expire(*head, now + policy.exclude_ms, gives_up)
        return Rescind(*head, "queue_archived") if queue.archived else None

    @staticmethod
    def _counts(operator: OperatorState, work: WorkState) -> bool:
        assert work.offer_id
        return int(work.offer_id[:8] + work.offer_id[9:13], 16) >= operator.missed_ms

    def fits(self, work: WorkState, operator: OperatorState, now: int) -> bool:
        """Ready, with room, and not kept from this contact."""
        ceiling = operator.ceilings.get(work.medium, 10**9)
        return (
            operator.presence == "ready"
            and operator.used + work.cost <= operator.budget
            and operator.load.get(work.medium, 0) + 1 <= ceiling
            and not any(who == operator.id and until > now for who, until in work.excluded)
        )

    def held(self, work: WorkState, now: int) -> bool:
        until = work.preferred_until_ms
        if until is None:
            until = work.arrived_ms + self.queues[work.queue_id].preferred_hold_seconds * 1000
        wanted = self.operators.get(work.preferred_id or "")
        if wanted is None or wanted.presence != "ready" or now >= until:
            return False
        return not any(who == wanted.id and ends > now for who, ends in work.excluded)

    def candidates(self, work: WorkState, now: int) -> list[OperatorState]:
        """Who may have it now, the first of them first."""
        if self.queues[work.queue_id].archived:
            return []
        fitting = [one for one in self.operators.values() if self.fits(work, one, now)]
        wanted = [one for one in fitting if one.id == work.preferred_id]
        if self.held(work, now):
            return wanted
        others = [one for one in fitting if work.queue_id in one.queues and one not in wanted]
        return wanted + sorted(others, key=lambda one: (one.used, one.idle_ms, one.id))

    def _offer(self, work: WorkState, now: int) -> Offer | None:
        found = self.candidates(work, now)
        if not found:
            return None
        chosen = found[0]
        name = offer_id(work.id, work.version, chosen.id, now)
        until = now + 1000 * self.queues[work.queue_id].offer_seconds
        members = [one for one in self.operators.values() if work.queue_id in one.queues]
        bare = replace(work, excluded=())
        alone = len(found) == 1 and chosen.idle_ms > work.arrived_ms
        rule = "longest_waiting" if alone else "longest_idle"
        explanation = {
            "rule": "preferred" if chosen.id == work.preferred_id else rule,
            "eligible": len(members),
            "ready": sum(one.presence == "ready" for one in members),
            "with_room": sum(self.fits(bare, one, now) for one in members),
            "wait_ms": max(0, now - work.arrived_ms),
        }
        return Offer(work.id, work.version, chosen.id, chosen.version, name, until, explanation)

    # --- what a database does with a decision ------------------------------------------------

    def take(self, decision: Decision) -> bool:
        """Compare and set; False when the rows are not what the decision counted on."""
        work = self.work.get(decision.work_id)
        operator = self.operators.get(decision.operator_id)
        if work is None or operator is None or work.version != decision.work_version:
            return False
        if isinstance(decision, Offer):
            return self._take_offer(decision, work, operator)
        if work.state != "offered" or work.offer_id != decision.offer_id:
            return False
        excluded, misses = work.excluded, work.misses
        presence, missed = operator.presence, operator.misses
        if isinstance(decision, Expire):
            kept = [entry for entry in excluded if entry[0] != operator.id]
            excluded = (*kept, (operator.id, decision.excluded_until_ms))
            misses += 1
            if self._counts(operator, work):
                missed += 1
                operator = changed(operator, missed_ms=work.offer_until_ms)
            if decision.not_answering and presence == "ready":
                presence = "not_answering"
        self.work[work.id] = replace(
            work, version=work.version + 1, state="waiting", excluded=excluded, misses=misses,
            operator_id=None, offer_id=None, offer_until_ms=None,
        )  # fmt: skip
        self.operators[operator.id] = changed(operator, presence=presence, misses=missed)
        self.count(operator.id)
        return True

    def _take_offer(self, offer: Offer, work: WorkState, operator: OperatorState) -> bool:
        if work.state != "waiting" or operator.version != offer.operator_version:
            return False
        self.work[work.id] = replace(
            work, version=work.version + 1, state="offered", operator_id=operator.id,
            offer_id=offer.offer_id, offer_until_ms=offer.until_ms,
        )  # fmt: skip
        self.count(operator.id)
        return True

    def count(self, operator_id: str) -> None:
        """Write what the operator's open work adds up to, with a new version."""
        mine = [
            work
            for work in self.work.values()
            if work.operator_id == operator_id and work.state in ("offered", "active", "wrap_up")
        ]
        load: dict[str, int] = {}
        for work in mine:
            load[work.medium] = load.get(work.medium, 0) + 1
        operator = self.operators[operator_id]
        self.operators[operator_id] = changed(
            operator, version=operator.version + 1, used=sum(w.cost for w in mine), load=load
        )

    # --- what must never be seen ---------------------------------------------------------------

    def faults(self, now: int) -> list[str]:
        """Invariants of a settled line: room, readiness, nobody waits who could be served."""
        found = []
        for one in self.operators.values():
            if one.used > one.budget and any(
                w.operator_id == one.id and w.state == "offered" for w in self.work.values()
            ):
                found.append(f"{one.id} was offered work over the budget")
            for medium, ceiling in one.ceilings.items():
                if one.load.get(medium, 0) > ceiling:
                    found.append(f"{one.id} over the ceiling of {medium}")
        for work in self.work.values():
            if work.state == "waiting" and self.candidates(work, now):
                found.append(f"{work.id} waits though somebody could take it")
            if (
                work.state == "offered"
                and self.operators[work.operator_id or ""].presence != "ready"
            ):
                found.append(f"{work.id} is offered to somebody who is not ready")
        return found
