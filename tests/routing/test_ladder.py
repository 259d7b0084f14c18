"""What is asked for on each rung."""

from __future__ import annotations

from typing import Any

import pytest

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
