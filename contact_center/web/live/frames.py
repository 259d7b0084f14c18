"""The objects of the live protocol as the API describes them: for its document and the console.

The hub writes them by hand, once for all sockets; the tests hold what it writes against these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Frame(BaseModel):
    """Base of all: nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class SeenVersion(Frame):
    """A contact and its version now."""

    id: UUID
    version: int


class Person(Frame):
    """A colleague."""

    id: UUID
    name: str


class Typist(Frame):
    """Who types; the id of a client is his visitor's."""

    type: Literal["client", "employee"]
    id: str | None
    name: str


class LiveReady(Frame):
    """The first object of a session."""

    t: Literal["ready"]
    session: UUID
    now: datetime
    n: int


class LiveBeat(Frame):
    """A sign of life; `n` is the last number given out."""

    t: Literal["beat"]
    now: datetime
    n: int


class LiveEvent(Frame):
    """What changed, and to which version; numbered without gaps."""

    t: Literal["event"]
    n: int
    topic: str
    kind: str
    id: UUID
    version: int
    data: dict[str, Any]


class LiveSubscribed(Frame):
    """The topics one hears from now on, and the versions of the contacts among them."""

    t: Literal["subscribed"]
    topics: list[str]
    contacts: list[SeenVersion]


class LiveDenied(Frame):
    """A topic one may not hear, or no longer."""

    t: Literal["denied"]
    topic: str


class LiveSync(Frame):
    """The answer to a resync: contacts that differ, those out of sight, the live offers."""

    t: Literal["sync"]
    n: int
    now: datetime
    contacts: list[SeenVersion]
    gone: list[UUID]
    offers: list[UUID]


class LiveTyping(Frame):
    """Somebody types in a contact."""

    t: Literal["typing"]
    contact: UUID
    who: Typist
    kind: Literal["reply", "note"]


class LiveViewers(Frame):
    """Who has a contact open."""

    t: Literal["viewers"]
    contact: UUID
    employees: list[Person]


class LiveError(Frame):
    """Something the screen said could not be followed."""

    t: Literal["error"]
    detail: str


class SayTopics(Frame):
    """Hear these topics, or no longer."""

    t: Literal["sub", "unsub"]
    topics: list[str]


class SayResync(Frame):
    """The contacts a screen has, with their versions."""

    t: Literal["resync"]
    contacts: dict[UUID, int]


class SayTyping(Frame):
    """The employee types."""

    t: Literal["typing"]
    contact: UUID
    kind: Literal["reply", "note"]


class SayView(Frame):
    """The employee opens a contact, or leaves it."""

    t: Literal["view"]
    contact: UUID | None


class SayPing(Frame):
    """Ask for a beat."""

    t: Literal["ping"]


Told = Annotated[
    LiveReady | LiveBeat | LiveEvent | LiveSubscribed | LiveDenied | LiveSync | LiveTyping
    | LiveViewers | LiveError,
    Field(discriminator="t"),
]  # fmt: skip
Said = Annotated[
    SayTopics | SayResync | SayTyping | SayView | SayPing,
    Field(discriminator="t"),
]
