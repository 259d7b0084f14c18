"""The weekly hours of a queue: pure arithmetic on wall-clock times in the queue's zone.

``{"mon": [["09:00", "13:00"], ["14:00", "18:00"]], …}``; a day that is missing is closed, no days
at all means always open. "24:00" ends a day. Spans of one day do not overlap. Holidays,
``{"2027-01-01": [], "2026-12-31": [["09:00", "12:00"]]}``, are days with other hours than usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Span = Sequence[str]
Hours = Mapping[str, Sequence[Span]]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
ALL_DAY: Sequence[Span] = (("00:00", "24:00"),)
NO_HOLIDAYS: Hours = {}
_LOOK_AHEAD_DAYS = 60


def spans_of(hours: Hours, holidays: Hours, day: date) -> Sequence[Span]:
    """When it is open on a day."""
    usual = hours.get(DAYS[day.weekday()], ()) if hours else ALL_DAY
    return holidays.get(day.isoformat(), usual)


def is_open(hours: Hours, zone: str, at: datetime, holidays: Hours = NO_HOLIDAYS) -> bool:
    """Whether the queue is open at an instant."""
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(
        minutes_of(start) <= minute < minutes_of(end)
        for start, end in spans_of(hours, holidays, local.date())
    )


def next_opening(
    hours: Hours, zone: str, at: datetime, holidays: Hours = NO_HOLIDAYS
) -> datetime | None:
    """The instant (UTC) of the next opening after `at`.

    None when it is open already, or does not open within two months.
    """
    if is_open(hours, zone, at, holidays):
        return None
    first = at.astimezone(ZoneInfo(zone)).date()
    openings = _openings(hours, holidays, ZoneInfo(zone), first)
    return next((opening for opening in openings if opening > at), None)


def _openings(hours: Hours, holidays: Hours, zone: ZoneInfo, first: date) -> Iterator[datetime]:
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        for start in sorted(minutes_of(span[0]) for span in spans_of(hours, holidays, day)):
            # Wall clock first, then the instant: a day with a clock change is not 24 hours long.
            local = datetime(day.year, day.month, day.day, start // 60, start % 60, tzinfo=zone)
            yield local.astimezone(UTC)


def minutes_of(text: str) -> int:
    """Minutes since midnight of "HH:MM". Raises ValueError."""
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == len(minute) == 2 and hour.isdecimal() and minute.isdecimal()):  # noqa: PLR2004
        msg = f"expected a time such as 09:00, not {text!r}"
        raise ValueError(msg)
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > MINUTES_A_DAY:  # noqa: PLR2004
        msg = f"there is no time {text}"
        raise ValueError(msg)
    return total


def checked(hours: Hours) -> dict[str, list[list[str]]]:
    """The hours in order of days and times. Raises ValueError with what is wrong."""
    unknown = set(hours) - set(DAYS)
    if unknown:
        msg = f"there is no day {min(unknown)!r}; days are {', '.join(DAYS)}"
        raise ValueError(msg)
    return {day: _checked_day(hours[day]) for day in DAYS if hours.get(day)}


def _checked_day(spans: Sequence[Span]) -> list[list[str]]:
    ordered = sorted([list(span) for span in spans], key=lambda span: minutes_of(span[0]))
    closed_at = 0
    for start, end in ordered:
        if minutes_of(start) >= minutes_of(end):
            msg = f"{start} is not before {end}"
            raise ValueError(msg)
        if minutes_of(start) < closed_at:
            msg = f"the span from {start} overlaps the one before it"
            raise ValueError(msg)
        closed_at = minutes_of(end)
    return ordered
