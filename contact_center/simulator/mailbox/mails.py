"""What people outside write, and what their servers add on the way to us. Pure but for `Stamp`.

Mails are written as mail programs and servers write them: an answer quotes and refers to what it
answers, an absence note says it is automatic (RFC 3834), a bounce is a report (RFC 3464), and the
house's own mail server writes what it found about the sender (RFC 8601).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import format_datetime, parseaddr

OUR_SERVER = "mx.vasilek.example"
_BETWEEN = re.compile(rb"\?=\s+=\?")
_POLICY = SMTP.clone(max_line_length=78)
ABSENT = {
    "ru": ("Автоответ: ", "Меня нет на месте до понедельника. Отвечу, когда вернусь."),
    "en": ("Automatic reply: ", "I am out of the office until Monday and will answer then."),
}
WROTE = {"ru": "{at:%d.%m.%Y, %H:%M}, {who}:", "en": "On {at:%d %b %Y at %H:%M}, {who} wrote:"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a mail is written, and a part of its Message-ID that no other has."""

    at: datetime
    unique: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Whoever writes."""

    name: str
    address: str
    locale: str = "ru"

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class File:
    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say. `forged`: whom he claims to be."""

    subject: str
    text: str
    html: bool = False
    forged: str = ""
    file: File | None = None


def mail(
    writer: Writer, to: str, draft: Draft, stamp: Stamp, answers: EmailMessage | None = None
) -> EmailMessage:
    """A mail of a person. `answers`: the mail it answers, which is quoted below."""
    made = _begun(writer, to, stamp)
    if draft.forged:
        del made["From"]
        made["From"] = _address(*parseaddr(draft.forged))
    made["Subject"] = " ".join(draft.subject.split()) or _answering(answers)
    text = draft.text
    if answers is not None:
        _refer(made, answers)
        text += _quoted(answers, writer, stamp)
    made.set_content(text + "\n", cte="quoted-printable")
    if draft.html:
        page = "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line.strip())
        made.add_alternative(f"<html><body>{page}</body></html>", subtype="html")
    if draft.file is not None:
        major, _, minor = draft.file.type.partition("/")
        made.add_attachment(
            draft.file.content, maintype=major or "application", subtype=minor or "octet-stream",
            filename=draft.file.name,
        )  # fmt: skip
    return made


def absence(writer: Writer, answers: EmailMessage, stamp: Stamp) -> EmailMessage:
    """The automatic answer of somebody who is away."""
    before, text = ABSENT[writer.locale]
    made = _begun(writer, sender_of(answers), stamp)
    made["Subject"] = before + subject_of(answers)
    made["Auto-Submitted"] = "auto-replied"
    made["Precedence"] = "bulk"
    _refer(made, answers)
    made.set_content(text + "\n", cte="quoted-printable")
    return made


def bounce(writer: Writer, to: str, returned: EmailMessage, stamp: Stamp) -> EmailMessage:
    """The report of a server that could not deliver a mail after all."""
    daemon = Writer("Mail Delivery System", f"MAILER-DAEMON@{writer.domain}", writer.locale)
    made = _begun(daemon, to, stamp)
    made["Subject"] = "Undelivered Mail Returned to Sender"
    made["Auto-Submitted"] = "auto-replied"
    made.set_content(
        f"This is the mail system at host mx.{writer.domain}.\n\n<{writer.address}>: "
        "mailbox is full (452 4.2.2 Over quota)\n"
    )
    report = EmailMessage(policy=_POLICY)
    report.set_type("message/delivery-status")
    about = Message()
    about["Reporting-MTA"] = f"dns; mx.{writer.domain}"
    whom = Message()
    whom["Final-Recipient"] = f"rfc822; {writer.address}"
    whom["Action"] = "failed"
    whom["Status"] = "5.2.2"
    whom["Diagnostic-Code"] = "smtp; 552 5.2.2 Mailbox full"
    report.set_payload([about, whom])
    made.make_mixed()
    made.attach(report)
    made.attach(_headers_of(returned))
    made.replace_header("Content-Type", "multipart/report; report-type=delivery-status")
    made.set_boundary(f"=_report_{stamp.unique}")
    return made


def received(raw: bytes, recipient: str, writer: Writer, stamp: Stamp, *, forged: bool) -> bytes:
    """A mail as the house's own mail server puts it into the mailbox."""
    verdict = "fail" if forged else "pass"
    envelope = "" if b"MAILER-DAEMON@" in raw[:2000] else writer.address
    trace = (
        f"Return-Path: <{envelope}>\r\nDelivered-To: {recipient}\r\n"
        f"Authentication-Results: {OUR_SERVER};\r\n dmarc={verdict} header.from={_from(raw)};\r\n"
        f" spf={'softfail' if forged else 'pass'} smtp.mailfrom={writer.domain};\r\n"
        f" dkim={'none' if forged else f'pass header.d={writer.domain}'}\r\n"
        f"Received: from mx.{writer.domain} by {OUR_SERVER} with ESMTPS id {stamp.unique};\r\n"
        f" {format_datetime(stamp.at)}\r\n"
    )
    return trace.encode() + raw


def read(raw: bytes) -> EmailMessage:
    """A mail as a mail program reads it.

    The library keeps the space between two encoded words of a name, which is none (RFC 2047 §6.2).
    """
    head, gap, body = raw.partition(b"\r\n\r\n")
    return BytesParser(policy=default).parsebytes(_BETWEEN.sub(b"?==?", head) + gap + body)


def sender_of(given: EmailMessage) -> str:
    """Where an answer goes."""
    return parseaddr(str(given["Reply-To"] or given["From"] or ""))[1]


def subject_of(given: EmailMessage) -> str:
    return " ".join(str(given["Subject"] or "").split())


def text_of(given: EmailMessage) -> str:
    part = given.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def html_of(given: EmailMessage) -> str:
    part = given.get_body(("html",))
    return str(part.get_content()) if part is not None else ""


def ids_of(given: EmailMessage, name: str) -> list[str]:
    """The names of mails in a header."""
    return str(given[name] or "").split()


def _begun(writer: Writer, to: str, stamp: Stamp) -> EmailMessage:
    made = EmailMessage(policy=_POLICY)
    made["From"] = _address(writer.name, writer.address)
    made["To"] = _address("", to)
    made["Date"] = format_datetime(stamp.at)
    made["Message-ID"] = f"<{stamp.unique}@{writer.domain}>"
    return made


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _answering(answers: EmailMessage | None) -> str:
    subject = subject_of(answers) if answers is not None else ""
    return subject if not subject or subject.lower().startswith("re:") else f"Re: {subject}"


def _refer(made: EmailMessage, answers: EmailMessage) -> None:
    own = ids_of(answers, "Message-ID")
    made["In-Reply-To"] = " ".join(own)
    made["References"] = " ".join([*ids_of(answers, "References"), *own])


def _quoted(answers: EmailMessage, writer: Writer, stamp: Stamp) -> str:
    who = str(answers["From"] or "")
    lines = "\n".join(f"> {line}".rstrip() for line in text_of(answers).strip().splitlines())
    return f"\n\n{WROTE[writer.locale].format(at=stamp.at, who=who)}\n{lines}"


def _headers_of(returned: EmailMessage) -> EmailMessage:
    part = EmailMessage(policy=_POLICY)
    lines = "".join(
        f"{name}: {' '.join(str(value).split())}\n"
        for name, value in returned.items()
        if name.lower() in ("from", "to", "subject", "date", "message-id", "references")
    )
    part.set_content(lines, subtype="rfc822-headers")
    return part


def _from(raw: bytes) -> str:
    return parseaddr(str(read(raw)["From"] or ""))[1].rpartition("@")[2]
