"""Routes of the simulator's phones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

import orjson
from aiohttp import BodyPartReader, web
from pydantic import StringConstraints

from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.kernel.errors import Invalid
from contact_center.simulator import store
from contact_center.simulator.accounts import settings_of
from contact_center.simulator.company import Company
from contact_center.simulator.phones import content, shown
from contact_center.simulator.phones.accounts import connect
from contact_center.simulator.phones.service import Channel, Phone, Phones
from contact_center.simulator.requests import HOUSE, Body, body, ours
from contact_center.simulator.telegram_wire import Upload
from contact_center.web.auth import json_response

API = "/simulator/api/phones"
PHONES: web.AppKey[Phones] = web.AppKey("simulator_phones", Phones)
VOICE = Path(__file__).parents[1] / "pages" / "voice.ogg"
VOICE_SECONDS = 3
MOST_BYTES, MOST_FILES = 20 * 1024 * 1024, 10
BEAT_SECONDS, REST_SECONDS = 5.0, 0.08
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4096)]


class New(Body):
    channel: Literal["telegram", "sms"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""


class Press(Body):
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Edit(Body):
    text: Annotated[Text, StringConstraints(min_length=1)]


class Block(Body):
    blocked: bool


class Thing(Body):
    """What is no text and no file of one's own."""

    kind: Literal["voice", "location", "contact"]
    reply_to: str | None = None


class Turn(Body):
    on: bool


def setup_phones(app: web.Application, company: Company) -> None:
    """Mount the phones; their providers run for as long as the application."""
    app[PHONES] = phones = Phones(company)
    phone, faults = f"{API}/{{phone}}", f"{API}/faults/{{channel}}"
    app.router.add_get(f"{API}/state", state)
    app.router.add_get(f"{API}/live", live)
    app.router.add_get(f"{API}/files/{{channel}}/{{name}}", file)
    app.router.add_put(f"{faults}/{{fault}}", ours(turn))
    app.router.add_delete(faults, ours(reset))
    app.router.add_post(API, ours(add))
    app.router.add_delete(phone, ours(remove))
    app.router.add_get(f"{phone}/contact", contact)
    app.router.add_post(f"{phone}/messages", ours(write))
    app.router.add_post(f"{phone}/things", ours(send))
    app.router.add_put(f"{phone}/blocked", ours(block))
    app.router.add_patch(f"{phone}/messages/{{message}}", ours(edit))
    app.router.add_delete(f"{phone}/messages/{{message}}", ours(delete))
    app.router.add_post(f"{phone}/messages/{{message}}/presses", ours(press))

    async def run(_: web.Application) -> AsyncIterator[None]:
        accounts = app[ACCOUNTS]
        before: dict[Channel, str] = {
            "telegram": settings_of(accounts, company.telegram.code).get("api_url", ""),
            "sms": settings_of(accounts, company.sms.code).get("api_address", ""),
        }
        async with phones.open(before) as told:
            await connect(accounts, company, "telegram", company.telegram, told["telegram"])
            await connect(accounts, company, "twilio_sms", company.sms, told["sms"])
            phones.add("telegram")
            phones.add("sms")
            yield

    async def close(_: web.Application) -> None:
        phones.close()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(close)


def _phone(request: web.Request) -> Phone:
    return request.app[PHONES].phone(request.match_info["phone"])


async def state(request: web.Request) -> web.StreamResponse:
    return json_response(request.app[PHONES].state())


async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: the whole state, whenever it has changed, until somebody goes away."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    with contextlib.suppress(ConnectionResetError):
        await _tell(stream, request.app[PHONES])
    return stream


async def _tell(stream: web.StreamResponse, phones: Phones) -> None:
    sent = b""
    while not phones.closed.is_set():
        now = orjson.dumps(phones.state())
        await stream.write(b": still here\n\n" if now == sent else b"data: " + now + b"\n\n")
        sent = now
        await asyncio.sleep(REST_SECONDS)  # what comes in one breath is told in one
        if orjson.dumps(phones.state()) == sent:
            await phones.news(BEAT_SECONDS)


async def add(request: web.Request) -> web.StreamResponse:
    given = await body(request, New)
    made = request.app[PHONES].add(given.channel, given.name)
    return json_response({"id": made.id, "name": made.name, "address": made.address}, status=201)


async def remove(request: web.Request) -> web.StreamResponse:
    request.app[PHONES].remove(request.match_info["phone"])
    return web.Response(status=204)


async def contact(request: web.Request) -> web.StreamResponse:
    """The number of the contact a phone is in, as rows tell it; null while it is in none."""
    phone, company = _phone(request), request.app[PHONES].company
    line = company.telegram if phone.channel == "telegram" else company.sms
    number = await store.contact_of(request.app[HOUSE], line.code, phone.address)
    return json_response({"number": number})


async def write(request: web.Request) -> web.StreamResponse:
    """A form: `text`, `reply_to`, and any number of `file`; `sticker` is a picture shown as one."""
    phone, phones = _phone(request), request.app[PHONES]
    fields, files, stickers = await _form(request)
    text, reply_to = fields.get("text", "").strip()[:4096], fields.get("reply_to") or None
    for sticker in stickers:
        phones.send(phone, phones.telegram.media("sticker", sticker), reply_to)
    if text or files:
        phones.write(phone, text, files, reply_to)
    elif not stickers:
        raise Invalid("there is nothing to send", field="text")
    return web.Response(status=202)


async def _form(request: web.Request) -> tuple[dict[str, str], list[Upload], list[Upload]]:
    """Text fields, files, stickers. Raises Invalid for no form, and for too much."""
    fields: dict[str, str] = {}
    found: dict[str, list[Upload]] = {"file": [], "sticker": []}
    room = MOST_BYTES
    if not request.content_type.startswith("multipart/form-data"):
        raise Invalid("a form is wanted")
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Invalid("a form within a form")
        taken = bytearray()
        while chunk := await part.read_chunk():
            taken += chunk
            if len(taken) > room:
                raise Invalid("the files are larger than 20 MB", field="file")
        room -= len(taken)
        if part.name in found:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            found[part.name].append(Upload.of(bytes(taken), part.filename or "file", kind))
        elif part.name:
            fields[part.name] = taken.decode("utf-8", "replace")
    if len(found["file"]) > MOST_FILES:
        raise Invalid("ten files at most", field="file")
    return fields, found["file"], found["sticker"]


async def send(request: web.Request) -> web.StreamResponse:
    given, phone, phones = await body(request, Thing), _phone(request), request.app[PHONES]
    if given.kind == "voice":
        note = await asyncio.to_thread(VOICE.read_bytes)
        if phone.channel == "sms":
            phones.write(phone, "", [Upload.of(note, "voice.ogg", "audio/ogg")], None)
            return web.Response(status=202)
        made = phones.telegram.media("voice", note)
        made["voice"] |= {"duration": VOICE_SECONDS, "mime_type": "audio/ogg"}
    elif given.kind == "location":
        made = content.place(len(phones.telegram.chat(phone.chat).messages))
    else:
        made = content.person(phone.name, phone.number)
    phones.send(phone, made, given.reply_to)
    return web.Response(status=202)


async def edit(request: web.Request) -> web.StreamResponse:
    given = await body(request, Edit)
    request.app[PHONES].edit(_phone(request), request.match_info["message"], given.text)
    return web.Response(status=204)


async def delete(request: web.Request) -> web.StreamResponse:
    request.app[PHONES].delete(_phone(request), request.match_info["message"])
    return web.Response(status=204)


async def press(request: web.Request) -> web.StreamResponse:
    given = await body(request, Press)
    request.app[PHONES].press(_phone(request), request.match_info["message"], given.value)
    return web.Response(status=204)


async def block(request: web.Request) -> web.StreamResponse:
    request.app[PHONES].block(_phone(request), blocked=(await body(request, Block)).blocked)
    return web.Response(status=204)


async def turn(request: web.Request) -> web.StreamResponse:
    at = request.match_info
    request.app[PHONES].turn(at["channel"], at["fault"], on=(await body(request, Turn)).on)
    return web.Response(status=204)


async def reset(request: web.Request) -> web.StreamResponse:
    request.app[PHONES].switches(request.match_info["channel"]).reset()
    return web.Response(status=204)


async def file(request: web.Request) -> web.StreamResponse:
    """A file on a phone. What a browser could run is only ever saved."""
    at = request.match_info
    found = request.app[PHONES].file(at["channel"], at["name"])
    kind = shown.type_of(found)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox",
               "Cache-Control": "private, max-age=3600"}  # fmt: skip
    if kind is None:
        headers["Content-Disposition"] = "attachment"
    return web.Response(
        body=found, content_type=kind or "application/octet-stream", headers=headers
    )
