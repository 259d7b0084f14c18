"""What a channel is: the description the registry holds and the protocols an account fulfils.

Channels have no clock, no database, no retry and no settings files. A capability declared here
and its optional protocol come together: one without the other fails the contract suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from channels.messages import Event, Medium, Outbound, Profile, Receipt

if TYPE_CHECKING:  # a process that only reads does without it
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A provider's request as it came; `url` is the public one.

    Headers are looked up by lower-case names; whoever lists them folds the case himself.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider expects as an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """The parsed request: events in the provider's order and the reply to give after commit.

    `parts`: files that lie in the request itself, by the references their attachments have; a
    channel leaves out what is large, for `Embeds.part` gives it later.
    """

    events: tuple[Event, ...] = ()
    reply: Reply = Reply()
    parts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`count` messages per `seconds`, for the whole account or per recipient."""

    count: int
    seconds: float
    per: Literal["account", "recipient"] = "account"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Larger ones are made smaller before they are sent. `side`: pixels of the longer one."""

    bytes: int
    side: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can carry. Sizes in bytes, lengths in characters."""

    authentication: Literal["body", "secret"]  # signs the body, or shows a secret
    timestamped: bool = False  # the signature covers a time: stale requests are refused
    text_limit: int = 4096
    attachments: Mapping[str, int] = field(default_factory=dict)  # kind → largest size
    file_types: frozenset[str] | None = None  # only these media types
    files_most: int | None = None  # files of one message
    files_bytes: int | None = None  # all files of one message together
    pictures: Pictures | None = None  # larger ones are made smaller; without it they are refused
    files_by_address: bool = False  # the provider fetches them from us (OutboundFile.url)
    buttons: int = 0
    receipts: bool = False
    read_receipts: bool = False
    typing: bool = False
    edit: bool = False
    delete: bool = False
    templates: bool = False
    starts_conversations: bool = False
    reply_window_hours: int | None = None
    idempotent_send: bool = False
    rate_limits: tuple[RateLimit, ...] = ()
    groups: bool = False
    reply_to: bool = False
    marks_read: bool = False  # the provider is told what we have read (SendsReads)
    fetches_media: bool = False  # files are fetched by reference (Media)
    installs_webhook: bool = False  # the account registers its own webhook (Installs)
    letters: bool = False  # subject, recipients, quoted history; read in the limited process
    embeds_media: bool = False  # files lie inside the raw request (Embeds)
    backfills: bool = False  # what was missed is found again by listing (Backfills)
    authorizes: bool = False  # a person agrees at the provider, where settings ask it (Authorizes)
    profiles: bool = False  # the provider tells who somebody is (Profiles)
    start_links: bool = False  # a talk can be begun by a link with a word of ours (StartsByLink)
    reports: bool = False  # the provider tells how its side of the connection does (Reports)
    segments: bool = False  # a text is cut and paid for in segments (toolkit/segments.py)
    undo_seconds: int = 3  # how long a reply is held before it leaves


class Memory(Protocol):
    """What the channel of an account has learnt and must not forget: a token that was exchanged.

    Sealed, and the same in every process. What an administrator decides stands in the settings.
    """

    async def recall(self) -> Mapping[str, str]:
        """What was kept last, by whichever process. Raises Temporary."""
        ...

    async def keep(self, values: Mapping[str, str]) -> None:
        """Keep this instead; returns when it is stored. Raises Temporary."""
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """What a channel may use of the outside: its account's id, the guarded HTTP client, a memory.

    `webhook`: the public address at which its provider reaches this account; what the provider is
    to tell of one message may go to addresses below it. Where requests are only read there is
    nothing but the id.
    """

    account_id: str
    http: Any = None
    memory: Memory | None = None
    webhook: str = ""


class Channel(Protocol):
    """One account."""

    async def send(self, message: Outbound) -> Receipt:
        """Send; raises Unsupported, Temporary, Rejected, Uncertain or Misconfigured."""
        ...

    async def check(self) -> None:
        """Raise Misconfigured or Temporary when the account cannot work."""
        ...


@runtime_checkable
class WebhookChannel(Channel, Protocol):
    def receive(self, request: WebhookRequest) -> Received:
        """Verify and parse; pure. Raises Refused or Malformed and nothing else."""
        ...


@runtime_checkable
class Verifies(Protocol):
    def verify(self, request: WebhookRequest) -> None:
        """Raise Refused for a request that is not proven; cheap. `receive` asks it itself."""
        ...


@runtime_checkable
class Parses(Protocol):
    def parse(self, request: WebhookRequest) -> Received:
        """Read without verifying, for looking at recordings. Raises Malformed and nothing else."""
        ...


class Reader(Parses, Protocol):
    """Reads for an account, in a process that is started for that: pickled, and small.

    Its module imports what reading takes and nothing else.
    """

    def part(self, raw: bytes, ref: str) -> bytes:
        """As `Embeds.part`."""
        ...


@runtime_checkable
class Reads(Protocol):
    def reader(self) -> Reader:
        """What reads in this channel's stead, always the same one.

        Without it the channel itself is built again where its requests are read.
        """
        ...


Cursor = dict[str, Any]
Health = Literal["green", "yellow", "red"]


class Ear(Protocol):
    """The house's side of listening."""

    async def deliver(self, requests: Sequence[WebhookRequest], cursor: Cursor) -> None:
        """Returns after what the requests hold (read by `Parses.parse`) is stored, with the cursor.

        The cursor moves in the transaction that stores the last of them.
        """
        ...

    async def report(self, health: Health, reason: str | None) -> None:
        """Say how the connection does."""
        ...


@runtime_checkable
class ListeningChannel(Channel, Protocol):
    async def listen(self, cursor: Cursor | None, ear: Ear) -> None:
        """Listen until cancelled. Raises Misconfigured where only a person can help."""
        ...


def listens(channel: Channel) -> bool:
    """Whether an account is listened to; one whose settings know other ways in says `listens`."""
    return isinstance(channel, ListeningChannel) and bool(getattr(channel, "listens", True))


@runtime_checkable
class Splits(Protocol):
    def split(self, message: Outbound) -> Sequence[Outbound]:
        """A fitted message in the calls that it takes: each leaves, fails and is repeated alone.

        Pure. Raises Unsupported.
        """
        ...


@runtime_checkable
class SendsTyping(Protocol):
    async def typing(self, conversation_key: str) -> None: ...


@runtime_checkable
class SendsReads(Protocol):
    async def read(self, conversation_key: str, external_id: str) -> None: ...


@runtime_checkable
class Edits(Protocol):
    async def edit(self, provider_id: str, message: Outbound) -> None: ...


@runtime_checkable
class Deletes(Protocol):
    async def delete(self, conversation_key: str, provider_id: str) -> None: ...


@runtime_checkable
class Media(Protocol):
    async def open(self, ref: str) -> Any:
        """An async iterator of bytes; raises Rejected when gone, Temporary when to be retried."""
        ...


@lru_cache(maxsize=256)
def offers(channel: type, protocol: type) -> bool:
    """Whether channels of a class have the methods of a protocol.

    For where every event asks: `isinstance` looks for each method anew and costs as much as a row.
    """
    return issubclass(channel, protocol)


@runtime_checkable
class Embeds(Protocol):
    def part(self, raw: bytes, ref: str) -> bytes:
        """A file inside a raw request, by its reference. Raises Rejected. Pure."""
        ...


@dataclass(frozen=True, slots=True)
class Missed:
    """What `Parses.parse` is to read, oldest first, and where to go on from next time.

    The cursor is no further than was read; `more`: there is more to be read at once.
    """

    requests: tuple[WebhookRequest, ...]
    cursor: Cursor
    more: bool = False


@runtime_checkable
class Backfills(Protocol):
    async def since(self, cursor: Cursor | None) -> Missed:
        """What the provider holds since then, however little of it was missed; None: begin now.

        What came already comes again with the external ids it had. The cursor is to be kept once
        all of it is stored. Raises Temporary or Misconfigured.
        """
        ...


@runtime_checkable
class Installs(Protocol):
    async def install(self, webhook_url: str) -> None: ...


@runtime_checkable
class Profiles(Protocol):
    async def profile(self, address: str) -> Profile:
        """Who somebody is, by his address there. Raises Rejected, Temporary or Misconfigured."""
        ...


@runtime_checkable
class StartsByLink(Protocol):
    """Whoever follows the link begins to write; its word comes back as `data["start"]`."""

    async def start_link(self, word: str) -> str:
        """The address with this word: at most 64 of A-Z, a-z, 0-9, _ and -. Raises as `report`."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """How the provider's side of a connection does; None or empty is what it does not tell."""

    waiting: int | None = None  # events that it has not brought yet
    error: str = ""  # why it could not bring one, in its own words
    error_at: datetime | None = None
    address: str = ""  # where it calls us
    name: str = ""  # how our side is called there: @shop_bot


@runtime_checkable
class Reports(Protocol):
    async def report(self) -> Report:
        """Ask the provider; changes nothing. Raises Temporary, Rejected or Misconfigured."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a person agrees, and what proves later on that it was we who asked (RFC 7636)."""

    url: str
    verifier: str = field(repr=False)


@runtime_checkable
class Authorizes(Protocol):
    """Acts for somebody who has agreed at the provider: OAuth 2.0, authorization-code flow."""

    def authority(self) -> str:
        """Who is asked, as people call it; empty where these settings need nobody's consent."""
        ...

    def authorized(self) -> bool:
        """Whether there is a consent to act upon, as far as can be told without asking."""
        ...

    def begin(self, redirect_uri: str, state: str) -> Asked:
        """The address at which to agree. Pure but for chance. Raises Misconfigured."""
        ...

    async def finish(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, str]:
        """The settings to keep. Raises Misconfigured with the provider's words, or Temporary."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """What the registry holds; the wizard and the documentation are generated from it."""

    name: str
    title: Mapping[str, str]  # {"ru": …, "en": …}
    icon: str
    medium: Medium
    Settings: type[BaseModel]  # fields marked by `setting(...)`: secret, help, example
    capabilities: Capabilities
    build: Callable[[Any, Deps], Channel]
    # What one account can carry in one conversation, where that may be less than the capabilities:
    # by its settings (without secrets) and the conversation's key. Pure.
    carries: Callable[[Mapping[str, Any], str], Capabilities] | None = None
    about: Mapping[str, str] = field(default_factory=dict)  # one sentence for who chooses
