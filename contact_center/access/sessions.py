"""The cookie and header by which a request says who it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aiohttp import web

from contact_center.access.model import Actor

BEARER = "bearer "


class Addresses(Protocol):
    """Tells the address of a request's client, knowing which proxies to believe."""

    def address(self, request: web.Request) -> str: ...


ADDRESSES: web.AppKey[Addresses] = web.AppKey("addresses", Addresses)
"""Filled by the web floor."""


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
    known = request.app.get(ADDRESSES)
    return known.address(request) if known else request.remote or ""


def agent_of(request: web.Request) -> str:
    """The browser, as it calls itself."""
    return request.headers.get("User-Agent", "")[:200]
