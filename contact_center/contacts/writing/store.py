"""SQL of a contact being changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.contacts.letters.model import cid_of
from contact_center.storage.unit import Record, Unit

COLUMNS = (
    "queue_id", "operator_id", "kind_id", "result_code_id", "subject", "state", "awaiting",
    "waiting_since", "first_reply_at", "last_seq", "last_text", "last_kind", "last_at", "spam",
    "snoozed_until", "closed_at", "closed_by", "version",
)  # fmt: skip
"""What may change of a contact after it was opened."""

UPDATE = (
    "UPDATE contacts SET "  # noqa: S608 - names from the literal above
    + ", ".join(f"{name} = ${at}" for at, name in enumerate(COLUMNS, 2))
    + " WHERE id = $1"
)
INSERT_MESSAGES = """
INSERT INTO messages (id, contact_id, seq, kind, employee_id, text, client_msg_id, reply_to, data,
                      created_at)
SELECT v.id, $1, v.seq, v.kind, v.employee_id, v.text, v.client_msg_id, v.reply_to, v.data, $9
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
            $10::jsonb[])
     AS v (id, seq, kind, employee_id, text, client_msg_id, reply_to, data)
"""
BY_CLIENT_ID = """
SELECT id, contact_id FROM messages WHERE employee_id = $1 AND client_msg_id = $2
"""
IN_CONTACT = "SELECT EXISTS (SELECT 1 FROM messages WHERE id = $1 AND contact_id = $2)"
ATTACH = """
UPDATE attachments SET message_id = $2, contact_id = $3, version = version + 1,
  data = data - '{cid,inline}'::text[]
    || jsonb_build_object('place', array_position($1::uuid[], id)) || CASE WHEN id = ANY($5::uuid[])
    THEN jsonb_build_object('cid', $6::jsonb -> id::text, 'inline', true) ELSE '{}' END
WHERE id = ANY($1::uuid[]) AND message_id IS NULL AND state = 'stored' AND owner = $4
RETURNING id
"""
DROP_DRAFT = "DELETE FROM drafts WHERE employee_id = $1 AND contact_id = $2 AND kind = $3"
READ = """
INSERT INTO contact_reads (contact_id, reader, seq, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (contact_id, reader) DO UPDATE SET seq = greatest(contact_reads.seq, excluded.seq),
  at = excluded.at WHERE contact_reads.seq < excluded.seq
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to insert; `seq` has been taken under the contact's lock."""

    id: UUID
    seq: int
    kind: str
    employee_id: UUID | None
    text: str
    client_msg_id: str | None
    reply_to: UUID | None
    data: Mapping[str, Any] = field(default_factory=dict)


async def update(unit: Unit, contact_id: UUID, values: Mapping[str, Any]) -> None:
    """Write all changeable columns of a locked contact."""
    await unit.execute(UPDATE, contact_id, *(values[name] for name in COLUMNS))


async def insert(
    unit: Unit, contact_id: UUID, messages: Sequence[NewMessage], now: datetime
) -> None:
    """Insert messages of one contact. Raises UniqueViolationError for a client_msg_id used."""
    await unit.execute(
        INSERT_MESSAGES,
        contact_id,
        [one.id for one in messages],
        [one.seq for one in messages],
        [one.kind for one in messages],
        [one.employee_id for one in messages],
        [one.text for one in messages],
        [one.client_msg_id for one in messages],
        [one.reply_to for one in messages],
        now,
        [dict(one.data) for one in messages],
    )


async def sent_before(unit: Unit, employee_id: UUID, client_msg_id: str) -> Record | None:
    """(id, contact_id) of the message this employee already sent under this id."""
    return await unit.fetchrow(BY_CLIENT_ID, employee_id, client_msg_id)


async def is_of_contact(unit: Unit, message_id: UUID, contact_id: UUID) -> bool:
    """Whether a message belongs to a contact."""
    return bool(await unit.fetchval(IN_CONTACT, message_id, contact_id))


async def attach(
    unit: Unit,
    ids: Sequence[UUID],
    message_id: UUID,
    contact_id: UUID,
    owner: str,
    *,
    shown: Collection[UUID] = (),
) -> int:
    """Tie uploads of this owner to a message; returns how many could be.

    `shown`: those that its HTML shows, by the names of `cid_of`.
    """
    names = {str(one): cid_of(one) for one in shown}
    rows = await unit.fetch(ATTACH, list(ids), message_id, contact_id, owner, list(shown), names)
    return len(rows)


async def drop_draft(unit: Unit, employee_id: UUID, contact_id: UUID, kind: str) -> None:
    """Forget a draft that was sent."""
    await unit.execute(DROP_DRAFT, employee_id, contact_id, kind)


async def mark_read(unit: Unit, contact_id: UUID, reader: str, seq: int, now: datetime) -> None:
    """How far somebody has read; never goes back."""
    await unit.execute(READ, contact_id, reader, seq, now)
