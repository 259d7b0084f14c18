"""Answers as the bytes that go over the wire, for who is served without aiohttp (`front.py`)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from multidict import CIMultiDict

from contact_center.web.guard import FOR_MACHINES, dress

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_EMPTY = (204, 304)  # they have no body, and say no length
_Fields = tuple[tuple[str, str], ...]
KINDS = 100  # remembered: a channel knows a few answers, but some repeat what they were asked


class Encoder:
    """Writes answers to programs: what the provider is told, in the headers that make it harmless.

    `secure`: whether the house is reached by https.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._second = 0
        self._date = ""
        self._heads: dict[tuple[int, _Fields, bool], str] = {}

    def encode(self, status: int, headers: Mapping[str, str], body: bytes, number: str) -> bytes:
        """The whole answer; `number` is that of the request.

        Raises ValueError for control characters in headers.
        """
        head = self._head(status, tuple(headers.items()), empty=not body)
        length = "" if status in _EMPTY else f"Content-Length: {len(body)}\r\n"
        text = f"{head}{length}X-Request-ID: {number}\r\nDate: {self._now()}\r\n\r\n"
        return text.encode() + (b"" if status in _EMPTY else body)

    def _head(self, status: int, given: _Fields, *, empty: bool) -> str:
        """The lines that are the same for many answers; few kinds are remembered."""
        key = status, given, empty
        found = self._heads.get(key)
        if found is None:
            found = self._lines(status, CIMultiDict(given), empty=empty)
            if len(self._heads) < KINDS:
                self._heads[key] = found
        return found

    def _lines(self, status: int, headers: CIMultiDict[str], *, empty: bool) -> str:
        headers.popall("Content-Length", None)
        if not empty:
            headers.setdefault("Content-Type", "application/octet-stream")  # as aiohttp says it
        dress(headers, FOR_MACHINES, secure=self._secure)
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, '')}"]
        for name, value in headers.items():
            if any(character in name + value for character in "\r\n\0"):
                raise ValueError(f"the header {name!r} holds a control character")
            lines.append(f"{name}: {value}")
        return "\r\n".join(lines) + "\r\n"

    def _now(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True)
        return self._date
