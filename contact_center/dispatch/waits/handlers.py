"""How long who waits will wait, and how true that was, for the console."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contact_center.access.model import Permission
from contact_center.access.policy import visible
from contact_center.access.routes import Call, Route
from contact_center.dispatch.waits import store
from contact_center.dispatch.waits.model import Wait
from contact_center.employees.service import SERVICE
from contact_center.storage.unit import Record

P = Permission
MOST = 1000
Cause = Literal["arrived", "waited", "operator_left", "senior_came", "shared", "moved"]


class WaitingContact(BaseModel):
    """A contact in line: its position and its wait in minutes, p50 to p90.

    `cause`: why it is longer than it was (`operator_left`, `senior_came`, `shared`: the same
    operators are to serve more of who comes before; `moved`), `waited` where it is not, `arrived`
    at first.
    """

    contact_id: UUID
    queue_id: UUID
    position: int
    low: int
    high: int
    cause: Cause


class WaitingContacts(BaseModel):
    """The next ones first, at most a thousand; without those whose wait is not known."""

    items: list[WaitingContact]


class Accuracy(BaseModel):
    """Of about the last 200 contacts of a queue and medium; seconds, null before there are any.

    `handle` a contact takes of an operator's room, `patience` clients have on average. Of
    `promises` a share of `within_high` came true by the longer figure (nine of ten should) and
    `within_low` by the shorter (half should); `off` is how far that one was from the real `wait`.
    """

    queue_id: UUID
    medium: str
    handle: float | None
    patience: float | None
    promises: int
    within_low: float | None = Field(ge=0, le=1)
    within_high: float | None = Field(ge=0, le=1)
    off: float | None
    wait: float | None


class AccuracyList(BaseModel):
    """One line for each queue and medium."""

    items: list[Accuracy]


async def waits(call: Call) -> WaitingContacts:
    rows = await store.waiting(call.app[SERVICE].database, visible(call.actor, "work"), MOST)
    return WaitingContacts(items=[_waiting(row) for row in rows])


def _waiting(row: Record) -> WaitingContact:
    wait = Wait.of(row)
    return WaitingContact(
        contact_id=row["contact_id"], queue_id=row["queue_id"], cause=row["cause"],
        position=wait.position, low=wait.low, high=wait.high,
    )  # fmt: skip


async def accuracy(call: Call) -> AccuracyList:
    rows = await store.accuracy(call.app[SERVICE].database, visible(call.actor, "queue"))
    return AccuracyList(items=[_accuracy(row) for row in rows])


def _accuracy(row: Record) -> Accuracy:
    promised = row["promised"]
    return Accuracy(
        queue_id=row["queue_id"], medium=row["medium"], promises=round(promised),
        handle=_per(row["handle_seconds"], row["handled"]),
        patience=_per(row["waited_seconds"], row["gone"]),
        within_low=_per(row["within_low"], promised),
        within_high=_per(row["within_high"], promised),
        off=_per(row["off_seconds"], promised), wait=_per(row["real_seconds"], promised),
    )  # fmt: skip


def _per(total: float, count: float) -> float | None:
    return round(total / count, 3) if count > 0 else None


ROUTES = [
    Route("GET", "/waits", waits, P.WORK, "How long the waiting will probably wait",
          answer=WaitingContacts, tags=("routing",)),
    Route("GET", "/waits/accuracy", accuracy, P.SUPERVISE,
          "How fast queues move, and how true the told waits were", answer=AccuracyList,
          tags=("routing",)),
]  # fmt: skip
