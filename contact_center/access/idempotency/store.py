"""SQL of idempotency keys: claimed before the work, marked in its transactions, answered after."""

from __future__ import annotations

from datetime import datetime

from contact_center.access.store import Queries
from contact_center.storage.unit import Record, Unit

# A claim that is that old and not marked as done belongs to nobody who still works: requests have
# a deadline of a minute. Should he wake up after all, his mark fails and his transaction with it.
CLAIM = """
INSERT INTO idempotency_keys AS k (actor, key, fingerprint, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (actor, key) DO UPDATE SET at = excluded.at
WHERE k.status IS NULL AND k.fingerprint = excluded.fingerprint
  AND k.at < $4::timestamptz - interval '2 minutes'
RETURNING true
"""
# Only a transaction that has written something has done anything.
MARK = """
WITH marked AS (
  UPDATE idempotency_keys SET status = coalesce(status, 0)
  WHERE pg_current_xact_id_if_assigned() IS NOT NULL AND actor = $1 AND key = $2 AND at = $3
  RETURNING 1)
SELECT pg_current_xact_id_if_assigned() IS NULL OR EXISTS (SELECT FROM marked)
"""


async def claim_key(
    db: Queries, actor: str, key: str, fingerprint: bytes, now: datetime
) -> Record | None:
    """Claim the key; None when it is ours now, else the row of who came first.

    Its status: None while nothing is committed, 0 when something is and the answer is not known.
    """
    if await db.fetchval(CLAIM, actor, key, fingerprint, now):
        return None
    return await db.fetchrow(
        "SELECT fingerprint, status, answer FROM idempotency_keys WHERE actor = $1 AND key = $2",
        actor,
        key,
    )


async def mark_done(unit: Unit, actor: str, key: str, at: datetime) -> bool:
    """Say in this very transaction that the request claimed at `at` has done something.

    False where the claim is another's by now.
    """
    return bool(await unit.fetchval(MARK, actor, key, at))


async def keep_answer(db: Queries, actor: str, key: str, status: int, answer: bytes) -> None:
    await db.execute(
        "UPDATE idempotency_keys SET status = $3, answer = $4 WHERE actor = $1 AND key = $2",
        actor, key, status, answer,
    )  # fmt: skip


async def release_key(db: Queries, actor: str, key: str) -> None:
    """Give the key back unless something was done under it; waits for a commit in doubt."""
    await db.execute(
        "DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2 AND status IS NULL", actor, key
    )
