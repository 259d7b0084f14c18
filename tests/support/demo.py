"""A running demo, seen from outside."""

from __future__ import annotations

from typing import Any

import aiohttp

from contact_center.simulator import company
from tests.support.waiting import eventually


class Demo:
    """A running demo, seen by a browser."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url
        self.csrf = ""

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as reply:
            text = await reply.text()
            assert reply.status < 300, f"{method} {path}: {reply.status} {text}"
            return await reply.json() if text else None

    async def sign_in(self, email: str) -> None:
        body = {"email": email, "password": company.load().password}
        self.csrf = (await self.ask("POST", "/api/v1/auth/sign-in", body))["csrf"]
        await self.ask("PUT", "/api/v1/me/presence", {"presence": "ready"})

    async def visitor(self, visitor_id: str) -> dict[str, Any]:
        state = await self.ask("GET", "/simulator/api/state")
        found: dict[str, Any] = next(v for v in state["visitors"] if v["id"] == visitor_id)
        return found

    async def visitors(self) -> list[dict[str, Any]]:
        state = await self.ask("GET", "/simulator/api/state")
        listed: list[dict[str, Any]] = state["visitors"]
        return listed

    async def trace(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", f"/simulator/api/trace/{number}")
        return found

    async def settled(self) -> list[dict[str, Any]]:
        """All visitors, once each has a contact and every line of theirs is acknowledged."""

        async def all_here() -> list[dict[str, Any]] | None:
            visitors = await self.visitors()
            done = all(
                v["contact"] and all(one["status"] != "sending" for one in v["lines"])
                for v in visitors
            )
            return visitors if visitors and done else None

        found: list[dict[str, Any]] = await eventually(all_here)
        return found

    async def stored(self, visitor: dict[str, Any]) -> list[str]:
        trace = await self.trace(visitor["contact"]["number"])
        return [step["data"]["text"] for step in trace["steps"] if step["stage"] == "stored"]
