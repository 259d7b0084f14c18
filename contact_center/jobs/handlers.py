"""The dead list: what was given up, and letting it run again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.jobs.service import SERVICE


class Page(BaseModel):
    """A page of a list, newest first."""

    model_config = ConfigDict(extra="forbid")

    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DeadJob(BaseModel):
    """A job that was given up; `error` is the last reason."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    key: str
    due_at: datetime
    attempts: int
    error: str | None
    created_at: datetime
    ended_at: datetime | None


class DeadJobs(BaseModel):
    """A page of dead jobs."""

    items: list[DeadJob]
    next: UUID | None


async def dead(call: Call) -> DeadJobs:
    rows = await call.app[SERVICE].dead(call.query.cursor, call.query.limit)
    items = [DeadJob(**dict(row)) for row in rows]
    more = len(items) == call.query.limit
    return DeadJobs(items=items, next=items[-1].id if more else None)


async def replay(call: Call) -> None:
    await call.app[SERVICE].replay(call.id())


ROUTES = [
    Route("GET", "/jobs/dead", dead, Permission.SUPERVISE, "Jobs that were given up",
          query=Page, answer=DeadJobs, tags=("health",)),
    Route("POST", "/jobs/{id}/replay", replay, Permission.ADMINISTER, "Let a dead job run again",
          status=204, tags=("health",)),
]  # fmt: skip
