"""Messages of the fakes as a phone shows them: one shape for all channels. Pure.

{id, mine, at, edited, text, marks, files, place, person, buttons, reply, album, state, why};
`state` of one's own: waits, taken (the house has it), refused (`why`); of others': got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.toolkit.sniff import INLINE, kind_of, sniff
from contact_center.simulator import twilio_wire

FILES = "/simulator/api/phones/files"
PLAYED = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/x-wav",
                    "audio/x-flac", "video/mp4", "video/webm"})  # fmt: skip
_KINDS = ("photo", "video", "animation", "voice", "video_note", "audio", "document", "sticker")
_ARRIVED = frozenset({"sent", "delivered"})


def type_of(content: bytes) -> str | None:
    """The type by which a browser may be given a file to show or play; None: only to save."""
    found = sniff(content)
    return found if found in INLINE or found in PLAYED else None


def telegram(
    message: Mapping[str, Any], fate: str, files: Mapping[str, bytes], bot: int
) -> dict[str, Any]:
    """A message of a chat with the bot."""
    mine = message["from"]["id"] != bot
    return {
        "id": str(message["message_id"]), "mine": mine, "at": _date(message["date"]),
        "edited": "edit_date" in message,
        "text": message.get("text") or message.get("caption") or "",
        "marks": message.get("entities") or message.get("caption_entities") or [],
        "files": [_file(kind, message[kind], files) for kind in _KINDS if kind in message][:1],
        "place": _place(message), "person": _person(message), "buttons": _buttons(message),
        "reply": _reply(message.get("reply_to_message")), "album": message.get("media_group_id"),
        **_state(mine, fate),
    }  # fmt: skip


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _state(mine: bool, fate: str) -> dict[str, str]:
    if not mine:
        return {"state": "got", "why": ""}
    known = fate in ("waits", "taken")
    return {"state": fate if known else "refused", "why": "" if known else fate}


def _file(kind: str, told: Any, files: Mapping[str, bytes]) -> dict[str, Any]:
    file = told[-1] if isinstance(told, list) else told
    content = files.get(file["file_id"], b"")
    return {
        "kind": kind, "name": file.get("file_name", ""), "size": file.get("file_size", 0),
        "url": f"{FILES}/telegram/{file['file_id']}", "inline": type_of(content) is not None,
        "seconds": file.get("duration", 0),
    }  # fmt: skip


def _place(message: Mapping[str, Any]) -> dict[str, Any] | None:
    location = message.get("location")
    if location is None:
        return None
    venue = message.get("venue") or {}
    return {**location, "title": venue.get("title", ""), "address": venue.get("address", "")}


def _person(message: Mapping[str, Any]) -> dict[str, str] | None:
    told = message.get("contact")
    if told is None:
        return None
    name = " ".join(filter(None, (told.get("first_name"), told.get("last_name"))))
    return {"name": name, "phone": told["phone_number"]}


def _buttons(message: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [
        [{"text": one["text"], "value": one.get("callback_data", ""), "url": one.get("url", "")}
         for one in row]
        for row in rows
    ]  # fmt: skip


def _reply(message: Mapping[str, Any] | None) -> dict[str, str] | None:
    if message is None:
        return None
    kind = next((kind for kind in _KINDS if kind in message), "")
    text = message.get("text") or message.get("caption") or ""
    return {"id": str(message["message_id"]), "text": text[:120], "kind": kind}


def sms(messages: Iterable[twilio_wire.Message], number: str) -> list[dict[str, Any]]:
    """The messages of a phone with this number; what never arrived is not there."""
    return [_sms(one) for one in messages if _on_phone(one, number)]


def _on_phone(message: twilio_wire.Message, number: str) -> bool:
    if message.direction == "inbound":
        return message.sender == number
    return message.recipient == number and message.status in _ARRIVED


def _sms(message: twilio_wire.Message) -> dict[str, Any]:
    mine = message.direction == "inbound"
    told = message.told
    taken = told is not None and told < 300  # noqa: PLR2004
    fate = "waits" if told is None else "taken" if told and taken else f"HTTP {told}"
    return {
        "id": message.sid, "mine": mine, "at": message.sent.isoformat(), "edited": False,
        "text": message.body, "marks": [], "place": None, "person": None, "buttons": [],
        "files": [_stored(*file) for file in message.media], "reply": None, "album": None,
        **_state(mine, "no answer" if told == 0 else fate),
    }  # fmt: skip


def _stored(name: str, media_type: str, content: bytes) -> dict[str, Any]:
    kinds = {"image": "photo", "file": "document"}
    kind = kind_of(type_of(content) or media_type)
    return {
        "kind": kinds.get(kind, kind), "name": "", "size": len(content), "seconds": 0,
        "url": f"{FILES}/sms/{name}", "inline": type_of(content) is not None,
    }  # fmt: skip
