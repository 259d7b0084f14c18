"""What must hold whatever happens, one test each, told from rows and decisions alone.

The histories are busy days (`busy.py`), played again instant by instant, so that every decision
can be held against the rows of its own moment. That the engine decides what a plain policy decides
is the business of `test_engine_equals_oracle.py` and `test_floor_equals_plain.py`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.floor import Floor
from routing.model import (
    Expire,
    Offer,
    Operator,
    OperatorState,
    Outcome,
    Queue,
    QueueState,
    Rescind,
    Rung,
    State,
    Tick,
    Work,
    WorkState,
)  # fmt: skip
from routing.policy import Policy
from tests.routing.actions import MEDIA, SOAK, START
from tests.routing.busy import played
from tests.routing.plain import LIVE, ON_HAND, Plain
from tests.routing.test_floor_equals_plain import POLICY

SEEDS = range(30 if SOAK else 2)
History = list[tuple[Any, int]]
Rank = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One instant: what happened, what was decided, the rows before and after."""

    event: Any
    now: int
    policy: Policy
    before: list[State]
    outcomes: list[Outcome]
    after: list[State]

    def offers(self) -> list[Offer]:
        return [one for one in self.outcomes if isinstance(one, Offer)]

    def judge(self) -> Plain:
        """The rows afterwards, before somebody who knows nothing of structures."""
        policy = self.policy
        plain = Plain(
            policy.exclude_ms, policy.misses_in_a_row, policy.grace_ms, policy.exclusive,
            policy.most_priority_ms,
        )  # fmt: skip
        plain.now = self.now
        for row in self.after:
            if isinstance(row, OperatorState):
                plain.operators[row.id] = dict(vars(row))
            elif isinstance(row, QueueState):
                plain.queues[row.id] = dict(vars(row))
            else:
                (plain.works if row.state in LIVE else plain.gone)[row.id] = dict(vars(row))
        return plain


def steps(history: History) -> Iterator[Step]:
    """A history, every timer an instant of its own."""
    floor = Floor(POLICY, START)
    for event, at in history:
        if isinstance(event, Policy):
            floor.adopt(event)
            continue
        while (due := floor.engine.next_due_ms()) is not None and due < at:
            yield step(floor, Tick(), due)
        yield step(floor, event, at)


def step(floor: Floor, event: Any, now: int) -> Step:
    before = floor.rows()
    outcomes = floor.apply(event, now)
    return Step(event, now, floor.engine.policy(), before, outcomes, floor.rows())


@cache
def day(seed: int) -> list[Step]:
    return list(steps(played(seed).day.history))


def rank(work: dict[str, Any]) -> Rank:
    return work["virtual_ms"], work["seq"]


def passed(judge: Plain, offer: Offer) -> Iterator[dict[str, Any]]:
    """Who waits for the same as the one offered, and could have had this operator, too."""
    taken, one = judge.works[offer.work_id], judge.operators[offer.operator_id]
    for work in judge.by_rank("waiting"):
        alike = judge.like(work) == judge.like(taken) and judge.in_line(work)
        if alike and judge.eligible(work, one) and not judge.kept_away(work, one):
            yield work


days = pytest.mark.parametrize("seed", SEEDS)


@days
def test_1_at_most_one_live_offer_or_assignment_of_a_contact(seed: int) -> None:
    live: dict[str, str] = {}
    for one in day(seed):
        for outcome in one.outcomes:
            if isinstance(outcome, Expire | Rescind):
                assert live.pop(outcome.work_id) == outcome.offer_id
            elif isinstance(outcome, Offer):
                assert outcome.work_id not in live
                live[outcome.work_id] = outcome.offer_id
        works = [row for row in one.after if isinstance(row, WorkState)]
        assert len({work.id for work in works}) == len(works)
        offered = {work.id: work.offer_id for work in works if work.state == "offered"}
        live = {name: offer for name, offer in live.items() if name in offered}
        assert live == offered


@days
def test_2_what_is_used_is_what_is_on_his_hands_and_nothing_is_offered_beyond(seed: int) -> None:
    for one in day(seed):
        judge = one.judge()
        for operator in judge.operators.values():
            mine = [w for w in judge.works.values() if w["operator_id"] == operator["id"]]
            hands = [work for work in mine if work["state"] in ON_HAND]
            assert operator["used"] == sum(work["cost"] for work in hands)
            offered = [work for work in hands if work["state"] == "offered"]
            assert not any(judge.over(operator, work) for work in offered)


@days
def test_3_nothing_is_offered_to_who_is_away_unable_or_excluded(seed: int) -> None:
    for one in day(seed):
        judge = one.judge()
        for offer in one.offers():
            work, who = judge.works[offer.work_id], judge.operators[offer.operator_id]
            assert who["presence"] == "ready"
            assert who["lost_ms"] is None
            assert judge.eligible(work, who) or judge.wanted(work) is who
            assert not judge.kept_away(work, who)


@days
def test_4_nobody_waits_whom_somebody_could_serve(seed: int) -> None:
    for one in day(seed):
        judge = one.judge()
        assert not [work["id"] for work in judge.by_rank("waiting") if judge.candidates(work)]


@days
def test_5_an_offer_skips_nobody_more_senior_of_the_same_class(seed: int) -> None:
    for one in day(seed):
        judge = one.judge()
        for offer in one.offers():
            taken = judge.works[offer.work_id]
            assert all(rank(taken) < rank(work) for work in passed(judge, offer))


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([0, 0, 30, 60, 120, 100_000])),
        min_size=2, max_size=25,
    )
)  # fmt: skip
@settings(max_examples=1000 if SOAK else 40, deadline=None)
def test_6_nobody_is_passed_by_one_who_came_later_than_the_bound(
    clients: list[tuple[int, int]],
) -> None:
    bound = 120_000
    floor = Floor(Policy(most_priority_ms=bound), START)
    floor.apply(Queue("q", 1, 45, members_only=False), START)
    floor.apply(Operator("o", 1, "ready", 100, 0, {}, {}, 0, 0, ()), START)
    came: dict[str, int] = {}
    now, talk = START, ""

    def served(outcomes: list[Outcome]) -> str:
        offer = next((one for one in outcomes if isinstance(one, Offer)), None)
        if offer is None:
            return ""
        floor.apply(ev.Accept(offer.work_id), now)
        assert all(came[offer.work_id] - other <= bound for other in came.values())
        del came[offer.work_id]
        return offer.work_id

    for number, (gap, priority) in enumerate(clients):
        now += 1000 * gap
        came[f"w{number}"] = now
        work = Work(
            f"w{number}", 1, "q", "voice", 100, "waiting", number, now, now - 1000 * priority
        )  # fmt: skip
        talk = served(floor.apply(work, now)) or talk
        if number % 3 == 2:
            talk = served(floor.apply(ev.Release(talk), now))
    while came:
        now += 1000
        talk = served(floor.apply(ev.Release(talk), now))


@days
def test_7_every_contact_comes_to_one_end_and_none_is_lost(seed: int) -> None:
    history, one = played(seed).day.history, day(seed)[-1]
    floor = Floor.restore(one.after, one.now, one.policy)
    came = {event.id for event, _ in history if isinstance(event, WorkState)}
    assert {row.id for row in one.after if isinstance(row, WorkState)} == came
    now = one.now
    for row in one.after:
        if isinstance(row, Queue):
            floor.apply(
                replace(row, version=row.version + 1, open=True, archived=False), now
            )  # fmt: skip
    skills = {"ru": 5, "tech": 5}
    able = Operator("able", 1, "ready", 1000, 0, {}, {}, 0, 0, ("q1", "q2", "q3"), skills)
    floor.apply(able, now)
    for _ in range(200):
        now += 1000
        floor.apply(Tick(), now)
        works = [row for row in floor.rows() if isinstance(row, WorkState) and row.state in LIVE]
        if not works:
            break
        for work in works:
            follows = {"offered": ev.Accept, "active": ev.Release, "parked": ev.Unpark}
            if work.state in follows:
                floor.apply(follows[work.state](work.id), now)
    ends = {row.id: row.state for row in floor.rows() if isinstance(row, WorkState)}
    assert ends.keys() == came
    assert not set(LIVE) & set(ends.values())


def test_8_a_day_does_not_depend_on_the_hash_seed() -> None:
    outputs = []
    for seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.routing.busy"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
            cwd=Path(__file__).parents[2],
        )
        outputs.append(done.stdout)
    assert len(outputs[0].splitlines()) > 100
    assert outputs[0] == outputs[1]


@days
def test_9_an_engine_rebuilt_at_any_point_goes_on_alike(seed: int) -> None:
    for one in day(seed):
        again = Floor.restore(one.before, one.now, one.policy)
        assert again.apply(one.event, one.now) == one.outcomes
        assert sorted(map(repr, again.rows())) == sorted(map(repr, one.after))


@days
def test_10_an_event_told_twice_decides_nothing(seed: int) -> None:
    for one in day(seed):
        event = one.event
        if isinstance(event, ev.Presence):
            continue  # a wish, not a fact: who wants to leave twice leaves twice
        if isinstance(event, ev.Accept | ev.Decline) and event.offer_id is None:
            held = {row.id: row for row in one.before if isinstance(row, WorkState)}
            work = held.get(event.work_id)
            event = replace(event, offer_id=(work and work.offer_id) or "none")
        floor = Floor.restore(one.after, one.now, one.policy)
        assert floor.apply(event, one.now) == []
        if isinstance(event, State):
            assert floor.misfits == {"repeated": 1}


@days
def test_11_the_order_of_unrelated_classes_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    ours, theirs = (
        [(renamed(event, name), now) for event, now in played(number).day.history]
        for name, number in (("a", 0), ("b", 1))
    )
    end = max(ours[-1][1], theirs[-1][1])
    alone, both = Floor(HOUSE, START), Floor(HOUSE, START)
    wanted = [str(one) for event, now in [*ours, (Tick(), end)] for one in tell(alone, event, now)]
    # By time; at the same instant in any order.
    found: list[Outcome] = []
    while ours or theirs:
        first = min((rest for rest in (ours, theirs) if rest), key=lambda rest: rest[0][1])
        if ours and theirs and ours[0][1] == theirs[0][1]:
            first = chance.choice((ours, theirs))
        event, now = first.pop(0)
        found += tell(both, event, now)
    found += tell(both, Tick(), end)
    assert [str(one) for one in found if of(one).startswith("a:")] == wanted
    assert any(of(one).startswith("b:") for one in found)


HOUSE = replace(POLICY, exclusive=("a:voice", "b:voice"))


def tell(floor: Floor, event: Any, now: int) -> list[Outcome]:
    return [] if isinstance(event, Policy) else floor.apply(event, now)


def of(outcome: Outcome) -> str:
    return str(getattr(outcome, "work_id", None) or getattr(outcome, "operator_id", ""))


def renamed(event: Any, name: str) -> Any:
    """The same in a world of its own: names of people, queues, contacts and media begin with it."""

    def own(value: Any) -> Any:
        if isinstance(value, str):
            to_queue = value.startswith("queue:")
            return f"queue:{name}:{value[6:]}" if to_queue else f"{name}:{value}"
        if isinstance(value, dict):
            return {own(key): one for key, one in value.items()}
        return tuple(own(one) if isinstance(one, str) else (own(one[0]), *one[1:]) for one in value)

    if isinstance(event, Policy | Tick):
        return event
    names = ("id", "work_id", "operator_id", "queue_id", "preferred_id", "medium", "queues",
             "ceilings", "load", "offer_seconds_by", "excluded")  # fmt: skip
    values = {
        field.name: own(value)
        for field in fields(event)
        if field.name in names and (value := getattr(event, field.name)) is not None
    }
    if isinstance(event, OperatorState):
        values["media"] = own(event.media or tuple(MEDIA))  # all of his own world's
    if isinstance(event, QueueState):
        values["ladder"] = tuple(
            replace(rung, overflow=own(rung.overflow)) if leads_on(rung) else rung
            for rung in event.ladder
        )
        if (event.closed_to or "").startswith("queue:"):
            values["closed_to"] = own(event.closed_to)
    return replace(event, **values)


def leads_on(rung: Rung) -> bool:
    return (rung.overflow or "").startswith("queue:")


@days
def test_12_an_explanation_agrees_with_the_rows_of_its_moment(seed: int) -> None:
    for one in day(seed):
        again = Floor.restore(one.before, one.now, one.policy)
        replayed = [o for o in again.apply(one.event, one.now) if isinstance(o, Offer)]
        judge = one.judge()
        for offer, other in zip(one.offers(), replayed, strict=True):
            why, work = offer.explanation, judge.works[offer.work_id]
            assert dict(why) == dict(other.explanation)
            assert why["policy"] == one.policy.version
            assert (why["at_ms"], why["rung"]) == (one.now, work["rung"])
            assert why["wait_ms"] == one.now - work["arrived_ms"]
            place = work["arrived_ms"] - why["priority_ms"] - why["kept_ms"]
            assert place == work["virtual_ms"]
            assert why["eligible"] >= why["ready"] >= why["with_room"]
            assert why["chosen"]["id"] == offer.operator_id
            if why["runner_up"] and why["rule"] != "preferred":
                chosen, second = (
                    (*why[who]["key"], why[who]["id"]) for who in ("chosen", "runner_up")
                )
                assert chosen < second
