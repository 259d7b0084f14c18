"""Normalised values: what every provider's traffic becomes, and what every provider is sent.

All values are frozen. Instants are aware datetimes in UTC. `external_id` is the dedupe key of an
event: the same provider event always yields the same one, and it is unique within its account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Medium(StrEnum):
    """The kind of talk; an open list."""

    CHAT = "chat"
    MESSENGER = "messenger"
    SMS = "sms"
    MAIL = "mail"
    VOICE = "voice"
    POST = "post"
    REVIEW = "review"
    PORTAL = "portal"
    IN_PERSON = "in_person"


class Proof(StrEnum):
    """How sure it is that an address belongs to its sender."""

    CLAIMED = "claimed"  # merely typed by somebody: only ever suggests
    PROVIDER = "provider"  # vouched for by the provider
    SIGNED = "signed"  # vouched for by the site's own signature
    CONFIRMED = "confirmed"  # proven by a code sent to it


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a client: medium here is the kind of address (visitor, email, phone, …)."""

    medium: str
    value: str
    name: str = ""
    proof: Proof = Proof.PROVIDER


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file named by a provider reference; never the bytes. `size` in bytes where known."""

    kind: str  # image | video | audio | voice | file | sticker | location | contact
    ref: str | None
    name: str = ""
    type: str = ""
    size: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice offered with a message; `value` comes back in ButtonPressed."""

    text: str
    value: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every inbound event carries. `at` is the provider's time."""

    external_id: str
    at: datetime
    conversation_key: str
    sender: Address
    claims: tuple[Address, ...] = ()  # further addresses the sender gave of himself
    data: dict[str, Any] = field(default_factory=dict)  # page, pre-chat answers, referrer…


@dataclass(frozen=True, slots=True)
class Body:
    """The whole of a letter; HTML already sanitised, or empty."""

    text: str
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
    reply_to: str | None = None  # external id of the message answered
    subject: str | None = None
    automatic: bool = False  # an automatic answer and the like: stored, never rings
    outgoing: bool = False  # written by us elsewhere (the provider's own application)
    unsupported: str | None = None  # the kind we could not read; the rest is kept
    # Pieces of one message bear the same name of their group, unique within the conversation; each
    # has an external id of its own. `place` orders them, for they come in any order.
    group: str | None = None
    place: int = 0
    body: Body | None = None  # the whole, where `text` is only what is new in it
    # Letters name each other: the conversation of the first name in `answers` that the house
    # holds is this one's, else `conversation_key`; `aliases` are the names of this one. A key that
    # is proven is named too, as "thread:<key>": by hand one may have been joined into another.
    answers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(Event):
    target: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(Event):
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationMoved(Event):
    """The conversation goes on under the key `to`: the provider gave it another address."""

    to: str


class DeliveryStatus(StrEnum):
    """Only ever moves forward: rank 1, 2, 3; failed settles a message never delivered."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryChanged(Event):
    """A receipt. `target` is the provider's id of our message; `up_to` marks all before it too.

    `recipient`: of a message to several, the one who did not get it; the others may have.
    """

    target: str
    status: DeliveryStatus
    reason: str | None = None
    up_to: bool = False
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Event):
    """Never stored: hint bus, last wins, expires in 6 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed(Event):
    target: str | None
    value: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """The sender told something of himself: name in `sender`, addresses in `claims`."""

    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider tells of somebody. `avatar`: a reference for `Media.open`."""

    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file to send; `path` is a readable local copy for the time of the send.

    `cid`: the letter's HTML shows it by this name. `url`: where a provider that fetches files finds
    it for some hours, without signing in (`Capabilities.files_by_address`).
    """

    kind: str
    name: str
    type: str
    size: int
    path: str
    cid: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is answered, for a letter that shows it below."""

    author: str
    at: datetime  # in the zone it is told in
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says beside its text. `references`: names of earlier ones, oldest first."""

    to: tuple[Address, ...]
    at: datetime  # when it was written
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    html: str = ""
    sender: str = ""  # the name beside our address
    signature: str = ""
    references: tuple[str, ...] = ()
    quoted: Quoted | None = None
    forwarded: Body | None = (
        None  # what is passed on, as it came; its pictures are files with `cid`
    )
    automatic: bool = False  # written by a machine: says so, and nobody's machine should answer
    # Sent to these alone, by the addresses of `Receipt.postponed`: all others have it already.
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message to one conversation, already fitted to the channel's capabilities.

    `id` is stable over repeats: the idempotency key where the provider takes one.
    """

    id: str
    conversation_key: str
    text: str
    files: tuple[OutboundFile, ...] = ()
    buttons: tuple[Button, ...] = ()
    reply_to: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    letter: Letter | None = None  # only for channels with the capability `letters`


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider accepted: its id, by which later receipts name the message.

    `aliases`: further names by which answers may refer to it. `refused`: recipients that the
    provider did not take, each with its words, while it took the message for the others;
    `postponed`: those that it does not take now, but may take later.
    """

    provider_id: str
    status: DeliveryStatus = DeliveryStatus.SENT
    aliases: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    postponed: dict[str, str] = field(default_factory=dict)
