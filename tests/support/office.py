"""The whole application over a fresh database, with people who sign in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse, DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from contact_center.access.passwords import Passwords
from contact_center.access.sessions import NewSession
from contact_center.app import Workspace
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from contact_center.storage.database import Database

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "gull tram pepper 9"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an open session."""

    id: UUID
    email: str
    session: NewSession


@dataclass(slots=True)
class Answer:
    """An answer read to its end."""

    status: int
    headers: Any
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass(slots=True)
class Office:
    """The service, not listening to the world; `ids` names what tests refer to."""

    workspace: Workspace
    app: web.Application
    client: TestClient[Any, Any]
    ids: dict[str, UUID] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.workspace.database

    async def furnish(self) -> None:
        """Two departments with a queue each: sales and claims. No draft of the shipped policy."""
        await self.db.execute("DELETE FROM policies WHERE state = 'draft'")
        for name in ("brand", "sales", "claims", "sales_queue", "claims_queue"):
            self.ids[name] = new_id()
        await self.db.execute("INSERT INTO brands (id, name) VALUES ($1,'Shop')", self.ids["brand"])
        for name in ("sales", "claims"):
            await self.db.execute(
                "INSERT INTO departments (id, name) VALUES ($1, $2)", self.ids[name], name
            )
            await self.db.execute(
                "INSERT INTO queues (id, name, department_id) VALUES ($1, $2, $3)",
                self.ids[f"{name}_queue"], name, self.ids[name],
            )  # fmt: skip

    async def hire(
        self, name: str, role: str = "operator", *, team: str | None = "sales",
        password: str | None = None, state: str = "active",
    ) -> Person:  # fmt: skip
        """An employee of a team (its department and its queue), signed in."""
        employee, email = new_id(), f"{name}@shop.example"
        hashed = CHEAP.hash(password) if password else None
        await self.db.execute(
            "INSERT INTO employees (id, email, name, role, password_hash, state)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            employee, email, name, role, hashed, state,
        )  # fmt: skip
        await self.db.execute("INSERT INTO operators (id) VALUES ($1)", employee)
        if team:
            for table, column, target in (
                ("department_members", "department_id", team),
                ("queue_members", "queue_id", f"{team}_queue"),
            ):
                await self.db.execute(
                    f"INSERT INTO {table} ({column}, employee_id) VALUES ($1, $2)",
                    self.ids[target], employee,
                )  # fmt: skip
        access = self.workspace.access
        session = await access.open_session(self.db, employee, address="127.0.0.1")
        self.ids[name] = employee
        return Person(employee, email, session)

    async def ask(
        self, method: str, path: str, who: Person | None = None, *, json: Any = None,
        headers: dict[str, str] | None = None, token: str | None = None, prefix: str = "/api/v1",
        **more: Any,
    ) -> Answer:  # fmt: skip
        """Send one request as somebody and read the answer; `path` is under `prefix`."""
        sent: dict[str, str] = {}
        if who is not None:
            sent["Cookie"] = f"cc_session={who.session.secret}"
            if method not in ("GET", "HEAD"):
                sent["X-CSRF-Token"] = who.session.csrf
        if token:
            sent["Authorization"] = f"Bearer {token}"
        sent.update(headers or {})
        response = await self.client.request(
            method, f"{prefix}{path}", json=json, headers=sent, allow_redirects=False, **more
        )
        return Answer(response.status, response.headers, await _body(response))

    async def events(self, kind: str) -> list[Any]:
        return await self.db.fetch("SELECT * FROM events WHERE kind = $1 ORDER BY seq", kind)


async def _body(response: ClientResponse) -> Any:
    if "json" in response.content_type:
        return await response.json(content_type=None)
    return await response.text()


@asynccontextmanager
async def open_office(database_url: str, data_dir: Path, **settings: Any) -> AsyncIterator[Office]:
    """The application of `app/` with cheap password hashes, furnished."""
    given = Settings(database_url=database_url, data_dir=data_dir, **settings)
    async with AsyncExitStack() as exits:
        workspace = await Workspace.open(given, exits)
        workspace.access.passwords = Passwords(CHEAP)
        app = workspace.application()
        workspace.background.start("log", workspace.follower.run)
        # No cookie jar: every request says itself who sends it.
        client: TestClient[Any, Any] = TestClient(TestServer(app), cookie_jar=DummyCookieJar())
        await client.start_server()
        exits.push_async_callback(client.close)
        office = Office(workspace, app, client)
        await office.furnish()
        yield office


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The whole application over a fresh database; a conftest imports it to offer it."""
    async with open_office(database_url, tmp_path) as opened:
        yield opened
