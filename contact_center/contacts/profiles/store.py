"""SQL of profiles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

OWNER = "profile"
"""Owner of a picture in use: what has no owner and no message is swept away."""

ONE = """
SELECT i.id, i.value, i.client_id, p.fields, p.file_id, a.ref, a.state FROM identities i
LEFT JOIN identity_profiles p ON p.identity_id = i.id
LEFT JOIN attachments a ON a.id = p.file_id
WHERE i.id = $1
"""
ADD_FILE = """
INSERT INTO attachments (id, account_id, owner, kind, name, type, state, ref)
VALUES ($1, $2, 'profile', 'image', 'avatar', '', 'wanted', $3)
"""
LET_GO = "UPDATE attachments SET owner = '', version = version + 1 WHERE id = $1"
KEEP = """
INSERT INTO identity_profiles (identity_id, account_id, fields, file_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (identity_id) DO UPDATE SET account_id = excluded.account_id,
  fields = excluded.fields, file_id = excluded.file_id, checked_at = now()
"""
TOUCH = """
UPDATE clients SET version = version + 1, changed_at = now() WHERE id = $1 RETURNING version
"""


async def one(db: Database | Unit, identity_id: UUID) -> Record | None:
    """An address with what is known of its owner."""
    return await db.fetchrow(ONE, identity_id)


async def add_file(unit: Unit, account_id: UUID, ref: str) -> UUID:
    """A picture that is to be fetched."""
    file_id = new_id()
    await unit.execute(ADD_FILE, file_id, account_id, ref)
    return file_id


async def let_go(unit: Unit, file_id: UUID) -> None:
    """Leave a picture to the sweep."""
    await unit.execute(LET_GO, file_id)


async def keep(
    unit: Unit, identity_id: UUID, account_id: UUID, fields: dict[str, Any], file_id: UUID | None
) -> None:
    """Note what the provider told, now."""
    await unit.execute(KEEP, identity_id, account_id, fields, file_id)


async def touch(unit: Unit, client_id: UUID) -> int | None:
    """The client's next version; None where there is no such client."""
    version: int | None = await unit.fetchval(TOUCH, client_id)
    return version
