"""SQL of the client record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contact_center.clients import words
from contact_center.kernel.ids import new_id
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Queries = Database | Unit
CHANGES_SHOWN = 100
NOTES_SHOWN = 100
ADDRESSES = """
ARRAY(SELECT i.value FROM identities i WHERE i.client_id = clients.id AND i.medium <> 'visitor'
      ORDER BY i.created_at LIMIT 3)
"""
ROW: tuple[sa.ColumnElement[Any], ...] = (
    t.clients.c.id, t.clients.c.name, t.clients.c.kind, t.clients.c.stage, t.clients.c.locale,
    t.clients.c.created_at, sa.literal_column(ADDRESSES).label("addresses"),
)  # fmt: skip

MERGES = """
SELECT m.id, m.loser_id, l.name AS loser_name, m.reason, m.merged_by, m.merged_at
FROM merges m JOIN clients l ON l.id = m.loser_id
WHERE m.winner_id = $1 AND m.undone_at IS NULL ORDER BY m.merged_at DESC
"""
# Claims that met an address of somebody else (written by intake), and addresses claimed by both.
SAME_ADDRESS = """
SELECT DISTINCT o.client_id FROM client_changes h
JOIN identities o ON o.medium = h.field AND to_jsonb(o.value) = h.new
WHERE h.client_id = $1 AND o.client_id <> $1
UNION
SELECT DISTINCT h.client_id FROM identities i
JOIN client_changes h ON h.field = i.medium AND h.new = to_jsonb(i.value)
WHERE i.client_id = $1 AND h.client_id <> $1
LIMIT 20
"""
SIMILAR_NAME = """
SELECT c.id, similarity(c.name, $2) AS score FROM clients c
WHERE c.name % $2 AND c.id <> $1 AND c.merged_into IS NULL AND similarity(c.name, $2) >= 0.55
ORDER BY score DESC LIMIT 10
"""


def _matches(q: str) -> sa.ColumnElement[bool]:
    """Any reading of what was typed, in the name or in an address; phones by their last digits."""
    patterns = [words.pattern(one) for one in words.readings(q)]
    tail = words.digits(q)
    address = t.identities.c.value
    ways: list[sa.ColumnElement[bool]] = [address.ilike(one) for one in patterns]
    if tail:
        ways.append(sa.and_(t.identities.c.medium == "phone", address.ilike(f"%{tail}%")))
    owners = sa.select(t.identities.c.client_id).where(sa.or_(*ways))
    return sa.or_(*(t.clients.c.name.ilike(one) for one in patterns), t.clients.c.id.in_(owners))


async def page(
    db: Queries, q: str, before: UUID | None, limit: int, *, visible: sa.ColumnElement[bool]
) -> list[Record]:
    """Clients, the newest first (their ids are ordered by time), one more than asked for."""
    query = sa.select(*ROW).where(visible, t.clients.c.merged_into.is_(None))
    if len(q) > 1:
        query = query.where(_matches(q))
    if before:
        query = query.where(t.clients.c.id < before)
    return await db.fetch(query.order_by(t.clients.c.id.desc()).limit(limit + 1))


async def rows(
    db: Queries, ids: Sequence[UUID], *, visible: sa.ColumnElement[bool]
) -> list[Record]:
    return await db.fetch(sa.select(*ROW).where(t.clients.c.id.in_(ids), visible))


async def client(db: Queries, client_id: UUID, *, visible: sa.ColumnElement[bool]) -> Record | None:
    """The record with the title of the touchpoint where the client was first met."""
    query = (
        sa.select(t.clients, t.touchpoints.c.title.label("touchpoint"))
        .outerjoin(t.touchpoints, t.touchpoints.c.id == t.clients.c.touchpoint_id)
        .where(t.clients.c.id == client_id, t.clients.c.erased_at.is_(None), visible)
    )
    return await db.fetchrow(query)


def _family(client_id: UUID) -> sa.Select[tuple[UUID]]:
    """The client and all who are part of him by merges: what was theirs is shown as his."""
    c = t.clients.c
    family = sa.select(c.id).where(c.id == client_id).cte("family", recursive=True)
    family = family.union_all(sa.select(c.id).where(c.merged_into == family.c.id))
    return sa.select(family.c.id)


async def identities(db: Queries, client_id: UUID) -> list[Record]:
    """The addresses, with what their providers tell of them and the picture that is here."""
    table, told, file = t.identities, t.identity_profiles.c, t.attachments.c
    query = (
        sa.select(table, told.fields.label("profile"), file.id.label("file_id"))
        .outerjoin(t.identity_profiles, told.identity_id == table.c.id)
        .outerjoin(t.attachments, sa.and_(file.id == told.file_id, file.state == "stored"))
        .where(table.c.client_id.in_(_family(client_id)))
    )
    return await db.fetch(query.order_by(table.c.created_at))


async def notes(db: Queries, client_id: UUID) -> list[Record]:
    table = t.client_notes
    query = sa.select(table).where(table.c.client_id.in_(_family(client_id)))
    return await db.fetch(query.order_by(table.c.created_at.desc()).limit(NOTES_SHOWN))


async def changes(db: Queries, client_id: UUID) -> list[Record]:
    table = t.client_changes
    query = sa.select(table).where(table.c.client_id.in_(_family(client_id)))
    return await db.fetch(query.order_by(table.c.at.desc()).limit(CHANGES_SHOWN))


async def merges(db: Queries, client_id: UUID) -> list[Record]:
    return await db.fetch(MERGES, client_id)


async def contacts_total(db: Queries, client_id: UUID, *, visible: sa.ColumnElement[bool]) -> int:
    """How many of the client's contacts the asker may see."""
    own = sa.select(t.identities.c.id).where(t.identities.c.client_id == client_id)
    query = sa.select(sa.func.count()).select_from(t.contacts)
    total: int = await db.fetchval(query.where(visible, t.contacts.c.identity_id.in_(own)))
    return total


async def add(unit: Unit, values: Mapping[str, Any]) -> UUID:
    client_id = new_id()
    await unit.execute(sa.insert(t.clients).values(id=client_id, **values))
    return client_id


async def change(unit: Unit, client_id: UUID, values: Mapping[str, Any]) -> int:
    """Write the values; returns the new version."""
    query = (
        sa.update(t.clients)
        .where(t.clients.c.id == client_id)
        .values(**values, version=t.clients.c.version + 1, changed_at=sa.func.now())
        .returning(t.clients.c.version)
    )
    version: int = await unit.fetchval(query)
    return version


async def add_changes(unit: Unit, client_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """The history of fields: {field, old, new, source, employee_id}."""
    if rows:
        values = [{"id": new_id(), "client_id": client_id, **row} for row in rows]
        await unit.execute(sa.insert(t.client_changes).values(values))


async def add_stage(unit: Unit, client_id: UUID, stage: str, cause: str) -> None:
    await unit.execute(
        sa.insert(t.stage_history).values(
            id=new_id(), client_id=client_id, stage=stage, cause=cause
        )
    )


async def add_note(unit: Unit, client_id: UUID, employee_id: UUID, text: str) -> Record | None:
    query = sa.insert(t.client_notes).values(
        id=new_id(), client_id=client_id, employee_id=employee_id, text=text
    )
    return await unit.fetchrow(query.returning(t.client_notes))


async def add_identity(unit: Unit, client_id: UUID, medium: str, value: str) -> Record | None:
    """A claimed address; None where it is somebody's already."""
    query = insert(t.identities).values(
        id=new_id(), client_id=client_id, medium=medium, value=value, proof="claimed"
    )
    return await unit.fetchrow(query.on_conflict_do_nothing().returning(t.identities))


async def owner(unit: Unit, medium: str, value: str) -> UUID | None:
    """Whose an address is."""
    i = t.identities.c
    query = sa.select(i.client_id).where(i.medium == medium, i.value == value)
    found: UUID | None = await unit.fetchval(query)
    return found


async def same_address(db: Queries, client_id: UUID) -> list[Record]:
    """(client_id) of those with whom the client shares a claimed address."""
    return await db.fetch(SAME_ADDRESS, client_id)


async def similar_name(db: Queries, client_id: UUID, name: str) -> list[Record]:
    """(id, score) of clients who are called nearly the same."""
    return await db.fetch(SIMILAR_NAME, client_id, name)


async def is_employee(unit: Unit, employee_id: UUID) -> bool:
    """Whether there is such an employee."""
    query = sa.select(t.employees.c.id).where(t.employees.c.id == employee_id)
    return await unit.fetchval(query) is not None
