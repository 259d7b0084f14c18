"""HTML of a mail as plain text, line for line what its reader saw.

The conventions (`tests/channels/mail/replies/README.md`): blocks and `<br>` are line breaks, `<p>`
has a blank line around it, lists are «- » and «1. », a quote has «> », links keep their text only.
The work is limited: a million characters, a number of tags, a depth. A page beyond the last two
loses its structure, not its words. Nothing is raised for any input.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

LIMIT = 1_000_000
LINES = 10_000
"""Lines that are told apart; what is below them stays together, as the last of the lines."""

_TAGS = 20_000
_TAGS_DEEP = 10_000  # for a deep tree the parser takes the square of its time


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
_UNSEEN_PARTS = (("<!--", "-->"), ("<style", "</style"), ("<script", "</script"))
_BREAK = re.compile(r"<(?:br|hr|/?(?:p|div|tr|li|h\d|table|blockquote))\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


class Line(NamedTuple):
    """A line as it is shown, quote signs included, and the mark of the element it stands in."""

    text: str
    mark: str = ""


Marker = Callable[[Any, str], str]
"""Says which mark the text of an element has, given the mark around it."""


def html_to_text(html: str) -> str:
    """The text of a page; blank lines at its edges and runs of them are gone."""
    return "\n".join(line.text for line in html_lines(html))


def html_lines(html: str, marker: Marker | None = None) -> list[Line]:
    """The lines of a page, each with what `marker` said of its element."""
    html = html[:LIMIT].replace("\0", "").replace("\ufeff", "")
    root = _tree(html)
    if root is None:
        return tidy([Line(line) for line in _words_only(html).split("\n", LINES)])
    return tidy(_Page(marker or (lambda _element, mark: mark)).read(root))


def plain_lines(text: str) -> list[Line]:
    """The lines of a text/plain part: spaces of all kinds are spaces, none at an end of a line."""
    text = text[:LIMIT].replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    text = text.replace("\0", "").replace("\u00a0", " ").replace("\u202f", " ")
    return tidy([Line(line.rstrip()) for line in text.split("\n", LINES)])


def tidy(lines: list[Line]) -> list[Line]:
    """Without blank lines at the edges, and one where several stood (a marked one if any)."""
    kept: list[Line] = []
    for line in lines:
        if line.text or not kept or kept[-1].text:
            kept.append(line)
        elif line.mark:
            kept[-1] = line
    start = 0 if not kept or kept[0].text or kept[0].mark else 1
    end = len(kept)
    while end > start and not kept[end - 1].text:
        end -= 1
    return kept[start:end]


def _tree(html: str) -> Any:
    """The parsed page, or None where it is too large, too deep or empty."""
    tags = html.count("<")
    if tags > _TAGS:
        return None
    data = html.encode("utf-8", "replace")
    root, complete = _parsed(data, deep=False)
    if not complete and tags <= _TAGS_DEEP:
        root, complete = _parsed(data, deep=True)
    return root if complete else None


def _parsed(data: bytes, *, deep: bool) -> tuple[Any, bool]:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=deep, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None, False
    return root, root is not None and not any("depth" in one.message for one in parser.error_log)


def _words_only(html: str) -> str:
    """The text of a page that is not taken apart: tags are cut out, nothing more."""
    for begin, end in _UNSEEN_PARTS:
        html = _without(html, begin, end)
    text = unescape(_TAG.sub("", _BREAK.sub("\n", html)))
    *lines, last = text.split("\n", LINES)
    return "\n".join((*(" ".join(line.split()) for line in lines), last))


def _without(html: str, begin: str, end: str) -> str:
    parts, lower, at = [], html.lower(), 0
    if len(lower) != len(html):  # «İ» is longer in lower case
        lower = html
    while (start := lower.find(begin, at)) >= 0 and (stop := lower.find(end, start)) >= 0:
        parts.append(html[at:start])
        at = stop + len(end)
    return "".join((*parts, html[at:]))


class _Frame(NamedTuple):
    """An open element: where its lines begin and what it changed."""

    tag: str
    start: int
    mark: str
    empty_shows: bool


class _Page:
    """Walks the tree once and writes lines. A «gap» is a blank line owed before the next one."""

    def __init__(self, marker: Marker) -> None:
        self.marker = marker
        self.lines: list[Line] = []
        self.frames: list[_Frame] = [_Frame("", 0, "", False)]
        self.counters: list[int | None] = []
        self.parts: list[str] = []
        self.mark = self.line_mark = ""
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
        if tag in {"ol", "ul"}:
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
        words = _SPACES.sub(" ", text)
        if self.parts or words != " ":
            self._add(words)

    def _add(self, words: str) -> None:
        if words:
            if not self.parts:
                self.line_mark = self.mark
            self.parts.append(words)

    def flush(self, *, shown: bool = False) -> None:
        """End the line; an empty one is shown where a break asked for it or a space stood in it."""
        text = "".join(self.parts).replace("\u00a0", " ").replace("\u202f", " ")
        held = bool(self.parts)
        self.parts = []
        text = text.rstrip() if self.fixed else " ".join(text.split())
        if text or shown or held:
            self.push(text, self.line_mark if held else self.mark)

    def push(self, text: str, mark: str | None = None) -> None:
        if text:
            self.fill_gap()
        quoted = ("> " * self.quotes + text).rstrip()
        self.lines.append(Line(quoted, self.mark if mark is None else mark))

    def fill_gap(self) -> None:
        if self.gap is not None and self.lines:
            self.lines.append(Line(("> " * self.quotes).rstrip(), self.lines[-1].mark))
        self.gap = None

    def _number(self) -> None:
        count = self.counters[-1] if self.counters else None
        if count is None:
            self._add("- ")
        else:
            self.counters[-1] = count + 1
            self._add(f"{count + 1}. ")

    def _is_line(self, element: Any) -> bool:
        """A paragraph without margins: Outlook's, or one whose style says so."""
        if self.plain_p or element.get("class", "").startswith("Mso"):
            return True
        return _NO_MARGIN.search(element.get("style", "")[:500]) is not None
