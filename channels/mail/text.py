"""HTML of a mail as plain text, line for line what its reader saw.

The conventions (`tests/channels/mail/replies/README.md`): blocks and `<br>` are line breaks, `<p>`
has a blank line around it, lists are «- » and «1. », a quote has «> », links keep their text only.
The work is limited: a million characters, a number of tags, a depth. A page beyond the last two
loses its structure, not its words. Nothing is raised for any input.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from channels.mail.page import LINES, Line, Marker, Page

LIMIT = 1_000_000
_TAGS = 20_000
_TAGS_DEEP = 10_000  # for a deep tree the parser takes the square of its time
_UNSEEN_PARTS = (("<!--", "-->"), ("<style", "</style"), ("<script", "</script"))
_BREAK = re.compile(r"<(?:br|hr|/?(?:p|div|tr|li|h\d|table|blockquote))\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def html_to_text(html: str) -> str:
    """The text of a page; blank lines at its edges and runs of them are gone."""
    return "\n".join(line.text for line in html_lines(html))


def html_lines(html: str, marker: Marker | None = None) -> list[Line]:
    """The lines of a page, each with what `marker` said of its element."""
    html = html[:LIMIT].replace("\0", "").replace("\ufeff", "")
    root = _tree(html)
    if root is None:
        return tidy([Line(line) for line in _words_only(html).split("\n", LINES)])
    return tidy(Page(marker or (lambda _element, mark: mark)).read(root))


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
        at = lower.find(">", stop) + 1 or len(html)
    return "".join((*parts, html[at:]))
