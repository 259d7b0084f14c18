"""Routes of a message on its way out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.outbox.messages import SERVICE
from contact_center.storage.unit import Record

State = Literal[
    "held",
    "pending",
    "sending",
    "sent",
    "delivered",
    "read",
    "failed",
    "uncertain",
    "cancelled",
]


class Resolve(BaseModel):
    """What the employee knows of an uncertain message."""

    model_config = ConfigDict(extra="forbid")

    as_: Literal["arrived", "send_again"] = Field(alias="as")


class DeliveryState(BaseModel):
    """Where a message is now; `reason` is meant for the employee."""

    message_id: UUID
    version: int
    state: State
    reason: str | None
    hold_until: datetime | None
    can_retry: bool


def _shown(row: Record) -> DeliveryState:
    return DeliveryState(
        message_id=row["message_id"],
        version=row["version"],
        state=row["state"],
        reason=row["error_text"],
        hold_until=row["hold_until"] if row["state"] == "held" else None,
        can_retry=row["state"] in ("failed", "uncertain"),
    )


async def undo(call: Call) -> DeliveryState:
    return _shown(await call.app[SERVICE].undo(call.actor, call.id()))


async def retry(call: Call) -> DeliveryState:
    return _shown(await call.app[SERVICE].retry(call.actor, call.id()))


async def resolve(call: Call) -> DeliveryState:
    return _shown(await call.app[SERVICE].resolve(call.actor, call.id(), call.body.as_))


ROUTES = [
    Route("POST", "/messages/{id}/undo", undo, Permission.WORK,
          "Take back a message while it is held", answer=DeliveryState, tags=("contacts",)),
    Route("POST", "/messages/{id}/retry", retry, Permission.WORK,
          "Send a failed message again", answer=DeliveryState, tags=("contacts",)),
    Route("POST", "/messages/{id}/resolve", resolve, Permission.WORK,
          "Settle an uncertain message", body=Resolve, answer=DeliveryState, tags=("contacts",)),
]  # fmt: skip
