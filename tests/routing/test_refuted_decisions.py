"""A shell that refutes decisions at random, over rows that change under the engine's feet.

The log comes late and in any order, other people change the rows meanwhile, and some decisions
are refused for no visible reason: in the end the engine holds exactly what a rebuild would hold.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.engine import Engine
from routing.model import Decision, Resync, Tick
from tests.routing.actions import MEDIA, ROUNDS, Pick, World, operator_ids, queue_ids, steps


class RefutingShell(RuleBasedStateMachine):
    """One engine that lives on; its decisions meet rows it may not know yet."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.late = list(self.world.told())
        self.engine = Engine()
        self.ever_live: set[tuple[str, int]] = set()

    def change(self, act: Any, *args: Any, **more: Any) -> None:
        act(*args, **more)
        self.late.extend(self.world.told())

    def carry_out(self, decisions: list[Decision], data: Any) -> None:
        """Write each decision, or refute it; then read the refuted ones again and go on."""
        for turn in range(50):
            refuted: list[Decision] = []
            doubted: set[str] = set()
            for one in decisions:  # what counts on a refuted decision is refuted with it
                touched = {one.work_id, one.operator_id}
                if doubted.isdisjoint(touched) and self.write(one, data, moody=turn < 5):
                    continue
                doubted |= touched
                refuted.append(one)
            if not refuted:
                return
            rows = self.world.rows
            truth = Resync(
                {one.work_id: rows.work.get(one.work_id) for one in refuted},
                {one.operator_id: rows.operators.get(one.operator_id) for one in refuted},
            )
            decisions = self.engine.apply(truth, self.world.now)
        raise AssertionError("the shell and the engine do not come to an end")

    def write(self, decision: Decision, data: Any, *, moody: bool) -> bool:
        if moody and data.draw(st.integers(0, 9)) < 3:
            return False
        if not self.world.rows.take(decision):
            return False
        work = self.world.rows.work[decision.work_id]
        assert (work.id, work.version) not in self.ever_live
        self.ever_live.add((work.id, work.version))
        self.late += [work, self.world.rows.operators[decision.operator_id]]
        return True

    @rule(
        queue=queue_ids,
        medium=st.sampled_from(sorted(MEDIA)),
        preferred=st.none() | operator_ids,
    )
    def a_contact_arrives(self, queue, medium, preferred):
        self.change(self.world.arrive, queue, medium, 0, preferred, 30)

    @rule(pick=Pick)
    def an_offer_is_accepted(self, pick):
        self.change(self.world.accept, pick)

    @rule(pick=Pick)
    def an_offer_is_declined(self, pick):
        self.change(self.world.decline, pick)

    @rule(pick=Pick)
    def work_ends(self, pick):
        self.change(self.world.finish, pick)

    @rule(who=operator_ids, presence=st.sampled_from(["ready", "ready", "break"]))
    def somebody_comes_or_goes(self, who, presence):
        self.change(self.world.presence, who, presence)

    @rule(wait=steps, part=st.integers(0, 100), data=st.data())
    def some_of_the_log_arrives(self, wait, part, data):
        self.world.now += wait
        count = len(self.late) * part // 100
        for state in data.draw(st.permutations(self.late[:count])):
            self.engine.observe(state, self.world.now)
        del self.late[:count]
        self.carry_out(self.engine.apply(Tick(), self.world.now), data)

    @rule(data=st.data())
    def all_of_the_log_arrives(self, data):
        self.some_of_the_log_arrives(wait=0, part=100, data=data)
        while self.late:
            self.some_of_the_log_arrives(wait=0, part=100, data=data)
        rows = self.world.rows
        for one in rows.operators.values():
            assert self.engine.operator(one.id) == one
        for work in rows.work.values():
            assert self.engine.work(work.id) == (None if work.state == "done" else work)
        assert rows.faults(self.world.now) == []
        rebuilt = Engine.restore(rows.states(), self.world.now)
        for wait in (0, 45_000, 60_000):
            later = self.world.now + wait
            again = Engine.restore(self.engine.snapshot(), self.world.now)
            assert again.apply(Tick(), later) == rebuilt.apply(Tick(), later)
            rebuilt = Engine.restore(rows.states(), self.world.now)

    @invariant()
    def nobody_has_more_than_he_can_take(self):
        for one in self.world.rows.operators.values():
            assert one.used <= one.budget
            assert all(one.load.get(medium, 0) <= n for medium, n in one.ceilings.items())


TestRefutingShell = RefutingShell.TestCase
TestRefutingShell.settings = ROUNDS
