"""SQL of automatic answers. The budgets are counted and spent in one locked step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contact_center.storage.unit import Record, Unit

FIRST = """
SELECT c.id, c.number, c.account_id, c.conversation_key, c.medium, c.subject, c.locale, c.state,
  i.value AS address, i.name, q.name AS queue, q.letters, b.name AS brand, a.settings,
  m.data -> 'mail' AS mail
FROM contacts c JOIN identities i ON i.id = c.identity_id JOIN queues q ON q.id = c.queue_id
JOIN brands b ON b.id = c.brand_id JOIN accounts a ON a.id = c.account_id
JOIN messages m ON m.contact_id = c.id AND m.kind = 'inbound'
WHERE c.id = $1 ORDER BY m.seq LIMIT 1
"""
# One step at a time per workspace: two answers at once would both find the last place free.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('auto_answers'))"
SPEND = """
INSERT INTO auto_answers (contact_id, account_id, address)
SELECT $1, $2, $3
WHERE (SELECT count(*) FROM auto_answers WHERE address = $3 AND at > now() - interval '1 day') < $4
  AND (SELECT count(*) FROM auto_answers
       WHERE account_id = $2 AND at > now() - interval '1 hour') < $5
ON CONFLICT (contact_id, kind) DO NOTHING RETURNING contact_id
"""


async def first(unit: Unit, contact_id: UUID) -> Record | None:
    """A contact with the message it began with; None for one nobody wrote to us in."""
    return await unit.fetchrow(FIRST, contact_id)


async def spend(unit: Unit, row: Any, *, per_day: int, per_hour: int) -> bool:
    """Take one answer from the budgets; False where there is none left, or it was given before."""
    await unit.execute(LOCK)
    address = row["address"].casefold()
    taken = await unit.fetchval(SPEND, row["id"], row["account_id"], address, per_day, per_hour)
    return taken is not None
