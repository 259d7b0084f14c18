"""A thread with a message of every kind, put into what the server answers."""

import datetime as dt
import re
import struct
import zlib
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, Route

FILE = re.compile(r"/api/v1/files/00000000-")
MESSAGES = re.compile(r"/api/v1/contacts/[0-9a-f-]{36}/messages(\?|$)")
CONTACT = re.compile(r"/api/v1/contacts/[0-9a-f-]{36}$")
CARRIES = {
    "text_limit": 4096, "attachments": {"image": 10_000_000, "file": 20_000_000}, "buttons": 8,
    "edit": True, "delete": True, "reply_to": True, "segments": True, "letters": False,
    "receipts": True,
}  # fmt: skip
FACTS = ("duration", "title", "performer", "emoji", "latitude", "longitude", "address", "phone")
HALF_DONE = [
    {"text": "Да", "value": "", "url": None},
    {"text": "Где", "value": "", "url": "https://"},
]
TEXT = "Добрый день! Заказ 48101 · код A-17 · пароль · https://example.org/48101"


def picture(red: int, width: int = 40, height: int = 30) -> bytes:
    """A small PNG of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = (b"\0" + bytes((red, 120, 160)) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def show(page: Page) -> None:
    """From now on every thread of this page is that one, in a connection that carries it."""

    def contact(route: Route) -> None:
        reply = route.fetch()
        given = reply.json()
        given["capabilities"] |= CARRIES
        given["can"]["reply"] = True
        given["refused_at"] = _at(9)
        draft: dict[str, Any] = {"text": "Привезём сегодня", "attachments": [], "letter": None}
        answers = {"changed_at": None, "reply_to": _id(1), "buttons": HALF_DONE}
        given["drafts"] = {"reply": draft | answers, "note": None}
        route.fulfill(response=reply, json=given)

    def messages(route: Route) -> None:
        here = re.search(r"contacts/([0-9a-f-]{36})", route.request.url)
        assert here
        items = [_message(here[1], seq, **told) for seq, told in enumerate(TOLD, 1)]
        page_of = {"items": items, "has_before": False, "has_after": False, "version": 1}
        route.fulfill(json=page_of)

    page.route(FILE, lambda route: route.fulfill(body=picture(40), content_type="image/png"))
    page.route(MESSAGES, messages)
    page.route(CONTACT, contact)


def _id(number: int) -> str:
    return str(UUID(int=number))


def _at(minute: int) -> str:
    """Today, so that no other day's heading stands above."""
    now = dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
    return (now - dt.timedelta(minutes=30 - minute)).isoformat()


def _file(number: int, kind: str, state: str = "stored", **about: Any) -> dict[str, Any]:
    plain = ("name", "type", "reason", "progress")
    more: dict[str, Any] = {name: about.pop(name) for name in plain if name in about}
    nothing = dict.fromkeys(FACTS) | {"round": False, "animation": False}
    return {
        "id": _id(number), "kind": kind, "name": "", "type": "image/png", "size": 183_000,
        "state": state, "url": f"/api/v1/files/{_id(number)}?s=x" if state == "stored" else None,
        "width": 320, "height": 240, "inline": False, "reason": None, "progress": None,
        "can_retry": state == "failed", "about": nothing | about if about else None, **more,
    }  # fmt: skip


def _message(contact: str, seq: int, **told: Any) -> dict[str, Any]:
    kind = told.get("kind", "inbound")
    state, reason = told.pop("delivery", ("read" if kind == "outbound" else None, None))
    delivery = {"state": state, "reason": reason, "hold_until": None, "undelivered": [],
                "can_retry": state in ("failed", "uncertain")}  # fmt: skip
    client = {"type": "client", "id": _id(7), "name": told.pop("name", "Анна Голубева")}
    employee = {"type": "employee", "id": _id(8), "name": "Олег"}
    return {
        "id": _id(seq), "contact_id": contact, "seq": seq, "kind": kind, "text": "",
        "author": client if kind == "inbound" else employee,
        "created_at": _at(seq), "provider_at": _at(seq), "edited_at": None, "deleted_at": None,
        "reply_to": None, "quoted": None, "attachments": [], "data": {}, "delivery": delivery,
        "version": 1, "client_msg_id": None, "has_body": False, "change": None, **told,
    }  # fmt: skip


def _marked(kind: str, word: str) -> dict[str, Any]:
    return {"type": kind, "offset": TEXT.index(word), "length": len(word)}


QUOTED = {"seq": 1, "kind": "inbound", "text": TEXT}
ASKED = {"seq": 10, "kind": "outbound", "text": "Удобно?"}
ALBUM = [_file(20 + n, "image", name=f"{n}.png") for n in range(3)]
SONG = _file(31, "audio", type="audio/mpeg", duration=183, title="Ария", performer="Хор")
PLACE = _file(32, "location", title="Вокзал", address="Минск", latitude=53.8908, longitude=27.55)
AWAY = [
    _file(35, "video", "wanted", progress=0.4, name="film.mp4"),
    _file(36, "file", "failed", reason="timeout", name="price.pdf"),
    _file(37, "file", "too_large", name="all.zip"),
]
CHANGE = {"act": "edit", "state": "failed", "text": "Договорились", "reason": "timeout"}
MARKS = [
    _marked("bold", "48101"),
    _marked("code", "A-17"),
    _marked("spoiler", "пароль"),
    _marked("url", "https://example.org/48101"),
]
BUTTONS = [{"text": "Да"}, {"text": "Где курьер", "url": "https://example.org"}]
BLOCKED = "the client has blocked the bot (Forbidden)"
TOLD: tuple[dict[str, Any], ...] = (
    {"text": TEXT, "data": {"entities": MARKS}},
    {"text": "Вот так приехало", "attachments": ALBUM},
    {"attachments": [_file(30, "voice", type="audio/ogg", duration=7)]},
    {"attachments": [SONG]},
    {"attachments": [PLACE]},
    {"attachments": [_file(33, "contact", name="Пётр Иванов", phone="+375291234567")]},
    {"attachments": [_file(34, "sticker", emoji="👍")], "name": "Пётр Иванов"},
    {"data": {"unsupported": "dice"}},
    {"text": "Смотрите", "data": {"forwarded_from": "Новости Минска"}, "attachments": AWAY},
    {"kind": "outbound", "text": "Удобно?", "quoted": QUOTED, "data": {"buttons": BUTTONS}},
    {"text": "Да", "quoted": ASKED, "data": {"button": {"value": "yes", "target": "1"}}},
    {"text": "Завтра", "edited_at": _at(12), "data": {"edits": [{"at": None, "text": "Нет"}]}},
    {"deleted_at": _at(13)},
    {"kind": "outbound", "text": "Хорошо", "change": CHANGE},
    {"kind": "outbound", "text": "Курьер позвонит", "delivery": ("failed", BLOCKED)},
    {"kind": "outbound", "text": "До встречи",
     "delivery": ("uncertain", "the provider did not answer in time")},
)  # fmt: skip
