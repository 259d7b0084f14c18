"""How a conversation and a message of Telegram are named in the house. Pure.

A conversation is `<chat>`, `<chat>/<topic>` in a forum, or `<connection>:<chat>` where the bot acts
for a business account, whose chats have the ids of the same people. A message is its conversation
without the topic, a colon and its id, which is unique within the chat:
https://core.telegram.org/bots/api#message (message_id), #businessconnection
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.errors import Rejected

_KEY = re.compile(r"^(?:([A-Za-z0-9_-]+):)?(-?\d{1,19})(?:/(\d{1,19}))?$")
_NAME = re.compile(r"^(?:([A-Za-z0-9_-]+):)?(-?\d{1,19}):(\d{1,19})$")
CONNECTION = re.compile(r"^[A-Za-z0-9_-]{1,100}$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: a chat, perhaps a topic of it, perhaps in a business's name."""

    chat: int
    topic: int | None = None
    connection: str | None = None

    @property
    def key(self) -> str:
        """The conversation key."""
        before = f"{self.connection}:" if self.connection else ""
        return f"{before}{self.chat}" + (f"/{self.topic}" if self.topic else "")

    def name(self, message_id: int) -> str:
        """The name of a message here."""
        before = f"{self.connection}:" if self.connection else ""
        return f"{before}{self.chat}:{message_id}"


def place_of(key: str) -> Place:
    """The place of a conversation key. Raises Rejected for one that is not ours."""
    found = _KEY.match(key)
    if not found:
        raise Rejected("this conversation is not one of Telegram", code="address")
    return Place(int(found[2]), int(found[3]) if found[3] else None, found[1])


def message_of(name: str) -> tuple[Place, int]:
    """The chat and id of a message's name. Raises Rejected for one that is not ours."""
    found = _NAME.match(name)
    if not found:
        raise Rejected("this message is not one of Telegram", code="address")
    return Place(int(found[2]), None, found[1]), int(found[3])
