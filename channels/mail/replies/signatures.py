"""Signatures that a program added: «-- » and below, «Sent from my iPhone»."""

from __future__ import annotations

import re
from collections.abc import Iterable

from channels.mail.replies.words import APPS, DEVICES, FROM, GET, MINE, SENT, SMALL

_LONGEST = 140
_MOST_WORDS = 12
_LINK = re.compile(r"<[^<>\s]{1,200}>|\[?https?://[^\s\]]{1,200}\]?")
_ELIDED = re.compile(r"^[dl]['’]|['’]\w{1,3}$", re.IGNORECASE)  # d’Outlook, iPhone'a
_POINT = re.compile(r"\s*\d{1,2}[.)]\s+\S")  # of a list
_WORD = re.compile(r"[^\W_][\w'’.+-]*")
_VERBS = SENT | GET  # one of them begins or ends such a line


def is_delimiter(text: str) -> bool:
    """`-- `, the line above a signature."""
    return text.rstrip() == "--"


def is_typed(below: Iterable[str]) -> bool:
    """Whether a person typed the delimiter: what stands below it asks, counts, or has another."""
    return any(
        is_delimiter(text) or text.rstrip().endswith("?") or _POINT.match(text) for text in below
    )


def is_sent_from(text: str) -> bool:
    """A line that names the device or program a mail was sent with, and says nothing else."""
    if not text or len(text) > _LONGEST or text.rstrip().endswith(("?", "!", ":")):
        return False
    linked = "<" in text or "http" in text
    found = _WORD.findall(_LINK.sub("", text) if linked else text)
    if not 2 <= len(found) <= _MOST_WORDS:  # noqa: PLR2004
        return False
    if not any(_bare(word).casefold() in _VERBS for word in (found[0], found[-1])):
        return False
    words = [_bare(word) for word in found]
    small = [word.casefold() for word in words]
    return _says_sent(small) and _only_devices(words, small)


def _bare(word: str) -> str:
    return _ELIDED.sub("", word.strip(".-"))


def _says_sent(small: list[str]) -> bool:
    first, last = small[0], small[-1]
    if first in SENT:
        return small[1] in FROM
    if last in SENT:
        return first in FROM
    apps = [word for word in small if word.startswith(APPS)]
    return (first in GET or last in GET) and bool(apps) and len(small) > 2  # noqa: PLR2004


def _only_devices(words: list[str], small: list[str]) -> bool:
    """Every word is known; after «my» one name of a device may be new to us."""
    device, strange = False, 0
    for word, plain in zip(words, small, strict=False):
        if plain.startswith(DEVICES):
            device = True
        elif not (plain in SENT or plain in GET or plain in SMALL or plain in MINE):
            strange += not any(letter.isdigit() for letter in word)
    may_be_new = not MINE.isdisjoint(small) and words[-1][:1].isupper()
    return (device and strange == 0) or (may_be_new and strange == 1)
