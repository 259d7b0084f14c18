"""Routes of the live test."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts.trials.service import SERVICE
from contact_center.employees.model import Out


class Trial(Out):
    """How far a test message has come; `words` say what went wrong, `quarantine_id` shows it.

    Steps: received, proven (signed), stored, answered.
    """

    began_at: datetime
    received_at: datetime | None
    proven_at: datetime | None
    stored_at: datetime | None
    answered_at: datetime | None
    fault: Literal["refused", "unreadable", "not_stored", "not_sent", "uncertain"] | None
    words: str | None
    quarantine_id: UUID | None
    contact_id: UUID | None
    tries: int
    version: int


async def begin(call: Call) -> Trial:
    return Trial.model_validate(dict(await call.app[SERVICE].begin(call.id())))


async def show(call: Call) -> Trial | None:
    row = await call.app[SERVICE].trial(call.id())
    return Trial.model_validate(dict(row)) if row else None


ROUTES: list[Route] = [
    Route("POST", "/accounts/{id}/trial", begin, Permission.ADMINISTER,
          "Begin the live test of a connection, or begin it anew", answer=Trial),
    Route("GET", "/accounts/{id}/trial", show, Permission.ADMINISTER,
          "How far the live test has come", answer=Trial | None),
]  # fmt: skip
