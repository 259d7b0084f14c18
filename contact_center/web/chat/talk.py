"""One visitor's conversation as this node has it open, and what is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contact_center.dispatch.waits.model import Wait, sentences
from contact_center.web.live.session import SocketOutgoing

TYPING_SECONDS = 6.0

Key = tuple[UUID, str]
"""Account and conversation key."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much strangers may ask: per address, and per visitor."""

    sessions: int = 300  # new visitors per address and ten minutes
    uploads: int = 40  # per visitor and ten minutes
    address_uploads: int = 200  # of all visitors of one address, in ten minutes
    upload_seconds: float = 300.0  # one upload, from its first byte to its row
    events: int = 60  # per visitor and ten seconds
    sockets: int = 10  # at once per visitor
    session_days: float = 30.0


@dataclass(eq=False, slots=True)
class Talk:
    """One conversation somebody on this node has open."""

    key: Key
    sockets: set[SocketOutgoing] = field(default_factory=set)
    waiters: set[asyncio.Event] = field(default_factory=set)
    contact: UUID | None = None
    typed_at: float = -TYPING_SECONDS
    follows: asyncio.Task[None] | None = None
    newest: tuple[UUID, int] | None = None  # contact and seq: every beat says it again
    waits: bool = False  # open, and nobody's yet
    wait: Wait | None = None  # what was told of it last
    shown: bytes = b""  # the last contact frame, so that the same is not sent twice
    read: bytes = b""

    @property
    def idle(self) -> bool:
        return not (self.sockets or self.waiters)

    def tell(self, part: bytes) -> None:
        """Send an object to every socket of the conversation."""
        for out in self.sockets:
            out.put(part)

    def wake(self) -> None:
        for waiter in self.waiters:
            waiter.set()


def cursor_of(place: tuple[UUID, int]) -> str:
    """How a message's place, its contact and seq, is told to the visitor's page."""
    return f"{place[0]}:{place[1]}"


def contact_info(row: Any) -> dict[str, Any] | None:
    """What a visitor is told of his contact."""
    if row is None:
        return None
    operator = {"name": row["operator"]} if row["operator"] and row["state"] == "open" else None
    wait = None if operator or row["ahead"] is None else sentences(Wait.of(row))
    return {"number": row["number"], "state": row["state"], "operator": operator, "wait": wait}
