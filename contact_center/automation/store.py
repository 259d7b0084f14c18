"""SQL of automatic answers; what writes them is answers.sql."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from contact_center.kernel.ids import new_id
from contact_center.outbox.store import topic
from contact_center.storage.database import LOG_TOPIC, Database
from contact_center.storage.unit import Record, Unit

FIRST = """
SELECT DISTINCT ON (c.id) c.id, c.number, c.subject, c.locale,
  i.name, q.name AS queue, q.letters, b.name AS brand,
  c.state = 'open' AND cc_may_answer(m.data -> 'mail', a.settings) AS may_answer,
  p.ahead, p.low_ms, p.high_ms, coalesce(w.state = 'waiting', false) AS waits
FROM contacts c JOIN identities i ON i.id = c.identity_id JOIN queues q ON q.id = c.queue_id
JOIN brands b ON b.id = c.brand_id JOIN accounts a ON a.id = c.account_id
JOIN messages m ON m.contact_id = c.id AND m.kind = 'inbound'
LEFT JOIN work w ON w.contact_id = c.id AND w.state <> 'done'
LEFT JOIN wait_promises p ON p.work_id = w.id AND p.shown AND w.state IN ('waiting', 'offered')
WHERE c.id = ANY($1::uuid[]) ORDER BY c.id, m.seq
"""
# A letter of the contact's owner, with the files of it that were too large.
OVERSIZED = """
SELECT c.number, c.subject, c.locale, i.name, q.name AS queue, q.letters, b.name AS brand,
  c.state = 'open' AND cc_may_answer(m.data -> 'mail', a.settings) AS may_answer,
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
TALKING = """
SELECT c.id, coalesce(nullif(c.locale, ''), b.locale) AS locale
FROM contacts c JOIN accounts a ON a.id = c.account_id JOIN brands b ON b.id = a.brand_id
WHERE c.account_id = $1 AND c.conversation_key = $2 AND c.state = 'open'
"""
# The contact is locked by who answered it: nothing was said there since.
ANSWERED = """
SELECT m.id FROM messages m WHERE m.contact_id = $1 AND m.kind = 'outbound'
  AND EXISTS (SELECT FROM auto_answers g WHERE g.contact_id = $1 AND g.kind = $2)
ORDER BY m.seq DESC LIMIT 1
"""
ANSWER = "SELECT cc_answer($1, $2, $3, $4, $5, $6)"


async def first(database: Database, contacts: Sequence[UUID]) -> list[Record]:
    """These contacts with the message each began with; without those nobody wrote to us in."""
    return await database.fetch(FIRST, list(contacts))


async def oversized(unit: Unit, contact_id: UUID, message_id: UUID) -> Record | None:
    """The letter with the file; None where somebody else on the thread has sent it."""
    return await unit.fetchrow(OVERSIZED, contact_id, message_id)


async def confirming(unit: Unit, kind: str, key: str) -> bool:
    """Whether a job of this kind and key is still to be done."""
    return bool(await unit.fetchval(CONFIRMING, kind, key))


async def answer(
    unit: Unit, texts: Mapping[UUID, str], kind: str, *, per_day: int, per_hour: int
) -> None:
    """Answer contacts as the budgets allow, once with each kind, and wake who sends it."""
    accounts = await unit.fetchval(
        ANSWER, list(texts), [new_id() for _ in texts], list(texts.values()), per_day, per_hour,
        kind,
    )  # fmt: skip
    for account_id in accounts:
        unit.ring(topic(account_id))
    unit.wake(LOG_TOPIC)


async def talking(unit: Unit, account_id: UUID, conversation_key: str) -> Record | None:
    """The open contact of a conversation and its language."""
    return await unit.fetchrow(TALKING, account_id, conversation_key)


async def answered(unit: Unit, contact_id: UUID, kind: str) -> UUID | None:
    """The answer of this kind written just now in this transaction; None without budget."""
    said: UUID | None = await unit.fetchval(ANSWERED, contact_id, kind)
    return said
