"""Who is at the desk: open screens as rows, renewed by each node in one statement.

A lost session counts only after a grace, so a reload or a tunnel takes nobody off the line.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from contact_center.employees.presence import presence_lost
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

OPEN = """
INSERT INTO operator_sessions (id, employee_id, node, opened_at, seen_at)
SELECT $1, id, $3, now(), now() FROM operators WHERE id = $2 RETURNING id
"""
RENEW = """
UPDATE operator_sessions SET seen_at = now(), closed_at = NULL WHERE id = ANY($1::uuid[])
"""
CLOSE = "UPDATE operator_sessions SET closed_at = now() WHERE id = $1"
# Only who once had a screen and has none any more: an integration that works through the API
# alone never had one, and is taken out by its missed offers instead.
LOST = """
SELECT o.id FROM operators o
WHERE o.presence <> 'offline' AND o.presence_since < now() - $1::interval
  AND EXISTS (SELECT 1 FROM operator_sessions s WHERE s.employee_id = o.id)
  AND NOT EXISTS (SELECT 1 FROM operator_sessions s WHERE s.employee_id = o.id
                  AND coalesce(s.closed_at, s.seen_at) > now() - $1::interval)
"""
TIDY = "DELETE FROM operator_sessions WHERE seen_at < now() - interval '1 day' AND employee_id = $1"


class Attendance:
    """The rows of this node's screens. All times are the database's."""

    def __init__(self, database: Database, node: str, grace: float) -> None:
        self._database = database
        self._node = node
        self._grace = timedelta(seconds=grace)

    async def open(self, session_id: UUID, employee_id: UUID) -> bool:
        """Count a screen; False for employees who take no work."""
        row = await self._database.fetchval(OPEN, session_id, employee_id, self._node)
        return row is not None

    async def renew(self, session_ids: Collection[UUID]) -> None:
        """All screens of this node are still there."""
        if session_ids:
            await self._database.execute(RENEW, list(session_ids))

    async def close(self, session_id: UUID) -> None:
        """A screen went away; from now the grace runs."""
        await self._database.execute(CLOSE, session_id)

    async def sweep(self, now: datetime) -> list[UUID]:
        """Set operators offline whose last screen was lost longer than the grace ago."""
        rows = await self._database.fetch(LOST, self._grace)
        if not rows:
            return []

        async def step(unit: Unit) -> list[UUID]:
            # Asked again under the lock: one may have come back meanwhile.
            await unit.lock("operators", [row["id"] for row in rows], "id")
            still = [row["id"] for row in await unit.fetch(LOST, self._grace)]
            lost = [one for one in still if one in {row["id"] for row in rows}]
            return await presence_lost(unit, lost, "session_lost", now=now)

        return await self._database.run(step)

    async def tidy(self, employee_id: UUID) -> None:
        """Forget the screens of other days."""
        await self._database.execute(TIDY, employee_id)
