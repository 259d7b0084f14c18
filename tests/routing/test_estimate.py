"""Promises about waits: pure, never longer without a reason, and true as often as they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.engine import Engine
from routing.estimate import Curve, Place, Promise, Rates, minutes, promised
from routing.model import Operator, Queue, Work
from routing.places import places
from tests.bench._waits import judged

PLACE = Place("w", "q", "chat", "q chat", 3, 3, 5)
RATES = Rates(300, 1 / 600)
GROWING = {"operator_left", "senior_came", "shared", "moved"}
rates = st.builds(Rates, st.floats(1, 7200), st.floats(0, 0.1))
aheads = st.floats(0, 60).map(lambda ahead: round(ahead, 3))
standing = st.builds(
    Place, st.just("w"), st.just("q"), st.just("chat"), st.sampled_from(["q chat", "r chat"]),
    aheads, st.integers(0, 80), st.integers(1, 40),
)  # fmt: skip


@given(rates, st.integers(1, 50), aheads, aheads)
def test_more_ahead_is_never_a_shorter_wait(
    measured: Rates, room: int, one: float, other: float
) -> None:
    curve = Curve(room, measured)
    fewer, more = sorted((one, other))
    near, far = curve.span(fewer), curve.span(more)
    assert near.low_ms <= near.high_ms
    assert near.high_ms <= far.high_ms + 1


@given(rates, standing, st.lists(st.tuples(st.integers(0, 120_000), rates), max_size=8))
def test_time_and_other_rates_alone_never_lengthen_a_promise(
    measured: Rates, place: Place, later: list[tuple[int, Rates]]
) -> None:
    said, now = promised(None, place, Curve(place.room, measured), 0), 0
    for waited, other in later:
        now += waited
        before, said = said, promised(said, place, Curve(place.room, other), now)
        assert said.cause == "waited"
        assert said.span.low_ms <= before.span.low_ms
        assert said.span.high_ms <= before.span.high_ms
        assert said.span.low_ms <= said.span.high_ms


@given(rates, st.lists(st.tuples(standing, st.integers(0, 60_000)), min_size=2, max_size=8))
def test_whatever_is_longer_says_what_has_happened(
    measured: Rates, steps: list[tuple[Place, int]]
) -> None:
    before: Promise | None = None
    now = 0
    for place, waited in steps:
        now += waited
        said = promised(before, place, Curve(place.room, measured), now)
        if before is None:
            assert said.cause == "arrived"
        elif any(a > b for a, b in zip(said.told, before.told, strict=True)):
            assert said.cause in GROWING
            assert replace(place, work_id="x") != replace(before.place, work_id="x")
        before = said


def test_a_promise_shrinks_while_one_waits_but_runs_only_half_a_step_ahead() -> None:
    curve = Curve(PLACE.room, RATES)
    first = promised(None, PLACE, curve, 0)
    soon = promised(first, PLACE, curve, 10_000)
    assert soon.span.high_ms == first.span.high_ms - 10_000
    late = promised(soon, PLACE, curve, 3_600_000)
    assert first.span.high_ms - 60_000 < late.span.high_ms < soon.span.high_ms
    assert promised(late, PLACE, curve, 7_200_000).span == late.span


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"room": 2}, "operator_left"),
        ({"senior": 5, "ahead": 5.0}, "senior_came"),
        ({"ahead": 3.6}, "shared"),
        ({"ahead": 9.0, "room": 6}, "shared"),
        ({"asked": "r chat", "ahead": 9.0}, "moved"),
        ({"ahead": 1.0, "senior": 1}, "waited"),
        ({"room": 9}, "waited"),
    ],
)
def test_a_longer_wait_has_a_name(change: dict[str, object], cause: str) -> None:
    first = promised(None, PLACE, Curve(PLACE.room, RATES), 0)
    after = replace(PLACE, **change)  # type: ignore[arg-type]
    said = promised(first, after, Curve(after.room, RATES), 1000)
    assert said.cause == cause
    assert (said.span.high_ms > first.span.high_ms) == (cause != "waited")


def test_minutes_are_coarser_the_more_there_are() -> None:
    spans = (0, 1, 60_000, 60_001, 11 * 60_000, 61 * 60_000)
    assert [minutes(span) for span in spans] == [0, 1, 1, 2, 15, 75]


def _house(*operators: Operator) -> Engine:
    queues = [Queue("q", 1), Queue("r", 1)]
    return Engine.restore([*queues, *operators], 0)


def _operator(name: str, *queues: str, presence: str = "ready") -> Operator:
    return Operator(name, 1, presence, 100, 100, {}, {"chat": 5}, 0, 0, queues)


def _waits(name: str, queue: str, seq: int) -> Work:
    return Work(name, 1, queue, "chat", 20, "waiting", seq, seq, seq)


def test_only_operators_at_work_who_may_take_it_count() -> None:
    engine = _house(_operator("a", "q"), _operator("b", "q", presence="break"), _operator("c", "r"))
    engine.observe(_waits("w1", "q", 1), 0)
    [place] = places(engine.fronts(10))
    assert (place.position, place.room) == (1, 5)


def test_who_waits_elsewhere_for_the_same_operators_is_ahead_by_their_share() -> None:
    engine = _house(_operator("a", "q", "r"), _operator("b", "q"), _operator("c", "r"))
    for name, queue, seq in [("w1", "r", 1), ("w2", "r", 2), ("w3", "q", 3), ("w4", "r", 4)]:
        engine.observe(_waits(name, queue, seq), 0)
    found = {place.work_id: place for place in places(engine.fronts(10))}
    assert (found["w3"].ahead, found["w3"].senior, found["w3"].position) == (1.0, 2, 2)
    assert (found["w4"].ahead, found["w4"].senior) == (2.5, 3)


def test_places_are_in_the_order_of_the_line_and_no_more_than_asked_for() -> None:
    engine = _house(_operator("a", "q"))
    order = [7, 3, 9, 1, 8, 2, 6, 4, 5, 10]
    for seq in order:
        engine.observe(_waits(f"w{seq}", "q", seq), 0)
    engine.observe(replace(_waits("w2", "q", 2), version=2, state="done"), 0)
    found = places(engine.fronts(6))
    assert [place.work_id for place in found] == ["w1", "w3", "w4", "w5", "w6", "w7"]
    assert [place.position for place in found] == [1, 2, 3, 4, 5, 6]


def test_nobody_at_work_is_no_place() -> None:
    engine = _house(_operator("a", "q", presence="offline"))
    engine.observe(_waits("w1", "q", 1), 0)
    assert places(engine.fronts(10)) == []


@pytest.mark.parametrize("operators", [10, 50])
def test_promises_come_true_as_often_as_they_say_and_beat_an_average(operators: int) -> None:
    found = judged(operators, 1.1, 300, 1, 6000)
    assert len(found.spans) > 300
    assert found.within(high=True) == pytest.approx(0.9, abs=0.06)
    assert found.within(high=False) == pytest.approx(0.5, abs=0.12)
    assert found.error(naive=False) < 0.85 * found.error(naive=True)
