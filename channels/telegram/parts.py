"""Who says it, where, and what: the parts that the kinds of update share. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from channels.errors import Malformed
from channels.messages import Address
from channels.telegram import content
from channels.telegram.entities import Marked, marked
from channels.telegram.places import CONNECTION, Place
from channels.telegram.settings import TelegramSettings
from channels.telegram.wire import Chat, Message, User, words
from channels.toolkit import phone

# The payload of a link to the bot: https://core.telegram.org/bots/features#deep-linking
_START = re.compile(r"^/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})$")


def heard(chat: Chat, settings: TelegramSettings) -> bool:
    return chat.private or (chat.type in ("group", "supergroup") and settings.groups == "contact")


def ours(message: Message, settings: TelegramSettings) -> bool:
    """Whether we sent it ourselves: the outbox knows it already."""
    authors = (message.sender, message.sender_business_bot)
    return any(author and author.id == settings.bot_id for author in authors)


def outgoing(message: Message) -> bool:
    """Whether the owner of a connected business account wrote it, in Telegram itself."""
    sender = message.sender
    return bool(message.business_connection_id and sender and sender.id != message.chat.id)


def place_of(message: Message) -> Place:
    topic = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, topic, connection_of(message.business_connection_id))


def connection_of(given: Any) -> str | None:
    if not given:
        return None
    if not (isinstance(given, str) and CONNECTION.match(given)):
        raise Malformed("business_connection_id: not an id")
    return given


def author_of(message: Message) -> Address:
    """Who says it; a chat that speaks by itself has an id, too."""
    if message.sender_chat is not None:
        return Address("telegram", str(message.sender_chat.id), message.sender_chat.name)
    return user_of(message.sender) if message.sender else client_of(message)


def client_of(message: Message) -> Address:
    return Address("telegram", str(message.chat.id), message.chat.name)


def user_of(user: User) -> Address:
    return Address("telegram", str(user.id), user.name)


def own_phone(message: Message, given: content.Contact | None) -> tuple[Address, ...]:
    """The sender's number, where he shared his own: Telegram finds whose it is, not he."""
    if given is None or message.sender is None or given.user_id != message.sender.id:
        return ()
    number = given.phone_number if given.phone_number.startswith("+") else f"+{given.phone_number}"
    normal = phone.normalise(number, region="ZZ")
    return (Address("phone", normal, given.name),) if normal else ()


def answered(raw: Mapping[str, Any], message: Message, place: Place) -> str | None:
    number = _object(raw["reply_to_message"]).get("message_id")
    if not isinstance(number, int):
        return None
    if message.is_topic_message and number == message.message_thread_id:
        return None  # everything in a topic answers the words by which it was opened
    return place.name(number)


def text_of(raw: Mapping[str, Any]) -> Marked:
    if isinstance(raw.get("text"), str):
        return marked(raw["text"], raw.get("entities"))
    return marked(raw.get("caption"), raw.get("caption_entities"))


def data_of(raw: Mapping[str, Any], message: Message, text: Marked) -> dict[str, Any]:
    sender = message.sender
    found: dict[str, Any] = {} if sender is None else {
        "username": words(sender.username), "locale": words(sender.language_code),
    }  # fmt: skip
    if not raw.keys().isdisjoint(_TOLD):
        found |= {
            "forwarded_from": _origin(raw.get("forward_origin")),
            "quote": words(_object(raw.get("quote")).get("text")),
            "signature": words(raw.get("author_signature")),
        }
    if not message.chat.private:
        found["group"] = words(message.chat.title)
        found["topic"] = message.message_thread_id if message.is_topic_message else None
    elif text.text.startswith("/start") and (start := _START.match(text.text)):
        found["start"] = start[1]
    if text.entities:
        found["entities"] = list(text.entities)
    return {name: value for name, value in found.items() if value}


_TOLD = ("forward_origin", "quote", "author_signature")


def _origin(raw: Any) -> str:
    """Who wrote what is passed on: https://core.telegram.org/bots/api#messageorigin."""
    origin = _object(raw)
    if hidden := words(origin.get("sender_user_name")):
        return hidden
    for name in ("sender_user", "sender_chat", "chat"):
        given = _object(origin.get(name))
        if said := words(given.get("title"), given.get("first_name"), given.get("last_name")):
            return said
    return ""


def label_of(markup: Any, value: Any) -> str:
    """The words on the button that was pressed."""
    rows = _object(markup).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if _object(button).get("callback_data") == value:
                return words(_object(button).get("text"))
    return ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
