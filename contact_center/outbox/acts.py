"""Changing and deleting what has left: an entry of the same line, behind what it is about.

What has not left yet is changed where it stands. Everything else waits in the line as any message
does, so nothing is lost under a kill; it may be done twice without harm, so it is never uncertain.
The thread shows the new text once the provider has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from channels.contract import Capabilities, Channel, Deletes, Edits
from channels.errors import Rejected, Unsupported
from channels.messages import Button, Outbound
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import store
from contact_center.outbox.model import Act, Claim, LiveAccount, Mark
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

SENT = """
SELECT o.id, o.state, o.payload, o.attempts, o.error_kind, o.account_id, l.conversation_key,
  EXISTS (SELECT FROM message_names n WHERE n.message_id = o.message_id) AS named
FROM outbox o JOIN outbox_lines l ON l.id = o.line_id
WHERE o.message_id = $1 AND o.act = 'send' ORDER BY o.seq DESC LIMIT 1 FOR NO KEY UPDATE OF o
"""
REWORD = """
WITH waiting AS (
  UPDATE outbox SET version = version + 1,
    payload = payload - 'of' || jsonb_build_object('text', $3::text)
  WHERE id = $1
), reworded AS (UPDATE messages SET text = $3 WHERE id = $2 RETURNING contact_id, seq)
UPDATE contacts c SET last_text = left($3, 200) FROM reworded r
WHERE c.id = r.contact_id AND c.last_seq = r.seq
"""
CANCEL = """
UPDATE outbox SET state = 'cancelled', settled_at = now(), version = version + 1 WHERE id = $1
"""
# One that is on the wire ends first: the next stands behind it.
SUPERSEDE = """
UPDATE outbox SET state = 'cancelled', settled_at = now(), version = version + 1
WHERE message_id = $1 AND act <> 'send' AND state = 'pending'
"""
# The list shows what is left when messages are deleted, and the client waits again.
FORGET = """
WITH gone AS (
  UPDATE messages SET deleted_at = coalesce(deleted_at, now()) WHERE id = ANY($1::uuid[])
  RETURNING contact_id
), shown AS (
  SELECT g.contact_id, n.*, coalesce(a.seq, 0) AS answered
  FROM (SELECT DISTINCT contact_id FROM gone) g
  LEFT JOIN LATERAL (
    SELECT m.kind, m.text, m.created_at FROM messages m
    WHERE m.contact_id = g.contact_id AND m.id <> ALL($1) AND m.deleted_at IS NULL
      AND m.kind IN ('inbound', 'outbound') ORDER BY m.seq DESC LIMIT 1) n ON true
  LEFT JOIN LATERAL (
    SELECT m.seq FROM messages m
    WHERE m.contact_id = g.contact_id AND m.id <> ALL($1) AND m.deleted_at IS NULL
      AND m.kind = 'outbound' ORDER BY m.seq DESC LIMIT 1) a ON true
)
UPDATE contacts c SET
  last_text = coalesce(left(n.text, 200), ''), last_kind = coalesce(n.kind, c.last_kind),
  last_at = coalesce(n.created_at, c.last_at),
  awaiting = CASE WHEN n.kind = 'inbound' AND c.state = 'open' THEN 'us' ELSE c.awaiting END,
  waiting_since = CASE WHEN n.kind = 'inbound' AND c.state = 'open' THEN
    (SELECT m.created_at FROM messages m
     WHERE m.contact_id = c.id AND m.seq > n.answered AND m.deleted_at IS NULL
       AND m.kind = 'inbound' AND m.id <> ALL($1) ORDER BY m.seq LIMIT 1) END,
  first_reply_at = CASE WHEN n.answered > 0 THEN c.first_reply_at END
FROM shown n WHERE c.id = n.contact_id
"""
DONE = """
SELECT message_id, act FROM outbox
WHERE id = ANY($1) AND act <> 'send' AND state = 'sent' AND message_id IS NOT NULL
"""
# Nobody sends again what was deleted after a part of it had arrived.
GIVEN_UP = """
UPDATE outbox SET state = 'cancelled', version = version + 1
WHERE message_id = ANY($1::uuid[]) AND act = 'send' AND state = 'failed'
"""
REWORDED = """
WITH changed AS (
  UPDATE messages m SET text = o.payload ->> 'text', edited_at = now(),
    data = jsonb_set(m.data, '{edits}', cc_edits(m.data -> 'edits',
             jsonb_build_object('at', m.edited_at, 'text', m.text)))
  FROM outbox o
  WHERE o.id = ANY($1) AND o.act = 'edit' AND o.state = 'sent' AND m.id = o.message_id
  RETURNING m.contact_id, m.seq, m.text
)
UPDATE contacts c SET last_text = left(m.text, 200) FROM changed m
WHERE c.id = m.contact_id AND c.last_seq = m.seq
"""
# The provider's names of a message: what bears its text comes first, else what receipts name.
NAMES = """
SELECT o.payload ->> 'worded' AS name FROM outbox o
WHERE o.message_id = $1 AND o.act = 'send' AND o.payload ? 'worded'
UNION ALL
SELECT o.provider_id AS name FROM outbox o
WHERE o.message_id = $1 AND o.act = 'send' AND o.provider_id IS NOT NULL
UNION ALL
(SELECT n.name FROM message_names n WHERE n.message_id = $1 ORDER BY n.place, n.name)
"""
NEVER_LEFT = frozenset({"held", "pending", "failed"})
LEFT = frozenset({"sending", "sent", "delivered", "read"})


async def change(unit: Unit, message_id: UUID, act: Act, actor: str, text: str = "") -> None:
    """Edit or delete a message of ours; its contact is locked.

    Raises Conflict while nobody can know whether it has left, Invalid for what left in parts.
    """
    row = await unit.fetchrow(SENT, message_id)
    if row is None:
        raise Conflict("the message was never sent through a channel", code="not_sent")
    if act == "edit" and _is_in_parts(row):
        raise Invalid("it left in several parts, which cannot be changed", code="in_parts")
    if _is_here(row):
        changed = await _here(unit, row["id"], message_id, act, text)
    elif row["state"] in LEFT or (act == "delete" and row["state"] == "failed"):
        changed = await _behind(unit, row, message_id, act, text)
    else:
        raise Conflict(
            f"too late: the message is {row['state']}", code="delivery_changed",
            current={"state": row["state"]},
        )  # fmt: skip
    await store.changed(unit, [changed], actor, act)


def _is_in_parts(row: Record) -> bool:
    """Whether no one part of it bears the text, or only some of them have left so far."""
    given = row["payload"]
    if row["state"] in NEVER_LEFT:
        return bool(row["named"])
    return int(given.get("of", 1)) > 1 and "worded" not in given


def _is_here(row: Record) -> bool:
    """Whether nothing of it can have left. One that may have is waiting to be sent again."""
    touched = row["named"] or row["error_kind"] == "uncertain"
    return row["state"] in NEVER_LEFT and not touched


async def _here(unit: Unit, outbox_id: UUID, message_id: UUID, act: Act, text: str) -> UUID:
    # Asked for while it was on the wire, from which it came back: older than this.
    await unit.execute(SUPERSEDE, message_id)
    if act == "edit":
        await unit.execute(REWORD, outbox_id, message_id, text)
    else:
        await unit.execute(CANCEL, outbox_id)
        await unit.execute(FORGET, [message_id])
    return outbox_id


async def _behind(unit: Unit, row: Record, message_id: UUID, act: Act, text: str) -> UUID:
    await unit.execute(SUPERSEDE, message_id)
    rows = await unit.fetch("SELECT contact_id FROM messages WHERE id = $1", message_id)
    payload: dict[str, Any] = {}
    if act == "edit":  # the buttons stay: a text that is changed without them loses them
        payload = {"text": text, "buttons": row["payload"].get("buttons", [])}
    return await store.enqueue(
        unit, account_id=row["account_id"], conversation_key=row["conversation_key"],
        contact_id=rows[0]["contact_id"], message_id=message_id, payload=payload, act=act,
    )  # fmt: skip


async def settle(unit: Unit, ids: Sequence[UUID]) -> None:
    """Carry what the provider has done to the messages; their contacts are locked."""
    rows = await unit.fetch(DONE, list(ids))
    if any(row["act"] == "edit" for row in rows):
        await unit.execute(REWORDED, list(ids))
    if gone := [row["message_id"] for row in rows if row["act"] == "delete"]:
        await unit.execute(FORGET, gone)
        await unit.execute(GIVEN_UP, gone)


async def perform(database: Database, account: LiveAccount, claim: Claim, seconds: float) -> Mark:
    """Do it at the provider. Raises a channel error or TimeoutError."""
    names = [row["name"] for row in await database.fetch(NAMES, claim.message_id)]
    if not names:
        raise Rejected("the message itself has not left")
    async with asyncio.timeout(seconds):
        if claim.act == "edit":
            await _edit(account.channel, names[0], _wording(claim, account.capabilities))
        else:
            await _delete(account.channel, claim.conversation_key, list(dict.fromkeys(names)))
    return Mark(claim, "sent")


def _wording(claim: Claim, can: Capabilities) -> Outbound:
    text = str(claim.payload.get("text", ""))
    if len(text) > can.text_limit:
        raise Unsupported(f"this connection carries {can.text_limit} characters")
    buttons = tuple(Button(**button) for button in claim.payload.get("buttons", ()))
    whole = Outbound(id=claim.key, conversation_key=claim.conversation_key, text=text)
    return replace(whole, buttons=buttons)


async def _edit(channel: Channel, name: str, message: Outbound) -> None:
    if not isinstance(channel, Edits):
        raise Unsupported("this connection does not change messages")
    await channel.edit(name, message)


async def _delete(channel: Channel, key: str, names: Sequence[str]) -> None:
    if not isinstance(channel, Deletes):
        raise Unsupported("this connection does not delete messages")
    for name in names:
        await channel.delete(key, name)
