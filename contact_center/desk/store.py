"""SQL of what the desk has to know beside the contact and its work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

NAME = "SELECT id, name FROM employees WHERE id = $1"
QUEUE = """
SELECT q.id, q.priority_seconds, q.wrap_up_seconds, q.wrap_up_code_required,
  q.archived_at IS NOT NULL AS archived,
  coalesce((p.body -> 'house' ->> 'wrap_up_limit_seconds')::int, 900) AS wrap_up_limit,
  coalesce((p.body -> 'house' ->> 'exclude_seconds')::int, 60) AS exclude
FROM queues q LEFT JOIN policies p ON p.state = 'current' WHERE q.id = $1
"""
VISITOR_GRACE = """
SELECT coalesce((SELECT (body -> 'house' ->> 'visitor_grace_seconds')::int FROM policies
                 WHERE state = 'current'), 60)
"""
LEFT_A_MESSAGE = """
SELECT EXISTS (SELECT FROM messages WHERE contact_id = $1 AND kind = 'inbound'
               AND data ->> 'offline' = 'true')
"""
WROTE_SINCE = """
SELECT EXISTS (SELECT FROM messages WHERE contact_id = $1 AND kind = 'inbound' AND seq > $2)
"""
WAY_OUT_TEXTS = """
SELECT q.letters -> $2 AS texts, coalesce(nullif(c.locale, ''), CASE
  WHEN c.last_text ~ '[А-Яа-яЁё]' THEN 'ru' WHEN c.last_text ~ '[A-Za-z]' THEN 'en'
  ELSE b.locale END) AS locale
FROM contacts c JOIN queues q ON q.id = c.queue_id JOIN brands b ON b.id = c.brand_id
WHERE c.id = $1
"""
COLLEAGUE = """
SELECT e.id, e.name, o.presence, e.state = 'active' AND e.role <> 'light' AS works,
  o.presence = 'ready' AND o.presence_next IS NULL AS ready
FROM employees e JOIN operators o ON o.id = e.id WHERE e.id = $1
"""
WORKS = "SELECT state = 'active' AND role <> 'light' FROM employees WHERE id = $1"
HELD = """
SELECT contact_id FROM work WHERE contact_id IS NOT NULL
  AND (operator_id = $1 AND state IN ('active', 'wrap_up')
       OR preferred_id = $1 AND state = 'parked')
ORDER BY id LIMIT $2
"""
ACCOUNT = "SELECT provider, settings FROM accounts WHERE id = $1"
ACCOUNT_OF = """
SELECT a.provider, a.settings FROM contacts c JOIN accounts a ON a.id = c.account_id
WHERE c.id = $1
"""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What a queue, and the house's policy, say about handing work back. Seconds."""

    id: UUID
    priority_seconds: int
    wrap_up_seconds: int
    wrap_up_code_required: bool
    archived: bool
    wrap_up_limit: int
    exclude: int


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a contact may be transferred to."""

    id: UUID
    name: str
    presence: str
    works: bool
    ready: bool


async def who(unit: Unit, employee_id: UUID | None) -> dict[str, str] | None:
    """{id, name} of an employee, as problems name him."""
    row = await unit.fetchrow(NAME, employee_id) if employee_id else None
    return {"id": str(row["id"]), "name": row["name"]} if row else None


async def queue(unit: Unit, queue_id: UUID) -> QueueRules | None:
    """The rules of a queue; None where there is none."""
    row = await unit.fetchrow(QUEUE, queue_id)
    return QueueRules(**dict(row)) if row else None


async def wrote_since(unit: Unit, contact_id: UUID, seq: int) -> bool:
    """Whether the client has written more than this message of the contact."""
    return bool(await unit.fetchval(WROTE_SINCE, contact_id, seq))


async def last_seq(unit: Unit, contact_id: UUID) -> int:
    """How many messages the contact has."""
    return int(await unit.fetchval("SELECT last_seq FROM contacts WHERE id = $1", contact_id) or 0)


async def database_now(unit: Unit) -> datetime:
    """The one clock that all nodes share."""
    now: datetime = await unit.fetchval("SELECT clock_timestamp()")
    return now


async def visitor_grace(unit: Unit) -> int:
    """How many seconds the policy keeps the place of a visitor who has left."""
    return int(await unit.fetchval(VISITOR_GRACE))


async def left_a_message(unit: Unit, contact_id: UUID) -> bool:
    """Whether the visitor left a message instead of waiting for somebody."""
    return bool(await unit.fetchval(LEFT_A_MESSAGE, contact_id))


async def way_out_texts(
    unit: Unit, contact_id: UUID, kind: str
) -> tuple[dict[str, str] | None, str]:
    """What the queue says to clients who leave the line this way, if anything; their language.

    Where nobody has told it, the language is that of what they wrote.
    """
    row = await unit.fetchrow(WAY_OUT_TEXTS, contact_id, kind)
    return (row["texts"], row["locale"]) if row else (None, "")


async def colleague(unit: Unit, employee_id: UUID) -> Colleague | None:
    """An employee with his presence; None where there is none."""
    row = await unit.fetchrow(COLLEAGUE, employee_id)
    return Colleague(**dict(row)) if row else None


async def works(unit: Unit, employee_id: UUID) -> bool:
    """Whether somebody may have contacts in his hands."""
    return bool(await unit.fetchval(WORKS, employee_id))


async def held(unit: Unit, employee_id: UUID, limit: int) -> list[UUID]:
    """Contacts he has in his hands, wraps up or has laid aside."""
    rows = await unit.fetch(HELD, employee_id, limit)
    return [row["contact_id"] for row in rows]


async def account(unit: Unit, account_id: UUID) -> tuple[str, dict[str, Any]]:
    """The provider of a connection and its settings."""
    row = await unit.fetchrow(ACCOUNT, account_id)
    return (row["provider"], row["settings"]) if row else ("", {})


async def account_of(database: Database, contact_id: UUID) -> tuple[str, dict[str, Any]]:
    """The same of the connection a contact came by."""
    row = await database.fetchrow(ACCOUNT_OF, contact_id)
    return (row["provider"], row["settings"]) if row else ("", {})
