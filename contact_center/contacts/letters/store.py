"""SQL of whole letters."""

from __future__ import annotations

from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record

BODY = """
SELECT b.text, b.html, coalesce((m.data #>> '{mail,remote_images}')::int, 0) AS remote_images
FROM message_bodies b JOIN messages m ON m.id = b.message_id
WHERE b.message_id = $1 AND m.deleted_at IS NULL
"""
PICTURES = """
SELECT id, data ->> 'cid' AS cid FROM attachments
WHERE message_id = $1 AND state = 'stored' AND data ? 'cid'
"""


FILES = """
SELECT id, name, blob_key FROM attachments
WHERE message_id = $1 AND state = 'stored' AND blob_key IS NOT NULL AND ($2 OR NOT data ? 'cid')
ORDER BY created_at, id
"""


async def body(database: Database, message_id: UUID) -> Record | None:
    """The whole of a letter; None where the message shows all there is."""
    return await database.fetchrow(BODY, message_id)


async def pictures(database: Database, message_id: UUID) -> list[Record]:
    """The stored pictures that the HTML of a letter shows."""
    return await database.fetch(PICTURES, message_id)


async def files(database: Database, message_id: UUID, *, pictures: bool) -> list[Record]:
    """The stored files of a message, with or without those that its HTML shows."""
    return await database.fetch(FILES, message_id, pictures)
