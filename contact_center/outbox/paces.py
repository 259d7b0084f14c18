"""How fast an account may be sent for, as the last sender has left it to the next one."""

from __future__ import annotations

from uuid import UUID

from contact_center.outbox.model import Kept
from contact_center.storage.database import Database

# A pause that was over long ago says nothing of now; a failure lasts until somebody has sent.
PACE = """
SELECT greatest(0, extract(epoch FROM until - now()))::float AS rest, failures, width,
       coalesce(extract(epoch FROM now() - failing_since), 0)::float AS failing
FROM account_paces
WHERE account_id = $1 AND (failing_since IS NOT NULL OR until > now() - interval '10 minutes')
"""
KEEP_PACE = """
INSERT INTO account_paces (account_id, until, failures, width, failing_since)
VALUES ($1, now() + make_interval(secs => $2), $3, $4,
        CASE WHEN $3 > 0 THEN now() - make_interval(secs => $5) END)
ON CONFLICT (account_id) DO UPDATE SET until = excluded.until, failures = excluded.failures,
  width = excluded.width, failing_since = excluded.failing_since
"""
FORGET_PACE = "DELETE FROM account_paces WHERE account_id = $1"


async def pace(database: Database, account_id: UUID) -> Kept | None:
    """What the last sender of an account has left."""
    row = await database.fetchrow(PACE, account_id)
    return Kept(**dict(row)) if row else None


async def keep_pace(database: Database, account_id: UUID, kept: Kept | None) -> None:
    """Leave it to the next one; None: there is nothing to know."""
    if kept is None:
        await database.execute(FORGET_PACE, account_id)
        return
    await database.execute(
        KEEP_PACE, account_id, kept.rest, kept.failures, kept.width, kept.failing
    )
