"""Short lists an administrator keeps: a code, titles by language, an order.

Kinds of request, result codes, break reasons and skills are such lists. An entry is never
deleted, as history points to it: it is archived.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.errors import Conflict, NotFound
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit


class CodedList:
    """One table of such entries."""

    def __init__(self, table: sa.Table) -> None:
        self._table = table

    async def all(
        self, db: Database | Unit, visible: sa.ColumnElement[bool], *, archived: bool = False
    ) -> list[Record]:
        """The entries in their order."""
        table = self._table
        order = [table.c.position] if "position" in table.c else []
        query: sa.Select[Any] = sa.select(table).where(visible).order_by(*order, table.c.code)
        if not archived:
            query = query.where(table.c.archived_at.is_(None))
        return await db.fetch(query)

    async def add(self, unit: Unit, values: Mapping[str, Any]) -> Record:
        """Insert an entry. Raises Conflict (`duplicate`) when its code is taken."""
        known = {name: value for name, value in values.items() if name in self._table.c}
        query: sa.sql.ClauseElement = (
            sa.insert(self._table).values(known).returning(sa.literal_column("*"))
        )
        taken = sa.select(self._table.c.id).where(self._table.c.code == values["code"])
        if await unit.fetchval(taken):
            raise Conflict("the code is taken", code="duplicate", field="code")
        row = await unit.fetchrow(query)
        assert row is not None  # noqa: S101 - an insert returns its row
        return row

    async def change(
        self, unit: Unit, entry_id: UUID, values: Mapping[str, Any], *, now: datetime
    ) -> Record:
        """Change an entry; ``archived`` true or false moves it out or back. Raises NotFound."""
        changes = {k: v for k, v in values.items() if k == "archived" or k in self._table.c}
        if "archived" in changes:
            changes["archived_at"] = now if changes.pop("archived") else None
        if "version" in self._table.c:
            changes["version"] = self._table.c.version + 1
        query: sa.sql.ClauseElement = (
            sa.update(self._table)
            .where(self._table.c.id == entry_id)
            .values(changes or {"code": self._table.c.code})
            .returning(sa.literal_column("*"))
        )
        row = await unit.fetchrow(query)
        if row is None:
            raise NotFound("there is no such entry")
        return row
