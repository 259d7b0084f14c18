"""Who is at the desk: open screens as rows, renewed by each node in one statement.

A lost session counts only after the policy's grace, so a reload or a tunnel takes nobody off the
line. The grace runs only while the node that counts it listens: after a start or an outage of the
database, in which no screen could have been renewed by anybody, all have it anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from time import monotonic
from uuid import UUID

from contact_center.employees.presence import presence_lost
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from contact_center.web.live import store


class Attendance:
    """The rows of this node's screens. All times are the database's.

    `silence`: seconds between two renewals in which others may have failed to renew theirs.
    """

    def __init__(self, database: Database, node: str, *, silence: float) -> None:
        self._database = database
        self._node = node
        self._silence = silence
        self._renewed = 0.0
        self.since: datetime | None = None
        """Since when this node has been listening without a break; None before the first beat."""

    async def open(self, session_id: UUID, employee_id: UUID) -> bool:
        """Count a screen and forget those of other days; False for employees who take no work."""
        row = await self._database.fetchval(store.OPEN, session_id, employee_id, self._node)
        return row is not None

    async def renew(self, session_ids: Collection[UUID]) -> None:
        """All screens of this node are still there, and it listens, with or without any."""
        now = await self._database.fetchval(store.RENEW, list(session_ids))
        before, self._renewed = self._renewed, monotonic()
        if self.since is None or self._renewed - before > self._silence:
            self.since = now

    async def close(self, session_id: UUID) -> None:
        """A screen went away; from now the grace runs."""
        await self._database.execute(store.CLOSE, session_id)

    async def sweep(self, now: datetime) -> list[UUID]:
        """Set operators offline whose last screen was lost longer than the grace ago."""
        rows = await self._database.fetch(store.LOST, self.since)
        if not rows:
            return []

        async def step(unit: Unit) -> list[UUID]:
            # Asked again under the lock: one may have come back meanwhile.
            await unit.lock("operators", [row["id"] for row in rows], "id")
            still = [row["id"] for row in await unit.fetch(store.LOST, self.since)]
            lost = [one for one in still if one in {row["id"] for row in rows}]
            return await presence_lost(unit, lost, "session_lost", now=now)

        return await self._database.run(step)
