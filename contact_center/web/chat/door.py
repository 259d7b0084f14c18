"""Who is at the door: the account of the address, the page's origin, the visitor's session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from aiohttp import web

from channels.errors import Refused
from channels.webchat.channel import WebChat
from channels.webchat.session import Session, bearer, origin_allowed, verify_session
from contact_center.kernel.errors import Forbidden, NotFound, Unauthenticated
from contact_center.web.chat.service import CHAT, Chat
from contact_center.web.chat.talk import Key

PAGE: web.RequestKey[str] = web.RequestKey("chat_origin", str)
"""The origin that was found allowed: answers, errors too, may be read by its pages."""

SOCKET_PROTOCOL = "cc.chat"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of an allowed page to an account that is on."""

    request: web.Request
    chat: Chat
    account_id: UUID
    channel: WebChat

    @property
    def own_url(self) -> str:
        return self.chat.base_url or str(self.request.url)

    def session(self, token: str | None = None) -> Session:
        """The visitor's session. Raises Unauthenticated."""
        try:
            given = token or bearer(self.request.headers.get("Authorization", ""))
            return verify_session(
                self.channel.settings.session_secret, given,
                account=self.channel.account, now=self.chat.clock.now(),
            )  # fmt: skip
        except Refused as error:
            raise Unauthenticated(str(error), code="session") from None

    def key(self, session: Session) -> Key:
        return (self.account_id, session.visitor)


Answer = Callable[[Visit], Awaitable[web.StreamResponse]]


async def visit(request: web.Request) -> Visit:
    """Find the account and look at the page. Raises NotFound without a hint, or Forbidden."""
    chat = request.app[CHAT]
    account = await chat.ports.account(request.match_info["key"])
    if account is None or not isinstance(account.channel, WebChat):
        raise NotFound("there is nothing at this address")
    found = Visit(request, chat, UUID(str(account.id)), account.channel)
    origin = request.headers.get("Origin", "")
    if not origin_allowed(origin, account.channel.settings.allowed_origins, found.own_url):
        raise Forbidden("this site may not use the chat", code="foreign_origin")
    if origin:
        request[PAGE] = origin
    return found


def door(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler of what only allowed pages may call."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await answer(await visit(request))

    return handle


async def preflight(request: web.Request) -> web.Response:
    """OPTIONS: what a browser asks before it lets a page call us."""
    await visit(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "authorization, content-type, x-file-name",
            "Access-Control-Max-Age": "600",
        },
    )


async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
    """Signal on_response_prepare: let the allowed page read the answer, whatever it is."""
    if origin := cast("Any", request).get(PAGE):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers.add("Vary", "Origin")
