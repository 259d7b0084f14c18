from datetime import UTC, datetime, timedelta

import pytest

from contact_center.kernel.clock import ManualClock, SystemClock


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_the_manual_clock_moves_both_hands_by_the_same_step() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(30, minutes=1)
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


def test_a_jump_of_the_wall_clock_leaves_the_monotonic_clock_alone() -> None:
    clock = ManualClock()
    clock.advance(5)
    clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.monotonic() == 5
    assert clock.now().year == 2020


def test_naive_times_and_steps_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="backwards"):
        ManualClock().advance(-1)
