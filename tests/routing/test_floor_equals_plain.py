"""The floor decides what the plain policy decides, whatever happens, and so does a restored one.

Any history of all events, over queues with skills, ladders, hours and strategies; after every step
decisions, rows and invariants are compared, with a floor restored from rows before the step, too.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from routing import events as ev
from routing.floor import Floor
from routing.model import Offer, Operator, Outcome, Queue, Rung, Tick, Work
from routing.policy import Policy
from routing.strategies import STRATEGIES
from tests.routing.actions import MEDIA, ROUNDS, START
from tests.routing.plain import Plain

POLICY = Policy(exclusive=("voice",), grace_ms=20_000, most_priority_ms=120_000, version="7")
QUEUES = ("q1", "q2", "q3")
OPERATORS = ("o1", "o2", "o3", "o4", "o5")
SKILLS = ("ru", "tech")
WHY = ("rule", "class", "rung", "wait_ms", "kept_ms", "priority_ms", "waiting", "eligible", "ready",
       "with_room")  # fmt: skip

queue_ids, operator_ids = st.sampled_from(QUEUES), st.sampled_from(OPERATORS)
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))
needs = st.just(()) | levels.map(lambda found: tuple(sorted(found.items())))
waits = st.sampled_from([0, 0, 1, 1000, 5_000, 10_000, 30_000, 61_000])
picks = st.integers(0, 30)
ways = st.sampled_from([None, None, "voicemail", "queue:q3"])
skills = st.builds(
    lambda found, some: found if some else {},
    st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)),
    st.booleans(),
)
LADDERS: list[tuple[Rung, ...]] = [
    (),
    (Rung(10), Rung(20, everyone=True)),
    (Rung(5, needs=(("ru", 1),)), Rung(30, drop=("tech",)), Rung(60, overflow="queue:q3")),
    (Rung(30, everyone=True, drop=("ru",)), Rung(40, overflow="bot")),
]
ladders = st.sampled_from(LADDERS)
presences = st.sampled_from(["ready", "ready", "ready", "break", "draining", "offline"])
arrivals = st.fixed_dictionaries({
    "queue": queue_ids, "medium": st.sampled_from(sorted(MEDIA)), "asked": needs,
    "priority": st.sampled_from([0, 0, 60, 600]), "preferred": st.none() | operator_ids,
    "hold": st.none() | st.sampled_from([0, 30]), "strict": st.booleans(),
    "stays": st.booleans(),
})  # fmt: skip


def told(outcome: Outcome) -> tuple[Any, ...]:
    """As the plain policy tells it: without offer ids, the explanation cut to what both count."""
    values = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    values.pop("offer_id", None)
    if isinstance(outcome, Offer):
        why = values.pop("explanation")
        assert why["policy"] in ("7", "8")
        runner_up = why["runner_up"] and why["runner_up"]["id"]
        values["why"] = {key: why[key] for key in WHY} | {"runner_up": runner_up}
    return (type(outcome).__name__, *values.values())


def shown(row: Any) -> dict[str, Any]:
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    values.pop("offer_id", None)
    return values


class FloorAndPlain(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.floor = Floor(POLICY, START)
        self.plain = Plain(60_000, 2, 20_000, ("voice",), 120_000)
        self.made = 0
        self.told: list[Outcome] = []
        self.history: list[tuple[Any, int]] = []
        """Events, and editions of the house's rules, each with its instant."""

    @initialize(
        ladder=st.lists(ladders, min_size=2, max_size=2),
        strategy=st.lists(st.sampled_from(sorted(STRATEGIES)), min_size=3, max_size=3),
        members=st.booleans(), asked=needs, people=st.lists(skills, min_size=5, max_size=5),
    )  # fmt: skip
    def build(self, ladder, strategy, members, asked, people):
        for number, name in enumerate(QUEUES):
            self.do(
                Queue(
                    name, 1, 30, 0, 25, needs=asked if number == 0 else (),
                    members_only=members or number > 0, ladder=(*ladder, ())[number],
                    strategy=strategy[number], wrap_up_seconds=(0, 15, 0)[number],
                    offer_seconds_by={"voice": 12},
                )
            )  # fmt: skip
        for number, (name, found) in enumerate(zip(OPERATORS, people, strict=True)):
            self.do(
                Operator(
                    name, 1, "ready", 100, 0, {"chat": 2} if number == 1 else {}, {}, number, 0,
                    QUEUES[: 1 + number % 3], skills=found,
                    media=() if number < 3 else (("voice",), ("chat", "mail"))[number - 3],
                )
            )  # fmt: skip

    def do(self, event: Any, wait: int = 0, data: Any = None) -> None:
        again = Floor.restore(self.floor.rows(), self.now, self.floor.engine.policy())
        self.now += wait
        self.history.append((event, self.now))
        outcomes = self.floor.apply(event, self.now)
        self.told += outcomes
        assert again.apply(event, self.now) == outcomes
        assert [told(one) for one in outcomes] == self.plain.apply(event, self.now)
        assert sum(self.floor.misfits.values()) == self.plain.misfits
        self.check()

    def check(self) -> None:
        engine, plain = self.floor.engine, self.plain
        for name, row in plain.works.items():
            work = engine.work(name)
            assert work is not None
            assert shown(work) == {key: row[key] for key in shown(work)}
            if row["state"] == "offered":
                row["offer_id"] = work.offer_id
        for name, row in plain.operators.items():
            operator = engine.operator(name)
            assert operator is not None
            assert shown(operator) == row
        assert not any(engine.work(name) for name in plain.gone)
        assert plain.faults() == []

    def pick(self, pick: int, *states: str) -> str:
        """A contact in one of these states; now and then one in none, or an unknown one."""
        works = self.plain.works.values()
        found = [work["id"] for work in works if work["state"] in states]
        if not found or pick == 0:
            found = [*self.plain.works, *self.plain.gone, "unknown"]
        return str(found[pick % len(found)])

    @rule(several=st.lists(arrivals, min_size=1, max_size=4), wait=waits)
    def contacts_arrive(self, several, wait):
        for one in several:
            self.arrives(wait=wait, **one)
            wait = 0

    def arrives(self, *, queue, medium, asked, wait, priority, preferred, hold, strict, stays):
        self.made += 1
        now = self.now + wait
        work = Work(
            f"w{self.made}", 1, queue, medium, MEDIA[medium], "waiting", self.made, now,
            now - 1000 * priority, needs=asked, preferred_id=preferred, strict=strict, stays=stays,
            preferred_until_ms=None if hold is None else now + 1000 * hold,
        )  # fmt: skip
        self.do(work, wait)

    @rule(wait=waits, presences=st.permutations(["ready"] * 4 + ["draining"]))
    def everybody_begins(self, wait, presences):
        for who, presence in zip(OPERATORS, presences, strict=True):
            self.do(ev.Presence(who, presence), wait)
            wait = 0

    @rule(wait=waits)
    def all_offers_are_accepted(self, wait):
        for work in self.plain.by_rank("offered"):
            self.do(ev.Accept(work["id"], work["offer_id"]), wait)
            wait = 0

    @rule(pick=picks, wait=waits, stale=st.sampled_from([False, False, True]))
    def accepts(self, pick, wait, stale):
        self.do(ev.Accept(self.pick(pick, "offered"), "stale" if stale else None), wait)

    @rule(pick=picks, wait=waits)
    def declines(self, pick, wait):
        self.do(ev.Decline(self.pick(pick, "offered"), "busy"), wait)

    @rule(pick=picks, wait=waits, wrap_up=st.sampled_from([None, None, 0, 20]))
    def releases(self, pick, wait, wrap_up):
        self.do(ev.Release(self.pick(pick, "active"), wrap_up), wait)

    @rule(pick=picks, wait=waits)
    def ends_the_wrap_up(self, pick, wait):
        self.do(ev.WrapUpDone(self.pick(pick, "wrap_up")), wait)

    @rule(pick=picks, wait=waits)
    def abandons(self, pick, wait):
        self.do(ev.Abandon(self.pick(pick, "waiting", "offered", "active", "parked")), wait)

    @rule(pick=picks, priority=st.none() | st.just(90), asked=st.none() | needs,
          queue=st.none() | queue_ids)  # fmt: skip
    def is_about_something_else(self, pick, priority, asked, queue):
        self.do(ev.Change(self.pick(pick, "waiting", "parked"), priority, asked, queue))

    @rule(pick=picks, rest=st.none() | waits)
    def is_parked(self, pick, rest):
        until = None if rest is None else self.now + rest
        self.do(ev.Park(self.pick(pick, "active", "wrap_up"), until))

    @rule(pick=picks, wait=waits)
    def comes_back(self, pick, wait):
        self.do(ev.Unpark(self.pick(pick, "parked")), wait)

    @rule(pick=picks, wait=waits, keep=st.booleans(), hold=st.none() | st.just(20),
          goal=operator_ids | queue_ids | st.none())  # fmt: skip
    def is_transferred(self, pick, wait, keep, hold, goal):
        who, where = (goal, None) if goal in OPERATORS else (None, goal)
        name = self.pick(pick, "active", "wrap_up")
        self.do(ev.Transfer(name, who, where, goal is None, keep, hold), wait)

    @rule(pick=picks, after=waits)
    def asks_for_a_callback(self, pick, after):
        self.do(ev.Callback(self.pick(pick, "waiting"), self.now + after))

    @rule(who=operator_ids, wait=waits, presence=presences)
    def changes_presence(self, who, wait, presence):
        self.do(ev.Presence(who, presence), wait)

    @rule(who=operator_ids, wait=waits, lost=st.booleans())
    def loses_connection(self, who, wait, lost):
        self.do(ev.Connection(who, lost), wait)

    @rule(who=operator_ids)
    def leaves(self, who):
        self.do(ev.Leave(who))

    @rule(who=operator_ids, found=skills, budget=st.sampled_from([0, 40, 100, 140]),
          ceiling=st.none() | st.integers(0, 2), belongs=st.sets(queue_ids))  # fmt: skip
    def a_supervisor_changes_an_operator(self, who, found, budget, ceiling, belongs):
        row = self.floor.engine.operator(who)
        assert row is not None
        ceilings = {} if ceiling is None else {"chat": ceiling}
        self.do(replace(
            row, version=row.version + 1, budget=budget, skills=found, ceilings=ceilings,
            queues=tuple(sorted(belongs)),
        ))  # fmt: skip

    @rule(queue=queue_ids, ladder=ladders, archived=st.booleans(), way=ways, asked=needs)
    def a_supervisor_changes_a_queue(self, queue, ladder, archived, way, asked):
        row = self.floor.engine.queue(queue)
        assert row is not None
        if queue == "q3":  # everything overflows into it: no cycles
            ladder, way = (), None
        self.do(replace(
            row, version=row.version + 1, ladder=ladder, archived=archived, closed_to=way,
            needs=asked,
        ))  # fmt: skip

    @rule(exclusive=st.sampled_from([("voice",), (), ("chat", "voice")]),
          grace=st.sampled_from([5_000, 60_000]), misses=st.sampled_from([1, 2, 3]))  # fmt: skip
    def the_house_has_other_rules(self, exclusive, grace, misses):
        policy = replace(
            POLICY, exclusive=exclusive, grace_ms=grace, misses_in_a_row=misses, version="8"
        )
        self.floor.adopt(policy)
        self.history.append((policy, self.now))
        self.plain.exclusive, self.plain.grace, self.plain.misses = exclusive, grace, misses
        self.do(Tick())

    @rule(queue=queue_ids, offers=st.sampled_from([10, 30]), wrap_up=st.sampled_from([0, 15]))
    def a_queue_has_other_deadlines(self, queue, offers, wrap_up):
        row = self.floor.engine.queue(queue)
        assert row is not None
        self.do(replace(
            row, version=row.version + 1, offer_seconds=offers, wrap_up_seconds=wrap_up,
        ))  # fmt: skip

    @rule(queue=queue_ids, opens=st.booleans(), wait=waits)
    def a_queue_opens_or_closes(self, queue, opens, wait):
        self.do(ev.Calendar(queue, opens), wait)

    @rule(wait=waits)
    def time_passes(self, wait):
        self.do(Tick(), wait)


TestFloorEqualsPlain = FloorAndPlain.TestCase
TestFloorEqualsPlain.settings = ROUNDS
