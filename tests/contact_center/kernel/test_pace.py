"""Counting how often somebody comes."""

from contact_center.kernel.pace import Pace


def test_so_many_times_per_window_and_then_the_rest_of_it_is_to_wait() -> None:
    now = [100.0]
    pace = Pace(2, 10, lambda: now[0])
    assert [pace.wait_of("ann") for _ in range(3)] == [0, 0, 10]
    now[0] = 104
    assert pace.wait_of("ann") == 6
    assert pace.wait_of("ben") == 0
    now[0] = 110
    assert pace.wait_of("ann") == 0


def test_windows_that_are_over_are_forgotten() -> None:
    now = [0.0]
    pace = Pace(1, 10, lambda: now[0])
    pace.wait_of("old")
    now[0] = 9
    pace.wait_of("new")
    now[0] = 10
    pace.forget()
    assert list(pace._seen) == ["new"]
