"""Lines that introduce what is not new: «… wrote:», header blocks, separators, forward lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from channels.mail.replies.words import (
    FORWARD_PREFIXES,
    FORWARDED,
    LABELS,
    MESSAGE,
    MONTHS,
    ORIGINAL,
    PERSONS,
    WROTE,
)

LONGEST = 400  # characters of an introduction, wrapped lines together
WRAPS = 4  # lines it may be wrapped over
_SEPARATOR = 120  # characters of a separator at most
_ROWS = 14  # lines of a header block looked at
_WRAPPED = 50  # programs wrap later than here
_WEAK_WORDS = (
    5  # «Anna Smith (Sales) wrote:» introduces, a sentence with a verb of writing does not
)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w+")
_NUMERIC_DATE = re.compile(r"\b\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}\b")
_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}h\d{2}\b")
_RULE = re.compile(r"[-_=*—]{5,200}")
_PREFIX = re.compile(r"\s{0,9}\[?\s{0,3}([^\W\d_]{1,20})\.?(?:\[\d{1,3}\])?\s?[:：]")


class Grade(IntEnum):
    """How surely a line introduces a quote."""

    NONE = 0
    WEAK = 1  # a name and «wrote:»
    CLEAR = 2  # a date too
    FULL = 3  # date, time and address: nobody writes this by hand


def grade(text: str) -> Grade:
    """How surely this (joined) line introduces a quote that follows it."""
    text = text.strip(" *_")
    if not text.endswith((":", "：")) or len(text) > LONGEST:
        return Grade.NONE
    words = [word.casefold() for word in _WORD.findall(text)]
    wrote = not WROTE.isdisjoint(words)
    date, time, address = has_date(text, words), _TIME.search(text) is not None, "@" in text
    if date and time and address:
        return Grade.FULL
    if date and (wrote or address or (time and text[0].isdigit())):
        return Grade.CLEAR
    named = 2 <= len(words) <= _WEAK_WORDS and PERSONS.isdisjoint(words)  # noqa: PLR2004 - and a verb
    if wrote and (address or named):
        return Grade.WEAK
    return Grade.NONE


def has_date(text: str, words: Sequence[str]) -> bool:
    """Whether a day stands in the text: 05.11.2025, «3 нояб. 2025», «Nov 3», «6 de maio»."""
    if _NUMERIC_DATE.search(text):
        return True
    days = [at for at, word in enumerate(words) if word[:1].isdigit()]
    near = {at + step for at in days for step in (-2, -1, 1, 2)}
    return any(0 <= at < len(words) and words[at].startswith(MONTHS) for at in near)


def intro_start(texts: Sequence[str], end: int, floor: int) -> tuple[int, Grade]:
    """Where the introduction begins whose last line is `end`: the surest, then the shortest."""
    best, best_grade, joined = end, Grade.NONE, ""
    for at in range(end, max(floor, end - WRAPS + 1) - 1, -1):
        line = texts[at].strip()
        if not line or len(joined) > LONGEST or (at < end and _is_closed(line)):
            break
        joined = f"{line} {joined}".strip()
        if (found := grade(joined)) > best_grade:
            best, best_grade = at, found
    return best, best_grade


def _is_closed(line: str) -> bool:
    """A line that ends a sentence is not the first half of a wrapped introduction."""
    return line.endswith((":", "!", "?")) or (line.endswith(".") and len(line) < _WRAPPED)


def is_rule(text: str) -> bool:
    """A line of dashes or underscores."""
    return _RULE.fullmatch(text.strip()) is not None


def label(text: str) -> str:
    """The role of a header row («From: …» → from), or nothing."""
    name, colon, _ = text[:60].lstrip(" *_").partition(":")
    return LABELS.get(name.strip(" *_").casefold(), "") if colon else ""


def is_header_block(texts: Sequence[str], at: int, *, separated: bool) -> bool:
    """Whether a mail program's header block begins here.

    It has a sender with an address, a date, a recipient and a subject; below a line of dashes
    (`separated`) the address may be missing.
    """
    roles: set[str] = set()
    role = ""
    for text in texts[at : at + _ROWS]:
        if not text.strip():
            break
        found = label(text)
        if (not found and not role) or (found in roles and found != "cc"):
            return False
        role = found or role
        roles.add(role)
        if role == "from" and ("@" in text or separated):
            roles.add("address")
        closes = not found and text.endswith(":") and "@" in text
        if closes and grade(text) is Grade.FULL:  # Yandex ends its block with an introduction
            roles |= {"from", "date", "address"}
            break
    return roles >= {"from", "address", "date", "to", "subject"}


def is_original(texts: Sequence[str], at: int) -> bool:
    """«-----Original Message-----» above a header row."""
    return _names_message(texts[at], ORIGINAL, dashes=True) and _heads_mail(texts, at)


def is_forward(texts: Sequence[str], at: int) -> bool:
    """«---------- Forwarded message ---------», «Begin forwarded message:» above a header row."""
    return _names_message(texts[at], FORWARDED, dashes=False) and _heads_mail(texts, at)


def is_forward_subject(subject: str) -> bool:
    """Whether the first prefix of the subject says that a mail is handed on."""
    found = _PREFIX.match(subject[:100])
    return found is not None and found[1].casefold() in FORWARD_PREFIXES


def _names_message(text: str, stems: tuple[str, ...], *, dashes: bool) -> bool:
    line = text[:_SEPARATOR].strip(" *>")
    dashed = line.startswith("--") and line.endswith("--")
    if len(text) > _SEPARATOR or not (dashed or (not dashes and line.endswith(":"))):
        return False
    line = line.casefold()
    return any(stem in line for stem in stems) and any(word in line for word in MESSAGE)


def _heads_mail(texts: Sequence[str], at: int) -> bool:
    """Whether the next line with text is a header row or an introduction."""
    for text in texts[at + 1 : at + 5]:
        bare = text.lstrip("> ")
        if bare:
            dated = bare.endswith(":") and _DIGIT.search(bare) is not None
            return bool(label(bare)) or (dated and grade(bare) >= Grade.CLEAR)
    return False
