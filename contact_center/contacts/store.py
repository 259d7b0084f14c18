"""SQL of reading contacts as the API shows them, and of what an employee keeps with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

# Always by ids that a view, an offer or a search has chosen: a handful of index look-ups per row.
# $2 is the reader (employee id as text in contact_reads), $3 the same as uuid.
ROWS = """
SELECT c.id, c.number, c.version, c.state, c.medium, c.brand_id, c.queue_id, c.operator_id,
  c.kind_id, c.result_code_id, c.subject, c.last_text, c.last_kind, c.last_at, c.last_seq,
  c.awaiting, c.waiting_since, c.opened_at, c.closed_at, c.follows_id, c.spam, c.automatic,
  c.locale, coalesce(r.seq, 0) AS read_seq, u.n AS unread,
  EXISTS (SELECT 1 FROM drafts d WHERE d.employee_id = $3 AND d.contact_id = c.id) AS draft,
  a.id AS account_id, a.title AS account_title, a.provider AS account_provider,
  cl.id AS client_id, cl.kind AS client_kind,
  cc_client_name(cl.name, i.name, i.medium, i.value) AS client_name,
  i.id AS identity_id, i.medium AS identity_medium, i.value AS identity_value,
  i.proof AS identity_proof,
  w.id AS work_id, w.state AS work_state, w.version AS work_version,
  w.operator_id AS work_operator_id, w.offer_id, w.offer_until, w.wrap_up_until, w.arrived_at,
  w.origin, w.note, w.parked_until, w.preferred_id
FROM unnest($1::uuid[]) WITH ORDINALITY AS t (id, at)
JOIN contacts c ON c.id = t.id
JOIN accounts a ON a.id = c.account_id
JOIN identities i ON i.id = c.identity_id
JOIN clients cl ON cl.id = i.client_id
LEFT JOIN contact_reads r ON r.contact_id = c.id AND r.reader = $2
LEFT JOIN work w ON w.contact_id = c.id AND w.state <> 'done'
CROSS JOIN LATERAL (
  SELECT count(*) AS n FROM (
    SELECT 1 FROM messages m WHERE m.contact_id = c.id AND m.seq > coalesce(r.seq, 0)
      AND m.kind = 'inbound' LIMIT 100) s) u
ORDER BY t.at
"""
DATA = "SELECT data FROM contacts WHERE id = $1"
LINE = """
SELECT a.provider, a.settings, c.conversation_key FROM contacts c
JOIN accounts a ON a.id = c.account_id WHERE c.id = $1
"""
CLIENT_READ = "SELECT seq FROM contact_reads WHERE contact_id = $1 AND reader = 'client'"
REFUSED = """
SELECT CASE WHEN NOT o.granted THEN o.at END FROM contacts c
JOIN LATERAL (SELECT granted, at FROM consents x WHERE x.identity_id = c.identity_id
              AND x.purpose = 'messages' ORDER BY x.at DESC, x.id DESC LIMIT 1) o ON true
WHERE c.id = $1
"""
PARTICIPANTS = """
SELECT p.identity_id, i.client_id, cc_client_name(c.name, i.name, i.medium, i.value) AS
  name, i.medium, i.value, p.role, p.verified
FROM participants p JOIN identities i ON i.id = p.identity_id JOIN clients c ON c.id = i.client_id
WHERE p.contact_id = $1 ORDER BY p.joined_at, p.identity_id
"""
DRAFTS = """
SELECT kind, text, data, changed_at FROM drafts WHERE employee_id = $1 AND contact_id = $2
"""
KEEP_DRAFT = """
INSERT INTO drafts (employee_id, contact_id, kind, text, data, changed_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (employee_id, contact_id, kind) DO UPDATE SET text = excluded.text,
  data = excluded.data, changed_at = excluded.changed_at, version = drafts.version + 1
"""
LAST_SEQ = "SELECT last_seq, version FROM contacts WHERE id = $1"
OF_KIND = "SELECT EXISTS (SELECT 1 FROM kinds WHERE id = $1 AND archived_at IS NULL)"
OF_CODE = """
SELECT EXISTS (SELECT 1 FROM result_codes
               WHERE id = $1 AND archived_at IS NULL AND (queue_id IS NULL OR queue_id = $2))
"""


async def rows(db: Database, ids: Sequence[UUID], reader: UUID) -> list[Record]:
    """These contacts in this order, as `reader` sees them. The ids must have been authorised."""
    return await db.fetch(ROWS, list(ids), str(reader), reader) if ids else []


async def is_visible(
    db: Database | Unit, contact_id: UUID, visible: sa.ColumnElement[bool]
) -> bool:
    """Whether the contact is there and among the visible ones."""
    query = sa.select(t.contacts.c.id).where(t.contacts.c.id == contact_id, visible)
    return await db.fetchval(query) is not None


async def data(db: Database, contact_id: UUID) -> dict[str, Any]:
    """What the channel told beside the messages: page, pre-chat answers."""
    value: dict[str, Any] = await db.fetchval(DATA, contact_id)
    return value


async def line(db: Database | Unit, contact_id: UUID) -> Record:
    """Through what and to whom a contact's messages go: provider, settings, conversation_key."""
    row = await db.fetchrow(LINE, contact_id)
    assert row is not None  # noqa: S101 - a contact has an account
    return row


async def participants(db: Database, contact_id: UUID) -> list[Record]:
    """Who is there on the client's side."""
    return await db.fetch(PARTICIPANTS, contact_id)


async def client_read_seq(db: Database, contact_id: UUID) -> int:
    """How far the client has read."""
    return int(await db.fetchval(CLIENT_READ, contact_id) or 0)


async def refused_at(db: Database, contact_id: UUID) -> datetime | None:
    """Since when the client wants no messages at the address of the contact, where he does not."""
    at: datetime | None = await db.fetchval(REFUSED, contact_id)
    return at


async def last_seq(db: Database, contact_id: UUID) -> tuple[int, int]:
    """The seq of the last message and the contact's version."""
    row = await db.fetchrow(LAST_SEQ, contact_id)
    return (row["last_seq"], row["version"]) if row else (0, 0)


async def drafts(db: Database, employee_id: UUID, contact_id: UUID) -> list[Record]:
    """The employee's drafts of this contact."""
    return await db.fetch(DRAFTS, employee_id, contact_id)


async def keep_draft(
    db: Database, key: tuple[UUID, UUID, str], text: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Write a draft over the former one; `key`: (employee, contact, kind)."""
    await db.execute(KEEP_DRAFT, *key, text, dict(data), now)


async def recent(
    db: Database, client_id: UUID, but: UUID, limit: int, visible: sa.ColumnElement[bool]
) -> list[Record]:
    """The client's latest other contacts."""
    c = t.contacts.c
    query = (
        sa.select(c.id, c.number, c.opened_at, c.last_text, c.result_code_id)
        .join(t.identities, t.identities.c.id == c.identity_id)
        .where(t.identities.c.client_id == client_id, c.id != but, visible)
        .order_by(c.opened_at.desc())
        .limit(limit)
    )
    return await db.fetch(query)


async def is_kind(db: Unit, kind_id: UUID) -> bool:
    """Whether this kind of request may be chosen."""
    return bool(await db.fetchval(OF_KIND, kind_id))


async def is_result_code(db: Unit, code_id: UUID, queue_id: UUID) -> bool:
    """Whether this result may be chosen for a contact of this queue."""
    return bool(await db.fetchval(OF_CODE, code_id, queue_id))
