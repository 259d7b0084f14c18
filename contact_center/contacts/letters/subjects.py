"""Whether a letter speaks of something else than the one before it: its subject says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
# Answers and forwards as mail programs of many languages mark them, counted ("Re[2]:", "Re^2:") or
# not, and the tags that lists and ticket systems put before a subject.
_PREFIX = re.compile(
    r"\s*(?:(?:re|r|aw|antw|antwort|sv|vs|vl|vb|odp|odpowiedź|pd|ha|rif|ri|res|resp|rv|enc|tr|réf|"
    r"fw|fwd|wg|i|doorst|отв|ответ|на|пересл|fs|відп|адк)"
    r"\s*(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})?\s*[:\uff1a]|\[[^\[\]]{0,80}\])\s*",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
LONGEST = 500


def normalised(subject: str) -> str:
    """The subject without what programs put before it; empty where nothing else was written."""
    rest = _SPACE.sub(" ", subject[:LONGEST])
    while found := _PREFIX.match(rest):
        rest = rest[found.end() :]
    return rest.strip().casefold()


def subject_of(data: Mapping[str, Any]) -> str:
    """The subject a letter names; machines' answers have one of their own, which says nothing."""
    mail, letter = data.get("mail"), data.get("letter")
    if mail and mail.get("automatic") in (None, "bulk"):
        return normalised(data.get("subject") or "")
    if letter and not letter.get("automatic") and not letter.get("forwards"):
        return normalised(letter.get("subject") or "")
    return ""


def marked(rows: Sequence[Row], before: str, *, own: str = "") -> list[Row]:
    """The messages, and in `data.subject_changed` where one came with another subject.

    `before`: the subject, normalised, that the thread had ahead of these; `own`: the contact's, to
    which a letter may come back.
    """
    found: list[Row] = []
    for row in rows:
        subject = subject_of(row["data"])
        other = bool(before and subject) and subject not in (before, own)
        changed = row["kind"] == "inbound" and other
        found.append({**row, "data": {**row["data"], "subject_changed": True}} if changed else row)
        before = subject or before
    return found
