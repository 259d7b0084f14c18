"""What a visitor does in his conversation: write, read, listen, upload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from channels.toolkit.sniff import HEAD, kind_of, sniff
from channels.webchat import PROVIDER
from channels.webchat.wire import ReadCursor
from contact_center.access import limits
from contact_center.access.sessions import address_of
from contact_center.kernel.errors import Invalid, TooLarge, TooMany, Unauthenticated, Unavailable
from contact_center.kernel.ids import new_id
from contact_center.web.auth import json_response
from contact_center.web.bodies import read_soon
from contact_center.web.chat import store
from contact_center.web.chat.door import SOCKET_PROTOCOL, Visit
from contact_center.web.chat.talk import Key, contact_info
from contact_center.web.live.session import socket_outgoing

LONGEST_WAIT = 25.0
LONGEST_FRAME = 4096
PING_SECONDS = 25.0
SMALL = 200
BUFFER = 200
NAME_LENGTH = 200
WINDOW = 600
_AUTHORS = {"inbound": "visitor", "system": "system"}


# --- writing -----------------------------------------------------------------------------------


async def events(visit: Visit) -> web.StreamResponse:
    """POST …/events: the same way as any provider's webhook; typing and leaving stop here."""
    session = visit.session()
    _pace(visit, session.visitor)
    request = visit.request
    kind = _kind(await read_soon(request)) if (request.content_length or 0) <= SMALL else None
    if kind in ("typing", "leave"):
        if kind == "typing":
            await visit.chat.visitor_types(visit.key(session), session.name)
        else:
            await visit.chat.give_up(visit.key(session))
        return json_response({"ok": True, "id": None})
    return await visit.chat.ports.deliver(request, request.match_info["key"])


def _kind(body: bytes) -> str | None:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return given.get("type") if isinstance(given, dict) else None


def _pace(visit: Visit, visitor: str) -> None:
    """A widget gone wild must not fill the line; counted on this node alone."""
    wait = visit.chat.pace.wait_of((visit.account_id, visitor))
    if wait > 0:
        raise TooMany("too many messages", retry_after=wait)


# --- reading -----------------------------------------------------------------------------------


async def messages(visit: Visit) -> web.StreamResponse:
    """GET …/messages?after=cursor&wait=seconds: what the visitor has not seen.

    Or ?before=cursor: what was written before that, a page at a time until one is empty.
    """
    session, query = visit.session(), visit.request.query
    key, chat = visit.key(session), visit.chat
    before, after = _cursor(query, "before"), _cursor(query, "after")
    if before is not None:
        return json_response(await _earlier(visit, key, before))
    wait = _wait(query.get("wait", "0"))
    page = await _page(visit, key, after)
    if not page["items"] and wait > 0 and not chat.typing(key):
        page = await _waited(visit, key, after, wait) or page
    return json_response(page)


async def _waited(
    visit: Visit, key: Key, after: ReadCursor | None, wait: float
) -> dict[str, Any] | None:
    news = asyncio.Event()
    talk = await visit.chat.join(key, waiter=news)
    try:
        # What came between the first look and the joining wakes nobody: look once more.
        page = await _page(visit, key, after)
        if page["items"]:
            return page
        try:
            async with asyncio.timeout(wait):
                await news.wait()
        except TimeoutError:
            return None
        return await _page(visit, key, after)
    finally:
        visit.chat.leave(talk, waiter=news)


async def _page(visit: Visit, key: Key, after: ReadCursor | None) -> dict[str, Any]:
    chat = visit.chat
    if after is None:
        rows = await store.newest(chat.database, *key)
    else:
        rows = await store.messages(chat.database, *key, UUID(after.contact), after.seq)
    row = await store.contact(chat.database, *key)
    items = await _items(visit, rows, row, after.target if after else "")
    return {
        "items": items,
        "cursor": items[-1]["cursor"] if items else (str(after) if after else None),
        "typing": chat.typing(key),
        "contact": contact_info(row),
    }


async def _earlier(visit: Visit, key: Key, before: ReadCursor) -> dict[str, Any]:
    database = visit.chat.database
    rows = await store.earlier(database, *key, UUID(before.contact), before.seq)
    row = await store.contact(database, *key)
    items = await _items(visit, rows, row, "")
    return {"items": items, "contact": contact_info(row)}


async def _items(
    visit: Visit, rows: Sequence[Any], contact: Any, target: str
) -> list[dict[str, Any]]:
    """Messages as the widget shows them; `target` is our last message before them."""
    files = await store.files(visit.chat.database, [row["id"] for row in rows])
    items = []
    for message in rows:
        if message["kind"] == "outbound" and message["mark"]:
            target = message["mark"]
        cursor = ReadCursor(str(message["contact_id"]), message["seq"], target)
        items.append(_item(visit, message, files.get(message["id"], []), cursor, contact))
    return items


def _item(
    visit: Visit, message: Any, files: list[Any], cursor: ReadCursor, contact: Any
) -> dict[str, Any]:
    sender = _AUTHORS.get(message["kind"], "operator")
    seen = contact and contact["id"] == message["contact_id"] and contact["read_seq"]
    item = {
        "id": str(message["id"]),
        "cursor": str(cursor),
        "from": sender,
        "name": message["name"] if sender == "operator" else None,
        "text": "" if message["deleted"] else message["text"],
        "at": message["created_at"],
        "attachments": [] if message["deleted"] else [_file(visit, file) for file in files],
    }
    if sender == "visitor":
        item["client_id"] = message["data"].get("client_id") or _client_id(message["external_id"])
        item["status"] = "read" if seen and message["seq"] <= seen else "delivered"
    if sender == "system":
        item["code"] = message["data"].get("code")
    return item


def _client_id(external_id: str | None) -> str | None:
    """The widget's own id stands last in the key we made of it."""
    return external_id.split(":", 2)[2] if external_id and external_id.startswith("m:") else None


def _file(visit: Visit, row: Any) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "name": row["name"], "type": row["type"], "size": row["size"],
        "url": visit.chat.base_url + visit.chat.ports.file_url(row["id"]),
    }  # fmt: skip


def _cursor(query: Mapping[str, str], name: str) -> ReadCursor | None:
    text = query.get(name, "")
    if not text:
        return None
    cursor = ReadCursor.parse(text)
    if cursor is None:
        raise Invalid("the cursor is not one of ours", field=name)
    return cursor


def _wait(text: str) -> float:
    try:
        wait = float(text)
    except ValueError:
        raise Invalid("wait is a number of seconds", field="wait") from None
    return min(max(wait, 0.0), LONGEST_WAIT) if wait == wait else 0.0  # noqa: PLR0124 - NaN


# --- listening ---------------------------------------------------------------------------------


async def live(visit: Visit) -> web.StreamResponse:
    """WS …/live: what is new, who types; the token comes as a subprotocol, never in the address."""
    asked = visit.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    names = [name.strip() for name in asked]
    if len(names) != 2 or names[0] != SOCKET_PROTOCOL:  # noqa: PLR2004
        raise Unauthenticated("no session token", code="session")
    session = visit.session(names[1])
    key, chat = visit.key(session), visit.chat
    if chat.sockets_of(key) >= chat.limits.sockets:
        raise TooMany("too many windows", retry_after=30)
    wire = web.WebSocketResponse(
        protocols=(SOCKET_PROTOCOL,), heartbeat=PING_SECONDS, compress=False,
        max_msg_size=LONGEST_FRAME,
    )  # fmt: skip
    await wire.prepare(visit.request)
    out = socket_outgoing(wire, visit.request, chat.flusher, BUFFER)
    try:
        talk = await chat.join(key, socket=out)
    except Unavailable:  # too late for a 503: the socket is open
        await wire.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return wire
    try:
        out.put(orjson.dumps({"t": "ready"}))
        async for message in wire:
            if message.type is not WSMsgType.TEXT:
                await wire.close(code=WSCloseCode.UNSUPPORTED_DATA)
            elif _typed(message.data) and chat.pace.wait_of(key) <= 0:
                await chat.visitor_types(key, session.name)
    finally:
        chat.leave(talk, socket=out)
    return wire


def _typed(data: str) -> bool:
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(given, dict) and given.get("t") == "typing"


# --- files -------------------------------------------------------------------------------------


async def upload(visit: Visit) -> web.StreamResponse:
    """POST …/files: keep a file until a message names it; what it is, its content says."""
    session = visit.session()
    await _count_upload(visit, session.visitor)
    try:
        async with asyncio.timeout(visit.chat.limits.upload_seconds):
            row = await _kept(visit, session.visitor)
    except TimeoutError:
        raise Unavailable("the upload took too long", code="deadline", retry_after=1) from None
    return json_response(_file(visit, row))


async def _kept(visit: Visit, visitor: str) -> dict[str, Any]:
    """The row of a file that was just stored."""
    request = visit.request
    sizes = PROVIDER.capabilities.attachments
    most = max(sizes.values())
    if (request.content_length or 0) > most:
        raise TooLarge("the file is too large", limit=most)
    chunks = request.content.iter_chunked(64 * 1024)
    head = await _head(chunks)
    if not head:
        raise Invalid("the file is empty")
    media_type = sniff(head)
    kind = kind_of(media_type)
    stored = await visit.chat.ports.store(_joined(head, chunks), sizes.get(kind, most))
    row = {
        "id": new_id(), "account_id": visit.account_id, "owner": visitor, "kind": kind,
        "name": _name(request.headers.get("X-File-Name", "")), "type": media_type,
        "size": stored.size, "sha256": stored.sha256, "blob_key": stored.blob_key,
    }  # fmt: skip
    await store.add_upload(visit.chat.database, row)
    return row


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    """The first bytes, enough to tell what the file is."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    return head


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in rest:
        yield chunk


def _name(header: str) -> str:
    """A file name to show: no path, no control characters, not too long."""
    text = unquote(header).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in text if c.isprintable()).strip(". ")[:NAME_LENGTH] or "file"


async def _count_upload(visit: Visit, visitor: str) -> None:
    """Sessions cost nothing, addresses do: each has its limit, in this account."""
    most, account = visit.chat.limits, str(visit.account_id)
    own = limits.Limit("chat upload", most.uploads, WINDOW)
    all_ = limits.Limit("chat uploads of an address", most.address_uploads, WINDOW)
    network = limits.network_of(address_of(visit.request))
    tries = [(own, limits.key_of(own, account, visitor)),
             (all_, limits.key_of(all_, account, network))]  # fmt: skip
    await limits.count(visit.chat.database, tries, visit.chat.clock.now())
