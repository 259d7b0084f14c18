"""Faults of a fake provider that stay until they are switched off, and what happened meanwhile.

Each fake has one `Switches` and asks it at the points where something may go wrong; the page, tests
and benchmarks turn them. A fault that shall befall one request only stands in the fake's `faults`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal, get_args

Request = Literal["busy", "broken", "silent_before", "silent_after", "half_answer", "revoked"]
"""Of what the house asks: 429, 500, no answer (not done, or done), half an answer, wrong login."""
Report = Literal["twice", "backwards", "late", "wrongly_signed", "none_at_all"]
"""Of what the house is told."""
Event = Literal["asked", "told", "refused"]
"""Requests that were understood, requests the house took, and those it did not."""

REQUESTS: Sequence[Request] = get_args(Request)
REPORTS: Sequence[Report] = get_args(Report)
SENDING: Sequence[Request] = tuple(name for name in REQUESTS if name != "revoked")


class Switches:
    """What is on, and how often each fault and each event has happened."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.changed: Callable[[], None] = lambda: None
        self._held: asyncio.Event | None = None

    def turn(self, name: Request | Report, *, on: bool) -> None:
        """Switch a fault."""
        (self.on.add if on else self.on.discard)(name)
        self.changed()

    def reset(self) -> None:
        """Everything off and forgotten."""
        self.on.clear()
        self.counts.clear()
        self.changed()

    def count(self, name: Request | Report | Event) -> None:
        """It has happened."""
        self.counts[name] += 1
        self.changed()

    def happens(self, name: Request | Report) -> bool:
        """Whether a fault is on; then it has happened now."""
        if name in self.on:
            self.count(name)
        return name in self.on

    def of_sending(self) -> Request | None:
        """What befalls a request to send."""
        return next((name for name in SENDING if self.happens(name)), None)

    async def hold_back(self, seconds: float) -> None:
        """Where things come out of order: wait until the next has gone by, so long at most."""
        if "backwards" not in self.on or self._held is not None:
            return
        self._held = held = asyncio.Event()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await held.wait()
        finally:
            self._held = None
        self.count("backwards")

    def gone_by(self) -> None:
        """Something was told: what was held back for it may follow."""
        if self._held is not None:
            self._held.set()

    def shown(self) -> dict[str, Any]:
        """For the page."""
        return {
            "requests": [self._shown(name) for name in REQUESTS],
            "reports": [self._shown(name) for name in REPORTS],
            "events": {name: self.counts[name] for name in get_args(Event)},
        }  # fmt: skip

    def _shown(self, name: str) -> dict[str, Any]:
        return {"name": name, "on": name in self.on, "count": self.counts[name]}
