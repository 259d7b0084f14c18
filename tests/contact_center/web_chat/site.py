"""A site with a chat: a server, an account, visitors, and an intake in a few lines."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from channels.contract import Deps, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import MessageReceived
from channels.webchat.channel import WebChat
from channels.webchat.settings import WebChatSettings
from contact_center.access.service import AccessService
from contact_center.kernel.background import Background
from contact_center.kernel.errors import Forbidden, TooLarge, Unauthenticated
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from contact_center.storage.database import Database
from contact_center.storage.following import Follower
from contact_center.storage.unit import Unit
from contact_center.web.chat import Chat, Limits, Ports, StoredUpload, setup_chat
from contact_center.web.live import ROUTES, Live, setup_live
from contact_center.web.server import make_application
from tests.contact_center.web_live.house import House
from tests.support.waiting import PATIENCE

ORIGIN = "https://shop.example"
SECRET = "identity-secret-of-thirty-two-characters"


@dataclass
class Account:
    id: UUID
    channel: WebChat


class Site:
    """The server side."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.base = ""
        self.http: aiohttp.ClientSession
        self.chat: Chat
        self.blobs: dict[str, bytes] = {}
        settings = WebChatSettings.model_validate({
            "session_secret": "session-secret-of-thirty-two-characters",
            "identity_secret": SECRET,
            "allowed_origins": [ORIGIN],
            "prechat": [{"name": "email", "label": {"ru": "Почта", "en": "E-mail"}}],
        })  # fmt: skip
        account_id = house.ids["account"]
        self.account = Account(account_id, WebChat(settings, Deps(str(account_id))))

    async def find(self, key: str) -> Account | None:
        return self.account if key == "key" else None

    async def deliver(self, request: web.Request, key: str) -> web.StreamResponse:
        assert key == "key"
        headers = {name.lower(): value for name, value in request.headers.items()}
        wire = WebhookRequest(
            request.method, str(request.url), headers, {}, await request.read(), datetime.now(UTC)
        )
        try:
            received = self.account.channel.receive(wire)
        except Refused as error:
            raise (Forbidden if error.status == 403 else Unauthenticated)(str(error)) from error
        except Malformed as error:
            return web.Response(status=error.status)
        for event in received.events:
            if isinstance(event, MessageReceived):
                await self.house.database.run(partial(self._keep, event))
        return web.Response(body=received.reply.body, content_type="application/json")

    async def _keep(self, event: MessageReceived, unit: Unit) -> None:
        key = event.conversation_key
        account = self.account.id
        fresh = await unit.fetchval(
            "INSERT INTO inbound_keys (account_id, external_id) VALUES ($1, $2)"
            " ON CONFLICT DO NOTHING RETURNING external_id", account, event.external_id,
        )  # fmt: skip
        if fresh is None:
            return
        contact = await unit.fetchval(
            "SELECT id FROM contacts WHERE account_id = $1 AND conversation_key = $2"
            " AND state = 'open'", account, key,
        )  # fmt: skip
        if contact is None:
            contact = await self._open(unit, key)
        await self.add(
            unit, contact, "inbound", event.text, external_id=event.external_id, uploads=[
                UUID(file.data["upload"]) for file in event.attachments
            ],
        )  # fmt: skip

    async def _open(self, unit: Unit, key: str) -> UUID:
        ids, contact, client, identity = self.house.ids, new_id(), new_id(), new_id()
        await unit.execute("INSERT INTO clients (id, name) VALUES ($1, '')", client)
        identity = await unit.fetchval(
            "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'visitor', $3)"
            " ON CONFLICT (medium, value) DO UPDATE SET seen_at = now() RETURNING id",
            identity, client, key,
        )  # fmt: skip
        await unit.execute(
            "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id,"
            " identity_id) VALUES ($1, $2, $3, 'chat', $4, $5, $6)",
            contact, self.account.id, key, ids["brand"], ids["sales_queue"], identity,
        )  # fmt: skip
        unit.log("contact.opened", "contact", contact, version=1, actor="client",
                 data={"account_id": str(self.account.id)})  # fmt: skip
        return contact

    async def add(
        self, unit: Unit, contact: UUID, kind: str, text: str, *, employee: UUID | None = None,
        external_id: str | None = None, uploads: list[UUID] | None = None,
        state: str | None = None, data: dict[str, Any] | None = None,
    ) -> UUID:  # fmt: skip
        message = new_id()
        seq = await unit.fetchval(
            "UPDATE contacts SET last_seq = last_seq + 1, version = version + 1 WHERE id = $1"
            " RETURNING last_seq", contact,
        )  # fmt: skip
        await unit.execute(
            "INSERT INTO messages (id, contact_id, seq, kind, text, employee_id, external_id, data)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            message, contact, seq, kind, text, employee, external_id, data or {},
        )  # fmt: skip
        await unit.execute(
            "UPDATE attachments SET message_id = $1 WHERE id = ANY($2) AND account_id = $3",
            message, uploads or [], self.account.id,
        )  # fmt: skip
        if state:
            line = new_id()
            await unit.execute(
                "INSERT INTO outbox_lines (id, account_id, conversation_key) VALUES ($1, $2, $3)",
                line, self.account.id, str(line),
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO outbox (id, line_id, seq, account_id, message_id, state)"
                " VALUES ($1, $2, 1, $3, $4, $5)",
                new_id(), line, self.account.id, message, state,
            )  # fmt: skip
        unit.log("message.added", "contact", contact, version=seq + 1, actor="system",
                 data={"message_id": str(message), "seq": seq, "kind": kind})  # fmt: skip
        return message

    async def answer(self, text: str, *, kind: str = "outbound", **more: Any) -> UUID:
        """The operator writes into the one open contact."""
        contact = await self.house.database.fetchval("SELECT id FROM contacts WHERE state='open'")
        return await self.house.database.run(
            lambda unit: self.add(unit, contact, kind, text, **more)
        )

    async def store(self, chunks: AsyncIterator[bytes], limit: int) -> StoredUpload:
        body = b""
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                raise TooLarge("the file is too large", limit=limit)
        key = f"blob-{len(self.blobs)}"
        self.blobs[key] = body
        return StoredUpload(key, len(body), hashlib.sha256(body).hexdigest())

    async def visitor(self, **given: Any) -> Visitor:
        """Somebody who has just opened the chat."""
        visitor = Visitor(self)
        await visitor.begin(**given)
        return visitor


class Visitor:
    """The browser's side, as the widget does it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.token = ""
        self.session: dict[str, Any] = {}

    def headers(self, **more: str) -> dict[str, str]:
        given = {"Origin": ORIGIN} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        return given | more

    def url(self, part: str) -> str:
        return f"{self.site.base}/chat/v1/key{part}"

    async def call(self, part: str, body: Any = None, **query: str) -> tuple[int, Any]:
        method = self.site.http.get if body is None else self.site.http.post
        options: dict[str, Any] = {"headers": self.headers(), "params": query}
        if body is not None:
            options["json"] = body
        async with method(self.url(part), **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def begin(self, **given: Any) -> dict[str, Any]:
        status, self.session = await self.call("/session", given)
        assert status == 200, self.session
        self.token = self.session["token"]
        return self.session

    async def write(self, text: str, client_id: str = "1", **more: Any) -> None:
        body = {"type": "message", "id": client_id, "text": text, **more}
        status, answer = await self.call("/events", body)
        assert (status, answer) == (200, {"ok": True, "id": client_id})

    async def read(self, after: str = "", wait: str = "0") -> dict[str, Any]:
        status, page = await self.call("/messages", after=after, wait=wait)
        assert status == 200, page
        return dict(page)

    async def socket(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        return await self.site.http.ws_connect(
            self.url("/live"), protocols=("cc.chat", self.token),
            headers={"Origin": ORIGIN, **headers},
        )  # fmt: skip


async def until(
    wire: aiohttp.ClientWebSocketResponse, kind: str, seconds: float = PATIENCE
) -> dict[str, Any]:
    """The next object of a kind."""
    async with asyncio.timeout(seconds):
        while True:
            for item in await wire.receive_json():
                if item["t"] == kind:
                    return dict(item)


def signed(user: str) -> dict[str, str]:
    """What the site's server gives its signed-in user."""
    mark = hmac.new(SECRET.encode(), user.encode(), hashlib.sha256).hexdigest()
    return {"user_id": user, "hash": mark, "name": "Ann", "email": "ann@shop.example"}


@asynccontextmanager
async def opened(database_url: str, *, limits: Limits | None = None) -> AsyncIterator[Site]:
    hints = LocalHints()
    database = await Database.connect(database_url, hints=hints, size=6)
    access = AccessService(database, base_url="http://127.0.0.1")
    house = House(database, hints, access)
    await house.furnish()
    site = Site(house)
    app = make_application(Settings(), database, access, ROUTES)
    follower = Follower(database, hints)
    await follower.open()
    live = Live(database, access, hints, follower)
    setup_live(app, live)
    ports = Ports(site.find, site.deliver, site.store, lambda file: f"/files/{file}")
    chat = Chat(database, hints, ports, base_url="", limits=limits, beat=0.2)
    setup_chat(app, chat, follower)
    site.chat = chat
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    site.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    background = Background()
    background.start("log", follower.run)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            site.http = http
            yield site
    finally:
        await runner.cleanup()
        await background.close()
        await hints.close()
        await database.close()
