"""The engine decides what the plain policy decides, and so does an engine rebuilt at any point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from routing.engine import Engine
from routing.model import Decision, Offer, OperatorState, Tick
from tests.routing.actions import MEDIA, ROUNDS, Pick, World, operator_ids, queue_ids, steps

EXPLAINED = ("rule", "eligible", "ready", "with_room", "wait_ms")


def comparable(decisions: list[Decision]) -> list[Any]:
    """Decisions, the explanation cut to what the oracle counts too."""
    return [
        replace(one, explanation={key: one.explanation[key] for key in EXPLAINED})
        if isinstance(one, Offer)
        else one
        for one in decisions
    ]


class EngineAndOracle(RuleBasedStateMachine):
    """Any history, told to one engine that lives on and to one rebuilt before every step."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.before = self.world.rows.copy()
        self.engine = Engine.restore(self.world.rows.states(), self.world.now)
        self.world.told()

    def step(self, act: Callable[[], None], order: Any, wait: int = 0) -> None:
        rebuilt = Engine.restore(self.world.rows.states(), self.world.now)
        self.world.now += wait
        act()
        news = list(self.world.told())
        told = order.draw(st.permutations(news * 2)) if len(news) > 1 else news * 2
        for state in told:  # twice and in any order: versions decide
            self.engine.observe(state, self.world.now)
            rebuilt.observe(state, self.world.now)
        decisions = self.engine.apply(Tick(), self.world.now)
        assert decisions == rebuilt.apply(Tick(), self.world.now)
        assert comparable(decisions) == self.world.rows.decide(self.world.now)
        assert self.world.rows.faults(self.world.now) == []
        self.check_belief()

    def check_belief(self) -> None:
        """What the engine assumes is what the rows have become."""
        rows = self.world.rows
        assert all(self.engine.operator(one.id) == one for one in rows.operators.values())
        for work in rows.work.values():
            assert self.engine.work(work.id) == (None if work.state == "done" else work)
        assert self.engine.apply(Tick(), self.world.now) == []

    @rule(
        queue=queue_ids,
        medium=st.sampled_from(sorted(MEDIA)),
        priority=st.sampled_from([0, 0, 60, 120]),
        preferred=st.none() | operator_ids,
        hold=st.none() | st.sampled_from([0, 30, 90]),
        wait=steps,
        order=st.data(),
    )
    def a_contact_arrives(self, *, queue, medium, priority, preferred, hold, wait, order):
        act = lambda: self.world.arrive(queue, medium, priority, preferred, hold)  # noqa: E731
        self.step(act, order, wait)

    @rule(pick=Pick, wait=steps, order=st.data())
    def an_offer_is_accepted(self, pick, wait, order):
        self.step(lambda: self.world.accept(pick), order, wait)

    @rule(pick=Pick, wait=steps, order=st.data())
    def an_offer_is_declined(self, pick, wait, order):
        self.step(lambda: self.world.decline(pick), order, wait)

    @rule(pick=Pick, wait=steps, order=st.data())
    def work_ends(self, pick, wait, order):
        self.step(lambda: self.world.finish(pick), order, wait)

    @rule(
        who=operator_ids,
        presence=st.sampled_from(["ready", "ready", "break", "offline"]),
        wait=steps,
        order=st.data(),
    )
    def somebody_comes_or_goes(self, who, presence, wait, order):
        self.step(lambda: self.world.presence(who, presence), order, wait)

    @rule(
        who=operator_ids,
        budget=st.sampled_from([0, 40, 100]),
        belongs=st.sets(queue_ids),
        order=st.data(),
    )
    def a_supervisor_changes_an_operator(self, who, budget, belongs, order):
        def change(row: OperatorState) -> OperatorState:
            return replace(row, budget=max(budget, row.used), queues=tuple(sorted(belongs)))

        self.step(lambda: self.world.operator(who, change), order)

    @rule(queue=queue_ids, archived=st.booleans(), hold=st.sampled_from([0, 60]), order=st.data())
    def a_supervisor_changes_a_queue(self, queue, archived, hold, order):
        self.step(lambda: self.world.queue(queue, archived=archived, hold=hold), order)

    @rule(wait=steps, order=st.data())
    def time_passes(self, wait, order):
        self.step(lambda: None, order, wait)


TestEngineEqualsOracle = EngineAndOracle.TestCase
TestEngineEqualsOracle.settings = ROUNDS
