"""The rows of the outbox and their lines: what is written to a conversation, in its order.

`due_at` is, in every open state, the next instant at which the row matters: held = end of the
hold, pending = earliest try, sending = end of the claim, uncertain = end of the line's wait. So one
index finds what is due and what is next, however much lies behind. All instants are the
database's: nodes may disagree about the time. What a sender does with the rows is in `sending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contact_center.kernel.ids import new_id
from contact_center.outbox.model import Act, Klass, Origin
from contact_center.storage.database import LOG_TOPIC
from contact_center.storage.unit import Record, Unit

OPEN = "('held', 'pending', 'sending', 'uncertain')"
LINE = "SELECT id FROM outbox_lines WHERE account_id = $1 AND conversation_key = $2"
NEW_LINE = """
INSERT INTO outbox_lines (id, account_id, conversation_key) VALUES ($1, $2, $3)
ON CONFLICT (account_id, conversation_key) DO NOTHING
"""
ENQUEUE = """
WITH line AS (UPDATE outbox_lines SET last_seq = last_seq + 1 WHERE id = $2 RETURNING id, last_seq)
INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, origin, class, payload,
                    act, state, hold_until, due_at)
SELECT $1, id, last_seq, $3, $4, $5, $6, $7, $8, $10,
       CASE WHEN $9::float > 0 THEN 'held' ELSE 'pending' END,
       CASE WHEN $9::float > 0 THEN now() + make_interval(secs => $9) END,
       now() + make_interval(secs => $9)
FROM line
"""
RELEASE = """
UPDATE outbox SET state = 'pending', due_at = now(), version = version + 1
WHERE contact_id = $1 AND state = 'held' RETURNING id, account_id
"""
CANCEL = """
UPDATE outbox SET state = 'cancelled', settled_at = now(), version = version + 1
WHERE message_id = $1 AND state = 'held' AND act = 'send' RETURNING id, contact_id, account_id
"""
# A new attempt has a new key, and no provider id: late news of the old one pass it by. A letter
# that only some of its recipients may lack goes to these alone, and stays what it is. Of a text
# that had left in parts only those go that were lost, what had not left goes on where it stood.
AGAIN = """
WITH told AS (
  SELECT o.id, o.account_id, o.message_id, o.provider_id, n.name, n.part::int AS part,
         coalesce(d.status, 'sent') AS status,
         bool_or(coalesce(d.status = 'failed', false)) OVER (PARTITION BY o.id, n.part) AS lost
  FROM outbox o CROSS JOIN LATERAL jsonb_each_text(o.payload -> 'parts') AS n (name, part)
  LEFT JOIN deliveries d ON d.account_id = o.account_id AND d.provider_id = n.name
  WHERE o.message_id = $1 AND o.state = $2 AND o.act = 'send' AND o.provider_id IS NOT NULL
), parted AS (
  SELECT id, jsonb_build_object(
    'part', min(part) FILTER (WHERE lost),
    'only', jsonb_agg(DISTINCT part) FILTER (WHERE lost),
    'names', coalesce(jsonb_object_agg(name, status) FILTER (WHERE NOT lost), '{}'),
    'parts', coalesce(jsonb_object_agg(name, part) FILTER (WHERE NOT lost), '{}')) AS rest
  FROM told GROUP BY id HAVING bool_or(lost)
), named AS (
  INSERT INTO message_names (account_id, name, message_id)
  SELECT account_id, name, message_id FROM told WHERE NOT lost AND name = provider_id
  ON CONFLICT DO NOTHING
)
UPDATE outbox o SET state = 'pending', due_at = now(), attempts = attempts + 1,
       error_kind = NULL, error_text = NULL, settled_at = NULL, version = version + 1,
       provider_id = CASE WHEN NOT $3 AND payload ? 'left' THEN provider_id END,
       recipients = CASE WHEN NOT $3 AND payload ? 'left' THEN recipients END, undelivered = '{}',
       payload = CASE WHEN $3 THEN payload - '{left,missed}'::text[]
                      ELSE payload END
         - CASE WHEN provider_id IS NULL THEN '{}'
                ELSE '{part,names,parts,only,worded}'::text[] END
         || coalesce((SELECT p.rest FROM parted p WHERE p.id = o.id), '{}')
         || jsonb_build_object('since', attempts + 1) || CASE WHEN $3 THEN jsonb_build_object(
                   'anew', coalesce((payload->>'anew')::int, 0) + 1) ELSE '{}' END
WHERE o.message_id = $1 AND o.state = $2 AND o.act = 'send'
RETURNING o.id, o.contact_id, o.account_id
"""
# Where it is one of several parts that arrived, the others are still to go.
ARRIVED = """
UPDATE outbox o SET
       state = CASE WHEN p.after IS NULL THEN 'sent' ELSE 'pending' END, due_at = now(),
       sent_at = CASE WHEN p.after IS NULL THEN coalesce(sent_at, now()) ELSE sent_at END,
       settled_at = CASE WHEN p.after IS NULL THEN now() END,
       error_kind = NULL, error_text = NULL, version = version + 1,
       undelivered = coalesce(payload -> 'missed', '{}'),
       payload = CASE WHEN p.after IS NULL THEN payload ELSE payload
                   || jsonb_build_object('part', p.after, 'since', attempts) END
FROM (SELECT id, cc_part_after(payload) AS after FROM outbox WHERE message_id = $1) p
WHERE o.id = p.id AND o.state = 'uncertain' AND o.act = 'send'
RETURNING o.id, o.contact_id, o.account_id
"""


def topic(account_id: UUID) -> str:
    """The hint that wakes the sender of an account."""
    return f"outbox:{account_id}"


async def enqueue(
    unit: Unit,
    *,
    account_id: UUID,
    conversation_key: str,
    contact_id: UUID | None,
    message_id: UUID | None,
    origin: Origin = "operator",
    klass: Klass = "interactive",
    payload: dict[str, Any],
    hold_seconds: float = 0.0,
    act: Act = "send",
) -> UUID:
    """Put a message into its line with this transaction; returns the outbox id.

    `payload`: {text, attachments: [ids of stored attachments], buttons: [{text, value, url}],
    reply_to: id of one of our messages, data}. It leaves after `hold_seconds`. `act`: what is to
    be done with the message; whoever changes one goes by `acts.change`.
    """
    line = await unit.fetchval(LINE, account_id, conversation_key)
    if line is None:
        await unit.execute(NEW_LINE, new_id(), account_id, conversation_key)
        line = await unit.fetchval(LINE, account_id, conversation_key)
    await unit.lock("outbox_lines", [line], "id")
    outbox_id = new_id()
    await unit.execute(
        ENQUEUE, outbox_id, line, account_id, contact_id, message_id, origin, klass, payload,
        float(hold_seconds), act,
    )  # fmt: skip
    unit.ring(topic(account_id))
    return outbox_id


async def release_holds(unit: Unit, contact_id: UUID) -> int:
    """Let go what is held of a contact: its operator went on, so he will not undo."""
    rows = await unit.fetch(RELEASE, contact_id)
    for row in rows:
        unit.ring(topic(row["account_id"]))
    return len(rows)


async def change(unit: Unit, query: str, message_id: UUID, *args: Any) -> list[Record]:
    """Run one of CANCEL, AGAIN, ARRIVED; wakes the sender."""
    rows = await unit.fetch(query, message_id, *args)
    for row in rows:
        unit.ring(topic(row["account_id"]))
    return rows


async def changed(unit: Unit, ids: Sequence[UUID], actor: str, cause: str = "") -> None:
    """Versions and log of the messages of these rows; the contacts are locked already."""
    await unit.execute("SELECT cc_outbox_changed($1, $2, $3)", list(ids), actor, cause)
    unit.wake(LOG_TOPIC)
