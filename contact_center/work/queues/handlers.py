"""Administration of queues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from contact_center.access.model import Permission
from contact_center.access.policy import visible
from contact_center.access.routes import Call, Route
from contact_center.employees.handlers import Ids, ListQuery, changes
from contact_center.employees.model import Body, Code, Locale, Name, Out, Zone
from contact_center.storage.unit import Record
from contact_center.work.hours import checked
from contact_center.work.queues import store
from contact_center.work.queues.service import SERVICE
from routing.rulebook import House

P = Permission
Span = Annotated[list[str], Field(min_length=2, max_length=2)]
Hours = Annotated[dict[str, list[Span]], AfterValidator(checked)]
Text = Annotated[str, Field(max_length=2000)]
Seconds = Annotated[int, Field(ge=0, le=7 * 24 * 3600)]
OfferSeconds = Annotated[int, Field(ge=5, le=3600)]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 365)]
Priority = Annotated[int, Field(ge=-86_400, le=House().most_priority_seconds)]


LetterPart = Literal["signature", "confirmation", "too_large", "mail_form", "bot"]


class Queue(Out):
    """A queue. `priority_seconds` is a head start in the one waiting line.

    `code` is its name in policy files; without one it is called by its id there.

    `letters`: what stands under its letters ({employee} and {brand} are filled in), the answer
    that says a letter was taken in ({number}, {subject}, {name}, {brand}, {queue}; {position} and
    {wait}: their sentences are left out where nobody knows), and the one that says a file of it
    was too large ({file}, without those two); where a text is empty none is sent. `mail_form` and
    `bot`: what clients are told whom the policy sends there; lines in brackets are buttons, and
    where a text is empty they read the house's own words.
    """

    id: UUID
    name: str
    code: str | None
    department_id: UUID
    brand_id: UUID | None
    zone: str
    hours: dict[str, list[Span]]
    priority_seconds: int
    offer_seconds: int
    wrap_up_seconds: int
    wrap_up_code_required: bool
    follow_up_minutes: int
    preferred_hold_seconds: int
    offline_text: dict[str, str]
    letters: dict[str, dict[str, str]]
    archived_at: datetime | None
    version: int
    members: list[UUID]


class QueueList(BaseModel):
    """Queues by name."""

    items: list[Queue]
    next: str | None = None


class NewQueue(Body):
    """A queue to add."""

    name: Name
    code: Code | None = None
    department_id: UUID
    brand_id: UUID | None = None
    zone: Zone = "Europe/Minsk"
    hours: Hours = Field(default_factory=dict)
    priority_seconds: Priority = 0
    offer_seconds: OfferSeconds = 45
    wrap_up_seconds: Seconds = 60
    wrap_up_code_required: bool = True
    follow_up_minutes: Minutes = 1440
    preferred_hold_seconds: Seconds = 60
    offline_text: dict[Locale, Text] = Field(default_factory=dict)
    letters: dict[LetterPart, dict[Locale, Text]] = Field(default_factory=dict)
    members: Ids = Field(default_factory=list)


class QueuePatch(Body):
    """What may change of a queue; what is absent stays."""

    name: Name | None = None
    code: Code | None = None
    department_id: UUID | None = None
    brand_id: UUID | None = None
    zone: Zone | None = None
    hours: Hours | None = None
    priority_seconds: Priority | None = None
    offer_seconds: OfferSeconds | None = None
    wrap_up_seconds: Seconds | None = None
    wrap_up_code_required: bool | None = None
    follow_up_minutes: Minutes | None = None
    preferred_hold_seconds: Seconds | None = None
    offline_text: dict[Locale, Text] | None = None
    letters: dict[LetterPart, dict[Locale, Text]] | None = None
    members: Ids | None = None
    archived: bool | None = None


def _queue(row: Record) -> Queue:
    return Queue.model_validate(dict(row))


async def list_queues(call: Call) -> QueueList:
    rows = await store.queues(
        call.app[SERVICE].database, visible(call.actor, "queue"), archived=call.query.archived
    )
    return QueueList(items=[_queue(row) for row in rows])


async def get_queue(call: Call) -> Queue:
    row = await store.queue(call.app[SERVICE].database, call.id(), visible(call.actor, "queue"))
    return _queue(row)


async def add_queue(call: Call) -> Queue:
    values: dict[str, Any] = call.body.model_dump()
    return _queue(await call.app[SERVICE].save(call.actor, None, values))


async def change_queue(call: Call) -> Queue:
    values = changes(call.body, nullable=frozenset({"brand_id", "code"}))
    row = await call.app[SERVICE].save(call.actor, call.id(), values, call.expected_version)
    return _queue(row)


ROUTES: list[Route] = [
    Route("GET", "/queues", list_queues, P.SUPERVISE, "Queues by name", query=ListQuery,
          answer=QueueList),
    Route("POST", "/queues", add_queue, P.ADMINISTER, "Add a queue", body=NewQueue, answer=Queue,
          status=201),
    Route("GET", "/queues/{id}", get_queue, P.SUPERVISE, "One queue", answer=Queue),
    Route("PATCH", "/queues/{id}", change_queue, P.ADMINISTER,
          "Change a queue, its hours and members; archive it", body=QueuePatch, answer=Queue),
]  # fmt: skip
