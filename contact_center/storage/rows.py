"""What administrators' records have in common: a version, a unique name, references to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.errors import Conflict, Invalid
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit


async def change(unit: Unit, table: sa.Table, row_id: UUID, values: Mapping[str, Any]) -> int:
    """Write columns of a row; its new version."""
    version: int = await unit.fetchval(
        sa.update(table)
        .where(table.c.id == row_id)
        .values(**values, version=table.c.version + 1)
        .returning(table.c.version)
    )
    return version


async def name_is_taken(
    db: Database | Unit, table: sa.Table, name: str, *, but: UUID | None = None
) -> bool:
    """Whether another row of a table with unique names has this one."""
    query = sa.select(table.c.id).where(table.c.name == name)
    if but is not None:
        query = query.where(table.c.id != but)
    return await db.fetchval(query) is not None


async def require(db: Database | Unit, table: sa.Table, row_id: UUID, field: str) -> None:
    """Raise Invalid unless the row exists and is not archived."""
    query = sa.select(table.c.id).where(table.c.id == row_id, table.c.archived_at.is_(None))
    if await db.fetchval(query) is None:
        raise Invalid("there is no such entry", field=field, code="unknown_reference")


async def require_live(
    db: Database | Unit, table: sa.Table, row_id: UUID | None, field: str
) -> None:
    """Raise Conflict where what a record stands under is archived: it cannot come back alone."""
    query = sa.select(table.c.name).where(table.c.id == row_id, table.c.archived_at.is_not(None))
    name = await db.fetchval(query)
    if name is not None:
        raise still_archived(name, field)


def still_archived(name: str, field: str) -> Conflict:
    """The refusal that names what has to come back first."""
    detail = f"it belongs to “{name}”, which is archived: restore that first, or choose another"
    return Conflict(detail, code="needs_archived", field=field, name=name)
