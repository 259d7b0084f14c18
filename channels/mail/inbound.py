"""A mail that was read becomes events: the message itself, and what a bounce says of ours. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from channels.mail import threads
from channels.mail.automatic import FILED
from channels.mail.message import Bounce, Mailbox, MailFile, ParsedMail
from channels.messages import (
    Address,
    Attachment,
    Body,
    DeliveryChanged,
    DeliveryStatus,
    Event,
    MessageReceived,
    Proof,
)
from channels.toolkit.sniff import kind_of

MAX_RECIPIENTS = 50
NOWHERE = "@invalid"  # RFC 2606: nobody can have such an address
TOO_LARGE = "too-large"
_JUDGED = ("dmarc", "dkim", "spf")


class Mailed(Protocol):
    """What has to be known of the mailbox: a part of its settings."""

    @property
    def thread_secret(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def own_addresses(self) -> frozenset[str]: ...
    @property
    def trust_unjudged(self) -> bool: ...


def events(
    mail: ParsedMail, settings: Mailed, *, account: str, at: datetime, within: str = ""
) -> tuple[Event, ...]:
    """The events of a mail. `at`: when it came, for mails without a date or with one to come.

    `within` is put before the references of files.
    """
    if mail.bounces and not mail.original_id:
        known = threads.returned(mail, settings.thread_secret, account, settings.domain)
        mail = replace(mail, original_id=known)
    key = threads.key_of_token(settings.thread_secret, account, threads.tokens_of(mail))
    message = _message(mail, settings, key, at, within)
    if key:
        asked = threads.asked(mail, key, settings.thread_secret, account)
        message = replace(message, answers=asked)
    failed = [one for one in mail.bounces if one.action == "failed"] if mail.original_id else []
    told = enumerate(failed[:MAX_RECIPIENTS])
    return (*(_bounced(mail, one, message, number) for number, one in told), message)


def _message(
    mail: ParsedMail, settings: Mailed, key: str | None, at: datetime, within: str
) -> MessageReceived:
    text = mail.reply or mail.text
    whole = Body(mail.text, mail.html or "")
    sender = _sender(mail, settings)
    return MessageReceived(
        external_id=f"m:{_digest(mail)}",
        at=min(mail.date or at, at),
        conversation_key=key or threads.key_of_root(threads.root_of(mail), sender.value),
        sender=sender,
        text=text,
        subject=mail.subject or None,
        automatic=mail.automatic in FILED,
        attachments=_files(mail, within),
        body=whole if mail.html or mail.text != text else None,
        answers=threads.answers(mail),
        aliases=(mail.message_id,),
        data={"mail": _shown(mail, settings)},
    )


def _digest(mail: ParsedMail) -> str:
    """What makes it this mail: not the Message-ID alone, which anybody can write on another one.

    Not the raw bytes either: the same mail comes with other trace fields by another way.
    """
    author = mail.author.key if mail.author else ""
    date = mail.date.isoformat() if mail.date else ""
    told: list[bytes] = []
    for part in (mail.message_id, author, date, mail.subject, mail.text,
                 *(file.md5 for file in mail.files)):  # fmt: skip
        given = part.encode("utf-8", "replace")
        told += (len(given).to_bytes(8), given)
    return hashlib.sha256(b"".join(told)).hexdigest()[:40]


def _sender(mail: ParsedMail, settings: Mailed) -> Address:
    box = mail.author or mail.sender
    if box is None:
        # Strangers without a name are not one client: each such mail has one of its own.
        value = mail.return_path or f"unknown-{_digest(mail)[:12]}{NOWHERE}"
        return Address("email", value.casefold(), "", Proof.CLAIMED)
    return Address("email", box.key, box.name, _proof(mail, settings, box))


def _proof(mail: ParsedMail, settings: Mailed, box: Mailbox) -> Proof:
    """What our own server says of the sender; without a word of it, what the settings say."""
    judged = mail.authentication
    if mail.author_doubtful or box.key in settings.own_addresses:
        return Proof.CLAIMED
    if judged is None:
        return Proof.PROVIDER if settings.trust_unjudged else Proof.CLAIMED
    return Proof.PROVIDER if judged.aligned else Proof.CLAIMED


def _files(mail: ParsedMail, within: str) -> tuple[Attachment, ...]:
    """Its files; where only the beginning of the mail is here, the last one lacks its end."""
    found = [_file(file, within) for file in mail.files]
    if found and TOO_LARGE in mail.warnings:
        found[-1].data["cut"] = True
    return tuple(found)


def _file(file: MailFile, within: str) -> Attachment:
    data: dict[str, object] = {"inline": True, "cid": file.content_id} if file.inline else {}
    return Attachment(kind_of(file.type), within + file.ref, file.name, file.type, file.size, data)


def _shown(mail: ParsedMail, settings: Mailed) -> dict[str, object]:
    """What the thread shows of a letter beside its text; empty things are left out."""
    judged = mail.authentication
    verdicts = {
        name: verdict.result for name in _JUDGED if (verdict := getattr(judged, name, None))
    }
    told: dict[str, object] = {
        "from": _box(mail.author) if mail.author else None,
        "to": [_box(box) for box in mail.to[:MAX_RECIPIENTS]],
        "cc": [_box(box) for box in mail.cc[:MAX_RECIPIENTS]],
        "reply_to": [_box(box) for box in mail.reply_to[:MAX_RECIPIENTS]],
        "message_id": mail.message_id,
        "references": list(mail.references[-threads.MAX_ANSWERS :]),
        "verdict": verdicts,
        "doubtful": mail.author_doubtful,
        "own": bool(mail.author and mail.author.key in settings.own_addresses),
        "automatic": mail.automatic,
        "bounces": [_bounce(one) for one in mail.bounces[:MAX_RECIPIENTS]],
        "invitations": [
            {"summary": one.summary, "starts": one.starts, "ends": one.ends, "place": one.place,
             "organizer": one.organizer, "method": one.method}
            for one in mail.invitations[:5]
        ],
        "protection": list(mail.protection),
        "remote_images": mail.remote_images,
        "shortened": mail.shortened,
        "warnings": list(mail.warnings),
    }  # fmt: skip
    shown = {name: value for name, value in told.items() if value not in (None, [], {}, False, 0)}
    if judged:  # "not aligned" is a verdict, and not the same as none
        shown["aligned"] = judged.aligned
    return shown


def _box(box: Mailbox) -> dict[str, str]:
    return {"address": box.address, "name": box.name}


def _bounce(one: Bounce) -> dict[str, str | None]:
    return {"action": one.action, "status": one.status, "recipient": one.recipient,
            "reason": one.reason[:500]}  # fmt: skip


def _bounced(
    mail: ParsedMail, failed: Bounce, message: MessageReceived, number: int
) -> DeliveryChanged:
    told = (failed.status, failed.reason or _words_below(mail.text, failed.recipient))
    return DeliveryChanged(
        external_id=f"b:{_digest(mail)}" + (f":{number}" if number else ""),
        at=message.at,
        conversation_key=message.conversation_key,
        sender=message.sender,
        target=mail.original_id or "",
        status=DeliveryStatus.FAILED,
        reason=" · ".join(part for part in told if part)[:500] or "returned as undeliverable",
        recipient=failed.recipient,
    )


def _words_below(text: str, recipient: str | None) -> str:
    """What a report says of a recipient in words only, as Exim does: the lines below him."""
    _, found, rest = text.partition(recipient) if recipient else ("", "", "")
    paragraph = rest[:2_000].lstrip(">: \r\t").partition("\n\n")[0] if found else ""
    return " ".join(paragraph.split())[:300]


def cut(mail: ParsedMail) -> ParsedMail:
    """A mail of which only the beginning was fetched: it says so."""
    return replace(mail, shortened=True, warnings=(*mail.warnings, TOO_LARGE))
