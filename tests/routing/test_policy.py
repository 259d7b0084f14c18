"""The rules one by one, on lines small enough to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from routing import policy
from routing.engine import Engine
from routing.events import Accept
from routing.floor import TICK, Floor
from routing.model import (
    Expire,
    Offer,
    Operator,
    OperatorState,
    Queue,
    QueueState,
    Rescind,
    Resync,
    Rung,
    Tick,
    WorkState,
)

QUEUE = QueueState("q", 1, offer_seconds=45, preferred_hold_seconds=60)


def operator(name: str, **more: object) -> OperatorState:
    fields: dict[str, object] = {
        "version": 1, "presence": "ready", "budget": 100, "used": 0, "ceilings": {}, "load": {},
        "idle_ms": 0, "misses": 0, "queues": ("q",), **more,
    }  # fmt: skip
    return OperatorState(id=name, **fields)  # type: ignore[arg-type]


def work(name: str, seq: int, **more: object) -> WorkState:
    fields: dict[str, object] = {
        "version": 1, "queue_id": "q", "medium": "chat", "cost": 20, "state": "waiting",
        "arrived_ms": seq, "virtual_ms": seq, **more,
    }  # fmt: skip
    return WorkState(id=name, seq=seq, **fields)  # type: ignore[arg-type]


def engine(*states: object) -> Engine:
    return Engine.restore([QUEUE, *states])  # type: ignore[list-item]


def offers(decisions: Sequence[object]) -> dict[str, str]:
    return {one.work_id: one.operator_id for one in decisions if isinstance(one, Offer)}


def test_the_oldest_virtual_arrival_comes_first_and_seq_breaks_the_tie() -> None:
    line = engine(
        work("late", 3, virtual_ms=5), work("second", 2, virtual_ms=5), work("vip", 9, virtual_ms=1)
    )
    assert [one.work_id for one in line.apply(operator("anna", budget=40), 10)] == ["vip", "second"]


def test_who_has_been_idle_longest_comes_first_and_the_free_before_the_busy() -> None:
    line = engine(
        operator("busy", used=20, load={"chat": 1}, idle_ms=1),
        operator("fresh", idle_ms=9),
        operator("rested", idle_ms=5),
    )
    assert offers(line.apply(work("w", 1), 10)) == {"w": "rested"}


def test_a_ceiling_of_the_medium_counts_beside_the_budget() -> None:
    line = engine(operator("anna", ceilings={"chat": 1}))
    line.apply(work("a", 1), 10)
    assert line.apply(work("b", 2), 10) == []
    assert offers(line.apply(work("mail", 3, medium="mail", cost=10), 10)) == {"mail": "anna"}


def test_talks_over_a_lowered_ceiling_take_back_no_offer_of_another_medium() -> None:
    line = engine(operator("anna", used=60, load={"chat": 3}, ceilings={"chat": 2}))
    assert offers(line.apply(work("mail", 1, medium="mail", cost=10), 10)) == {"mail": "anna"}
    assert line.apply(Tick(), 11) == []
    row = line.operator("anna")
    assert row is not None
    assert line.apply(replace(row, version=row.version + 1), 12) == []


def test_a_small_contact_passes_a_big_one_that_nobody_has_room_for() -> None:
    line = engine(operator("anna", used=20, load={"chat": 1}), work("call", 1, cost=100))
    assert offers(line.apply(work("chat", 2), 10)) == {"chat": "anna"}


def test_a_contact_waits_for_its_preferred_operator_until_the_hold_ends() -> None:
    line = engine(operator("anna"), operator("boris", used=100))
    wanted = work("w", 1, preferred_id="boris", preferred_until_ms=5_000)
    assert line.apply(wanted, 10) == []
    assert line.next_due_ms() == 5_000
    assert offers(line.apply(Tick(), 5_000)) == {"w": "anna"}


def test_a_hold_ends_at_once_when_the_preferred_operator_is_not_ready() -> None:
    line = engine(operator("anna"), operator("boris", used=100))
    assert line.apply(work("w", 1, preferred_id="boris", preferred_until_ms=5_000), 10) == []
    away = operator("boris", version=2, used=100, presence="break")
    assert offers(line.apply(away, 20)) == {"w": "anna"}


def test_the_preferred_operator_is_taken_although_another_is_idle_longer_or_he_is_no_member() -> (
    None
):
    line = engine(operator("anna"), operator("boris", idle_ms=9, queues=()))
    (offer,) = line.apply(work("w", 1, preferred_id="boris"), 10)
    assert isinstance(offer, Offer)
    assert offer.operator_id == "boris"
    assert offer.explanation["rule"] == "preferred"


def test_a_preferred_contact_does_not_pass_a_more_senior_one() -> None:
    line = engine(
        operator("anna", budget=20, used=20),
        work("older", 1),
        work("hers", 2, preferred_id="anna", preferred_until_ms=99_000),
    )
    assert offers(line.apply(operator("anna", version=2, budget=20), 10)) == {"older": "anna"}


def test_an_unanswered_offer_returns_to_its_old_place_and_goes_to_somebody_else() -> None:
    line = engine(operator("anna"), operator("boris", idle_ms=5))
    line.apply(work("w", 1), 10)
    missed, again = line.apply(Tick(), 45_010)
    assert isinstance(missed, Expire)
    assert not missed.not_answering
    assert missed.excluded_until_ms == 105_010
    assert isinstance(again, Offer)
    assert (again.operator_id, again.work_version) == ("boris", 3)
    assert line.work("w").virtual_ms == 1  # type: ignore[union-attr]


def test_two_misses_in_a_row_make_an_operator_not_answering_and_take_his_offers_back() -> None:
    line = engine(operator("anna", misses=1))
    line.apply(work("first", 1), 10)
    line.apply(work("second", 2), 20_000)
    missed, taken = line.apply(Tick(), 45_010)
    assert isinstance(missed, Expire)
    assert missed.not_answering
    assert isinstance(taken, Rescind)
    assert (taken.work_id, taken.reason) == ("second", "operator_left")
    anna = line.operator("anna")
    assert anna is not None
    assert (anna.presence, anna.used, anna.misses) == ("not_answering", 0, 2)


def test_a_declined_contact_is_kept_from_who_declined_it_only() -> None:
    line = engine(operator("anna"), operator("boris", idle_ms=5))
    declined = work("w", 1, version=3, excluded=(("anna", 60_000),))
    assert offers(line.apply(declined, 10)) == {"w": "boris"}


def test_who_declined_is_asked_again_when_the_exclusion_ends_and_nobody_else_came() -> None:
    line = engine(operator("anna"), work("w", 1, excluded=(("anna", 60_000),)))
    assert line.apply(Tick(), 10) == []
    assert line.next_due_ms() == 60_000
    assert offers(line.apply(Tick(), 60_000)) == {"w": "anna"}


def test_contacts_behind_one_that_is_kept_from_everybody_are_served() -> None:
    line = engine(work("w", 1, excluded=(("anna", 60_000),)), work("behind", 2))
    assert offers(line.apply(operator("anna"), 10)) == {"behind": "anna"}
    assert offers(line.apply(operator("boris"), 20)) == {"w": "boris"}


@pytest.mark.parametrize("presence", ["break", "offline", "not_answering"])
def test_offers_are_taken_back_from_who_leaves(presence: str) -> None:
    line = engine(operator("anna"))
    line.apply(work("w", 1), 10)
    (taken,) = line.apply(operator("anna", version=3, used=20, presence=presence), 20)
    assert isinstance(taken, Rescind)
    assert taken.reason == "operator_left"


def test_an_archived_queue_offers_nothing_and_takes_its_offers_back() -> None:
    line = engine(operator("anna"))
    line.apply(work("w", 1), 10)
    (taken,) = line.apply(replace(QUEUE, version=2, archived=True), 20)
    assert isinstance(taken, Rescind)
    assert taken.reason == "queue_archived"
    assert offers(line.apply(replace(QUEUE, version=3), 30)) == {"w": "anna"}


def test_a_late_older_snapshot_does_not_bring_finished_work_back() -> None:
    line = engine(operator("anna"))
    line.apply(work("w", 1, version=5, state="done"), 10)
    assert line.apply(work("w", 1, version=4), 10) == []


def test_an_assumption_yields_to_a_snapshot_of_the_same_version() -> None:
    line = engine(operator("anna"))
    line.apply(work("w", 1), 10)
    taken = work("w", 1, version=2, state="active", operator_id="boris")
    line.observe(taken, 20)
    assert line.work("w") == taken
    line.observe(work("w", 1, version=2), 20)
    assert line.work("w") == taken


def test_a_resync_replaces_what_was_assumed_and_is_decided_upon() -> None:
    line = engine(operator("anna"))
    line.apply(work("w", 1), 10)
    truth = Resync({"w": work("w", 1)}, {"anna": operator("anna", version=7)})
    (offer,) = line.apply(truth, 20)
    assert isinstance(offer, Offer)
    assert offer.operator_version == 7
    gone = Resync({"w": None}, {"anna": operator("anna", version=8)})
    assert line.apply(gone, 30) == []
    assert line.work("w") is None


def test_a_standby_remembers_what_to_decide_and_assumes_nothing() -> None:
    standby = Engine()
    for state in (QUEUE, operator("anna"), work("w", 1)):
        standby.observe(state, 10)
    assert standby.work("w") == work("w", 1)
    assert offers(standby.apply(Tick(), 20)) == {"w": "anna"}


def test_an_explanation_names_the_rule_the_counts_and_the_runner_up() -> None:
    line = engine(
        operator("anna", idle_ms=3), operator("boris", idle_ms=5), operator("carla", used=90),
        operator("dan", presence="break"),
    )  # fmt: skip
    (offer,) = line.apply(work("w", 1, virtual_ms=-59_999), 41_000)
    assert isinstance(offer, Offer)
    assert dict(offer.explanation) == {
        "rule": "longest_idle", "strategy": "least_loaded", "policy": "", "at_ms": 41_000,
        "queue_id": "q", "medium": "chat", "class": "chat", "rung": 0, "wait_ms": 40_999,
        "priority_ms": 60_000, "kept_ms": 0, "waiting": 1, "eligible": 4, "ready": 3,
        "with_room": 2, "excluded": [],
        "chosen": {"id": "anna", "used": 0, "idle_ms": 3, "key": [0, 3]},
        "runner_up": {"id": "boris", "used": 0, "idle_ms": 5, "key": [0, 5]},
    }  # fmt: skip


def test_an_offer_id_is_a_uuid7_of_its_instant_and_of_nothing_but_its_arguments() -> None:
    first = policy.offer_id("w", 1, "anna", 1_780_000_000_000)
    assert first == policy.offer_id("w", 1, "anna", 1_780_000_000_000)
    assert UUID(first).version == 7
    assert UUID(first).int >> 80 == 1_780_000_000_000
    others = {policy.offer_id("w", 2, "anna", 1), policy.offer_id("w", 1, "boris", 1)}
    assert len(others | {first}) == 3


def skilled(name: str, **more: object) -> Operator:
    fields: dict[str, object] = {
        "version": 1, "presence": "ready", "budget": 100, "used": 0, "ceilings": {}, "load": {},
        "idle_ms": 0, "misses": 0, "queues": (), **more,
    }  # fmt: skip
    return Operator(id=name, **fields)  # type: ignore[arg-type]


def chats(count: int) -> dict[str, object]:
    return {"used": 20 * count, "load": {"chat": count}}


@pytest.mark.parametrize(
    ("strategy", "medium", "first"),
    [
        ("longest_idle", "chat", "rested"),
        ("least_loaded", "chat", "free"),
        ("narrowest_first", "chat", "free"),
        ("pack", "chat", "packed"),
        ("best_level", "chat", "expert"),
        ("round_robin", "chat", "packed"),
        ("automatic", "chat", "packed"),
        ("automatic", "voice", "free"),
    ],
)
def test_each_strategy_has_its_own_first(strategy: str, medium: str, first: str) -> None:
    both: dict[str, Any] = {"media": ("voice", "chat")}
    queue = Queue("s", 1, members_only=False, strategy=strategy, needs=(("ru", 1),))
    line = Engine.restore(
        [
            queue,
            skilled("rested", idle_ms=1, turn=9, skills={"ru": 1, "a": 1}, **chats(1), **both),
            skilled("free", idle_ms=5, turn=8, skills={"ru": 2}, **both),
            skilled("packed", idle_ms=7, turn=1, skills={"ru": 1, "b": 1}, **chats(3), **both),
            skilled("expert", idle_ms=9, turn=7, skills={"ru": 5, "c": 1}, **chats(1), **both),
        ],
        policy=policy.Policy(exclusive=("voice",)),
    )  # fmt: skip
    cost = 100 if medium == "voice" else 20
    assert offers(line.apply(work("w", 1, queue_id="s", medium=medium, cost=cost), 10)) == {
        "w": first
    }


def test_who_takes_no_calls_gets_the_chats_first() -> None:
    queue = Queue("s", 1, members_only=False, strategy="automatic")
    chats = skilled("chats", used=60, load={"chat": 3}, media=("chat",))
    rules = policy.Policy(exclusive=("voice",))
    both = skilled("both", media=("voice", "chat"))
    line = Engine.restore([queue, chats, both], policy=rules)
    assert offers(line.apply(work("w", 1, queue_id="s"), 10)) == {"w": "chats"}


def test_on_a_call_nothing_new_comes_although_points_are_left() -> None:
    rules = policy.Policy(exclusive=("voice",))
    talking = operator("anna", budget=200, used=100, load={"voice": 1})
    line = Engine.restore([QUEUE, talking], policy=rules)
    assert line.apply(work("w", 1), 10) == []


def test_offers_that_lie_on_one_screen_together_are_one_miss() -> None:
    floor = Floor(policy.Policy())
    floor.apply(QUEUE, 0)
    floor.apply(operator("anna", budget=80), 0)
    for n in range(4):
        floor.apply(work(f"w{n}", n, arrived_ms=0, virtual_ms=0), n)
    floor.apply(Accept("w0"), 2_000)
    floor.apply(TICK, 60_000)
    anna = floor.engine.operator("anna")
    assert anna is not None
    assert (anna.presence, anna.misses) == ("ready", 1)
    floor.apply(TICK, 200_000)  # what came to him afterwards he missed, too
    anna = floor.engine.operator("anna")
    assert anna is not None
    assert (anna.presence, anna.misses) == ("not_answering", 2)


def test_the_rule_tells_who_came_free_and_who_may_have_it_only_now_from_who_comes_first() -> None:
    able, ladder = {"tax": 3}, (Rung(30, ()),)
    asks = Queue("q", 1, offer_seconds=45, preferred_hold_seconds=60, needs=(("tax", 3),),
                 ladder=ladder, members_only=False)  # fmt: skip
    line = Engine.restore([asks, skilled("anna", used=100, skills=able)])

    def rules(event: Any, now: int) -> list[str]:
        made = [one for one in line.apply(event, now) if isinstance(one, Offer)]
        return [str(one.explanation["rule"]) for one in made]

    assert rules(work("w", 1), 10) == []
    assert rules(skilled("anna", version=2, idle_ms=20, skills=able), 20) == ["longest_waiting"]
    assert rules(work("v", 25), 25) == ["longest_idle"]
    line = Engine.restore([asks, skilled("boris", skills={"tax": 1}), work("w", 1)])
    assert rules(Tick(), 30_001) == ["relaxed"]
