"""Who wrote to whom, when, and by which way it came: the fields around a text.

RFC 5322 section 3.6; Delivered-To and its like are what mail servers add of the envelope.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from channels.mail import addresses, identifiers
from channels.mail.headers import Headers
from channels.mail.message import Mailbox

MAX_DELIVERED = 20
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "x-envelope-to")


@dataclass(slots=True)
class Envelope:
    """Who and when; faults go to `warnings`."""

    warnings: dict[str, None] = field(default_factory=dict)

    def mailboxes(self, fields: Headers, name: str) -> tuple[Mailbox, ...]:
        found = addresses.listed(fields.all(name))
        self.warnings |= dict.fromkeys(f"{name}-{fault}" for fault in found.faults)
        return found.mailboxes

    def author(self, fields: Headers) -> tuple[Mailbox | None, bool]:
        """Who wrote it, and whether that is doubtful."""
        before = len(self.warnings)
        found = self.mailboxes(fields, "from")
        if "from" not in fields:
            self.warnings["from-missing"] = None
        if len(fields.all("from")) > 1 or len(found) > 1:
            self.warnings["from-several"] = None
        author = found[0] if found else None
        if author and addresses.names_another(author):
            self.warnings["from-disguised"] = None
        return author, len(self.warnings) > before

    def date(self, fields: Headers) -> datetime | None:
        value = fields.get("date")
        moment, fault = identifiers.date(value) if value else (None, "date-missing")
        if fault:
            self.warnings[fault] = None
        return moment

    def message_id(self, fields: Headers, raw: bytes) -> tuple[str, bool]:
        if found := identifiers.one_id(fields.get("message-id")):
            return found, False
        self.warnings["message-id-missing"] = None
        return identifiers.synthetic_id(raw), True


def return_path(fields: Headers) -> str | None:
    value = fields.get("return-path")
    if value is None:
        return None
    return addresses.valid(value.strip().strip("<>").strip()) or ""


def recipients(fields: Headers) -> tuple[str, ...]:
    values = [value for name in _DELIVERED for value in fields.all(name)[:MAX_DELIVERED]]
    return tuple(dict.fromkeys(box.address for box in addresses.listed(values).mailboxes))
