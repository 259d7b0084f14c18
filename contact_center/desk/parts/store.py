"""SQL of splitting and joining contacts: what follows the messages that move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.storage.unit import Record, Unit

# What machines write is no turn of the talk, nor is what we pass on; lists show neither side's
# turn where our machine wrote it. What a program sent otherwise ("bulk") may be a person's words.
_SAID = """
said AS (
  SELECT m.id, m.seq, m.kind, m.text, m.created_at,
    CASE m.kind WHEN 'inbound' THEN coalesce(m.data #>> '{mail,automatic}', 'bulk') <> 'bulk'
                ELSE coalesce((m.data #>> '{letter,automatic}')::boolean, false) END AS automatic,
    m.data #>> '{letter,forwards}' IS NOT NULL AS forwards
  FROM messages m WHERE m.contact_id = $1 AND m.deleted_at IS NULL
    AND m.kind IN ('inbound', 'outbound', 'call', 'survey'))
"""
STANDING = f"""
WITH {_SAID}, newest AS (
  SELECT * FROM said WHERE kind <> 'outbound' OR NOT automatic ORDER BY seq DESC LIMIT 1
), turns AS (
  SELECT * FROM said WHERE NOT automatic AND NOT forwards AND kind IN ('inbound', 'outbound')
), turn AS (SELECT kind FROM turns ORDER BY seq DESC LIMIT 1
), ours AS (
  SELECT max(seq) AS last, min(created_at) AS first_at FROM turns WHERE kind = 'outbound')
SELECT
  coalesce((SELECT left(coalesce(nullif(n.text, ''), (
    SELECT a.name FROM attachments a WHERE a.message_id = n.id ORDER BY a.id LIMIT 1), ''), 200)
    FROM newest n), '') AS last_text,
  coalesce((SELECT kind FROM newest), '') AS last_kind,
  (SELECT created_at FROM newest) AS last_at,
  CASE (SELECT kind FROM turn) WHEN 'inbound' THEN 'us' WHEN 'outbound' THEN 'client'
       ELSE 'nobody' END AS awaiting,
  CASE WHEN (SELECT kind FROM turn) = 'inbound' THEN (
    SELECT min(created_at) FROM turns
    WHERE kind = 'inbound' AND seq > coalesce((SELECT last FROM ours), 0)) END AS waiting_since,
  (SELECT first_at FROM ours) AS first_reply_at
"""  # noqa: S608 - put together of texts of this file
CUT = """
SELECT m.seq, m.kind, m.created_at,
  coalesce(m.data ->> 'subject', m.data #>> '{letter,subject}') AS subject,
  EXISTS (SELECT 1 FROM messages b WHERE b.contact_id = $1 AND b.seq < m.seq
          AND b.kind IN ('inbound', 'outbound') AND b.deleted_at IS NULL) AS leaves,
  (SELECT i.identity_id FROM messages i WHERE i.contact_id = $1 AND i.seq >= m.seq
     AND i.kind = 'inbound' AND i.identity_id IS NOT NULL ORDER BY i.seq LIMIT 1) AS identity_id
FROM messages m WHERE m.contact_id = $1 AND m.id = $2
"""
OPEN = """
INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id, identity_id,
  touchpoint_id, kind_id, operator_id, subject, locale, priority_seconds, awaiting, data, opened_at)
SELECT $2, c.account_id, $3, c.medium, c.brand_id, c.queue_id, coalesce($4, c.identity_id),
  c.touchpoint_id, c.kind_id, c.operator_id, left(coalesce($5, c.subject), 500), c.locale,
  c.priority_seconds, 'nobody', jsonb_build_object('split_from', c.id), $6
FROM contacts c WHERE c.id = $1
"""
# $2: where they go; $3: from which seq on; $4: what is added to their seq.
MOVE = """
UPDATE messages SET contact_id = $2, seq = seq + $4, version = version + 1
WHERE contact_id = $1 AND seq >= $3 RETURNING id, data #>> '{mail,message_id}' AS name
"""
FILES = """
UPDATE attachments SET contact_id = $2, version = version + 1 WHERE message_id = ANY($1::uuid[])
"""
OUR_NAMES = """
SELECT provider_id FROM outbox WHERE message_id = ANY($1::uuid[]) AND provider_id IS NOT NULL
"""
NAME = """
INSERT INTO conversation_refs (account_id, ref, conversation_key)
SELECT $1, r.ref, $3 FROM (SELECT DISTINCT ref FROM unnest($2::text[]) AS u (ref)) r
ORDER BY r.ref COLLATE "C"
ON CONFLICT (account_id, ref) DO UPDATE SET conversation_key = excluded.conversation_key
"""
UNNAME = "DELETE FROM conversation_refs WHERE account_id = $1 AND ref = $2"
READ_PART = """
INSERT INTO contact_reads (contact_id, reader, seq, at)
SELECT $2, reader, seq - $3, at FROM contact_reads WHERE contact_id = $1 AND seq > $3
"""
READ_REST = "UPDATE contact_reads SET seq = $2 WHERE contact_id = $1 AND seq > $2"
# $1: the contact that goes on, $2: the joined one, $3: the length of the former. Who had read all
# of the one has read as far as he had in the other; for everybody else the joined part is new.
READ_JOINED = """
UPDATE contact_reads r SET seq = greatest(r.seq, $3 + coalesce((
  SELECT o.seq FROM contact_reads o WHERE o.contact_id = $2 AND o.reader = r.reader), 0))
WHERE r.contact_id = $1 AND NOT EXISTS (
  SELECT 1 FROM messages m WHERE m.contact_id = $1 AND m.seq > r.seq AND m.seq <= $3
    AND m.kind = CASE r.reader WHEN 'client' THEN 'outbound' ELSE 'inbound' END)
"""
FORGET_READS = "DELETE FROM contact_reads WHERE contact_id = $1"
PEOPLE_PART = """
INSERT INTO participants (contact_id, identity_id, role, verified, joined_at)
SELECT n.id, w.identity_id, CASE w.identity_id WHEN n.identity_id THEN 'owner' ELSE 'member' END,
  coalesce(p.verified, false) OR (w.identity_id = n.identity_id AND EXISTS (
    SELECT 1 FROM identities i WHERE i.id = w.identity_id AND i.proof <> 'claimed')), w.at
FROM contacts n CROSS JOIN LATERAL (
  SELECT m.identity_id, min(m.created_at) AS at FROM messages m
  WHERE m.contact_id = n.id AND m.kind = 'inbound' AND m.identity_id IS NOT NULL GROUP BY 1
  UNION ALL SELECT n.identity_id, n.opened_at WHERE NOT EXISTS (
    SELECT 1 FROM messages m WHERE m.contact_id = n.id AND m.kind = 'inbound'
      AND m.identity_id = n.identity_id)) w
LEFT JOIN participants p ON p.contact_id = $1 AND p.identity_id = w.identity_id
WHERE n.id = $2
"""
PEOPLE_REST = """
DELETE FROM participants p USING contacts c
WHERE c.id = $1 AND p.contact_id = c.id AND p.identity_id <> c.identity_id
  AND EXISTS (SELECT 1 FROM participants n WHERE n.contact_id = $2
              AND n.identity_id = p.identity_id)
  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = c.id
                  AND m.identity_id = p.identity_id)
"""
PEOPLE_JOINED = """
INSERT INTO participants AS p (contact_id, identity_id, role, verified, joined_at)
SELECT $1, identity_id, 'member', verified, joined_at FROM participants WHERE contact_id = $2
ORDER BY identity_id
ON CONFLICT (contact_id, identity_id) DO UPDATE SET verified = p.verified OR excluded.verified
"""
DRAFTS_JOINED = """
UPDATE drafts d SET contact_id = $1, version = d.version + 1 WHERE d.contact_id = $2
  AND NOT EXISTS (SELECT 1 FROM drafts o WHERE o.contact_id = $1 AND o.kind = d.kind
                  AND o.employee_id = d.employee_id)
"""
JOINED_INTO = """
UPDATE contacts SET data = data || jsonb_build_object('joined_into', $2::uuid) WHERE id = $1
"""
OVER = """
SELECT used > budget OR coalesce((load ->> $2)::int > (ceilings ->> $2)::int, false)
FROM operators WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a contact is split. `leaves`: something of the talk stays before it."""

    seq: int
    kind: str
    created_at: datetime
    subject: str | None
    leaves: bool
    identity_id: UUID | None


async def standing(unit: Unit, contact_id: UUID) -> dict[str, Any]:
    """What the contact's row says of its messages, told anew by the messages."""
    row = await unit.fetchrow(STANDING, contact_id)
    return dict(row or {})


async def cut(unit: Unit, contact_id: UUID, message_id: UUID) -> Cut | None:
    """The place of a message; None where the contact has no such one."""
    row = await unit.fetchrow(CUT, contact_id, message_id)
    return Cut(**dict(row)) if row else None


async def open_part(unit: Unit, contact_id: UUID, part_id: UUID, key: str, at: Cut) -> None:
    """A new open contact like this one, with nothing in it yet."""
    await unit.execute(
        OPEN, contact_id, part_id, key, at.identity_id, at.subject or None, at.created_at
    )


async def move(unit: Unit, source: UUID, target: UUID, start: int, shift: int) -> list[Record]:
    """Move messages with their files; returns (id, name) of each, `name` where a letter has one."""
    rows = await unit.fetch(MOVE, source, target, start, shift)
    await unit.execute(FILES, [row["id"] for row in rows], target)
    return rows


async def our_names(unit: Unit, message_ids: Sequence[UUID]) -> list[str]:
    """How the provider calls what we sent of these."""
    return [row["provider_id"] for row in await unit.fetch(OUR_NAMES, list(message_ids))]


async def lead(unit: Unit, account_id: UUID, names: Sequence[str], key: str) -> None:
    """Answers to these names come to this conversation from now on."""
    await unit.execute(NAME, account_id, list(names), key)


async def follow_split(unit: Unit, contact_id: UUID, part_id: UUID, kept: int) -> None:
    """Participants and read marks; `kept` messages stay."""
    await unit.execute(PEOPLE_PART, contact_id, part_id)
    await unit.execute(PEOPLE_REST, contact_id, part_id)
    await unit.execute(READ_PART, contact_id, part_id, kept)
    await unit.execute(READ_REST, contact_id, kept)


async def follow_join(unit: Unit, contact_id: UUID, other_id: UUID, length: int) -> None:
    """Participants, drafts and read marks of a contact that was joined into one of `length`."""
    await unit.execute(PEOPLE_JOINED, contact_id, other_id)
    await unit.execute(DRAFTS_JOINED, contact_id, other_id)
    await unit.execute(READ_JOINED, contact_id, other_id, length)
    await unit.execute(FORGET_READS, other_id)
    await unit.execute(JOINED_INTO, other_id, contact_id)


async def redirect(unit: Unit, account_id: UUID, key: str, to: str) -> None:
    """Whatever belongs to the conversation `key` comes to `to`, which is led nowhere itself."""
    await unit.execute(UNNAME, account_id, f"thread:{to}")
    await unit.execute(NAME, account_id, [f"thread:{key}"], to)


async def over_capacity(unit: Unit, operator_id: UUID, medium: str) -> bool:
    """Whether he has more than the router would give him."""
    return bool(await unit.fetchval(OVER, operator_id, medium))
