"""The one HTTP client of all adapters: guarded, bounded, discreet.

Every call has a deadline and a size cap, every socket passes the guard, secrets never reach an
error text, and what goes wrong comes out as a channel error: `Temporary` where nothing can have
arrived, `Uncertain` where bytes went out and no answer came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from channels.errors import (
    ChannelError,
    Malformed,
    Misconfigured,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
)
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


Form = Mapping[str, str | Sequence[str]]
"""Fields of a form; a field with several values is repeated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises Malformed."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Malformed(f"HTTP {self.status} with a body that is not JSON") from None


class Streamed(Protocol):
    """A body that is sent piece by piece, from its beginning each time: a redirect asks again."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def pieces(self) -> AsyncIterator[bytes]: ...


@dataclass(slots=True)
class _Progress:
    """How far a request got: before it was sent, repeating it is safe.

    A short one is sent with its head; nobody can act upon one whose last piece is missing.
    """

    sent: bool = False
    streamed: bool = False


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
        body = _body(json, form, data)
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
        progress, clock, in_block = _Progress(), asyncio.timeout(deadline or self.deadline), False

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
        progress: _Progress,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects by hand: each hop is guarded anew, and credentials stay at home."""
        target = URL(url)
        for _ in range(HOPS + 1):
            body: bytes | AsyncIterator[bytes] | None
            if data is None or isinstance(data, bytes):
                body = data
            else:
                progress.streamed, headers = True, {**headers, "Content-Length": str(data.size)}
                body = _sent(data.pieces(), progress)
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
                    headers = {k: v for k, v in headers.items() if not _is_of_body(k)}
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

    def _named(
        self, error: Exception, url: str, progress: _Progress, *, safe: bool
    ) -> ChannelError:
        text = self.redact(f"{_said(error)} ({_host(url)})")
        if blocked := _blocked(error):
            return Rejected(self.redact(f"not called: {blocked}"), code="blocked")
        if isinstance(error, aiohttp.InvalidURL | ValueError):
            return Rejected(self.redact(f"not called: {_host(url)}: {error}"), code="blocked")
        if isinstance(error, aiohttp.ClientConnectorError) or not progress.sent or safe:
            return Temporary(f"no connection or no answer: {text}")
        return Uncertain(f"sent, but no answer came: {text}")

    def redact(self, text: str) -> str:
        """The text with every secret, also percent-encoded, struck out."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text


def _said(error: Exception) -> str:
    """What went wrong in words for whoever has written: a library's own tell him nothing."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "the connection failed"
    return "the connection was closed"


def accepted(answer: Answer, *, idempotent: bool = False, text: str = "") -> Answer:
    """The answer where its status is a success; else the channel error it stands for.

    `text` is the provider's own explanation, already free of secrets.
    """
    status = answer.status
    if status < 300:  # noqa: PLR2004
        return answer
    detail = f"HTTP {status} {text}".strip()
    if status in (401, 403):
        raise Misconfigured(detail)
    if status == 429:  # noqa: PLR2004
        raise Throttled(detail, retry_after=retry_after(answer.headers))
    if status == 503 and "retry-after" in answer.headers:  # noqa: PLR2004
        raise Temporary(detail, retry_after=retry_after(answer.headers))
    if status >= 500:  # noqa: PLR2004
        raise Temporary(detail) if idempotent else Uncertain(detail)
    raise Rejected(detail, code=str(status))


def retry_after(headers: Mapping[str, str], *, most: float = 3600.0) -> float | None:
    """Seconds of a Retry-After header; a date is left to the caller's back-off."""
    text = headers.get("retry-after", "").strip()
    return min(float(text), most) if text.isascii() and text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class _Body:
    data: bytes | Streamed | None
    headers: Mapping[str, str]


def _body(json: Any, form: Form | None, data: bytes | Streamed | None) -> _Body:
    if json is not None:
        return _Body(orjson.dumps(json), {"Content-Type": "application/json"})
    if form is not None:
        pairs = [
            (name, one)
            for name, value in form.items()
            for one in ([value] if isinstance(value, str) else value)
        ]
        text = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs)
        return _Body(text.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    return _Body(data, {})


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
    if isinstance(progress, _Progress) and not progress.streamed:
        progress.sent = True


async def _sent(pieces: AsyncIterator[bytes], progress: _Progress) -> AsyncIterator[bytes]:
    """The pieces; the last one is noted before it is handed over."""
    last: bytes | None = None
    async for piece in pieces:
        if last is not None:
            yield last
        last = piece
    progress.sent = True
    if last is not None:
        yield last


def _is_of_body(header: str) -> bool:
    return header.lower() in ("content-length", "content-type")


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


def _host(url: str) -> str:
    try:
        return URL(url).host or "no host"
    except ValueError:
        return "not an address"


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise Rejected(f"the answer has more than {limit} bytes", code="too_large")


def _blocked(error: BaseException | None) -> str | None:
    """The guard's word, which aiohttp wraps (in a group, where a name has several addresses)."""
    found: Collection[BaseException] = (
        error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    )
    if isinstance(error, Blocked):
        return str(error)
    inner = [*found, getattr(error, "os_error", None), error.__cause__ if error else None]
    return next((text for one in inner if one and (text := _blocked(one))), None)
