"""Timers come out in order, and what is over takes no room."""

from __future__ import annotations

import heapq
import random

from routing.timers import NEVER, Timers

MONTH = 30 * 24 * 3600 * 1000


def test_they_come_out_as_from_a_heap_whenever_they_are_set() -> None:
    chance = random.Random(4)
    for _ in range(60):
        timers, heap, now = Timers(), list[tuple[int, int, str]](), 0
        for number in range(300):
            now += chance.choice((0, 0, 1, 500, 4096, 20_000))
            due = now + chance.choice((-3000, 0, 0, 7, 4000, 60_000, MONTH))
            timer = (due, chance.randrange(3), str(number % 50))
            timers.add(*timer)
            heapq.heappush(heap, timer)
            if chance.random() < 0.2:
                timers.first()
            while (found := timers.take(now)) is not None:
                assert found == heapq.heappop(heap)
            assert not heap or timers.soonest <= heap[0][0]
        while (found := timers.take(NEVER)) is not None:
            assert found == heapq.heappop(heap)
        assert not heap
        assert timers.soonest == NEVER


def test_one_that_stands_far_ahead_keeps_nothing_of_those_that_are_over() -> None:
    timers = Timers()
    timers.add(MONTH, 0, "parked")
    timers.first()  # an idle router asks when to look again
    for now in range(0, 200_000, 10):
        timers.add(now + 5, 0, "offer")
        assert timers.take(now + 5) is not None
    assert len(timers._now) < 5_000
    assert timers.take(MONTH) == (MONTH, 0, "parked")
