"""The new part of a mail, without the mail it answers and without a program's signature.

Pure, deterministic, in linear time; nothing is raised for any input. Lines below the first
`LINES` are folded unseen. What is not shown is kept one
click away (`split_reply`), so where a rule is in doubt, text stays.

Where a mail has both parts, the page is read if it has marks or quotes: they say what the text
only hints at. Otherwise the text is read: it has no layout to be mistaken for words.
"""

from __future__ import annotations

from typing import NamedTuple

from channels.mail.page import LINES, Line
from channels.mail.replies.intros import is_forward_subject
from channels.mail.replies.marks import Marks
from channels.mail.replies.split import kept_lines
from channels.mail.text import html_lines, plain_lines, tidy


class Split(NamedTuple):
    """What is new in a mail, and the folded rest: both in the order of the mail."""

    reply: str
    rest: str


def strip_reply(text: str | None, html: str | None, *, subject: str = "") -> str:
    """What the sender wrote; inline answers keep their questions, a forwarded mail is kept whole.

    The subject tells a forward of Outlook from a reply: only its prefix differs.
    """
    lines, places = _found(text, html, subject)
    return _join([lines[at] for at in places])


def split_reply(text: str | None, html: str | None, *, subject: str = "") -> Split:
    """The reply and what was folded away: quotes, their introductions, signatures."""
    lines, places = _found(text, html, subject)
    kept = set(places)
    folded = [line for at, line in enumerate(lines) if at not in kept]
    return Split(_join([lines[at] for at in places]), _join(folded))


def _found(text: str | None, html: str | None, subject: str) -> tuple[list[Line], list[int]]:
    """The lines of a mail, and the places of those that are the reply."""
    lines = _lines(text, html)
    return lines, kept_lines(lines[:LINES], forwarded=is_forward_subject(subject))


def _lines(text: str | None, html: str | None) -> list[Line]:
    page = html_lines(html, Marks()) if html else []
    if any(line.mark or line.text.startswith(">") for line in page):
        return page
    return plain_lines(text or "") or page


def _join(lines: list[Line]) -> str:
    return "\n".join(line.text for line in tidy([Line(line.text) for line in lines]))
