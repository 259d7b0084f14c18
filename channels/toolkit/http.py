"""The one HTTP client of all adapters: guarded, bounded, discreet.

Every call has a deadline and a size cap, every socket passes the guard, secrets never reach an
error text, and what goes wrong comes out as a channel error: `Temporary` where nothing can have
arrived, `Uncertain` where bytes went out and no answer came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from channels.errors import (
    ChannelError,
    Rejected,
    Temporary,
    Uncertain,
)
from channels.toolkit.answers import Answer, blocked, host_of, said
from channels.toolkit.bodies import Form, Progress, Streamed, body_of, is_of_body, sent
from channels.toolkit.guard import Blocked, guarded_socket, plain_socket

DEADLINE = 15.0
IDLE = 20.0  # between two pieces of an answer, however long the whole may take
SIZE = 1024 * 1024
HOPS = 5
PER_HOST = 128
CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FAULTS = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_SENT_ALONG = ("authorization", "cookie", "proxy-authorization")


@dataclass(slots=True)
class _Sessions:
    """The connections, opened when first needed; a client and its twins share them."""

    guarded: aiohttp.ClientSession | None = None
    plain: aiohttp.ClientSession | None = None


@dataclass(slots=True)
class Client:
    """HTTP for adapters; open it once (`async with Client() as http`) and share it.

    `trusted` hosts are those an administrator configured: they may be private and on any port.
    `secrets` are struck out of every error text.
    """

    trusted: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    deadline: float = DEADLINE
    idle: float = IDLE
    _sessions: _Sessions = field(default_factory=_Sessions, repr=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        sessions = self._sessions
        for session in (sessions.guarded, sessions.plain):
            if session is not None:
                await session.close()
        sessions.guarded = sessions.plain = None

    def with_secrets(self, *secrets: str) -> Client:
        """The same connections, with further texts to strike out."""
        return replace(self, secrets=(*self.secrets, *secrets))

    def trusting(self, *hosts: str) -> Client:
        """The same connections, for an account whose settings name these hosts."""
        return replace(self, trusted=self.trusted | set(hosts))

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Form | None = None,
        data: bytes | Streamed | None = None,
        deadline: float | None = None,
        limit: int = SIZE,
        idempotent: bool | None = None,
    ) -> Answer:
        """Call and read the answer whole; any status comes back, see `accepted`.

        `idempotent` (default: GET and the like are) tells whether no answer means Temporary
        rather than Uncertain. Raises Temporary, Uncertain, Rejected ("too_large", "blocked").
        """
        body = body_of(json, form, data)
        async with self.stream(
            method,
            url,
            headers={**body.headers, **(headers or {})},
            data=body.data,
            deadline=deadline,
            limit=limit,
            idempotent=idempotent,
        ) as (head, chunks):
            parts = [chunk async for chunk in chunks]
        return Answer(head.status, head.headers, b"".join(parts))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | Streamed | None = None,
        deadline: float | None = None,
        limit: int = SIZE,
        idempotent: bool | None = None,
    ) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """Call and read the answer in pieces; the deadline covers the whole block.

        Yields the head (an Answer without body) and the pieces, which raise Rejected("too_large")
        beyond `limit` bytes. What else goes wrong in the block is the caller's own.
        """
        safe = method.upper() in _SAFE if idempotent is None else idempotent
        progress, clock, in_block = Progress(), asyncio.timeout(deadline or self.deadline), False

        def named(error: Exception) -> ChannelError:
            return self._named(error, url, progress, safe=safe)

        try:
            async with (
                clock,
                self._hops(method, url, dict(headers or {}), data, progress) as response,
            ):
                head = Answer(
                    response.status, {k.lower(): v for k, v in response.headers.items()}, b""
                )
                _within(response.content_length or 0, limit)
                in_block = True
                yield head, _pieces(response, limit, self.idle, named)
                in_block = False
        except _FAULTS as error:
            if in_block and not clock.expired():
                raise
            raise named(error) from None

    @asynccontextmanager
    async def _hops(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | Streamed | None,
        progress: Progress,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects by hand: each hop is guarded anew, and credentials stay at home."""
        target = URL(url)
        for _ in range(HOPS + 1):
            body: bytes | AsyncIterator[bytes] | None
            if data is None or isinstance(data, bytes):
                body = data
            else:
                progress.streamed, headers = True, {**headers, "Content-Length": str(data.size)}
                body = sent(data.pieces(), progress)
            async with self._for(target).request(
                method,
                target,
                headers=headers,
                data=body,
                allow_redirects=False,
                trace_request_ctx=progress,
            ) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or not location:
                    yield response
                    return
                onward = target.join(URL(location))
                if onward.origin() != target.origin():
                    headers = {k: v for k, v in headers.items() if k.lower() not in _SENT_ALONG}
                if response.status == 303 or (response.status < 303 and method == "POST"):  # noqa: PLR2004
                    method, data = "GET", None
                    headers = {k: v for k, v in headers.items() if not is_of_body(k)}
                target = onward
        raise Rejected("redirected too often", code="blocked")

    def _for(self, url: URL) -> aiohttp.ClientSession:
        if url.scheme not in ("http", "https") or not url.host:
            raise Blocked(f"{url.scheme or 'no'} scheme: only http and https may be called")
        return self._plain() if url.host in self.trusted else self._guarded()

    def _guarded(self) -> aiohttp.ClientSession:
        if self._sessions.guarded is None:
            self._sessions.guarded = _session(guarded_socket)
        return self._sessions.guarded

    def _plain(self) -> aiohttp.ClientSession:
        if self._sessions.plain is None:
            self._sessions.plain = _session(plain_socket)
        return self._sessions.plain

    def _named(self, error: Exception, url: str, progress: Progress, *, safe: bool) -> ChannelError:
        text = self.redact(f"{said(error)} ({host_of(url)})")
        if refused := blocked(error):
            return Rejected(self.redact(f"not called: {refused}"), code="blocked")
        if isinstance(error, aiohttp.InvalidURL | ValueError):
            return Rejected(self.redact(f"not called: {host_of(url)}: {error}"), code="blocked")
        if isinstance(error, aiohttp.ClientConnectorError) or not progress.sent or safe:
            return Temporary(f"no connection or no answer: {text}")
        return Uncertain(f"sent, but no answer came: {text}")

    def redact(self, text: str) -> str:
        """The text with every secret, also percent-encoded, struck out."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text


def _session(factory: Any) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig(lambda trace_request_ctx=None: trace_request_ctx)  # type: ignore[arg-type]
    trace.on_request_headers_sent.append(_head_sent)
    return aiohttp.ClientSession(
        # Not one limit for all: a host that hangs would take the places of the others.
        connector=aiohttp.TCPConnector(
            socket_factory=factory, limit=0, limit_per_host=PER_HOST, ttl_dns_cache=60
        ),
        timeout=aiohttp.ClientTimeout(total=None),  # the deadline of each call rules
        trust_env=False,  # a proxy would resolve names behind the guard's back
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
        auto_decompress=True,
    )


async def _head_sent(_: Any, progress: Any, __: Any) -> None:
    if isinstance(progress, Progress) and not progress.streamed:
        progress.sent = True


async def _pieces(
    response: aiohttp.ClientResponse, limit: int, idle: float,
    named: Callable[[Exception], ChannelError],
) -> AsyncIterator[bytes]:  # fmt: skip
    size = 0
    while True:
        try:
            async with asyncio.timeout(idle):
                chunk = await response.content.read(CHUNK)
        except _FAULTS as error:
            raise named(error) from None
        if not chunk:
            return
        size += len(chunk)
        _within(size, limit)
        yield chunk


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise Rejected(f"the answer has more than {limit} bytes", code="too_large")
