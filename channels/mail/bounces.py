"""Delivery reports: what became of which recipient, and which mail of ours it is about.

RFC 3464 (message/delivery-status), RFC 3461 (envelope id, original recipient), RFC 3462
(multipart/report), RFC 3463 (status codes). Reports that follow no standard are read by their
words (`bounce_texts`). The recipient is the original one where it is told: the address that we
wrote to, not the one it was forwarded to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from channels.mail import addresses, bounce_texts, headers, identifiers
from channels.mail.headers import Headers
from channels.mail.message import Action, Bounce

MAX_REPORT = 1_000_000
MAX_RECIPIENTS = 1_000
MAX_REASON = 1_000
MAX_COPY = 100_000

_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_BY_CLASS: dict[str, Action] = {"5": "failed", "4": "delayed", "2": "delivered"}
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.-])([245])[0-5]\d(?=[\s-])")
_GROUPS = re.compile(rb"\n[ \t]*\r?\n")
_COPIED_ID = re.compile(
    rb"(?mi)^[> \t]*(?:original-)?message-id[ \t]*:[ \t]*\r?\n?[> \t]*(<[^<>\r\n]{1,998}>)"
)


@dataclass(frozen=True, slots=True)
class Report:
    """All a mail tells about deliveries; no recipients where it is no report."""

    bounces: tuple[Bounce, ...] = ()
    original_id: str | None = None
    envelope_id: str | None = None

    @property
    def kind(self) -> Literal["", "bounce", "success"]:
        """Whether it is a report at all, and whether somebody did not get the mail (yet)."""
        if not self.bounces:
            return ""
        bad = any(one.action in ("failed", "delayed") for one in self.bounces)
        return "bounce" if bad else "success"


def read(fields: Headers, text: str, reports: list[bytes], originals: list[bytes]) -> Report:
    """The report of a mail: by its delivery-status parts, else by its words."""
    found: list[Bounce] = []
    envelope = None
    for report in reports:
        groups = _groups(report)
        found += [bounce for group in groups if (bounce := _recipient(group)) is not None]
        envelope = envelope or next((g.text("original-envelope-id") for g in groups), None)
    if not found:
        found = bounce_texts.read(fields, text)
    if not found:
        return Report()
    original = _original_id(fields, text, originals, reports)
    return Report(tuple(found[:MAX_RECIPIENTS]), original, envelope)


def status_in(text: str) -> str | None:
    """The enhanced status code in a server's words, or what an SMTP code amounts to."""
    if found := _STATUS.search(text):
        return found[1]
    code = _SMTP_CODE.search(text)
    return f"{code[1]}.0.0" if code else None


def _groups(report: bytes) -> list[Headers]:
    """The groups of fields: one for the message, one for each recipient."""
    pieces = _GROUPS.split(report[:MAX_REPORT].strip(), MAX_RECIPIENTS + 1)
    return [headers.split(piece + b"\n").headers for piece in pieces if piece.strip()]


def _recipient(group: Headers) -> Bounce | None:
    final, original = group.text("final-recipient"), group.text("original-recipient")
    action = (group.text("action") or "").partition("(")[0].strip().lower()
    if not (final or original) and not action:
        return None
    reason = _typed(group.text("diagnostic-code"))[:MAX_REASON]
    status = status_in(group.text("status") or "") or status_in(reason)
    if action not in _ACTIONS:
        action = _BY_CLASS.get((status or "5")[0], "failed")
    address = _address(original) or _address(final)
    return Bounce(cast("Action", action), status, address, reason)


def _typed(value: str | None) -> str:
    """What stands after the type: `smtp; 550 …`."""
    kind, semicolon, rest = (value or "").partition(";")
    return (rest if semicolon and " " not in kind.strip() else value or "").strip()


def _address(value: str | None) -> str | None:
    text = _typed(value).strip("<> ")
    return addresses.valid(text) or next(
        (box.address for box in addresses.listed([text]).mailboxes), None
    )


def _original_id(
    fields: Headers, text: str, originals: list[bytes], reports: list[bytes]
) -> str | None:
    """From the returned mail, else from what the report quotes or refers to."""
    for original in originals:
        block = headers.split(original[:MAX_COPY].lstrip())
        if found := identifiers.one_id(block.headers.get("message-id")):
            return found
    for source in (*reports, text[:MAX_COPY].encode("utf-8", "replace")):
        if copied := _COPIED_ID.search(source[:MAX_COPY]):
            return identifiers.one_id(copied[1].decode("utf-8", "replace"))
    referred = fields.get("in-reply-to") or fields.get("x-original-message-id")
    return identifiers.one_id(referred or fields.get("references"))
