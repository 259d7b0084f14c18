"""What is answered about the line afterwards, and that it agrees with what the engine does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import policy as rules
from routing import why
from routing.decisions import Offer
from routing.engine import Engine
from routing.model import Operator, OperatorState, Queue, QueueState, Rung, State, Work, WorkState
from routing.policy import Policy
from routing.why import Gate
from tests.routing.busy import Busy
from tests.routing.test_floor_equals_plain import POLICY

HOUSE = Policy(exclusive=("voice",))
QUEUE = Queue(
    "q", 1, needs=(("billing", 3),),
    ladder=(Rung(30, (("billing", 2),)), Rung(60, everyone=True), Rung(90, overflow="bot")),
)  # fmt: skip
OPEN = replace(QUEUE, needs=(), ladder=())


def one(name: str, **more: object) -> Operator:
    fields: dict[str, object] = {
        "version": 1, "presence": "ready", "budget": 100, "used": 0, "ceilings": {}, "load": {},
        "idle_ms": 0, "misses": 0, "queues": ("q",), "skills": {"billing": 4}, **more,
    }  # fmt: skip
    return Operator(id=name, **fields)  # type: ignore[arg-type]


def turn(**more: object) -> Work:
    fields: dict[str, object] = {
        "id": "w", "version": 1, "queue_id": "q", "medium": "chat", "cost": 20, "seq": 1,
        "state": "waiting", "arrived_ms": 1000, "virtual_ms": 1000, **more,
    }  # fmt: skip
    return Work(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operator", "gate"),
    [
        (one("b", presence="break"), Gate("presence", {"presence": "break", "lost": False})),
        (one("b", presence="draining"), Gate("presence", {"presence": "draining", "lost": False})),
        (one("b", lost_ms=900), Gate("presence", {"presence": "ready", "lost": True})),
        (one("b", media=("voice",)), Gate("medium", {"medium": "chat"})),
        (one("b", queues=()), Gate("member", {"queue": "q"})),
        (one("b", skills={"billing": 2}),
         Gate("skill", {"skill": "billing", "asked": 3, "has": 2})),
        (one("b", used=20, load={"voice": 1}), Gate("exclusive", {"medium": "voice"})),
        (one("b", used=90), Gate("capacity", {"cost": 20, "used": 90, "budget": 100})),
        (one("b", used=20, load={"chat": 1}, ceilings={"chat": 1}),
         Gate("ceiling", {"medium": "chat", "load": 1, "ceiling": 1})),
    ],
)  # fmt: skip
def test_each_gate_is_named_with_its_figures(operator: Operator, gate: Gate) -> None:
    assert why.why_not(turn(), QUEUE, operator, HOUSE, 2000) == [gate]


def test_of_several_gates_the_first_comes_first_and_none_is_kept_back() -> None:
    far = one("b", presence="offline", queues=(), skills={}, used=100)
    codes = [gate.code for gate in why.why_not(turn(), QUEUE, far, HOUSE, 2000)]
    assert codes == ["presence", "member", "skill", "capacity"]


def test_who_passed_it_on_is_kept_from_it_until_then() -> None:
    work = turn(excluded=(("b", 9000),))
    assert why.why_not(work, QUEUE, one("b"), HOUSE, 8999) == [Gate("excluded", {"until_ms": 9000})]
    assert why.why_not(work, QUEUE, one("b"), HOUSE, 9000) == [Gate("next")]


def test_what_is_held_for_somebody_is_said_to_others_and_not_to_him() -> None:
    anna = one("anna", used=90)
    work, answers = turn(preferred_id="anna"), {}
    for other in (anna, one("b")):
        answers[other.id] = why.why_not(work, OPEN, other, HOUSE, 2000, preferred=anna)
    assert [gate.code for gate in answers["anna"]] == ["capacity"]
    until = 1000 + 1000 * OPEN.preferred_hold_seconds
    assert answers["b"] == [Gate("held", {"operator": "anna", "until_ms": until, "strict": False})]
    assert why.why_not(work, OPEN, one("b"), HOUSE, until, preferred=anna) == [Gate("next")]


def offered(*operators: OperatorState, **more: object) -> tuple[Offer, Work]:
    engine, work = Engine(HOUSE), turn(**more)
    states: list[State] = [OPEN, *operators]
    for state in states:
        engine.observe(state, 1500)
    (offer,) = engine.apply(work, 1500)
    assert isinstance(offer, Offer)
    return offer, work


def test_after_an_offer_the_others_learn_who_came_before_them_and_by_what() -> None:
    anna, boris, eve = one("anna", idle_ms=5), one("boris", idle_ms=9), one("eve", used=100)
    offer, work = offered(anna, boris, eve)
    said = [
        why.why_not(work, OPEN, who, HOUSE, 1500, explanation=offer.explanation)
        for who in (anna, boris, eve)
    ]
    values = {"strategy": "least_loaded", "by": "anna", "key": [0, 9], "by_key": [0, 5]}
    assert said[:2] == [[Gate("chosen")], [Gate("outranked", values)]]
    assert [gate.code for gate in said[2]] == ["capacity"]
    rested = replace(boris, idle_ms=1)  # as the log has it; he was given something before that
    assert why.why_not(work, OPEN, rested, HOUSE, 1500, explanation=offer.explanation) == [
        Gate("meanwhile")
    ]


def test_who_is_not_the_preferred_one_learns_that_another_is() -> None:
    anna, boris = one("anna", used=40), one("boris")
    offer, work = offered(anna, boris, preferred_id="anna")
    assert why.why_not(work, OPEN, boris, HOUSE, 1500, explanation=offer.explanation) == [
        Gate("preferred", {"by": "anna"})
    ]


def test_waiting_work_says_who_was_looked_at_and_what_comes_next() -> None:
    people = [
        one("a", presence="break"), one("b", presence="break"), one("c", lost_ms=5),
        one("d", used=100, load={"chat": 5}), one("e", skills={"billing": 2}), one("f", skills={}),
        one("g", queues=()),
    ]  # fmt: skip
    said = why.waiting(turn(virtual_ms=-59_000), QUEUE, people, HOUSE, 11_000)
    assert said["reason"] == "busy"
    assert (said["wait_ms"], said["priority_ms"], said["kept_ms"]) == (10_000, 60_000, 0)
    assert said["counts"] == {
        "able": 4, "unable": 3, "not_ready": 3, "busy": 1, "excluded": 0, "free": 0
    }  # fmt: skip
    assert said["away"] == {"break": 2, "lost": 1}
    assert said["lacking"] == {"billing": 2, "member": 1}
    assert said["on_hand"] == {"chat": 1}
    assert said["step"] == {
        "at_ms": 31_000, "rung": 1, "overflow": None, "needs": {"billing": 2}, "members_only": True
    }  # fmt: skip


@pytest.mark.parametrize(
    ("work", "queue", "people", "reason"),
    [
        (turn(), QUEUE, [one("a", skills={})], "nobody"),
        (turn(), QUEUE, [one("a", presence="offline")], "none_ready"),
        (turn(excluded=(("a", 9000),)), QUEUE, [one("a")], "excluded"),
        (turn(), QUEUE, [one("a")], "soon"),
        (turn(), replace(QUEUE, open=False), [one("a")], "closed"),
        (turn(), replace(QUEUE, archived=True), [one("a")], "archived"),
        (turn(not_before_ms=9000), QUEUE, [one("a")], "callback"),
        (turn(preferred_id="b", strict=True, preferred_until_ms=9000), QUEUE, [one("a")], "held"),
    ],
)
def test_waiting_work_has_one_reason(work, queue, people, reason) -> None:
    assert why.waiting(work, queue, people, HOUSE, 2000)["reason"] == reason


def test_the_last_rung_tells_where_it_leads() -> None:
    said = why.waiting(turn(rung=2), QUEUE, [], HOUSE, 2000)
    assert said["step"] == {"at_ms": 91_000, "rung": 3, "overflow": "bot"}
    assert why.waiting(turn(rung=3), QUEUE, [], HOUSE, 2000)["step"] is None


@pytest.mark.parametrize(
    ("operator", "line", "code", "nearest"),
    [
        (one("a"), [], "empty", []),
        (one("a", presence="break"), [turn()], "presence", []),
        (one("a", skills={}), [turn()], "none", ["skill"]),
        (one("a", used=100), [turn()], "full", ["capacity"]),
        (one("a"), [turn(excluded=(("a", 9000),))], "kept", ["excluded"]),
        (one("a"), [turn(preferred_id="b")], "kept", ["held"]),
        (one("a"), [turn()], "soon", []),
    ],
)
def test_who_is_idle_learns_why_and_what_is_nearest(operator, line, code, nearest) -> None:
    pairs, preferred = [(work, QUEUE) for work in line], {"b": one("b", used=100)}
    found, near = why.idle(operator, pairs, HOUSE, 2000, preferred=preferred)
    assert (found, [gate.code for gate in near.gates] if near else []) == (code, nearest)


def test_the_nearest_lacks_the_fewest_things_then_the_fewest_levels_then_is_oldest() -> None:
    vat = replace(QUEUE, id="vat", needs=(("billing", 5),))
    line = [
        (turn(id="far", medium="voice", cost=200), QUEUE),
        (turn(id="five", seq=1, queue_id="vat"), vat),
        (turn(id="three", seq=3), QUEUE),
        (turn(id="older", seq=2), QUEUE),
    ]
    novice = one("a", skills={"billing": 2}, queues=("q", "vat"))
    _, near = why.idle(novice, line, HOUSE, 2000, preferred={})
    assert near is not None
    assert near.work.id == "older"
    assert near.gates == [Gate("skill", {"skill": "billing", "asked": 3, "has": 2})]


@pytest.mark.parametrize("seed", range(3))
def test_on_a_busy_day_the_answers_agree_with_what_was_decided(seed: int) -> None:
    """Nobody waits who could be served, and who was chosen had nothing that kept it from him."""
    busy, seen = Busy(seed), 0
    acts, weights = [act for _, act in busy.acts], [weight for weight, _ in busy.acts]
    for act in busy.chance.choices(acts, weights, k=120):
        told = len(busy.day.told)
        act()
        rows = busy.day.floor.rows()
        now = busy.day.floor.engine.now_ms()
        queues = {row.id: row for row in rows if isinstance(row, QueueState)}
        people = {row.id: row for row in rows if isinstance(row, OperatorState)}
        works = {row.id: row for row in rows if isinstance(row, WorkState)}
        for work in works.values():
            if work.state == "waiting":
                seen += _waits_for_a_reason(work, queues[work.queue_id], people, now)
        for offer in busy.day.told[told:]:
            if isinstance(offer, Offer) and works[offer.work_id].offer_id == offer.offer_id:
                seen += _was_free(offer, works[offer.work_id], queues, people, now)
    assert seen > 100


def _waits_for_a_reason(
    work: WorkState, queue: QueueState, people: dict[str, OperatorState], now: int
) -> int:
    wanted = people.get(work.preferred_id or "")
    for who in people.values():
        assert why.why_not(work, queue, who, POLICY, now, preferred=wanted) != [Gate("next")]
    said = why.waiting(work, queue, people.values(), POLICY, now, preferred=wanted)
    assert said["reason"] != "soon"
    assert sum(said["counts"].values()) == len(people) + said["counts"]["able"]
    return 1


def _was_free(
    offer: Offer,
    work: WorkState,
    queues: dict[str, QueueState],
    people: dict[str, OperatorState],
    now: int,
) -> int:
    queue, said = queues[work.queue_id], offer.explanation
    chosen = rules.loaded(people[offer.operator_id], work, -1)
    waited = replace(work, state="waiting")
    kept = {gate.code for gate in why.gates(waited, queue, chosen, POLICY, now)}
    assert kept <= {"exclusive"}  # a call may have come to him after it
    anybodys = replace(waited, preferred_id=None)
    able = [who for who in people.values() if not why.inability(anybodys, queue, who)]
    assert said["eligible"] == len(able)
    return 1
