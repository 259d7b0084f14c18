"""What the API says of contacts, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contact_center.clients.model import ClientKind, ClientRow, Proof
from contact_center.contacts.letters.model import DraftLetter, NewLetter
from contact_center.contacts.messages.model import Attachment

View = Literal[
    "mine", "offered", "queue", "unread", "waiting", "parked", "wrap_up", "closed", "all"
]
Sort = Literal["newest", "oldest", "waiting"]
WorkState = Literal["waiting", "offered", "active", "wrap_up", "parked", "done"]
WorkOrigin = Literal["arrival", "follow_up", "transfer", "reopen", "return", "parked"]

Text = Annotated[str, StringConstraints(max_length=20_000)]
Subject = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class Body(BaseModel):
    """What comes in: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class AccountRef(BaseModel):
    """The connection a contact came by."""

    id: UUID
    title: str
    provider: str


class ClientRef(BaseModel):
    """The client of a contact."""

    id: UUID
    name: str
    kind: ClientKind


class IdentityRef(BaseModel):
    """The address a contact came from."""

    id: UUID
    medium: str
    value: str
    proof: Proof


class WorkRef(BaseModel):
    """The contact's turn in the waiting line, while it is not over.

    `preferred_id`: whom it waits for first; while it is `parked`, who laid it aside.
    """

    id: UUID
    state: WorkState
    version: int
    operator_id: UUID | None
    offer_id: UUID | None
    offer_until: datetime | None
    wrap_up_until: datetime | None
    parked_until: datetime | None
    preferred_id: UUID | None
    arrived_at: datetime
    origin: WorkOrigin
    note: str


class ContactRow(BaseModel):
    """One line of a list. `unread` counts the client's messages after `read_seq`, up to 100."""

    id: UUID
    number: int
    version: int
    state: Literal["open", "closed"]
    medium: str
    account: AccountRef
    brand_id: UUID
    queue_id: UUID
    operator_id: UUID | None
    client: ClientRef
    identity: IdentityRef
    kind_id: UUID | None
    result_code_id: UUID | None
    subject: str | None
    last_text: str
    last_kind: str
    last_at: datetime | None
    last_seq: int
    read_seq: int
    unread: int
    awaiting: Literal["us", "client", "nobody"]
    waiting_since: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    follows_id: UUID | None
    draft: bool
    spam: bool
    automatic: bool
    locale: str | None
    work: WorkRef | None


class Choice(Body):
    """A button under a reply: its press comes back with `value`, or `url` is opened."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    value: Annotated[str, StringConstraints(max_length=200)] = ""
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = None


class DraftChoice(BaseModel):
    """A button that may be half written."""

    text: str = ""
    value: str = ""
    url: str | None = None


class Draft(BaseModel):
    """What an employee has not sent yet."""

    text: str
    attachments: list[Attachment]
    letter: DraftLetter | None = None
    buttons: list[DraftChoice] = []
    reply_to: UUID | None = None
    changed_at: datetime | None = None


class Drafts(BaseModel):
    """The own drafts of a contact."""

    reply: Draft | None = None
    note: Draft | None = None


class Participant(BaseModel):
    """Somebody on the client's side of a contact."""

    identity_id: UUID
    client_id: UUID
    name: str
    medium: str
    value: str
    role: str
    verified: bool


class Can(BaseModel):
    """What the asking employee may do with the contact now."""

    reply: bool
    note: bool
    take: bool
    transfer: bool
    park: bool
    close: bool
    wrap_up: bool
    spam: bool
    not_spam: bool
    edit: bool
    part: bool  # split, and join with another one


class CapabilitiesOut(BaseModel):
    """What the contact's channel can carry: lengths in characters, sizes in bytes."""

    text_limit: int
    attachments: dict[str, int]
    buttons: int
    receipts: bool
    read_receipts: bool
    typing: bool
    edit: bool
    delete: bool
    reply_to: bool
    letters: bool
    segments: bool
    undo_seconds: float


class Contact(ContactRow):
    """One contact. `client_read_seq`: how far the client has read."""

    participants: list[Participant]
    data: dict[str, Any]
    drafts: Drafts
    capabilities: CapabilitiesOut
    can: Can
    client_read_seq: int
    refused_at: datetime | None  # since when the client wants no messages at this address


class ContactList(BaseModel):
    """A page of contacts; `next` is the cursor of the following one."""

    items: list[ContactRow]
    next: str | None


class Counts(BaseModel):
    """How many contacts the views hold, the endless ones and `wrap_up` aside; `queues`: in line."""

    mine: int
    offered: int
    queue: int
    unread: int
    waiting: int
    parked: int
    closed: None = None
    queues: dict[UUID, int]


class ListQuery(Body):
    """Which contacts. `q`: client's name or address, subject, number."""

    view: View = "mine"
    queue_id: UUID | None = None
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    sort: Sort | None = None
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class PageQuery(Body):
    """Which page."""

    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class SearchQuery(Body):
    """What to look for: a name, an address, a number."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class Found(BaseModel):
    """The best of what was found."""

    clients: list[ClientRow]
    contacts: list[ContactRow]


class MessageQuery(Body):
    """Which stretch: before or after a seq; the newest where neither is given."""

    before: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    after: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ContactPatch(Body):
    """What may be changed of a contact; null empties it."""

    kind_id: UUID | None = None
    subject: Subject | None = None


class DraftChoiceIn(Body):
    """A button as far as it is written."""

    text: Annotated[str, StringConstraints(max_length=100)] = ""
    value: Annotated[str, StringConstraints(max_length=200)] = ""
    url: Annotated[str, StringConstraints(max_length=2000)] | None = None


class DraftIn(Body):
    """A draft to keep; an empty one is forgotten. `letter`: recipients, subject, HTML."""

    text: Text
    attachments: Annotated[list[UUID], Field(default_factory=list, max_length=20)]
    letter: NewLetter | None = None
    buttons: list[DraftChoiceIn] = Field(default_factory=list, max_length=20)
    reply_to: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to keep."""
        return not (self.text or self.attachments or self.letter or self.buttons or self.reply_to)


class ReadIn(Body):
    """How far one has read."""

    seq: Annotated[int, Field(ge=0, le=2_000_000_000)]
