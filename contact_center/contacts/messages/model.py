"""What the API says of messages: who wrote one, what is in it, what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

MessageKind = Literal["inbound", "outbound", "note", "system", "call", "survey"]
FileState = Literal["wanted", "stored", "too_large", "gone", "failed", "infected"]


class About(BaseModel):
    """What the provider tells of a file or of what stands in its place; what it does not is null.

    `duration` in seconds; `round`: a video note; `animation`: a picture that moves, without sound.
    A location has a place instead of a file, a card of a person its phone.
    """

    duration: float | None = None
    title: str | None = None
    performer: str | None = None
    emoji: str | None = None
    round: bool = False
    animation: bool = False
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    phone: str | None = None


class Attachment(BaseModel):
    """A file of a message; `url` is short-lived and only there once the file is stored.

    `wanted`: still at its provider; `gone`: no longer there; `failed`: could not be fetched.
    `reason` says why, `progress` which share of it is here, from 0 to 1, where that is known.
    """

    id: UUID
    kind: str
    name: str
    type: str
    size: int | None
    state: FileState
    reason: str | None = None
    progress: float | None = None
    can_retry: bool = False  # POST /files/{id}/retry fetches it anew
    url: str | None
    width: int | None = None
    height: int | None = None
    inline: bool = False  # shown within the HTML of its letter
    about: About | None = None


class Author(BaseModel):
    """Who wrote a message."""

    type: Literal["client", "employee", "system"]
    id: UUID | None
    name: str


class Undelivered(BaseModel):
    """A recipient of a letter whom it did not reach, and the words of his server."""

    address: str
    reason: str


class Delivery(BaseModel):
    """What became of a message of ours; `state` is null where nothing was to be sent.

    It has failed where nobody it was written to got it; `undelivered` are those who did not.
    """

    state: (
        Literal["held", "pending", "sending", "sent", "delivered", "read", "failed", "uncertain",
                "cancelled"] | None
    )  # fmt: skip
    reason: str | None = None
    hold_until: datetime | None = None
    can_retry: bool = False
    undelivered: list[Undelivered] = []


class Quote(BaseModel):
    """The message that is answered; `seq` where it stands in the same contact."""

    seq: int | None
    kind: MessageKind
    text: str


class Amendment(BaseModel):
    """What is being done to a message that has left; null once it is done, or never asked for.

    While it is pending, and where it failed, the client sees the message as it was. `text`: the
    new one of an edit.
    """

    act: Literal["edit", "delete"]
    state: Literal["pending", "failed"]
    text: str | None
    reason: str | None


class Message(BaseModel):
    """One entry of a contact's thread. A system entry has a `data.code` and no text.

    `has_body`: it is a letter, and the text is not all of it. `data.mail` tells of a letter that
    came, `data.letter` of one we write.
    """

    id: UUID
    contact_id: UUID
    seq: int
    kind: MessageKind
    text: str
    author: Author
    created_at: datetime
    provider_at: datetime | None
    edited_at: datetime | None
    deleted_at: datetime | None
    reply_to: UUID | None
    quoted: Quote | None
    attachments: list[Attachment]
    data: dict[str, Any]
    delivery: Delivery
    change: Amendment | None = None
    version: int
    client_msg_id: str | None
    has_body: bool


class MessagePage(BaseModel):
    """A stretch of a thread in the order of seq; `version` is the contact's."""

    items: list[Message]
    has_before: bool
    has_after: bool
    version: int
