"""SQL of the simulator: the nature of a database, and the way of an event as rows tell it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contact_center.simulator.company import Company
from contact_center.simulator.rows import Rows
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

NATURE = "SELECT demo, NOT EXISTS (SELECT FROM employees) AS empty FROM workspace"
BECOME = """
UPDATE workspace SET demo = true, name = $1, locale = $2, zone = $3,
  settings = settings || jsonb_build_object('demo_accounts', $4::jsonb), version = version + 1
"""


async def write(unit: Unit, rows: Rows) -> None:
    """Insert made-up rows: one statement for each table."""
    for table, columns, values in rows.batches():
        names = ", ".join(columns)
        await unit.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names of our schema
            f"FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb)",
            values,
        )


async def nature(database: Database) -> tuple[bool, bool]:
    """(holds a demo, is empty)."""
    row = await database.fetchrow(NATURE)
    return (bool(row["demo"]), bool(row["empty"])) if row else (False, True)


async def become_demo(unit: Unit, given: Company, sign_ins: list[dict[str, Any]]) -> None:
    """Say what the workspace is and how one gets in."""
    await unit.execute(BECOME, given.name, given.locale, given.zone, sign_ins)
    await unit.execute("ANALYZE messages, contacts, work, clients, identities, outbox")


# --- the way of an event, as rows and log tell it ------------------------------------------------

CONTACT = """
SELECT c.id, c.number, c.state, c.version, c.opened_at, c.closed_at, c.last_seq, c.awaiting,
       c.data, c.locale, c.follows_id, c.conversation_key, a.title AS account, a.provider,
       a.public_key, q.name AS queue, b.name AS brand, e.name AS operator,
       r.code AS result_code, k.code AS kind,
       i.medium, i.value, i.proof, i.created_at AS identity_created,
       cl.id AS client_id, COALESCE(NULLIF(cl.name, ''), i.value) AS client,
       cl.created_at AS client_created, cl.version AS client_version
FROM contacts c JOIN accounts a ON a.id = c.account_id JOIN queues q ON q.id = c.queue_id
JOIN brands b ON b.id = c.brand_id JOIN identities i ON i.id = c.identity_id
JOIN clients cl ON cl.id = i.client_id LEFT JOIN employees e ON e.id = c.operator_id
LEFT JOIN result_codes r ON r.id = c.result_code_id LEFT JOIN kinds k ON k.id = c.kind_id
WHERE c.number = $1
"""
MESSAGES = """
SELECT m.id, m.seq, m.kind, m.text, m.external_id, m.created_at, m.provider_at, m.version, m.data,
       e.name AS employee, w.received_at, octet_length(w.body) AS bytes,
       substring(w.body FOR 1500) AS body, k.at AS keyed_at
FROM messages m LEFT JOIN employees e ON e.id = m.employee_id
JOIN contacts c ON c.id = m.contact_id
LEFT JOIN raw_events w ON w.id = m.id
LEFT JOIN inbound_keys k ON k.account_id = c.account_id AND k.external_id = m.external_id
WHERE m.contact_id = $1 ORDER BY m.seq DESC LIMIT $2
"""
WORK = """
SELECT w.id, w.seq, w.state, w.origin, w.medium, w.cost, w.arrived_at, w.virtual_arrival, w.rung,
       w.accepted_at, w.wrap_up_since, w.ended_at, w.outcome, w.version, w.misses,
       q.name AS queue, e.name AS operator
FROM work w JOIN queues q ON q.id = w.queue_id LEFT JOIN employees e ON e.id = w.operator_id
WHERE w.contact_id = $1 ORDER BY w.arrived_at
"""
OFFERS = """
SELECT o.id, o.work_id, o.state, o.reason, o.fence, o.explanation, o.created_at, o.until,
       o.ended_at, e.name AS operator
FROM offers o JOIN work w ON w.id = o.work_id JOIN employees e ON e.id = o.operator_id
WHERE w.contact_id = $1 ORDER BY o.created_at
"""
OUTBOX = """
SELECT o.id, o.message_id, o.seq, o.state, o.attempts, o.class, o.origin, o.provider_id,
       o.error_kind, o.error_text, o.created_at, o.sent_at, o.settled_at, o.hold_until,
       d.status AS delivery, d.provider_at AS delivery_at
FROM outbox o LEFT JOIN deliveries d ON d.outbox_id = o.id AND d.provider_id = o.provider_id
WHERE o.contact_id = $1 ORDER BY o.seq
"""
OF_MAIL = """
SELECT c.number FROM contacts c JOIN (
  SELECT contact_id, data #>> '{mail,message_id}' AS name FROM messages
  WHERE kind = 'inbound' AND data #>> '{mail,message_id}' = ANY($1)
  UNION ALL SELECT o.contact_id, d.provider_id FROM deliveries d JOIN outbox o
    ON o.id = d.outbox_id WHERE d.provider_id = ANY($1)) x ON x.contact_id = c.id
ORDER BY array_position($1, x.name) LIMIT 1
"""
OF_PHONE = """
SELECT c.number FROM contacts c JOIN accounts a ON a.id = c.account_id
WHERE a.public_key = $1 AND c.conversation_key = $2 ORDER BY c.opened_at DESC LIMIT 1
"""
EVENTS = """
SELECT seq, xid::text AS xid, kind, subject_kind, subject_id, version, actor, cause, at, data
FROM events WHERE subject_id = ANY($1) ORDER BY seq DESC LIMIT $2
"""


async def contact(database: Database, number: int) -> Record | None:
    """A contact by the number clients are told."""
    return await database.fetchrow(CONTACT, number)


async def contact_of_mail(database: Database, names: list[str]) -> int | None:
    """The number of the contact a mail is in, by its name or those it refers to."""
    number = await database.fetchval(OF_MAIL, names)
    return int(number) if number is not None else None


async def contact_of(database: Database, public_key: str, address: str) -> int | None:
    """The number of the latest contact of a client on an account."""
    number = await database.fetchval(OF_PHONE, public_key, address)
    return int(number) if number is not None else None


async def way(database: Database, contact_id: UUID, limit: int) -> dict[str, list[dict[str, Any]]]:
    """Everything rows and log hold of a contact's way, oldest first."""
    messages = await database.fetch(MESSAGES, contact_id, limit)
    work = await database.fetch(WORK, contact_id)
    subjects = [contact_id, *(row["id"] for row in work)]
    events = await database.fetch(EVENTS, subjects, limit * 4)
    return {
        "messages": [dict(row) for row in reversed(messages)],
        "work": [dict(row) for row in work],
        "offers": [dict(row) for row in await database.fetch(OFFERS, contact_id)],
        "outbox": [dict(row) for row in await database.fetch(OUTBOX, contact_id)],
        "events": [dict(row) for row in reversed(events)],
    }
