"""What a visitor may see of his conversation: his own messages, answers that left, the closing.

Never notes, never what is still held for an undo, never another conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record

PAGE = 50
START = UUID(int=0)

# `mark` is how receipts name our message: the key it is sent under (outbox/model.py, Claim.key).
MESSAGES = """
SELECT m.id, m.contact_id, m.seq, m.kind, m.text, m.created_at, m.data, m.external_id,
       m.deleted_at IS NOT NULL AS deleted, e.name, o.state,
       coalesce(o.provider_id, o.id::text || coalesce('-r' || (o.payload ->> 'anew'), '')) AS mark
FROM contacts c JOIN messages m ON m.contact_id = c.id
LEFT JOIN LATERAL (SELECT o.id, o.state, o.provider_id, o.payload FROM outbox o
                   WHERE o.message_id = m.id AND o.act = 'send'
                   ORDER BY o.seq DESC LIMIT 1) o ON true
LEFT JOIN employees e ON e.id = m.employee_id
WHERE c.account_id = $1 AND c.conversation_key = $2 AND c.id {side}= $3
  AND (m.contact_id, m.seq) {side} ($3, $4)
  AND (m.kind IN ('inbound', 'outbound', 'survey')
       OR (m.kind = 'system' AND m.data ->> 'code' IN ('closed', 'abandoned', 'mail_form')))
  AND coalesce(o.state, '') NOT IN ('cancelled', 'failed')
ORDER BY m.contact_id {order}, m.seq {order} LIMIT $5
"""
AFTER = MESSAGES.format(side=">", order="ASC")
NEWEST = MESSAGES.format(side=">", order="DESC")
BEFORE = MESSAGES.format(side="<", order="DESC")
FILES = """
SELECT id, message_id, name, type, size FROM attachments
WHERE message_id = ANY($1::uuid[]) AND state = 'stored'
ORDER BY data -> 'place', created_at, id
"""
# How far employees have read is shown to the visitor as "read". Who has laid the talk aside is
# still the one he talks to: he does not wait in line.
CONTACT = """
SELECT c.id, c.number, c.state, c.last_seq, e.name AS operator,
       (SELECT max(r.seq) FROM contact_reads r
        WHERE r.contact_id = c.id AND r.reader <> 'client') AS read_seq,
       p.ahead, p.low_ms, p.high_ms
FROM contacts c LEFT JOIN work w ON w.contact_id = c.id AND w.state <> 'done'
LEFT JOIN employees e
  ON e.id = CASE w.state WHEN 'parked' THEN w.preferred_id ELSE c.operator_id END
LEFT JOIN wait_promises p ON p.work_id = w.id AND p.shown AND w.state IN ('waiting', 'offered')
WHERE c.account_id = $1 AND c.conversation_key = $2 AND NOT c.automatic
ORDER BY (c.state = 'open') DESC, c.number DESC LIMIT 1
"""
OPEN_OF = """
SELECT id, account_id, conversation_key FROM contacts WHERE id = ANY($1::uuid[])
"""
QUEUE = """
SELECT q.hours, q.zone, coalesce(q.rules -> 'holidays', '{}') AS holidays, q.offline_text, EXISTS (
  SELECT 1 FROM queue_members m JOIN operators o ON o.id = m.employee_id
  WHERE m.queue_id = q.id AND o.presence = 'ready' AND o.presence_next IS NULL) AS ready
FROM accounts a JOIN queues q ON q.id = a.queue_id WHERE a.id = $1
"""
ADD_UPLOAD = """
INSERT INTO attachments (id, account_id, owner, kind, name, type, size, sha256, state, blob_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'stored', $9)
"""


async def messages(
    database: Database, account_id: UUID, visitor: str, contact: UUID, seq: int
) -> list[Record]:
    """At most a page of what came after a place, oldest first.

    It ends before an answer that is held for an undo: a reader goes on from its last message, and
    would step over one that becomes visible behind it.
    """
    rows = await database.fetch(AFTER, account_id, visitor, contact, seq, PAGE)
    return _until_held(rows)


async def newest(database: Database, account_id: UUID, visitor: str) -> list[Record]:
    """The last page of the conversation, oldest first."""
    rows = await database.fetch(NEWEST, account_id, visitor, START, 0, PAGE)
    return _until_held(rows[::-1])


async def earlier(
    database: Database, account_id: UUID, visitor: str, contact: UUID, seq: int
) -> list[Record]:
    """At most a page of what came before a place, oldest first."""
    rows = await database.fetch(BEFORE, account_id, visitor, contact, seq, PAGE)
    return _until_held(rows[::-1])


def _until_held(rows: Sequence[Record]) -> list[Record]:
    kept = []
    for row in rows:
        if row["state"] == "held":
            break
        kept.append(row)
    return kept


async def files(database: Database, message_ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """The stored files of messages."""
    found: dict[UUID, list[Record]] = {}
    if message_ids:
        for row in await database.fetch(FILES, list(message_ids)):
            found.setdefault(row["message_id"], []).append(row)
    return found


async def contact(database: Database, account_id: UUID, visitor: str) -> Record | None:
    """The present contact of the conversation, or its last."""
    return await database.fetchrow(CONTACT, account_id, visitor)


async def conversations(database: Database, contact_ids: Sequence[UUID]) -> list[Record]:
    """Which conversations these contacts belong to."""
    return await database.fetch(OPEN_OF, list(contact_ids))


async def queue(database: Database, account_id: UUID) -> Record | None:
    """Hours, zone, offline text of the account's queue and whether anybody is ready in it."""
    return await database.fetchrow(QUEUE, account_id)


async def add_upload(database: Database, values: dict[str, Any]) -> None:
    """A row for a file that lies in the blob store; its message comes later."""
    order = ("id", "account_id", "owner", "kind", "name", "type", "size", "sha256", "blob_key")
    await database.execute(ADD_UPLOAD, *(values[name] for name in order))
