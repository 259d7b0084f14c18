"""SQL of start links."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

ADD = """
INSERT INTO start_links
  (id, account_id, digest, client_id, touchpoint_id, created_by, expires_at, url)
VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8)
"""
PLACE = """
INSERT INTO touchpoints AS t (id, kind, key, title) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, key) DO UPDATE SET title = excluded.title RETURNING t.id
"""
PLACES = """
SELECT l.id, t.kind, t.key, t.title, l.url, l.created_at, l.used_at FROM start_links l
JOIN touchpoints t ON t.id = l.touchpoint_id
WHERE l.account_id = $1 AND l.touchpoint_id IS NOT NULL AND l.expires_at IS NULL ORDER BY l.id DESC
"""
REVOKE = """
UPDATE start_links SET expires_at = now()
WHERE id = $2 AND account_id = $1 AND expires_at IS NULL RETURNING id
"""
USED = """
SELECT l.client_id, l.created_by, l.identity_id, i.client_id AS holder_id, i.medium, i.value,
  (SELECT count(*) FROM identities o WHERE o.client_id = i.client_id) AS addresses
FROM start_links l JOIN identities i ON i.id = l.identity_id
WHERE l.id = $1 AND l.client_id IS NOT NULL
"""
# Met by `clients.store.SAME_ADDRESS`: shown as one who may be the same.
SUGGEST = """
INSERT INTO client_changes (id, client_id, identity_id, field, new, source)
SELECT $1, $2, $3, $4, to_jsonb($5::text), 'start_link'
WHERE NOT EXISTS (SELECT FROM client_changes h WHERE h.client_id = $2 AND h.field = $4
                  AND h.new = to_jsonb($5::text))
"""
# Who had no name where he was known has one where he goes on.
NAME = """
WITH named AS (
  UPDATE clients w SET name = l.name FROM clients l
  WHERE w.id = $2 AND w.name = '' AND l.id = $4 AND l.name <> '' RETURNING w.name
)
INSERT INTO client_changes (id, client_id, identity_id, field, new, source)
SELECT $1, $2, $3, 'name', to_jsonb(name), 'start_link' FROM named
"""


async def add(
    unit: Unit, account_id: UUID, digest: str, *, by: UUID, client_id: UUID | None = None,
    touchpoint_id: UUID | None = None, expires_at: datetime | None = None, url: str | None = None,
) -> UUID:  # fmt: skip
    """Keep a link; returns its id."""
    link_id = new_id()
    await unit.execute(
        ADD, link_id, account_id, digest, client_id, touchpoint_id, by, expires_at, url
    )  # fmt: skip
    return link_id


async def place(unit: Unit, kind: str, key: str, title: str) -> UUID:
    """The touchpoint of a place; made where it is new."""
    found: UUID = await unit.fetchval(PLACE, new_id(), kind, key, title)
    return found


async def places(db: Database, account_id: UUID) -> list[Record]:
    """What leads to places and was not revoked: id, kind, key, title, url, created_at, used_at."""
    return await db.fetch(PLACES, account_id)


async def revoke(unit: Unit, account_id: UUID, link_id: UUID) -> bool:
    """End a link; False where there is none that lasts."""
    return await unit.fetchval(REVOKE, account_id, link_id) is not None


async def used(unit: Unit, link_id: UUID) -> Record | None:
    """Who followed a link that carries a client over, and whose that address is now."""
    return await unit.fetchrow(USED, link_id)


async def name(unit: Unit, client_id: UUID, link: Record) -> None:
    """Call a nameless client as he is called where he went on; both records are locked."""
    await unit.execute(NAME, new_id(), client_id, link["identity_id"], link["holder_id"])


async def suggest(unit: Unit, client_id: UUID, link: Record) -> None:
    """Note that the address of whoever followed may be this client's."""
    await unit.execute(
        SUGGEST, new_id(), client_id, link["identity_id"], link["medium"], link["value"]
    )
