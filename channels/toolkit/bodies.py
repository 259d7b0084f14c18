"""What goes out: the body of a request, whole or piece by piece, and how far it got."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import orjson

Form = Mapping[str, str | Sequence[str]]
"""Fields of a form; a field with several values is repeated."""


class Streamed(Protocol):
    """A body that is sent piece by piece, from its beginning each time: a redirect asks again."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def pieces(self) -> AsyncIterator[bytes]: ...


@dataclass(slots=True)
class Progress:
    """How far a request got: before it was sent, repeating it is safe.

    A short one is sent with its head; nobody can act upon one whose last piece is missing.
    """

    sent: bool = False
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    data: bytes | Streamed | None
    headers: Mapping[str, str]


def body_of(json: Any, form: Form | None, data: bytes | Streamed | None) -> Body:
    if json is not None:
        return Body(orjson.dumps(json), {"Content-Type": "application/json"})
    if form is not None:
        pairs = [
            (name, one)
            for name, value in form.items()
            for one in ([value] if isinstance(value, str) else value)
        ]
        text = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs)
        return Body(text.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    return Body(data, {})


async def sent(pieces: AsyncIterator[bytes], progress: Progress) -> AsyncIterator[bytes]:
    """The pieces; the last one is noted before it is handed over."""
    last: bytes | None = None
    async for piece in pieces:
        if last is not None:
            yield last
        last = piece
    progress.sent = True
    if last is not None:
        yield last


def is_of_body(header: str) -> bool:
    return header.lower() in ("content-length", "content-type")
