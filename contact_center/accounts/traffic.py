"""What accounts receive and send: counted by five minutes, and written at most once a second.

The counts are what the health page adds up: 48 hours of them at most, whatever the history.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from contact_center.accounts import store
from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database

EVERY_SECONDS = 1.0
SLOT_MINUTES = 5
SLOT = timedelta(minutes=SLOT_MINUTES)
BOUNDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)  # seconds a send took; then longer ones
Counted = Literal["received", "refused", "unreadable", "sent", "failed", "postponed", "uncertain"]
COUNTED: tuple[Counted, ...] = (
    "received", "refused", "unreadable", "sent", "failed", "postponed", "uncertain",
)  # fmt: skip

log = get_logger(__name__)


@dataclass(slots=True)
class Counts:
    """What one account did within one slot; `took` are its sends by `BOUNDS`."""

    by: dict[Counted, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    took: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def add(self, other: Counts) -> None:
        for name in COUNTED:
            self.by[name] += other.by[name]
        self.took = [a + b for a, b in zip(self.took, other.took, strict=True)]


def slot_of(at: datetime) -> datetime:
    """The beginning of the five minutes an instant lies in."""
    return at.replace(minute=at.minute // SLOT_MINUTES * SLOT_MINUTES, second=0, microsecond=0)


def median(took: list[int]) -> float | None:
    """Seconds within which half of the sends were answered, between the bounds of their slot."""
    half, below = sum(took) / 2, 0
    for at, count in enumerate(took):
        if count and below + count >= half:
            low = BOUNDS[at - 1] if at else 0.0
            high = BOUNDS[at] if at < len(BOUNDS) else BOUNDS[-1] * 2
            return round(low + (high - low) * (half - below) / count, 3)
        below += count
    return None


class Traffic:
    """Notes of one process. A note costs a dictionary entry; no timer runs while nothing comes."""

    def __init__(self, database: Database, *, every: float = EVERY_SECONDS) -> None:
        self._database = database
        self._every = every
        self._noted: dict[UUID, tuple[datetime | None, datetime | None]] = {}
        self._counts: dict[tuple[UUID, datetime], Counts] = {}
        self._writing: asyncio.Task[None] | None = None
        self._slot = datetime.min.replace(tzinfo=UTC)

    def came_in(self, account_id: UUID, at: datetime, messages: int = 0) -> None:
        """Something was received and stored; so many messages of it were new."""
        self._note(account_id, (at, self._noted.get(account_id, (None, None))[1]))
        if messages:
            self.count(account_id, at, "received", messages)

    def went_out(self, account_id: UUID, at: datetime) -> None:
        """Something was sent."""
        self._note(account_id, (self._noted.get(account_id, (None, None))[0], at))

    def count(
        self, account_id: UUID, at: datetime, what: Counted, n: int = 1,
        *, seconds: float | None = None,
    ) -> None:  # fmt: skip
        """Count it; `seconds`: what a send took until the provider answered."""
        if not timedelta() <= at - self._slot < SLOT:
            self._slot = slot_of(at)
        key = account_id, self._slot
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = Counts()
        counts.by[what] += n
        if seconds is not None:
            counts.took[bisect_left(BOUNDS, seconds)] += 1
        self._write_then()

    def _note(self, account_id: UUID, instants: tuple[datetime | None, datetime | None]) -> None:
        self._noted[account_id] = instants
        self._write_then()

    def _write_then(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon(), name="account traffic")

    async def _write_soon(self) -> None:
        await asyncio.sleep(self._every)
        self._writing = None  # what is noted from here on starts the next write
        await self.write()

    async def write(self) -> None:
        """Write what is noted; where that fails, the counts go with the next write."""
        noted, self._noted = self._noted, {}
        counts, self._counts = self._counts, {}
        if not noted and not counts:
            return
        try:
            await store.note_traffic(self._database, noted)
            rows = [(*key, *counts[key].by.values(), counts[key].took) for key in sorted(counts)]
            await store.add_counts(self._database, rows)  # in one order by all processes
        except HouseError as error:
            log.warning("account traffic not written", error=str(error))
            for key, one in counts.items():
                self._counts.setdefault(key, Counts()).add(one)

    async def close(self) -> None:
        """Write the rest and stop."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.write()
