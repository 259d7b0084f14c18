"""SQL of reading messages: stretches of one thread by seq, with authors and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

_MESSAGE = """
SELECT m.id, m.contact_id, m.seq, m.kind, CASE WHEN m.deleted_at IS NULL THEN m.text ELSE '' END AS
  text, m.created_at, m.provider_at, m.edited_at, m.deleted_at, m.reply_to, m.data, m.version,
  m.client_msg_id, m.employee_id, e.name AS employee_name, i.client_id,
  cc_client_name(c.name, i.name, i.medium, i.value) AS client_name,
  EXISTS (SELECT FROM message_bodies b WHERE b.message_id = m.id) AS has_body,
  o.state AS delivery, o.error_text AS reason, o.hold_until, o.undelivered,
  q.seq AS quoted_seq, q.contact_id AS quoted_in, q.kind AS quoted_kind,
  CASE WHEN q.deleted_at IS NULL THEN left(q.text, 200) ELSE '' END AS quoted_text,
  x.act, x.state AS act_state, x.error_text AS act_reason, x.payload ->> 'text' AS act_text
FROM messages m
LEFT JOIN messages q ON q.id = m.reply_to
LEFT JOIN employees e ON e.id = m.employee_id
LEFT JOIN identities i ON i.id = m.identity_id
LEFT JOIN clients c ON c.id = i.client_id
LEFT JOIN LATERAL (
  SELECT x.state, x.error_text, x.undelivered,
    CASE WHEN x.state = 'held' THEN x.hold_until END AS hold_until
  FROM outbox x WHERE x.message_id = m.id AND x.act = 'send' ORDER BY x.seq DESC LIMIT 1) o ON true
LEFT JOIN LATERAL (
  SELECT y.act, y.state, y.error_text, y.payload FROM outbox y
  WHERE y.message_id = m.id AND y.act <> 'send' ORDER BY y.seq DESC LIMIT 1) x ON true
"""
BEFORE = f"{_MESSAGE} WHERE m.contact_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3"
AFTER = f"{_MESSAGE} WHERE m.contact_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3"
ONE = f"{_MESSAGE} WHERE m.id = $1"
# The newest letters with a subject ahead of a stretch: of the last few one is not a machine's.
SUBJECTS_BEFORE = """
SELECT c.subject AS own, m.data FROM contacts c LEFT JOIN LATERAL (
  SELECT seq, data FROM messages
  WHERE contact_id = c.id AND seq < $2 AND kind IN ('inbound', 'outbound')
    AND (data ? 'subject' OR data #> '{letter,subject}' IS NOT NULL) ORDER BY seq DESC LIMIT 5
) m ON true WHERE c.id = $1 ORDER BY m.seq DESC
"""
ATTACHMENTS = """
SELECT id, message_id, kind, name, type, size, state, data FROM attachments
WHERE message_id = ANY($1::uuid[]) AND NOT data ? 'deleted'
ORDER BY data -> 'place', created_at, id
"""
UPLOADS = """
SELECT id, message_id, kind, name, type, size, state, data FROM attachments
WHERE id = ANY($1::uuid[]) AND owner = $2 AND message_id IS NULL ORDER BY id
"""


async def before(db: Database, contact_id: UUID, seq: int, limit: int) -> list[Record]:
    """At most `limit` messages before `seq`, oldest first."""
    rows = await db.fetch(BEFORE, contact_id, seq, limit)
    return rows[::-1]


async def after(db: Database, contact_id: UUID, seq: int, limit: int) -> list[Record]:
    """At most `limit` messages after `seq`, oldest first."""
    return await db.fetch(AFTER, contact_id, seq, limit)


async def one(db: Database | Unit, message_id: UUID) -> Record | None:
    """One message."""
    return await db.fetchrow(ONE, message_id)


async def letters_before(
    db: Database, contact_id: UUID, seq: int
) -> tuple[str, list[Mapping[str, Any]]]:
    """The contact's subject, and what letters before `seq` tell beside texts, nearest first."""
    rows = await db.fetch(SUBJECTS_BEFORE, contact_id, seq)
    own = rows[0]["own"] if rows else None
    return own or "", [row["data"] for row in rows if row["data"] is not None]


async def attachments(db: Database, message_ids: Sequence[UUID]) -> list[Record]:
    """The files of these messages."""
    return await db.fetch(ATTACHMENTS, list(message_ids)) if message_ids else []


async def uploads(db: Database, ids: Sequence[UUID], owner: str) -> list[Record]:
    """Uploads of this owner that no message has yet."""
    return await db.fetch(UPLOADS, list(ids), owner) if ids else []
