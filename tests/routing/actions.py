"""What the world does to the rows: clients, operators and supervisors, drawn by hypothesis."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from routing.model import OperatorState, QueueState, WorkState
from tests.routing.oracle import Rows

SOAK = os.environ.get("CC_SOAK") == "1"
ROUNDS = settings(
    max_examples=5000 if SOAK else 25,
    stateful_step_count=120 if SOAK else 35,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    print_blob=True,
)
QUEUES = ("q1", "q2", "q3")
OPERATORS = ("o1", "o2", "o3", "o4")
MEDIA = {"chat": 20, "messenger": 20, "mail": 10, "voice": 100}
START = 1_000_000

queue_ids = st.sampled_from(QUEUES)
operator_ids = st.sampled_from(OPERATORS)
Pick = st.integers(0, 1_000)
steps = st.sampled_from([0, 1, 500, 5_000, 20_000, 45_000, 60_000, 61_000])


class World:
    """Rows and a clock; every action returns the states it changed, in the order of change."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.now = START
        self.made = 0
        self.news: list[WorkState | OperatorState | QueueState] = []
        for queue in QUEUES:
            self._put(QueueState(queue, 1, offer_seconds=45, preferred_hold_seconds=60))
        for number, operator in enumerate(OPERATORS):
            belongs = tuple(QUEUES[: 1 + number % 3])
            ceilings = {"chat": 2} if number == 1 else {}
            self._put(OperatorState(operator, 1, "ready", 100, 0, ceilings, {}, number, 0, belongs))

    def _put(self, state: WorkState | OperatorState | QueueState) -> None:
        kinds: dict[type, dict[str, Any]] = {
            WorkState: self.rows.work,
            OperatorState: self.rows.operators,
            QueueState: self.rows.queues,
        }
        kinds[type(state)][state.id] = state
        self.news.append(state)

    def _recount(self, operator_id: str | None) -> None:
        if operator_id is not None:
            self.rows.count(operator_id)
            self.news.append(self.rows.operators[operator_id])

    def told(self) -> list[WorkState | OperatorState | QueueState]:
        """The log since the last call."""
        news, self.news = self.news, []
        return news

    def _one(self, pick: int, *states: str) -> WorkState | None:
        found = [work for work in self.rows.work.values() if work.state in states]
        return found[pick % len(found)] if found else None

    def arrive(
        self, queue: str, medium: str, priority_s: int, preferred: str | None, hold_s: int | None
    ) -> None:
        self.made += 1
        hold = None if hold_s is None or preferred is None else self.now + 1000 * hold_s
        self._put(
            WorkState(
                f"w{self.made}",
                1,
                queue,
                medium,
                MEDIA[medium],
                "waiting",
                self.made,
                self.now,
                self.now - 1000 * priority_s,
                preferred_id=preferred,
                preferred_until_ms=hold,
            )
        )

    def accept(self, pick: int) -> None:
        work = self._one(pick, "offered")
        if work is not None:
            self._put(
                replace(work, version=work.version + 1, state="active", offer_id=None,
                        offer_until_ms=None)
            )  # fmt: skip
            operator = self.rows.operators[work.operator_id or ""]
            self.rows.operators[operator.id] = replace(operator, misses=0)
            self._recount(work.operator_id)

    def decline(self, pick: int) -> None:
        work = self._one(pick, "offered")
        if work is not None:
            entry = (work.operator_id or "", self.now + 30_000)
            self._put(
                replace(work, version=work.version + 1, state="waiting", operator_id=None,
                        offer_id=None, offer_until_ms=None, excluded=(*work.excluded, entry))
            )  # fmt: skip
            self._recount(work.operator_id)

    def finish(self, pick: int) -> None:
        work = self._one(pick, "active", "wrap_up", "waiting", "offered")
        if work is not None:
            self._put(replace(work, version=work.version + 1, state="done"))
            if work.operator_id is not None:
                operator = self.rows.operators[work.operator_id]
                self.rows.operators[operator.id] = replace(operator, idle_ms=self.now)
                self._recount(work.operator_id)

    def operator(self, operator_id: str, change: Callable[[OperatorState], OperatorState]) -> None:
        row = self.rows.operators[operator_id]
        self._put(replace(change(row), version=row.version + 1))

    def presence(self, operator_id: str, presence: str) -> None:
        self.operator(operator_id, lambda row: replace(row, presence=presence, misses=0))

    def queue(self, queue_id: str, *, archived: bool, hold: int) -> None:
        row = self.rows.queues[queue_id]
        self._put(
            replace(row, version=row.version + 1, archived=archived, preferred_hold_seconds=hold)
        )
