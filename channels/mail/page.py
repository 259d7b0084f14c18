"""The walk over a parsed page that writes its lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

LINES = 10_000
"""Lines that are told apart; what is below them stays together, as the last of the lines."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARAGRAPHS = _words("p h1 h2 h3 h4 h5 h6 dl")
_BLOCKS = _PARAGRAPHS | _words(
    """
    address article aside blockquote body center dd details div dt fieldset figcaption figure
    footer form header html legend li main nav ol pre section summary table tbody tfoot thead tr ul
    """
)
_UNSEEN = _words("head style script title template noscript object svg select textarea audio video")
_NO_MARGIN = re.compile(
    r"(?:^|;)\s{0,9}margin(?:-top)?\s{0,9}:\s{0,9}0(?![.\d]*[1-9])", re.IGNORECASE
)
_PLAIN_P = re.compile(r"(?:^|[\s}])p\s{0,9}\{\s{0,9}margin(?:-top)?\s{0,9}:\s{0,9}0", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")


class Line(NamedTuple):
    """A line as it is shown, quote signs included, and the mark of the element it stands in."""

    text: str
    mark: str = ""


Marker = Callable[[Any, str], str]
"""Says which mark the text of an element has, given the mark around it."""


class _Frame(NamedTuple):
    """An open element: where its lines begin and what it changed."""

    tag: str
    start: int
    mark: str
    empty_shows: bool


class Page:
    """Walks the tree once and writes lines. A «gap» is a blank line owed before the next one."""

    def __init__(self, marker: Marker) -> None:
        self.marker = marker
        self.lines: list[Line] = []
        self.frames: list[_Frame] = [_Frame("", 0, "", False)]
        self.counters: list[int | None] = []
        self.parts: list[str] = []
        self.mark = self.line_mark = self.bullet = ""
        self.gap: int | None = None  # depth of frames at which it is owed
        self.quotes = self.fixed = 0
        self.plain_p = False

    def read(self, root: Any) -> list[Line]:
        walk = etree.iterwalk(root, events=("start", "end", "comment"))
        for event, element in walk:
            if event == "comment":
                self.text(element.tail)
            elif event == "end":
                self.close()
                self.text(element.tail)
            elif self.open(element):
                self.text(element.text)
            else:
                walk.skip_subtree()
        self.flush()
        return self.lines

    def open(self, element: Any) -> bool:
        """Begin an element; False where nothing in it is shown."""
        tag = element.tag
        if tag in _UNSEEN:
            if tag in {"head", "style"} and not self.plain_p:
                style = "".join(element.itertext("style"))[:20_000]
                self.plain_p = _PLAIN_P.search(style) is not None
            self.frames.append(_Frame("", len(self.lines), self.mark, False))
            return False
        paragraph = tag in _PARAGRAPHS and not (tag == "p" and self._is_line(element))
        if tag in _BLOCKS:
            self.begin_block(tag, paragraph)
        self.frames.append(_Frame(tag, len(self.lines), self.mark, tag == "p" and not paragraph))
        self.mark = self.marker(element, self.mark)
        if tag == "br":
            self.flush(shown=True)
        elif tag == "hr":
            self.flush()
            self.push("")
        elif tag in {"td", "th"} and self.parts:
            self.parts.append(" ")
        return True

    def begin_block(self, tag: str, paragraph: bool) -> None:
        self.flush()
        if paragraph and len(self.lines) > self.frames[-1].start:
            self.gap = len(self.frames)
        if tag == "li":
            self._number()
        elif tag in {"ol", "ul"}:
            self.counters.append(0 if tag == "ol" else None)
        elif tag == "pre":
            self.fixed += 1
        elif tag == "blockquote":
            self.fill_gap()
            self.quotes += 1

    def close(self) -> None:
        tag, start, mark, empty_shows = self.frames.pop()
        if tag in _BLOCKS:
            self.flush()
            if empty_shows and len(self.lines) == start:
                self.push("")
            self.end_block(tag, start)
        if tag in _PARAGRAPHS and not empty_shows:
            self.gap = len(self.frames)
        self.mark = mark

    def end_block(self, tag: str, start: int) -> None:
        if self.gap is not None and self.gap > len(self.frames):
            self.gap = None  # the edge of its container
        if tag == "li":
            self.bullet = ""
        elif tag in {"ol", "ul"}:
            self.counters.pop()
        elif tag == "pre":
            self.fixed -= 1
        elif tag == "blockquote":
            while len(self.lines) > start and not self.lines[-1].text.strip("> "):
                self.lines.pop()
            self.quotes -= 1

    def text(self, text: str | None) -> None:
        if not text:
            return
        if self.fixed:
            left = max(LINES - len(self.lines), 0)
            first, *others = text.expandtabs().split("\n", left)
            self._add(first)
            for other in others:
                self.flush(shown=True)
                self._add(other)
            return
        plain = text.isprintable() and "  " not in text
        words = text if plain else _SPACES.sub(" ", text)
        if self.parts or words != " ":
            self._add(words)

    def _add(self, words: str) -> None:
        if words:
            if not self.parts:
                self.line_mark = self.mark
                self.parts.append(self.bullet)
                self.bullet = ""
            self.parts.append(words)

    def flush(self, *, shown: bool = False) -> None:
        """End the line; an empty one is shown where a break asked for it or a space stood in it."""
        if self.parts:
            text = "".join(self.parts).replace("\u00a0", " ").replace("\u202f", " ")
            self.parts = []
            self.push(text.rstrip() if self.fixed else " ".join(text.split()), self.line_mark)
        elif shown:
            self.push("", self.mark)

    def push(self, text: str, mark: str | None = None) -> None:
        if text:
            self.fill_gap()
        quoted = ("> " * self.quotes + text).rstrip() if self.quotes else text.rstrip()
        self.lines.append(Line(quoted, self.mark if mark is None else mark))

    def fill_gap(self) -> None:
        if self.gap is not None and self.lines:
            self.lines.append(Line(("> " * self.quotes).rstrip(), self.lines[-1].mark))
        self.gap = None

    def _number(self) -> None:
        count = self.counters[-1] if self.counters else None
        if count is None:
            self.bullet = "- "
        else:
            self.counters[-1] = count + 1
            self.bullet = f"{count + 1}. "

    def _is_line(self, element: Any) -> bool:
        """A paragraph without margins: Outlook's, or one whose style says so."""
        if self.plain_p or element.get("class", "").startswith("Mso"):
            return True
        style = element.get("style")
        return style is not None and _NO_MARGIN.search(style[:500]) is not None
