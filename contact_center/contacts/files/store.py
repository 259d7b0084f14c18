"""The rows of files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.storage import tables as t
from contact_center.storage.database import LOG_TOPIC, Database
from contact_center.storage.unit import Record, Unit

ADD = """
INSERT INTO attachments
  (id, owner, account_id, kind, name, type, size, sha256, state, blob_key, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'stored', $9, $10) ON CONFLICT (id) DO NOTHING RETURNING *
"""
# A copy that is used again is as good as new: the sweep leaves it alone.
KEPT = """
UPDATE attachments SET created_at = now() WHERE id = $1 AND message_id IS NULL RETURNING *
"""
ONE = "SELECT * FROM attachments WHERE id = $1"
UNLESS_DELETED = """
SELECT a.* FROM attachments a LEFT JOIN messages m ON m.id = a.message_id
WHERE a.id = $1 AND m.deleted_at IS NULL
"""
STORED = """
SELECT id, kind, name, type, size, blob_key, data FROM attachments
WHERE id = ANY($1) AND state = 'stored' AND blob_key IS NOT NULL
"""
FETCHED = """
UPDATE attachments SET state = $2, blob_key = $3, size = coalesce($4, size),
  sha256 = coalesce($5, sha256), type = coalesce($6, type), kind = coalesce($7, kind),
  data = data - '{reason,fetched}'::text[] || $8, version = version + 1
WHERE id = $1 AND state = 'wanted' RETURNING message_id
"""
# What has been heard of a file on its way; nothing of one that has arrived meanwhile.
TOLD = """
UPDATE attachments SET data = data || $2, version = version + 1
WHERE id = $1 AND state = 'wanted' RETURNING message_id
"""
WANTED_AGAIN = """
UPDATE attachments SET state = 'wanted', data = data - '{reason,fetched}'::text[],
  version = version + 1
WHERE id = $1 AND state = ANY($2) AND ref IS NOT NULL RETURNING *
"""
# Where the queue tells clients that a file of their letter was too large.
TELLS = """
SELECT EXISTS (
  SELECT FROM attachments a JOIN contacts c ON c.id = a.contact_id
  JOIN queues q ON q.id = c.queue_id
  WHERE a.id = $1 AND c.medium = 'mail' AND q.letters ? 'too_large')
"""
# Locked first and looked at again: a message may be naming one of them this very moment.
STALE = """
DELETE FROM attachments WHERE message_id IS NULL AND id = ANY (ARRAY(
  SELECT id FROM attachments WHERE message_id IS NULL AND owner <> 'profile'
    AND created_at < now() - make_interval(days => $1) LIMIT 500 FOR UPDATE SKIP LOCKED))
RETURNING blob_key
"""
BLOB_KEYS = "SELECT id, blob_key FROM attachments WHERE id > $1 ORDER BY id LIMIT 5000"
KNOWN = "SELECT blob_key FROM attachments WHERE blob_key = ANY($1)"
RAW = "SELECT body FROM raw_events WHERE id = $1"


async def raw(database: Database, message_id: UUID) -> bytes | None:
    """The request a message came with, while it is kept."""
    found = await database.fetchval(RAW, message_id)
    return bytes(found) if found is not None else None


async def add(database: Database, *values: Any) -> Record | None:
    """A row for an uploaded file; None where there is one of this id."""
    return await database.fetchrow(ADD, *values)


async def kept(database: Database, file_id: UUID) -> Record | None:
    """A copy that was made before and no message names, kept on."""
    return await database.fetchrow(KEPT, file_id)


async def one(database: Database, file_id: UUID) -> Record | None:
    """A file's row."""
    return await database.fetchrow(ONE, file_id)


async def unless_deleted(database: Database, file_id: UUID) -> Record | None:
    """A file's row, unless its message was deleted."""
    return await database.fetchrow(UNLESS_DELETED, file_id)


async def stored(database: Database | Unit, ids: Sequence[UUID]) -> list[Record]:
    """Those of these files whose bytes are here, in the order asked."""
    rows = {row["id"]: row for row in await database.fetch(STORED, list(ids))}
    return [rows[one] for one in ids if one in rows]


async def fetched(unit: Unit, file: Record, state: str, *values: Any) -> bool:
    """Note how fetching ended and tell the contact; False when somebody has noted it before."""
    await _lock(unit, file)
    return await _changed(unit, await unit.fetchrow(FETCHED, file["id"], state, *values))


async def told(unit: Unit, file: Record, data: Mapping[str, Any]) -> bool:
    """Note how far a file is and tell the contact; False when it is not on its way any more."""
    await _lock(unit, file)
    return await _changed(unit, await unit.fetchrow(TOLD, file["id"], dict(data)))


async def seen(unit: Unit, file_id: UUID, visible: sa.ColumnElement[bool]) -> Record | None:
    """A file of a message whose contact passes."""
    return await unit.fetchrow(
        sa.select(t.attachments)
        .join(t.contacts, t.contacts.c.id == t.attachments.c.contact_id)
        .where(t.attachments.c.id == file_id, visible)
    )


async def wanted_again(
    unit: Unit, file_id: UUID, states: Sequence[str], actor: str
) -> Record | None:
    """Let a file in one of these states be wanted once more; None where it is in none of them."""
    row = await unit.fetchrow(WANTED_AGAIN, file_id, list(states))
    await _changed(unit, row, actor)
    return row


async def state(unit: Unit, file_id: UUID) -> str:
    """The state of a file."""
    found: str = await unit.fetchval("SELECT state FROM attachments WHERE id = $1", file_id)
    return found


async def _lock(unit: Unit, file: Record) -> None:
    if file["contact_id"] is not None:
        await unit.lock("contacts", [file["contact_id"]], "id")


async def _changed(unit: Unit, row: Record | None, actor: str = "system") -> bool:
    if row is None:
        return False
    if row["message_id"] is not None:
        ids = [row["message_id"]]
        await unit.execute("SELECT cc_messages_changed($1, $2, 'file')", ids, actor)
        unit.wake(LOG_TOPIC)
    return True


async def tells(unit: Unit, file_id: UUID) -> bool:
    """Whether the client is to hear that this file was too large."""
    return bool(await unit.fetchval(TELLS, file_id))


async def drop_stale(unit: Unit, days: int) -> list[str]:
    """Forget uploads that no message ever named; returns their blob keys, at most 500."""
    return [row["blob_key"] for row in await unit.fetch(STALE, days) if row["blob_key"]]


async def blob_keys(database: Database, after: UUID) -> list[Record]:
    """The next rows after this id: id, blob_key."""
    return await database.fetch(BLOB_KEYS, after)


async def known(database: Database, keys: Collection[str]) -> set[str]:
    """Those of these blobs that a row names, however old; one scan, for the few that are left."""
    return {row["blob_key"] for row in await database.fetch(KNOWN, list(keys))}
