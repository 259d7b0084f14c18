"""What the widget posts to /chat/v1/<key>/events, and the cursor it reads messages by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

TEXT_LIMIT = 4000  # of what a visitor writes

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=2000)]


class Body(BaseModel):
    """A widget may be newer than we are: what we do not know is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class MessageBody(Body):
    type: Literal["message"]
    id: ClientId
    text: Annotated[str, StringConstraints(max_length=TEXT_LIMIT)] = ""
    attachments: Annotated[tuple[ClientId, ...], Field(max_length=10)] = ()
    reply_to: ClientId | None = None
    page: Long | None = None
    title: Short | None = None
    referrer: Long | None = None
    locale: Annotated[str, StringConstraints(max_length=16)] | None = None
    prechat: Annotated[dict[Short, Short], Field(max_length=16, default_factory=dict)]
    offline: bool = False


class ReadBody(Body):
    type: Literal["read"]
    cursor: Annotated[str, StringConstraints(max_length=120)]


class TypingBody(Body):
    type: Literal["typing"]


class ProfileBody(Body):
    type: Literal["profile"]
    name: Short = ""
    email: Short = ""
    phone: Short = ""


AnyBody = MessageBody | ReadBody | TypingBody | ProfileBody
BODY: TypeAdapter[Any] = TypeAdapter(Annotated[AnyBody, Field(discriminator="type")])

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CURSOR = re.compile(rf"^({_ID}):(\d{{1,9}})(?::([A-Za-z0-9.-]{{1,64}}))?$")


@dataclass(frozen=True, slots=True, order=True)
class ReadCursor:
    """How far the visitor has: contact (ids grow with time), message seq, our last message by then.

    The last part lets the adapter name the message a reading receipt is about without a database.
    """

    contact: str
    seq: int
    target: str = ""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor of a text; None when it is not one of ours."""
        found = _CURSOR.match(text)
        return cls(found[1], int(found[2]), found[3] or "") if found else None

    def __str__(self) -> str:
        return f"{self.contact}:{self.seq}" + (f":{self.target}" if self.target else "")
