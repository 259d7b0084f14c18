"""The cookie and header by which a request says who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from contact_center.access.model import Actor

BEARER = "bearer "
ADDRESS: web.AppKey[Callable[[web.Request], str]] = web.AppKey("address", Callable)
"""Tells the address of a request's client; the web floor knows which proxies to believe."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from. `csrf` is None for an API token, which no browser sends."""

    actor: Actor
    csrf: str | None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened: the secret goes into the cookie and is kept nowhere else."""

    secret: str
    csrf: str
    employee_id: UUID


class Cookie:
    """The session cookie. Over HTTPS its name binds it to this very host."""

    def __init__(self, *, secure: bool, seconds: int) -> None:
        self._secure = secure
        self._seconds = seconds
        self.name = "__Host-cc_session" if secure else "cc_session"

    def read(self, request: web.Request) -> str | None:
        return request.cookies.get(self.name)

    def set(self, response: web.Response, session: NewSession) -> None:
        response.set_cookie(
            self.name,
            session.secret,
            max_age=self._seconds,
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )

    def clear(self, response: web.Response) -> None:
        response.del_cookie(self.name, path="/", secure=self._secure, httponly=True, samesite="Lax")


def bearer(request: web.Request) -> str | None:
    """The API token of the request, if it shows one."""
    header = request.headers.get("Authorization", "")
    if header[: len(BEARER)].lower() != BEARER:
        return None
    return header[len(BEARER) :].strip()


def address_of(request: web.Request) -> str:
    """The client's address."""
    read = request.app.get(ADDRESS)
    return read(request) if read else request.remote or ""


def agent_of(request: web.Request) -> str:
    """The browser, as it calls itself."""
    return request.headers.get("User-Agent", "")[:200]
