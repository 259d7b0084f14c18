"""What the API takes and says at the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from contact_center.contacts.letters.model import NewLetter
from contact_center.contacts.model import (
    Body,
    Choice,
    Contact,
    ContactRow,
    Text,
    WorkOrigin,
    WorkState,
)

OfferState = Literal["live", "accepted", "declined", "missed", "rescinded"]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]


class NewMessage(Body):
    """A reply to the client, or a note among colleagues.

    `client_msg_id` is made by the sender: the same one again is the same message.
    """

    kind: Literal["reply", "note"]
    text: Text = ""
    client_msg_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    attachments: Annotated[list[UUID], Field(default_factory=list, max_length=20)]
    buttons: list[Choice] = Field(default_factory=list, max_length=20)
    reply_to: UUID | None = None
    close: bool = False
    letter: NewLetter | None = None  # only where the connection carries letters


class Amend(Body):
    """The new text of a reply."""

    text: Text


class Transfer(Body):
    """To whom or where; `keep_seniority`: the contact keeps its place in the line.

    `anyone`: it waits in its queue for whoever is free, whatever his skills, and not for who had
    it; without an `id`, which the others need.
    """

    to: Literal["operator", "queue", "anyone"]
    id: UUID | None = None
    note: NoteText = ""
    keep_seniority: bool = True

    @model_validator(mode="after")
    def _named(self) -> Transfer:
        if (self.id is None) != (self.to == "anyone"):
            raise ValueError("an operator or a queue has an id, anyone has none")
        return self


class Park(Body):
    """Until when a contact is laid aside; null: until the client writes, which always ends it.

    `seen_seq`: the newest message one has seen; where the client has written since, 409.
    """

    until: AwareDatetime | None = None
    seen_seq: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    note: NoteText = ""


class Split(Body):
    """The first message of the part that becomes a contact of its own."""

    message_id: UUID


class Part(BaseModel):
    """The new contact; `over_capacity`: the operator has more now than the router would give."""

    contact: Contact
    over_capacity: bool


class Join(Body):
    """The contact that is joined into this one, and closes."""

    other_id: UUID


class Result(Body):
    """How a contact ended."""

    result_code_id: UUID | None = None
    kind_id: UUID | None = None
    note: NoteText = ""


class WrapUp(Result):
    """The end of the work after a contact, or more time for it."""

    extend: bool = False


class Decline(Body):
    """Why an offer is not taken."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class RecentContact(BaseModel):
    """An earlier contact of the same client."""

    id: UUID
    number: int
    opened_at: datetime
    last_text: str
    result_code_id: UUID | None


class Offer(BaseModel):
    """Work shown to one operator until `until`; `seconds` is how long it was shown in all."""

    id: UUID
    work_id: UUID
    created_at: datetime
    until: datetime
    seconds: int
    contact: ContactRow
    recent: list[RecentContact]
    explanation: dict[str, Any]


class OfferSeen(BaseModel):
    """An offer in the history of a contact."""

    id: UUID
    operator_id: UUID
    state: OfferState
    reason: str | None
    created_at: datetime
    until: datetime
    ended_at: datetime | None
    explanation: dict[str, Any]


class WorkSeen(BaseModel):
    """One turn of a contact in the waiting line, and who was offered it."""

    id: UUID
    state: WorkState
    queue_id: UUID
    medium: str
    origin: WorkOrigin
    previous_id: UUID | None
    operator_id: UUID | None
    arrived_at: datetime
    offered_at: datetime | None
    accepted_at: datetime | None
    wrap_up_since: datetime | None
    ended_at: datetime | None
    outcome: str | None
    note: str
    offers: list[OfferSeen]
