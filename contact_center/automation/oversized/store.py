"""SQL of telling about files that were too large. Budgets are those of all automatic answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contact_center.storage.unit import Record, Unit

# A letter of the contact's owner, with the files of it that were too large.
LETTER = """
SELECT c.id, c.number, c.account_id, c.subject, c.locale, c.state, i.value AS address, i.name,
  q.name AS queue, q.letters, b.name AS brand, a.settings, m.data -> 'mail' AS mail,
  ARRAY(SELECT f.name FROM attachments f WHERE f.message_id = m.id AND f.state = 'too_large'
        ORDER BY f.created_at, f.id LIMIT 20) AS files
FROM contacts c JOIN identities i ON i.id = c.identity_id JOIN queues q ON q.id = c.queue_id
JOIN brands b ON b.id = c.brand_id JOIN accounts a ON a.id = c.account_id
JOIN messages m ON m.contact_id = c.id AND m.kind = 'inbound' AND m.identity_id = c.identity_id
WHERE c.id = $1 AND m.id = $2
"""
CONFIRMING = """
SELECT EXISTS (SELECT FROM jobs WHERE kind = $1 AND key = $2 AND state IN ('waiting', 'running'))
"""
# One step at a time per workspace: two answers at once would both find the last place free.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('auto_answers'))"
SPEND = """
INSERT INTO auto_answers (contact_id, kind, account_id, address)
SELECT $1, 'too_large', $2, $3
WHERE (SELECT count(*) FROM auto_answers WHERE address = $3 AND at > now() - interval '1 day') < $4
  AND (SELECT count(*) FROM auto_answers
       WHERE account_id = $2 AND at > now() - interval '1 hour') < $5
ON CONFLICT (contact_id, kind) DO NOTHING RETURNING contact_id
"""


async def letter(unit: Unit, contact_id: UUID, message_id: UUID) -> Record | None:
    """The letter with the file; None where somebody else on the thread has sent it."""
    return await unit.fetchrow(LETTER, contact_id, message_id)


async def confirming(unit: Unit, kind: str, key: str) -> bool:
    """Whether a job of this kind and key is still to be done."""
    return bool(await unit.fetchval(CONFIRMING, kind, key))


async def spend(unit: Unit, row: Any, *, per_day: int, per_hour: int) -> bool:
    """Take one answer from the budgets; False where there is none left, or it was given before."""
    await unit.execute(LOCK)
    taken = await unit.fetchval(
        SPEND, row["id"], row["account_id"], row["address"].lower(), per_day, per_hour
    )
    return taken is not None
