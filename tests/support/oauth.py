"""A provider that gives consent and tokens, and fails as it is told to.

`authorize` plays the page at which a person agrees: it only redirects. Codes are good once and
bound to their challenge (RFC 7636); refresh tokens roll when told to, and can be revoked.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer

Fault = Callable[[], Awaitable[web.StreamResponse]]


@dataclass
class FakeOAuth:
    """`asked` keeps the forms of the token endpoint; `faults` are used up in turn."""

    client_id: str = "our-id"
    client_secret: str = "our-secret"
    redirect_uri: str = ""
    rolls: bool = False
    says_no: str = ""
    expires_in: int = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    access: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    url: str = ""
    _codes: dict[str, str] = field(default_factory=dict)

    @property
    def grants(self) -> list[str]:
        return [form["grant_type"] for form in self.asked]

    def revoke(self) -> None:
        """The owner of the mailbox withdraws his consent."""
        self.good.clear()

    async def authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        if asked["redirect_uri"] != self.redirect_uri or asked["client_id"] != self.client_id:
            return web.Response(status=400, text="redirect_uri_mismatch")
        assert asked["code_challenge_method"] == "S256"
        told = {"state": asked["state"], "session_state": "theirs"}
        if self.says_no:
            told |= {"error": "access_denied", "error_description": self.says_no}
        else:
            told["code"] = secrets.token_urlsafe(200)
            self._codes[told["code"]] = asked["code_challenge"]
        return web.Response(
            status=302, headers={"Location": f"{self.redirect_uri}?{urlencode(told)}"}
        )

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.faults:
            return await self.faults.pop(0)()
        if (form["client_id"], form["client_secret"]) != (self.client_id, self.client_secret):
            return refusal("invalid_client", "wrong secret", 401)
        if form["grant_type"] == "authorization_code":
            return self._for_code(form)
        return self._for_refresh(form["refresh_token"])

    def _for_code(self, form: dict[str, str]) -> web.Response:
        challenge = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if challenge != urlsafe_b64encode(digest).decode().rstrip("="):
            return refusal("invalid_grant", "the code is not yours")
        if form["redirect_uri"] != self.redirect_uri:
            return refusal("invalid_grant", "another redirect_uri")
        return self._tokens(self._refresh_token())

    def _for_refresh(self, used: str) -> web.Response:
        if used not in self.good:
            return refusal("invalid_grant", "Token has been expired or revoked.")
        if not self.rolls:
            return self._tokens("")
        self.good.discard(used)  # stricter than most: the old one is dead at once
        return self._tokens(self._refresh_token())

    def _refresh_token(self) -> str:
        token = f"refresh-{secrets.token_urlsafe(24)}"
        self.good.add(token)
        return token

    def _tokens(self, refresh: str) -> web.Response:
        self.access.append(f"access-{secrets.token_urlsafe(24)}")
        told: dict[str, Any] = {"access_token": self.access[-1], "expires_in": self.expires_in}
        return web.json_response(told | ({"refresh_token": refresh} if refresh else {}))


def refusal(code: str, words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": code, "error_description": words}, status=status)


async def broken() -> web.StreamResponse:
    """It has trouble of its own."""
    return web.Response(status=500, text="<html>oops</html>")


def slow(seconds: float) -> Fault:
    """It answers late."""

    async def fault() -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(status=500)

    return fault


@asynccontextmanager
async def fake_oauth() -> AsyncIterator[FakeOAuth]:
    """The provider, listening; `url` is where."""
    fake, app = FakeOAuth(), web.Application()
    app.router.add_get("/authorize", fake.authorize)
    app.router.add_post("/token", fake.token)
    server = TestServer(app)
    await server.start_server()
    fake.url = str(server.make_url("")).rstrip("/")
    try:
        yield fake
    finally:
        await server.close()
