"""What Telegram's Bot API takes, by its documentation, and how it refuses the rest. Pure.

https://core.telegram.org/bots/api (Bot API 10.0). Telegram itself passes over parameters that it
does not know; the fake names them, for to us they are mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

TEXT, CAPTION, CALLBACK, ROW, BUTTONS = 4096, 1024, 64, 8, 100
PHOTO_BYTES, FILE_BYTES, DOWNLOAD_BYTES = 10_000_000, 50_000_000, 20_000_000
_ACTIONS = """
    typing upload_photo record_video upload_video record_voice upload_voice upload_document
    choose_sticker find_location record_video_note upload_video_note
"""
_ENTITIES = """
    mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough
    spoiler blockquote expandable_blockquote code pre text_link text_mention custom_emoji
"""
_ITEM = """
    type media thumbnail cover start_timestamp caption parse_mode caption_entities width height
    show_caption_above_media duration supports_streaming has_spoiler performer title
    disable_content_type_detection
"""  # https://core.telegram.org/bots/api#inputmediaphoto and those below it
ACTIONS, ENTITIES, ITEM = (frozenset(names.split()) for names in (_ACTIONS, _ENTITIES, _ITEM))
SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
PORTS = frozenset({443, 80, 88, 8443})


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class Upload(bytes):
    """A file as a form brought it."""

    name: str
    type: str

    @classmethod
    def of(cls, content: bytes, name: str, media_type: str) -> Upload:
        made = cls(content)
        made.name, made.type = name, media_type
        return made


def bad(description: str) -> Refusal:
    return Refusal(400, f"Bad Request: {description}")


_KINDS: dict[str, Callable[[Any], bool]] = {
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "str": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "chat": lambda v: isinstance(v, int | str) and not isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
    "file": lambda v: isinstance(v, bytes | str),
}
_PLACE = {
    "chat_id!": "chat", "message_thread_id": "int", "business_connection_id": "str",
    "disable_notification": "bool", "protect_content": "bool", "reply_parameters": "object",
}  # fmt: skip
_MARKUP = {"reply_markup": "object"}
_CAPTION = {"caption": "str", "caption_entities": "list", "parse_mode": "str"}
_EDIT = {
    "business_connection_id": "str", "chat_id!": "chat", "message_id!": "int", "parse_mode": "str",
}  # fmt: skip
_UPDATES = {"allowed_updates": "list"}

# A mark of exclamation: required.
METHODS: Mapping[str, Mapping[str, str]] = {
    "getMe": {},
    "getWebhookInfo": {},
    "getUpdates": {"offset": "int", "limit": "int", "timeout": "int", **_UPDATES},
    "setWebhook": {
        "url!": "str", "secret_token": "str", "max_connections": "int", "ip_address": "str",
        "drop_pending_updates": "bool", **_UPDATES,
    },
    "deleteWebhook": {"drop_pending_updates": "bool"},
    "getFile": {"file_id!": "str"},
    "getUserProfilePhotos": {"user_id!": "int", "offset": "int", "limit": "int"},
    "sendMessage": {
        **_PLACE, **_MARKUP, "text!": "str", "entities": "list", "parse_mode": "str",
        "link_preview_options": "object",
    },
    "sendPhoto": {**_PLACE, **_MARKUP, **_CAPTION, "photo!": "file", "has_spoiler": "bool"},
    "sendVideo": {**_PLACE, **_MARKUP, **_CAPTION, "video!": "file", "duration": "int"},
    "sendAudio": {**_PLACE, **_MARKUP, **_CAPTION, "audio!": "file", "title": "str"},
    "sendVoice": {**_PLACE, **_MARKUP, **_CAPTION, "voice!": "file", "duration": "int"},
    "sendDocument": {**_PLACE, **_MARKUP, **_CAPTION, "document!": "file"},
    "sendAnimation": {**_PLACE, **_MARKUP, **_CAPTION, "animation!": "file"},
    "sendMediaGroup": {**_PLACE, "media!": "list"},
    "sendChatAction": {
        "chat_id!": "chat", "action!": "str", "message_thread_id": "int",
        "business_connection_id": "str",
    },
    "editMessageText": {**_EDIT, **_MARKUP, "text!": "str", "entities": "list"},
    "editMessageCaption": {**_EDIT, **_MARKUP, "caption": "str", "caption_entities": "list"},
    "deleteMessage": {"chat_id!": "chat", "message_id!": "int"},
    "deleteBusinessMessages": {"business_connection_id!": "str", "message_ids!": "list"},
    "readBusinessMessage": {
        "business_connection_id!": "str", "chat_id!": "chat", "message_id!": "int",
    },
    "answerCallbackQuery": {
        "callback_query_id!": "str", "text": "str", "show_alert": "bool", "url": "str",
        "cache_time": "int",
    },
}  # fmt: skip
FILES = {
    "sendPhoto": "photo", "sendVideo": "video", "sendAudio": "audio", "sendVoice": "voice",
    "sendDocument": "document", "sendAnimation": "animation",
}  # fmt: skip


def checked(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with their types. Raises Refusal."""
    known = METHODS.get(method)
    if known is None:
        raise Refusal(404, "Not Found: method not found")
    kinds = {name.rstrip("!"): kind for name, kind in known.items()}
    parameters = {name: _typed(value, kinds.get(name)) for name, value in given.items()}
    for name in parameters.keys() - kinds.keys():
        if not name.startswith("attached"):
            raise bad(f"{name} is no parameter of {method}")
    for name in (name[:-1] for name in known if name.endswith("!")):
        if parameters.get(name) in (None, "", b"", []):
            empty = "message text is empty" if name == "text" else f"{name} is empty"
            raise bad(empty)
    for name, kind in kinds.items():
        if name in parameters and not _KINDS[kind](parameters[name]):
            raise bad(f"{name} must be of the type {kind}")
    _limits(parameters)
    return parameters


def _typed(value: Any, kind: str | None) -> Any:
    """In forms everything but text comes as JSON."""
    if not isinstance(value, str) or kind in (None, "str", "file"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _limits(parameters: Mapping[str, Any]) -> None:
    if parameters.get("action", "typing") not in ACTIONS:
        raise bad("wrong parameter action in request")
    if parameters.get("parse_mode", "HTML") not in ("HTML", "Markdown", "MarkdownV2"):
        raise bad("unsupported parse_mode")
    for name in ("entities", "caption_entities"):
        for entity in parameters.get(name) or ():
            _entity(entity)
    if len(parameters.get("text") or "") > TEXT:
        raise bad("message is too long")
    if len(parameters.get("caption") or "") > CAPTION:
        raise bad("message caption is too long")
    if "reply_markup" in parameters:
        _keyboard(parameters["reply_markup"])
    reply = parameters.get("reply_parameters")
    if reply is not None and not isinstance(reply.get("message_id"), int):
        raise bad("reply_parameters must name a message")


def _entity(entity: Any) -> None:
    """Refuse what is none by https://core.telegram.org/bots/api#messageentity."""
    words = "can't parse MessageEntity: "
    if not isinstance(entity, dict):
        raise bad(words + "expected an Object")
    for name in ("offset", "length"):
        if name not in entity:
            raise bad(f'{words}Can\'t find field "{name}"')
        if not _KINDS["int"](entity[name]):
            raise bad(f'{words}Field "{name}" must be of type Number')
    if entity.get("type") not in ENTITIES:
        raise bad(words + "Unsupported type specified")
    if entity["type"] == "text_link" and not isinstance(entity.get("url"), str):
        raise bad(words + 'Can\'t find field "url"')


def _keyboard(markup: Mapping[str, Any]) -> None:
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or markup.keys() != {"inline_keyboard"}:
        raise bad("only inline keyboards are known here")
    if any(len(row) > ROW for row in rows) or sum(map(len, rows)) > BUTTONS:
        raise bad("REPLY_MARKUP_TOO_LONG")
    for button in (button for row in rows for button in row):
        value, url = button.get("callback_data"), button.get("url")
        words = "can't parse inline keyboard button: "
        if not isinstance(button.get("text"), str) or not button["text"]:
            raise bad(words + 'Can\'t find field "text"')
        if value is None and url is None:
            raise bad(words + "Text buttons are unallowed in the inline keyboard")
        if value is not None and url is not None:
            raise bad("a button bears one of url and callback_data")
        if value is not None and not 1 <= len(value.encode()) <= CALLBACK:
            raise bad("BUTTON_DATA_INVALID")
        if url is not None and not re.match(r"^(https?|tg)://\S+$", url):
            raise bad("BUTTON_URL_INVALID")


def album(media: list[Any], attached: Mapping[str, bytes]) -> list[tuple[dict[str, Any], bytes]]:
    """The items of an album with their bytes. Raises Refusal."""
    if not 2 <= len(media) <= 10:  # noqa: PLR2004 - https://core.telegram.org/bots/api#sendmediagroup
        raise bad("wrong number of messages in the album")
    kinds = {item.get("type") for item in media}
    if not (kinds <= {"photo", "video"} or kinds in ({"audio"}, {"document"})):
        raise bad("these kinds cannot be grouped")
    found = []
    for item in media:
        if unknown := item.keys() - ITEM:
            raise bad(f"{sorted(unknown)} are no fields of an item")
        content = attached.get(str(item.get("media", "")).removeprefix("attach://"))
        if content is None:
            raise bad("there is no file behind attach://")
        size(item["type"], content)
        if len(item.get("caption") or "") > CAPTION:
            raise bad("message caption is too long")
        found.append((item, content))
    return found


def size(kind: str, content: bytes) -> None:
    """Refuse what is too large: https://core.telegram.org/bots/api#sending-files."""
    if not content:
        raise bad("file must be non-empty")
    if len(content) > (PHOTO_BYTES if kind == "photo" else FILE_BYTES):
        raise Refusal(413, "Request Entity Too Large")
