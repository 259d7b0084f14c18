"""What a mail has become: the one value everything later uses. Frozen, no bytes of files in it.

`warnings` are stable codes, some with a detail after a colon ("charset-unknown: x-foo"). A code
says what was wrong with the mail and that we went on; it never means that anything was lost, for
the source of every mail is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Automatic = Literal["auto-reply", "out-of-office", "bounce", "bulk", "loop"]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
Protection = Literal["pgp-signed", "pgp-encrypted", "smime-signed", "smime-encrypted"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as it was written; `key` is what to compare and to store identities by."""

    address: str
    name: str = ""

    @property
    def key(self) -> str:
        """The address without the differences no mail server makes."""
        return self.address.casefold()


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file of a mail. `ref` names it for `parser.file_bytes(raw, ref)`.

    `inline` means that the HTML shows it (`cid:`): such a file need not be listed again.
    """

    ref: str
    name: str
    type: str
    size: int
    md5: str
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a mail of ours at one recipient (RFC 3464 section 2.3)."""

    action: Action
    status: str | None
    recipient: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One event of a calendar part (RFC 5545, RFC 5546); times as written, with their zone."""

    method: str
    summary: str
    starts: str
    ends: str
    place: str
    organizer: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of our own server's judgement: `result` as in RFC 8601 section 2.7."""

    result: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """SPF, DKIM and DMARC as our own server saw them; `aligned`: DMARC passed for this From."""

    server: str
    spf: Verdict | None
    dkim: Verdict | None
    dmarc: Verdict | None
    aligned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """A mail, read.

    `text` is the whole text, `reply` the new part of it; `html` is sanitised, `remote_images` of
    its pictures are held back (`data-remote-src`). `bounces` is not empty for delivery reports,
    `original_id` and `envelope_id` name the mail of ours they are about. `recipients` are the
    addresses the mail was delivered to (envelope), unlike `to` and `cc`, which its author wrote.
    """

    message_id: str
    synthetic_id: bool
    author: Mailbox | None
    author_doubtful: bool  # several, unreadable or disguised authors: never owner of a thread
    sender: Mailbox | None
    return_path: str | None  # "" is the null sender
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    in_reply_to: str | None
    references: tuple[str, ...]
    text: str
    reply: str
    html: str | None
    shortened: bool
    remote_images: int
    files: tuple[MailFile, ...]
    invitations: tuple[Invitation, ...]
    protection: tuple[Protection, ...]
    automatic: Automatic | None
    signs: tuple[str, ...]  # why it counts as automatic
    bounces: tuple[Bounce, ...]
    original_id: str | None
    envelope_id: str | None
    authentication: Authentication | None
    warnings: tuple[str, ...]
