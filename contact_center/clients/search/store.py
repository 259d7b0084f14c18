"""SQL of finding: trigram indexes answer for names and for parts of addresses."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from contact_center.clients.search import words
from contact_center.storage import tables as t

FOUND = 500
"""Addresses looked at for one search: whoever finds more should type more."""


def client_ids(q: str) -> sa.Select[Any]:
    """Ids of clients whose name or address matches, at most FOUND; merged ones never."""
    names, values = t.clients.c.name, t.identities.c.value
    by_name = sa.select(t.clients.c.id).where(
        sa.or_(*(_contains(names, one) for one in words.name_variants(q))),
        t.clients.c.merged_into.is_(None),
    )
    wanted = [words.escaped(q.strip()), *words.phone_variants(q)]
    by_value = sa.select(t.identities.c.client_id).where(
        sa.or_(*(values.ilike(f"%{one}%") for one in wanted))
    )
    found = sa.union(by_name.limit(FOUND), by_value.limit(FOUND)).subquery("found")
    return sa.select(found.c.id)


def identity_ids(q: str) -> sa.Select[Any]:
    """Ids of the addresses of the clients that match."""
    found = client_ids(q).subquery("matched")
    return (
        sa.select(t.identities.c.id)
        .join(found, found.c.id == t.identities.c.client_id)
        .limit(FOUND)
    )


def _contains(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    return column.ilike(f"%{words.escaped(text)}%")
