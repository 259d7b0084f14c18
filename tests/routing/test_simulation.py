"""Simulated days: who behaves as said meets the engine, and what becomes of him is told."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from routing.events import Calendar, Leave, Presence
from routing.floor import Floor
from routing.model import Operator, Queue, Rung
from routing.policy import Policy
from routing.simulation import BACK_MS, Fate, Simulation, Told, Visit
from routing.staffing import Demand, expected

QUEUE = Queue("q", 1, members_only=False, offer_seconds=20)


def operator(name: str, **fields: Any) -> Operator:
    base = Operator(name, 1, "ready", 100, 0, {}, {}, 0, 0, ())
    return replace(base, **fields)


def visit(name: str, at: float, talk: float = 100, **fields: Any) -> Visit:
    return Visit(name, round(1000 * at), "q", "chat", round(1000 * talk), **fields)


def play(
    visits: list[Visit], told: Iterable[Told] = (), queue: Queue = QUEUE, until: int = 3600
) -> tuple[dict[str, Fate], Simulation]:
    floor = Floor(Policy())
    floor.apply(queue, 0)
    done = Simulation(floor, {"chat": 100})
    fates = {fate.visit.id: fate for fate in done.play(visits, told, 1000 * until)}
    return fates, done


ANNA: Told = (0, operator("anna"))


def ends(fates: dict[str, Fate]) -> dict[str, tuple[str, int]]:
    return {name: (fate.end, fate.wait_ms // 1000) for name, fate in fates.items()}


def test_clients_are_taken_in_turn_give_up_or_are_left_waiting() -> None:
    visits = [
        visit("a", 10), visit("b", 20), visit("c", 30, patience_ms=60_000), visit("d", 3510),
        visit("e", 3550),
    ]  # fmt: skip
    fates, done = play(visits, [ANNA])
    assert ends(fates) == {
        "a": ("taken", 0), "b": ("taken", 90), "c": ("abandoned", 60), "d": ("taken", 0),
        "e": ("waiting", 50),
    }  # fmt: skip
    assert (done.shifts["anna"].present_ms, done.shifts["anna"].busy_ms) == (3_600_000, 290_000)


def test_priority_overtakes_and_who_was_overtaken_is_counted() -> None:
    visits = [
        visit("a", 0), visit("b", 1), visit("c", 2), visit("vip", 3, priority_ms=60_000),
    ]  # fmt: skip
    fates, _ = play(visits, [ANNA])
    assert [(name, fate.overtook) for name, fate in fates.items()] == [
        ("a", 0), ("vip", 2), ("b", 0), ("c", 0),
    ]  # fmt: skip


def test_an_offer_that_is_let_pass_goes_on_and_its_operator_comes_back() -> None:
    told = [ANNA, (0, operator("boris"))]
    fates, done = play([visit("a", 10, missed=1, answer_ms=3000)], told)
    assert (fates["a"].operator_id, fates["a"].missed, fates["a"].wait_ms) == ("boris", 1, 23_000)
    fates, done = play([visit("a", 10, missed=2), visit("b", 250)], [ANNA])
    assert done.floor.engine.policy().misses_in_a_row == 2
    # 10 + 20, not to her for 60 s, 90 + 20, and then she is there again after her rest.
    assert fates["a"].wait_ms == 160_000
    assert BACK_MS == 60_000


def test_the_wrap_up_lasts_as_long_as_is_noted_and_at_most_what_the_queue_allows() -> None:
    queue = replace(QUEUE, wrap_up_seconds=60)
    for wrap, waits in ((0, 90), (20_000, 110), (999_000, 150), (None, 150)):
        fates, _ = play([visit("a", 0, wrap_ms=wrap), visit("b", 10)], [ANNA], queue)
        assert fates["b"].wait_ms == 1000 * waits


def test_a_ladder_that_is_climbed_and_one_that_ends_are_told() -> None:
    ladder = (Rung(30, (("x", 1),)), Rung(90, overflow="bot"))
    queue = replace(QUEUE, needs=(("x", 3),), ladder=ladder)
    told = [(0, operator("anna", skills={"x": 2}))]
    fates, _ = play([visit("a", 0, 500), visit("b", 1)], told, queue)
    assert (fates["a"].end, fates["a"].relaxed, fates["a"].wait_ms) == ("taken", True, 30_000)
    assert (fates["b"].end, fates["b"].moved, fates["b"].wait_ms) == ("overflow", True, 90_000)


def test_shifts_end_after_the_talk_and_a_talk_cut_short_is_begun_again() -> None:
    told = [ANNA, (50_000, Presence("anna", "draining", "offline"))]
    fates, done = play([visit("a", 0), visit("b", 10)], told, until=600)
    assert (fates["b"].end, done.shifts["anna"].present_ms) == ("waiting", 100_000)
    told = [ANNA, (0, operator("boris")), (50_000, Leave("anna"))]
    fates, done = play([visit("a", 0)], told, until=600)
    assert ends(fates) == {"a": ("taken", 0)}
    assert (done.shifts["boris"].busy_ms, done.shifts["anna"].busy_ms) == (100_000, 50_000)


def test_who_may_take_nothing_has_a_shift_without_work() -> None:
    told = [ANNA, (0, replace(operator("boris"), budget=0))]
    fates, done = play([visit("a", 0), visit("b", 0)], told)
    assert (ends(fates), done.shifts["boris"].busy_ms) == (
        {"a": ("taken", 0), "b": ("taken", 100)}, 0,
    )  # fmt: skip


def test_opening_hours_are_told_and_may_be_endless() -> None:
    def hours() -> Iterable[Told]:
        at = 0
        while True:
            yield at, Calendar("q", open=at % 200_000 != 0)
            at += 100_000

    queue = replace(QUEUE, strategy="longest_idle")
    told = _by_time([ANNA], hours())
    fates, _ = play([visit("a", 10, 10), visit("b", 110, 10)], told, queue)
    assert ends(fates) == {"a": ("taken", 90), "b": ("taken", 0)}


def _by_time(first: list[Told], rest: Iterable[Told]) -> Iterable[Told]:
    yield from first
    yield from rest


def test_an_operator_who_is_given_another_skill_keeps_what_is_on_his_hands() -> None:
    queue = replace(QUEUE, needs=(("x", 1),))
    told = [
        (0, operator("anna", skills={"x": 1})), (20_000, operator("anna", skills={"x": 1, "y": 2})),
    ]  # fmt: skip
    fates, done = play([visit("a", 0), visit("b", 10)], told, queue)
    assert fates["b"].wait_ms == 90_000
    assert not done.floor.misfits


def test_a_simulated_line_waits_as_long_as_theory_says() -> None:
    chance = random.Random(5)
    at, visits = 0.0, []
    for number in range(6000):
        at += chance.expovariate(11 / 180)
        visits.append(
            visit(str(number), at, chance.expovariate(1 / 180), wrap_ms=0,
                  patience_ms=round(1000 * chance.expovariate(1 / 120)))
        )  # fmt: skip
    told = [(0, operator(f"o{number}")) for number in range(10)]
    fates, done = play(visits, told, until=10**9)
    assert not done.floor.misfits
    wanted = expected(Demand(11 / 180 * 1800, 180, 120), 10, 20)
    found = list(fates.values())
    left = sum(fate.end == "abandoned" for fate in found) / len(found)
    within = sum(fate.end == "taken" and fate.wait_ms <= 20_000 for fate in found) / len(found)
    busy = sum(one.busy_ms for one in done.shifts.values()) / 10 / (1000 * at)
    assert left == pytest.approx(wanted.abandoned, rel=0.1)
    assert within == pytest.approx(wanted.within, rel=0.1)
    assert busy == pytest.approx(wanted.occupancy, rel=0.05)


def test_the_same_visits_meet_the_same_fates() -> None:
    visits = [visit(str(n), n * 7, 50 + n % 9 * 20, patience_ms=90_000) for n in range(200)]
    assert play(visits, [ANNA])[0] == play(visits, [ANNA])[0]
