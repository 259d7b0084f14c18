"""SQL of consents asked for at providers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Outcome = Literal["granted", "refused"]

USE = """
UPDATE authorizations SET used_at = $3
WHERE state = $1 AND session = $2 AND used_at IS NULL AND expires_at > $3
RETURNING id, account_id, verifier
"""
LAST = """
SELECT DISTINCT ON (outcome) outcome, authority, ended_at, words FROM authorizations
WHERE account_id = $1 AND outcome IS NOT NULL ORDER BY outcome, ended_at DESC
"""


async def add(unit: Unit, values: Mapping[str, Any]) -> None:
    """Ask; what was asked before and led nowhere is forgotten."""
    await unit.execute(
        "DELETE FROM authorizations WHERE outcome IS NULL AND expires_at < $1", values["begun_at"]
    )
    await unit.execute(sa.insert(t.authorizations).values(dict(values)))


async def use(unit: Unit, state: bytes, session: bytes, now: datetime) -> Record | None:
    """Use an answer up: once, and only in the session that asked."""
    return await unit.fetchrow(USE, state, session, now)


async def end(unit: Unit, row_id: UUID, outcome: Outcome, words: str | None, now: datetime) -> None:
    await unit.execute(
        "UPDATE authorizations SET outcome = $2, words = $3, ended_at = $4, verifier = NULL"
        " WHERE id = $1",
        row_id, outcome, words, now,
    )  # fmt: skip


async def last(db: Database, account_id: UUID) -> dict[str, Record]:
    """The last consent and the last refusal of an account."""
    return {row["outcome"]: row for row in await db.fetch(LAST, account_id)}
