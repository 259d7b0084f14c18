"""Marked-up text: https://core.telegram.org/bots/api#messageentity. Pure.

Telegram counts in UTF-16 units, the house in characters. An address hidden behind words is written
out behind them: an operator must see where a link leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

MOST = 200  # entities of one text; Telegram itself stops at a hundred
_KEPT = frozenset({
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold",
    "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote",
    "code", "pre", "text_link", "text_mention",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and what is marked in it: `{type, offset, length, …}`, counted in characters."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    raw: dict[str, Any]


def marked(text: Any, entities: Any) -> Marked:
    """The text with its entities; whatever is no text or no entity is left out."""
    if not isinstance(text, str):
        return Marked("")
    if not isinstance(entities, list) or not entities:
        return Marked(text)
    spans = sorted(_spans(text, entities[:MOST]), key=lambda span: (span.start, -span.end))
    links = sorted((span.end, f" ({url})") for span in spans if (url := _hidden(text, span)))
    return Marked(_with(text, links), tuple(_shown(span, links) for span in spans))


def utf16(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _spans(text: str, entities: list[Any]) -> Iterator[_Span]:
    """Where each entity begins and ends in characters; those outside the text are dropped."""
    at = {
        units: index
        for index, units in enumerate(
            accumulate((1 + (ord(char) > 0xFFFF) for char in text), initial=0)  # noqa: PLR2004
        )
    }
    for raw in entities:
        if not isinstance(raw, dict) or str(raw.get("type")) not in _KEPT:
            continue
        offset, length = raw.get("offset"), raw.get("length")
        if not (isinstance(offset, int) and isinstance(length, int)):
            continue
        start, end = at.get(offset), at.get(offset + length)
        if start is not None and end is not None and start < end:
            yield _Span(start, end, raw)


def _hidden(text: str, span: _Span) -> str:
    """The address behind the words of a text link, unless the words say it themselves."""
    url = span.raw.get("url")
    if span.raw["type"] != "text_link" or not isinstance(url, str):
        return ""
    said = text[span.start : span.end].strip().rstrip("/")
    bare = url.rstrip("/").removeprefix("https://").removeprefix("http://")
    return "" if said in {url.rstrip("/"), bare} else url


def _with(text: str, links: list[tuple[int, str]]) -> str:
    parts, last = [], 0
    for at, written in links:
        parts += [text[last:at], written]
        last = at
    return "".join([*parts, text[last:]])


def _shown(span: _Span, links: list[tuple[int, str]]) -> dict[str, Any]:
    start = span.start + sum(len(written) for at, written in links if at <= span.start)
    end = span.end + sum(len(written) for at, written in links if at < span.end)
    shown: dict[str, Any] = {"type": span.raw["type"], "offset": start, "length": end - start}
    for name in ("url", "language"):
        if isinstance(span.raw.get(name), str):
            shown[name] = span.raw[name]
    user = span.raw.get("user")
    if isinstance(user, dict) and isinstance(user.get("id"), int):
        shown["user"] = user["id"]
    return shown
