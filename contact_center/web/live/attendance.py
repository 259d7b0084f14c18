"""Who is at the desk: open screens as rows, renewed by each node in one statement.

A lost session counts only after the policy's grace, so a reload or a tunnel takes nobody off the
line.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from contact_center.employees.presence import presence_lost
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from contact_center.web.live import store


class Attendance:
    """The rows of this node's screens. All times are the database's."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node

    async def open(self, session_id: UUID, employee_id: UUID) -> bool:
        """Count a screen and forget those of other days; False for employees who take no work."""
        row = await self._database.fetchval(store.OPEN, session_id, employee_id, self._node)
        return row is not None

    async def renew(self, session_ids: Collection[UUID]) -> None:
        """All screens of this node are still there."""
        if session_ids:
            await self._database.execute(store.RENEW, list(session_ids))

    async def close(self, session_id: UUID) -> None:
        """A screen went away; from now the grace runs."""
        await self._database.execute(store.CLOSE, session_id)

    async def sweep(self, now: datetime) -> list[UUID]:
        """Set operators offline whose last screen was lost longer than the grace ago."""
        rows = await self._database.fetch(store.LOST)
        if not rows:
            return []

        async def step(unit: Unit) -> list[UUID]:
            # Asked again under the lock: one may have come back meanwhile.
            await unit.lock("operators", [row["id"] for row in rows], "id")
            still = [row["id"] for row in await unit.fetch(store.LOST)]
            lost = [one for one in still if one in {row["id"] for row in rows}]
            return await presence_lost(unit, lost, "session_lost", now=now)

        return await self._database.run(step)
