"""Weekly hours in the queue's own zone."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_center.work.calendar import changes
from contact_center.work.hours import DAYS, checked, is_open, next_opening

WEEKDAYS = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in DAYS[:5]}
MINSK = "Europe/Minsk"  # UTC+3, no summer time


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-01-05T05:59:59", False),
        ("2026-01-05T06:00:00", True),  # Monday, nine in Minsk
        ("2026-01-05T09:59:59", True),
        ("2026-01-05T10:00:00", False),  # lunch
        ("2026-01-05T11:00:00", True),
        ("2026-01-05T15:00:00", False),
        ("2026-01-10T09:00:00", False),  # Saturday
    ],
)
def test_a_span_includes_its_first_and_excludes_its_last_minute(instant, expected):
    assert is_open(WEEKDAYS, MINSK, at(instant)) is expected


def test_no_hours_at_all_mean_always_open():
    assert is_open({}, MINSK, at("2026-01-10T23:00:00"))
    assert next_opening({}, MINSK, at("2026-01-10T23:00:00")) is None


def test_the_day_is_the_day_in_the_queues_zone():
    monday_only = {"mon": [["00:00", "24:00"]]}
    assert is_open(monday_only, MINSK, at("2026-01-04T21:30:00"))  # Sunday in Greenwich
    assert not is_open(monday_only, MINSK, at("2026-01-05T21:30:00"))


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-01-05T10:30:00", "2026-01-05T11:00:00"),
        ("2026-01-05T16:00:00", "2026-01-06T06:00:00"),
        ("2026-01-09T16:00:00", "2026-01-12T06:00:00"),  # Friday evening → Monday
    ],
)
def test_the_next_opening_skips_the_closed_days(instant, opening):
    assert next_opening(WEEKDAYS, MINSK, at(instant)) == at(opening)


def test_an_opening_a_week_ahead_is_found():
    once = {"mon": [["09:00", "10:00"]]}
    assert next_opening(once, MINSK, at("2026-01-05T07:00:00")) == at("2026-01-12T06:00:00")


def test_hours_keep_to_the_wall_clock_when_the_clocks_change():
    hours = {day: [["09:00", "17:00"]] for day in DAYS}
    winter, summer = at("2026-03-28T23:00:00"), at("2026-03-29T23:00:00")
    assert next_opening(hours, "Europe/Berlin", winter) == at("2026-03-29T07:00:00")
    assert next_opening(hours, "Europe/Berlin", summer) == at("2026-03-30T07:00:00")
    assert next_opening(hours, "Europe/Berlin", at("2026-03-27T23:00:00")) == at(
        "2026-03-28T08:00:00"
    )


@pytest.mark.parametrize(
    "hours",
    [
        {"monday": []},
        {"mon": [["9:00", "18:00"]]},
        {"mon": [["18:00", "09:00"]]},
        {"mon": [["09:00", "09:00"]]},
        {"mon": [["09:00", "25:00"]]},
        {"mon": [["09:00", "12:60"]]},
        {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]},
    ],
)
def test_hours_that_make_no_sense_are_refused(hours):
    with pytest.raises(ValueError, match=r"\w"):
        checked(hours)


def test_hours_are_put_in_order_and_empty_days_left_out():
    given_hours = {"tue": [], "mon": [["14:00", "18:00"], ["09:00", "13:00"]]}
    assert checked(given_hours) == {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}


minutes = st.integers(min_value=0, max_value=24 * 60)


@st.composite
def weeks(draw):
    week = {}
    for day in draw(st.sets(st.sampled_from(DAYS), min_size=1)):
        edges = sorted(draw(st.sets(minutes, min_size=2, max_size=4)))
        texts = [f"{edge // 60:02}:{edge % 60:02}" for edge in edges]
        week[day] = [list(pair) for pair in zip(texts[::2], texts[1::2], strict=False)]
    return checked(week)


@given(
    weeks(),
    st.sampled_from([MINSK, "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2027, 1, 1)),  # noqa: DTZ001
)
def test_a_closed_queue_is_open_at_its_next_opening_and_closed_until_then(week, zone, moment):
    now = moment.replace(tzinfo=UTC, second=0, microsecond=0)
    opening = next_opening(week, zone, now)
    if is_open(week, zone, now):
        assert opening is None
        return
    assert opening is not None
    assert now < opening <= now + timedelta(days=8)
    # An opening may fall into the hour that spring leaves out: then it opens with the next one.
    assert is_open(week, zone, opening) or is_open(week, zone, opening + timedelta(hours=1))
    assert not is_open(week, zone, now + (opening - now) / 2) or zone != MINSK


def test_holidays_have_hours_of_their_own_also_of_a_queue_that_is_always_open() -> None:
    days: dict[str, list[list[str]]] = {"2026-01-05": [], "2026-01-06": [["10:00", "12:00"]]}
    assert not is_open(WEEKDAYS, MINSK, at("2026-01-05T09:00:00"), days)  # a Monday
    opens = next_opening(WEEKDAYS, MINSK, at("2026-01-05T09:00:00"), days)
    assert opens == at("2026-01-06T07:00:00")
    assert is_open({}, MINSK, at("2026-01-04T12:00:00"), days)
    assert not is_open({}, MINSK, at("2026-01-06T12:00:00"), days)
    assert next_opening({}, MINSK, at("2026-01-06T12:00:00"), days) == at("2026-01-06T21:00:00")


def test_a_queue_that_is_always_open_closes_for_its_holidays_and_then_never_again() -> None:
    since = int(at("2026-01-04T12:00:00").timestamp() * 1000)
    whole = [["00:00", "24:00"]]
    far, near = {"2028-06-01": []}, {"2026-01-05": []}
    for hours in ({}, dict.fromkeys(DAYS, whole)):
        rules = SimpleNamespace(zone=MINSK, hours=hours, holidays={**near, **far})
        told = [((moment - since) // 3_600_000, opens) for moment, opens in changes(rules, since)]
        days = 24 * (date(2028, 6, 1) - date(2026, 1, 5)).days
        assert told == [(0, True), (9, False), (33, True), (9 + days, False), (33 + days, True)]
        rules = SimpleNamespace(zone=MINSK, hours=hours, holidays={})
        assert list(changes(rules, since)) == [(since, True)]


class Counted(dict):
    """Holidays that count how often a day is looked up."""

    looked = 0

    def get(self, *args):
        self.looked += 1
        return super().get(*args)


@pytest.mark.parametrize("hours", [{}, {day: [["00:00", "24:00"]] for day in DAYS}])
def test_a_holiday_hundreds_of_years_away_costs_no_walk_through_all_the_days_before_it(hours):
    since = int(at("2026-01-04T12:00:00").timestamp() * 1000)
    early = [["00:00", "12:00"]]
    holidays = Counted({"2026-01-05": [], "3026-06-01": [], "5000-06-01": early})
    told = list(changes(SimpleNamespace(zone=MINSK, hours=hours, holidays=holidays), since))
    hour = 3_600_000
    days = [int(at(day).timestamp() * 1000) - 3 * hour for day in ("3026-06-01", "5000-06-01")]
    assert told[3:] == [
        (days[0], False), (days[0] + 24 * hour, True),
        (days[1] + 12 * hour, False), (days[1] + 24 * hour, True),
    ]  # fmt: skip
    assert holidays.looked < 2000
