"""Time comes in through the door, so that a test can move it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the house learns what time it is."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that never goes backwards: for deadlines inside one process."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment; only differences mean anything."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The instant the clock was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds the clock was moved forward since it was made."""
        return self._monotonic

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Move both clocks forward."""
        step = seconds + 60 * minutes + 3600 * hours
        if step < 0:
            raise ValueError("time does not go backwards; use set() for a clock that jumps")
        self._now += timedelta(seconds=step)
        self._monotonic += step

    def set(self, now: datetime) -> None:
        """Jump the wall clock, as a correction by NTP does; the monotonic clock stays."""
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        self._now = now.astimezone(UTC)
