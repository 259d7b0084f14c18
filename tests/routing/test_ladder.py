"""What is asked for on each rung."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.checks import BadPolicy, read
from routing.ladder import needed
from routing.model import Queue, Rung

BASE = (("billing", 2),)


@pytest.mark.parametrize(
    ("own", "rung", "asked"),
    [
        ((), 0, {"billing": 2}),
        ((("billing", 4), ("ru", 1)), 0, {"billing": 4, "ru": 1}),
        # Asked as at the bottom: what the contact itself asks still counts.
        ((("billing", 4), ("ru", 1)), 1, {"billing": 4, "ru": 1}),
        # Lowered below the bottom: it does not, and what is dropped is gone.
        ((("billing", 4), ("ru", 1)), 2, {"billing": 1}),
        ((("billing", 4), ("ru", 1)), 9, {"billing": 1}),
    ],
)
def test_a_rung_asks_for_what_it_says_and_for_the_contacts_own_needs(
    own: Any, rung: int, asked: dict[str, int]
) -> None:
    ladder = (Rung(10, needs=BASE), Rung(20, needs=(("billing", 1),), drop=("ru",)))
    queue = Queue("q", 1, needs=BASE, ladder=ladder)
    assert dict(needed(queue, own, rung)[0]) == asked


def test_a_rung_may_open_the_queue_to_everyone() -> None:
    queue = Queue("q", 1, ladder=(Rung(10), Rung(20, everyone=True)))
    assert [needed(queue, (), rung)[1] for rung in range(3)] == [True, True, False]


levels = st.dictionaries(st.sampled_from(["en", "ru"]), st.integers(1, 2))
steps = st.fixed_dictionaries(
    {"needs": levels, "drop": st.lists(st.sampled_from(["en", "ru"]), unique=True)}
)


def _ladder(needs: dict[str, int], *rungs: dict[str, Any]) -> Any:
    ladder = [{"after_seconds": 10 * n, **rung} for n, rung in enumerate(rungs, 1)]
    queue = {"code": "q", "needs": needs, "ladder": ladder}
    media = {"chat": {"points": 20}}
    return read({"media": media, "skills": {"ru": "r", "en": "e"}, "queues": [queue]})


@given(levels, st.lists(steps, min_size=1, max_size=3), st.dictionaries(st.just("ru"), st.just(5)))
def test_no_ladder_that_is_accepted_asks_anybody_for_more_further_up(
    needs: dict[str, int], rungs: list[dict[str, Any]], own: dict[str, int]
) -> None:
    try:
        [queue] = _ladder(needs, *rungs).engine_queues()
    except BadPolicy:
        return
    asked = [dict(needed(queue, tuple(own.items()), n)[0]) for n in range(len(rungs) + 1)]
    for below, above in pairwise(asked):
        assert all(level <= below.get(skill, 0) for skill, level in above.items())


def test_what_a_rung_drops_must_not_come_back_because_the_queue_asks_for_it_too() -> None:
    with pytest.raises(BadPolicy, match="asks for ru again, which the rung before it drops"):
        _ladder({"ru": 2}, {"needs": {"ru": 2}, "drop": ["ru"]}, {"needs": {"ru": 2}})
    _ladder({"ru": 2}, {"needs": {"ru": 2}, "drop": ["ru"]}, {"needs": {"ru": 1}})
