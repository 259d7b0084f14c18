"""When queues open and close: the engine knows no time zones, so it is told."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from contact_center.work.hours import minutes_of, spans_of
from routing.events import Calendar
from routing.rulebook import QueueRules

LATEST_YEAR = 9990  # the calendar of Python ends in 9999
NEVER = 1 << 62
SAME_DAYS = 400  # closed, or open all day: then it stays so, but for holidays further on


class Calendars:
    """The openings and closings of all queues in the order of time, from an instant on."""

    def __init__(self, queues: Iterable[QueueRules], since_ms: int) -> None:
        self._changes = {
            rules.code: changes(rules, since_ms)
            for rules in queues
            if (rules.hours or rules.holidays) and rules.closed != "offer"
        }
        self._next: list[tuple[int, str, bool]] = []
        for code in self._changes:
            self._draw(code)

    def due_ms(self) -> int | None:
        """When the next one is."""
        return self._next[0][0] if self._next else None

    def take(self) -> Calendar:
        """The next one."""
        _, code, opens = heapq.heappop(self._next)
        self._draw(code)
        return Calendar(code, opens)

    def _draw(self, code: str) -> None:
        change = next(self._changes[code], None)
        if change is not None:
            heapq.heappush(self._next, (change[0], code, change[1]))


class Hours(Protocol):
    """When something is open: as of a policy, or of a queue's row."""

    @property
    def zone(self) -> str: ...
    @property
    def hours(self) -> Mapping[Any, Sequence[Sequence[str]]]: ...
    @property
    def holidays(self) -> Mapping[str, Sequence[Sequence[str]]]: ...


def changes(rules: Hours, since_ms: int) -> Iterator[tuple[int, bool]]:
    """(instant, opens) of one queue: first how it stands at `since_ms`, then every change."""
    zone = ZoneInfo(rules.zone)
    day = datetime.fromtimestamp(since_ms / 1000, zone).date() - timedelta(days=1)
    edges = _merged(_edges(rules, zone, day))
    before, known = (0, False), False
    for edge in edges:
        if edge[0] > since_ms and not known:
            yield since_ms, before[1]
            known = True
        if known:
            yield edge
        before = edge
    if not known:
        yield since_ms, before[1]


def _edges(rules: Hours, zone: ZoneInfo, day: date) -> Iterator[tuple[int, bool]]:
    same, before = 0, None
    last = max(rules.holidays, default="")
    while (same < SAME_DAYS or day.isoformat() <= last) and day.year < LATEST_YEAR:
        spans = sorted((one[0], one[1]) for one in spans_of(rules.hours, rules.holidays, day))
        same = same + 1 if spans == before and spans in _WHOLE_DAYS else 0
        before, until = spans, day
        if same >= SAME_DAYS:  # all are alike until the next holiday
            until = _before_next(rules.holidays, day)
        for start, end in spans:
            yield _instant(zone, day, start), True
            yield _instant(zone, until, end), False
        day = until + timedelta(days=1)
    if before:
        yield _instant(zone, day, "00:00"), True  # it stays open


def _before_next(holidays: Mapping[str, Any], day: date) -> date:
    following = min((one for one in holidays if one > day.isoformat()), default=None)
    return date.fromisoformat(following) - timedelta(days=1) if following else day


_WHOLE_DAYS: tuple[list[tuple[str, str]], ...] = ([], [("00:00", "24:00")])


def _merged(edges: Iterator[tuple[int, bool]]) -> Iterator[tuple[int, bool]]:
    """Without closings at whose instant the queue opens again."""
    skip = False
    for this, following in pairwise(chain(edges, [(NEVER, True)])):
        if skip:
            skip = False
        elif not this[1] and this[0] == following[0]:
            skip = True
        else:
            yield this


def _instant(zone: ZoneInfo, day: date, clock: str) -> int:
    """Wall clock first, then the instant: a day with a clock change is not 24 hours long."""
    days, minutes = divmod(minutes_of(clock), 24 * 60)
    day += timedelta(days=days)
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    return int(local.astimezone(UTC).timestamp() * 1000)
