"""The parts of an update that everything hangs on, as frozen models.

https://core.telegram.org/bots/api#update, #message, #user, #chat, #callbackquery,
#businessmessagesdeleted. What a message holds beside is read kind by kind in `content.py`, so that
one kind we do not understand leaves the rest readable. Whatever is unknown is ignored here.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]


def _leniently(value: Any) -> Any:
    """None for what is not an object: a part that cannot be read must not break the rest."""
    return value if isinstance(value, dict) else None


def words(*values: Any) -> str:
    """The texts among the values, as one. Names are taken as they come: they break nothing."""
    return " ".join([value for value in values if value and isinstance(value, str)])


class Wire(BaseModel):
    """Telegram adds fields with every version: what we do not know is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class User(Wire):
    id: Id
    is_bot: bool = False
    first_name: Any = ""
    last_name: Any = ""
    username: Any = ""
    language_code: Any = ""

    @property
    def name(self) -> str:
        return words(self.first_name, self.last_name)


class Chat(Wire):
    id: Id
    type: Any = "private"
    title: Any = ""
    first_name: Any = ""
    last_name: Any = ""
    username: Any = ""

    @property
    def name(self) -> str:
        return words(self.title) or words(self.first_name, self.last_name)

    @property
    def private(self) -> bool:
        return bool(self.type == "private")


class Message(Wire):
    """A message's frame."""

    message_id: Id
    date: Annotated[int, Field(ge=0, lt=2**33)]
    chat: Chat
    sender: Annotated[User | None, Field(alias="from")] = None
    sender_chat: Annotated[Chat | None, BeforeValidator(_leniently)] = None
    sender_business_bot: Annotated[User | None, BeforeValidator(_leniently)] = None
    business_connection_id: Any = ""
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    edit_date: Annotated[int, Field(ge=0, lt=2**33)] | None = None


class Pressed(Wire):
    """A callback query. Its message may be one that is out of reach, with nothing but its id."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    sender: Annotated[User, Field(alias="from")]
    message: dict[str, Any] | None = None
    data: Any = ""


class Reached(Wire):
    """The message a button stands under, as far as it must be known."""

    message_id: Id
    chat: Chat
    business_connection_id: Any = ""
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    reply_markup: Any = None


class Deleted(Wire):
    business_connection_id: Annotated[str, Field(min_length=1, max_length=100)]
    chat: Chat
    message_ids: Annotated[list[Id], Field(max_length=1000)]
