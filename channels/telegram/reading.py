"""An update becomes events. Pure.

https://core.telegram.org/bots/api#update: at most one of its fields beside `update_id` is present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from channels.contract import WebhookRequest
from channels.errors import Malformed
from channels.messages import (
    Address,
    ButtonPressed,
    ConversationMoved,
    Event,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
)
from channels.telegram import content
from channels.telegram.entities import Marked, marked
from channels.telegram.places import CONNECTION, Place
from channels.telegram.settings import TelegramSettings
from channels.telegram.wire import Chat, Deleted, Message, Pressed, Reached, User, Wire, words
from channels.toolkit import phone

# What Telegram is asked to send; of business connections only what is said in them is of use.
ALLOWED = (
    "message", "edited_message", "callback_query", "business_message", "edited_business_message",
    "deleted_business_messages",
)  # fmt: skip
# What a bot may hear because it was asked for before, and what tells us nothing.
_IGNORED_NAMES = """
    channel_post edited_channel_post inline_query chosen_inline_result shipping_query
    pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member
    chat_join_request chat_boost removed_chat_boost message_reaction message_reaction_count
    business_connection managed_bot guest_message subscription stopped_message_generation
"""
_IGNORED = frozenset(_IGNORED_NAMES.split())

# The payload of a link to the bot: https://core.telegram.org/bots/features#deep-linking
_START = re.compile(r"^/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})$")

W = TypeVar("W", bound=Wire)


def update_of(request: WebhookRequest) -> dict[str, Any]:
    """The update in a request. Raises Malformed."""
    if request.method.upper() != "POST":
        raise Malformed("updates are posted", status=405)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Malformed(f"expected application/json, got {media or 'nothing'}", status=415)
    try:
        raw = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise Malformed("the body is not an object")
    return raw


def events(raw: dict[str, Any], settings: TelegramSettings, at: datetime) -> tuple[Event, ...]:
    """What an update tells. Raises Malformed."""
    number = raw.get("update_id")
    if not isinstance(number, int):
        raise Malformed("update_id: not a number")
    for kind, read in _READ.items():
        if kind in raw:
            return read(raw[kind], settings, number, at)
    others = sorted(raw.keys() - _IGNORED - {"update_id"})
    if others:
        raise Malformed(f"unknown kind of update: {others[0][:64]}")
    return ()


def pressed_id(raw: Mapping[str, Any]) -> str | None:
    """The id by which the press of a button is answered, where this update is one."""
    query = raw.get("callback_query")
    given = query.get("id") if isinstance(query, dict) else None
    return given if isinstance(given, str) and given else None


# --- messages ------------------------------------------------------------------------------------


def _message(raw: Any, settings: TelegramSettings, update: int, _at: datetime) -> tuple[Event, ...]:
    message = _as(Message, raw, "message")
    if not _heard(message.chat, settings):
        return ()
    if moved := _moved(raw, message):
        return (moved,)
    if _ours(message, settings):
        return ()
    text = _text(raw)
    held = content.contents(raw, has_text=bool(text.text))
    silent = not (text.text or held.attachments or held.texts)
    if silent and not raw.keys().isdisjoint(content.SERVICE):
        return ()
    outgoing, place = _outgoing(message), _place(message)
    return (
        MessageReceived(
            external_id=_name(place, message, raw, update),
            at=_instant(message.date),
            conversation_key=place.key,
            sender=_client(message) if outgoing else _author(message),
            claims=() if outgoing else _own_phone(message, held.contact),
            text=text.text or "\n".join(held.texts),
            attachments=tuple(held.attachments),
            reply_to=_answered(raw, message, place) if "reply_to_message" in raw else None,
            automatic=bool(message.sender and message.sender.is_bot and not message.sender_chat),
            outgoing=outgoing,
            unsupported=held.unsupported,
            group=(group := words(raw.get("media_group_id")) or None),
            place=message.message_id if group else 0,
            data=_data(raw, message, text),
        ),
    )


def _name(place: Place, message: Message, raw: Mapping[str, Any], update: int) -> str:
    """Ephemeral messages are all number 0 in their chat, and have a number of their own."""
    if message.message_id:
        return place.name(message.message_id)
    own = raw.get("ephemeral_message_id")
    return f"{place.name(0)}:{own if isinstance(own, int) else update}"


def _moved(raw: Mapping[str, Any], message: Message) -> ConversationMoved | None:
    """A group that has become a supergroup has another id. The old one and the new one say so.

    https://core.telegram.org/bots/api#message: migrate_to_chat_id, migrate_from_chat_id
    """
    here, to = message.chat.id, raw.get("migrate_to_chat_id")
    former = raw.get("migrate_from_chat_id") if to is None else here
    to = here if to is None else to
    if not (isinstance(former, int) and isinstance(to, int)):
        return None
    if former == to or not all(-(2**63) <= one < 2**63 for one in (former, to)):
        return None
    return ConversationMoved(
        external_id=f"m:{former}:{to}",
        at=_instant(message.date),
        conversation_key=Place(former).key,
        sender=_client(message),
        to=Place(to).key,
    )


def _edited(raw: Any, settings: TelegramSettings, update: int, at: datetime) -> tuple[Event, ...]:
    message = _as(Message, raw, "message")
    moves = "location" in raw  # a live location tells of itself every few seconds
    if not _heard(message.chat, settings) or _ours(message, settings) or moves:
        return ()
    place = _place(message)
    name = place.name(message.message_id)
    return (
        MessageEdited(
            external_id=f"e:{name}:{message.edit_date or 0}:{update}",
            at=_edited_at(message.edit_date, update) if message.edit_date else at,
            conversation_key=place.key,
            sender=_client(message) if _outgoing(message) else _author(message),
            target=name,
            text=_text(raw).text,
        ),
    )


def _deleted(raw: Any, settings: TelegramSettings, _update: int, at: datetime) -> tuple[Event, ...]:
    told = _as(Deleted, raw, "deleted_business_messages")
    place = Place(told.chat.id, None, _connection(told.business_connection_id))
    if not _heard(told.chat, settings):
        return ()
    return tuple(
        MessageDeleted(
            external_id=f"d:{place.name(number)}",
            at=at,
            conversation_key=place.key,
            sender=Address("telegram", str(told.chat.id), told.chat.name),
            target=place.name(number),
        )
        for number in told.message_ids
    )


def _pressed(raw: Any, settings: TelegramSettings, _update: int, at: datetime) -> tuple[Event, ...]:
    query = _as(Pressed, raw, "callback_query")
    if query.message is None:
        return ()  # a message sent in inline mode: we send none
    under = _as(Reached, query.message, "callback_query.message")
    if not _heard(under.chat, settings):
        return ()
    topic = under.message_thread_id if under.is_topic_message else None
    place = Place(under.chat.id, topic, _connection(under.business_connection_id))
    return (
        ButtonPressed(
            external_id=f"b:{query.id}",
            at=at,  # presses bear no time
            conversation_key=place.key,
            sender=_user(query.sender),
            target=place.name(under.message_id),
            value=words(query.data),
            text=_label(under.reply_markup, query.data),
        ),
    )


_READ: dict[str, Callable[[Any, TelegramSettings, int, datetime], tuple[Event, ...]]] = {
    "message": _message,
    "business_message": _message,
    "edited_message": _edited,
    "edited_business_message": _edited,
    "callback_query": _pressed,
    "deleted_business_messages": _deleted,
}


# --- who and where -------------------------------------------------------------------------------


def _heard(chat: Chat, settings: TelegramSettings) -> bool:
    return chat.private or (chat.type in ("group", "supergroup") and settings.groups == "contact")


def _ours(message: Message, settings: TelegramSettings) -> bool:
    """Whether we sent it ourselves: the outbox knows it already."""
    authors = (message.sender, message.sender_business_bot)
    return any(author and author.id == settings.bot_id for author in authors)


def _outgoing(message: Message) -> bool:
    """Whether the owner of a connected business account wrote it, in Telegram itself."""
    sender = message.sender
    return bool(message.business_connection_id and sender and sender.id != message.chat.id)


def _place(message: Message) -> Place:
    topic = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, topic, _connection(message.business_connection_id))


def _connection(given: Any) -> str | None:
    if not given:
        return None
    if not (isinstance(given, str) and CONNECTION.match(given)):
        raise Malformed("business_connection_id: not an id")
    return given


def _author(message: Message) -> Address:
    """Who says it; a chat that speaks by itself has an id, too."""
    if message.sender_chat is not None:
        return Address("telegram", str(message.sender_chat.id), message.sender_chat.name)
    return _user(message.sender) if message.sender else _client(message)


def _client(message: Message) -> Address:
    return Address("telegram", str(message.chat.id), message.chat.name)


def _user(user: User) -> Address:
    return Address("telegram", str(user.id), user.name)


def _own_phone(message: Message, given: content.Contact | None) -> tuple[Address, ...]:
    """The sender's number, where he shared his own: Telegram finds whose it is, not he."""
    if given is None or message.sender is None or given.user_id != message.sender.id:
        return ()
    number = given.phone_number if given.phone_number.startswith("+") else f"+{given.phone_number}"
    normal = phone.normalise(number, region="ZZ")
    return (Address("phone", normal, given.name),) if normal else ()


def _answered(raw: Mapping[str, Any], message: Message, place: Place) -> str | None:
    number = _object(raw["reply_to_message"]).get("message_id")
    if not isinstance(number, int):
        return None
    if message.is_topic_message and number == message.message_thread_id:
        return None  # everything in a topic answers the words by which it was opened
    return place.name(number)


# --- what is said --------------------------------------------------------------------------------


def _text(raw: Mapping[str, Any]) -> Marked:
    if isinstance(raw.get("text"), str):
        return marked(raw["text"], raw.get("entities"))
    return marked(raw.get("caption"), raw.get("caption_entities"))


def _data(raw: Mapping[str, Any], message: Message, text: Marked) -> dict[str, Any]:
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


def _label(markup: Any, value: Any) -> str:
    """The words on the button that was pressed."""
    rows = _object(markup).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if _object(button).get("callback_data") == value:
                return words(_object(button).get("text"))
    return ""


# --- the border ----------------------------------------------------------------------------------


def _as(model: type[W], raw: Any, what: str) -> W:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in (what, *first["loc"]))
        raise Malformed(f"{place}: {first['msg']}") from None


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _edited_at(seconds: int, update: int) -> datetime:
    """Of two edits within a second the update that was numbered later is the later one."""
    return _instant(seconds) + timedelta(microseconds=update % 1_000_000)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
