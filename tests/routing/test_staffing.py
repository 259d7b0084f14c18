"""Erlang C and A: published figures, the birth-death chain they come from, and what is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.staffing import Demand, Target, expected, needed, scheduled
from tests.bench._routing_queue import erlang_a, erlang_c


def test_the_published_example_of_erlang_c_needs_fourteen_operators() -> None:
    # 100 calls in 30 minutes of 3 minutes each, 80 % within 20 s, 85 % busy at most: the
    # documentation of pyworkforce 0.1.0 and of the R package ErlangC give these very figures.
    found = needed(Demand(100, 180), Target(share=0.8, within=20, occupancy=0.85))
    assert found.operators == 14
    assert found.within == pytest.approx(0.8883500191794669)
    assert found.waits == pytest.approx(0.1741319335950498)
    assert found.wait == pytest.approx(7.83593701177724)
    assert found.occupancy == pytest.approx(0.7142857142857143)
    assert scheduled(found.operators, 0.3) == 20


def test_a_large_example_of_erlang_c_is_as_published() -> None:
    # 360 calls in half an hour of 4 minutes each, 55 agents, 15 s: mitan.co.uk/erlang/elgcmath.htm
    found = expected(Demand(360, 240), 55, 15)
    assert (found.waits, found.within) == pytest.approx((0.239, 0.846), abs=5e-4)
    assert found.wait == pytest.approx(8.18, abs=5e-3)


def test_the_published_example_of_erlang_a_loses_three_in_a_hundred() -> None:
    # 48 calls a minute of one minute each, 50 agents, patience 2 minutes (Garnett, Mandelbaum and
    # Reiman, "Designing a call center with impatient customers", 2002): 3.1 % leave, the mean wait
    # is 3.7 s and the agents are 93 % busy; without impatience it would be 20.8 s and 96 %.
    demand = Demand(48 * 30, 60, patience=120)
    found = expected(demand, 50)
    assert found.abandoned == pytest.approx(0.031, abs=5e-4)
    assert found.wait == pytest.approx(3.7, abs=0.05)
    assert found.occupancy == pytest.approx(0.93, abs=5e-3)
    patient = expected(replace(demand, patience=None), 50)
    assert patient.wait == pytest.approx(20.8, abs=0.05)
    assert patient.occupancy == pytest.approx(0.96)


@pytest.mark.parametrize(
    ("operators", "load", "patience"),
    [(1, 0.5, 60), (1, 3, 30), (10, 11, 120), (50, 50, 180), (120, 60, 20), (200, 210, 300)],
)
def test_erlang_a_is_that_of_the_birth_death_chain(
    operators: int, load: float, patience: float
) -> None:
    found = expected(Demand(load / 180 * 1800, 180, patience), operators)
    wanted = erlang_a(operators, load, 180, patience)
    assert (found.wait, found.waits, found.abandoned) == pytest.approx(wanted, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("patience", [None, 5, 300, 36_000])
def test_two_thousand_operators_are_no_trouble(patience: float | None) -> None:
    for load in (1.0, 1900.0, 1999.0, 2400.0, 20_000.0):
        found = expected(Demand(load * 10, 180, patience), 2000)
        assert 0 <= found.within <= 1
        assert 0 <= found.abandoned <= 1
        assert 0 <= found.occupancy <= 1
        if patience is not None and load > 2000:  # who is not served has left
            assert found.abandoned == pytest.approx(1 - 2000 / load, abs=2e-3)
    if patience is None:
        found = expected(Demand(19_000, 180), 2000)
        assert (found.wait, found.waits) == pytest.approx(erlang_c(2000, 1900, 180))


def test_with_endless_patience_erlang_a_becomes_erlang_c() -> None:
    patient, endless = expected(Demand(100, 180), 12), expected(Demand(100, 180, 1e9), 12)
    assert endless.within == pytest.approx(patient.within, rel=1e-4)
    assert endless.wait == pytest.approx(patient.wait, rel=1e-4)


@pytest.mark.parametrize(
    "target",
    [
        Target(share=0.9, within=10), Target(wait=5), Target(abandoned=0.02),
        Target(occupancy=0.7), Target(share=0.5, wait=30, abandoned=0.05, occupancy=0.9),
    ],
)  # fmt: skip
@pytest.mark.parametrize("arrivals", [0.5, 40, 900])
def test_one_operator_fewer_would_not_be_enough(target: Target, arrivals: float) -> None:
    demand = Demand(arrivals, 200, 90)
    found = needed(demand, target)
    assert target.met(found)
    assert not target.met(expected(demand, found.operators - 1, target.within))


def test_what_cannot_be_is_said() -> None:
    assert needed(Demand(0, 180), Target(share=0.8)).operators == 0
    with pytest.raises(ValueError, match="not even"):
        needed(Demand(1e9, 180), Target(share=0.8))
    for bad in ({"talk": 0}, {"arrivals": -1}, {"patience": 0}, {"interval": float("inf")}):
        with pytest.raises(ValueError, match="must"):
            Demand(**{"arrivals": 1.0, "talk": 1.0, **bad})
