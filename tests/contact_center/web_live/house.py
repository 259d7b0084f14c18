"""A small organisation in rows, and a server that serves its screens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import orjson
from aiohttp import web
from pydantic import TypeAdapter

from contact_center.access.service import AccessService
from contact_center.kernel.background import Background
from contact_center.kernel.hints import Hints, LocalHints
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from contact_center.storage.database import Database
from contact_center.storage.following import Follower
from contact_center.storage.unit import Unit
from contact_center.web.live import ROUTES, Live, setup_live
from contact_center.web.live.frames import Told
from contact_center.web.server import make_application
from tests.support.waiting import PATIENCE

FRAMES = TypeAdapter(list[Told])


@dataclass(slots=True)
class House:
    """Two departments, a queue in each, an account, and who works there."""

    database: Database
    hints: Hints
    access: AccessService
    ids: dict[str, UUID] = field(default_factory=dict)

    async def furnish(self) -> None:
        db, ids = self.database, self.ids
        for name in ("brand", "sales", "claims", "sales_queue", "claims_queue", "account"):
            ids[name] = new_id()
        await db.execute("INSERT INTO brands (id, name) VALUES ($1, 'Shop')", ids["brand"])
        for name in ("sales", "claims"):
            await db.execute("INSERT INTO departments (id, name) VALUES ($1, $2)", ids[name], name)
            await db.execute(
                "INSERT INTO queues (id, name, department_id) VALUES ($1, $2, $3)",
                ids[f"{name}_queue"], name, ids[name],
            )  # fmt: skip
        await db.execute(
            "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
            " VALUES ($1, 'webchat', 'Chat', 'chat', $2, $3, 'key')",
            ids["account"], ids["brand"], ids["sales_queue"],
        )  # fmt: skip

    async def employee(self, name: str, role: str = "operator", queue: str | None = "sales") -> str:
        """An employee who is signed in; returns his cookie."""
        employee = self.ids[name] = new_id()
        await self.database.execute(
            "INSERT INTO employees (id, email, name, role) VALUES ($1, $2, $3, $4)",
            employee, f"{name}@shop.example", name, role,
        )  # fmt: skip
        await self.database.execute("INSERT INTO operators (id) VALUES ($1)", employee)
        if queue:
            await self.database.execute(
                "INSERT INTO queue_members (queue_id, employee_id) VALUES ($1, $2)",
                self.ids[f"{queue}_queue"], employee,
            )  # fmt: skip
        opened = await self.access.open_session(self.database, employee, address="127.0.0.1")
        return opened.secret

    async def contact(self, queue: str = "sales", key: str | None = None) -> UUID:
        client, identity, contact = new_id(), new_id(), new_id()
        db, ids = self.database, self.ids
        await db.execute("INSERT INTO clients (id, name) VALUES ($1, 'Анна')", client)
        await db.execute(
            "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'visitor', $3)",
            identity, client, key or str(identity),
        )  # fmt: skip
        await db.execute(
            "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id,"
            " identity_id) VALUES ($1, $2, $3, 'chat', $4, $5, $6)",
            contact, ids["account"], key or str(identity), ids["brand"],
            ids[f"{queue}_queue"], identity,
        )  # fmt: skip
        return contact

    async def log(self, kind: str, subject: UUID, *, version: int = 1, **data: Any) -> None:
        """Write one event of a contact, an operator, …."""
        family = kind.partition(".")[0]
        subject_kind = "contact" if family == "message" else family

        async def step(unit: Unit) -> None:
            unit.log(kind, subject_kind, subject, version=version, actor="system", data=data)

        await self.database.run(step)

    async def say(self, contact: UUID, queue: str = "sales", **more: Any) -> None:
        """A message was added to a contact."""
        queue_id = str(self.ids[f"{queue}_queue"])
        await self.log("message.added", contact, queue_id=queue_id, **more)


@dataclass(slots=True)
class Screen:
    """A console: collects what it gets."""

    wire: aiohttp.ClientWebSocketResponse
    got: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **frame: Any) -> None:
        await self.wire.send_str(orjson.dumps([frame]).decode())

    async def until(
        self, frame: str, /, seconds: float = PATIENCE, **wanted: Any
    ) -> dict[str, Any]:
        """The next object of a kind with these values; others before it are kept in `got`."""
        async with asyncio.timeout(seconds):
            while True:
                for at, item in enumerate(self.got):
                    if item["t"] == frame and all(item.get(k) == v for k, v in wanted.items()):
                        del self.got[at]
                        return item
                message = await self.wire.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, f"closed: {message}"
                FRAMES.validate_json(message.data)  # as the API's document describes them
                self.got += orjson.loads(message.data)

    async def subscribe(self, *topics: object) -> dict[str, Any]:
        await self.send(t="sub", topics=[str(topic) for topic in topics])
        return await self.until("subscribed")

    async def closed(self, seconds: float = PATIENCE) -> int:
        """Wait until the server closes; the close code."""
        async with asyncio.timeout(seconds):
            while not self.wire.closed:
                await self.wire.receive()
        return int(self.wire.close_code or 0)


@dataclass(slots=True)
class Served:
    house: House
    live: Live
    base: str
    http: aiohttp.ClientSession

    async def screen(self, cookie: str, **headers: str) -> Screen:
        return await self.connect(
            {"Cookie": f"cc_session={cookie}", "Origin": self.base, **headers}
        )

    async def connect(self, given: dict[str, str]) -> Screen:
        wire = await self.http.ws_connect(f"{self.base}/api/v1/live", headers=given)
        return Screen(wire)


@asynccontextmanager
async def served(
    database_url: str, *, hints: Hints | None = None, like: Served | None = None, grace: int = 15,
    **options: Any,
) -> AsyncIterator[Served]:  # fmt: skip
    """A furnished house behind a real server; `like` another one: the same house, a second node."""
    hints = hints or LocalHints()
    database = await Database.connect(database_url, hints=hints, size=6)
    access = AccessService(database, base_url="http://127.0.0.1")
    house = House(database, hints, access)
    if like is None:
        await house.furnish()
        await database.execute(
            "INSERT INTO policies (id, edition, state, author, body)"
            " VALUES ($1, 1, 'current', 'system', $2)",
            new_id(), {"house": {"grace_seconds": grace}, "media": {}},
        )  # fmt: skip
    else:
        house.ids = like.house.ids
    app = make_application(Settings(), database, access, ROUTES)
    follower = Follower(database, hints)
    await follower.open()
    live = Live(database, access, hints, follower, **options)
    setup_live(app, live)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    background = Background()
    background.start("log", follower.run)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Served(house, live, base, http)
    finally:
        await runner.cleanup()
        await background.close()
        await hints.close()
        await database.close()
