"""What comes back: an answer, the channel error it stands for, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from yarl import URL

from channels.errors import (
    Malformed,
    Misconfigured,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
)
from channels.toolkit.guard import Blocked


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


def said(error: Exception) -> str:
    """What went wrong in words for whoever has written: a library's own tell him nothing."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "the connection failed"
    return "the connection was closed"


def host_of(url: str) -> str:
    try:
        return URL(url).host or "no host"
    except ValueError:
        return "not an address"


def blocked(error: BaseException | None) -> str | None:
    """The guard's word, which aiohttp wraps (in a group, where a name has several addresses)."""
    found: Collection[BaseException] = (
        error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    )
    if isinstance(error, Blocked):
        return str(error)
    inner = [*found, getattr(error, "os_error", None), error.__cause__ if error else None]
    return next((text for one in inner if one and (text := blocked(one))), None)
