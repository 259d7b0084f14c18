"""An update becomes events. Pure.

https://core.telegram.org/bots/api#update: at most one of its fields beside `update_id` is present.
"""

from __future__ import annotations

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
from channels.telegram import content, parts
from channels.telegram.places import Place
from channels.telegram.settings import TelegramSettings
from channels.telegram.wire import Deleted, Message, Pressed, Reached, Wire, words

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
    if not parts.heard(message.chat, settings):
        return ()
    if moved := _moved(raw, message):
        return (moved,)
    if parts.ours(message, settings):
        return ()
    text = parts.text_of(raw)
    held = content.contents(raw, has_text=bool(text.text))
    silent = not (text.text or held.attachments or held.texts)
    if silent and not raw.keys().isdisjoint(content.SERVICE):
        return ()
    outgoing, place = parts.outgoing(message), parts.place_of(message)
    return (
        MessageReceived(
            external_id=_name(place, message, raw, update),
            at=_instant(message.date),
            conversation_key=place.key,
            sender=parts.client_of(message) if outgoing else parts.author_of(message),
            claims=() if outgoing else parts.own_phone(message, held.contact),
            text=text.text or "\n".join(held.texts),
            attachments=tuple(held.attachments),
            reply_to=parts.answered(raw, message, place) if "reply_to_message" in raw else None,
            automatic=bool(message.sender and message.sender.is_bot and not message.sender_chat),
            outgoing=outgoing,
            unsupported=held.unsupported,
            group=(group := words(raw.get("media_group_id")) or None),
            place=message.message_id if group else 0,
            data=parts.data_of(raw, message, text),
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
        sender=parts.client_of(message),
        to=Place(to).key,
    )


def _edited(raw: Any, settings: TelegramSettings, update: int, at: datetime) -> tuple[Event, ...]:
    message = _as(Message, raw, "message")
    moves = "location" in raw  # a live location tells of itself every few seconds
    if not parts.heard(message.chat, settings) or parts.ours(message, settings) or moves:
        return ()
    place = parts.place_of(message)
    name = place.name(message.message_id)
    return (
        MessageEdited(
            external_id=f"e:{name}:{message.edit_date or 0}:{update}",
            at=_edited_at(message.edit_date, update) if message.edit_date else at,
            conversation_key=place.key,
            sender=parts.client_of(message)
            if parts.outgoing(message)
            else parts.author_of(message),
            target=name,
            text=parts.text_of(raw).text,
        ),
    )


def _deleted(raw: Any, settings: TelegramSettings, _update: int, at: datetime) -> tuple[Event, ...]:
    told = _as(Deleted, raw, "deleted_business_messages")
    place = Place(told.chat.id, None, parts.connection_of(told.business_connection_id))
    if not parts.heard(told.chat, settings):
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
    if not parts.heard(under.chat, settings):
        return ()
    topic = under.message_thread_id if under.is_topic_message else None
    place = Place(under.chat.id, topic, parts.connection_of(under.business_connection_id))
    return (
        ButtonPressed(
            external_id=f"b:{query.id}",
            at=at,  # presses bear no time
            conversation_key=place.key,
            sender=parts.user_of(query.sender),
            target=place.name(under.message_id),
            value=words(query.data),
            text=parts.label_of(under.reply_markup, query.data),
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
