"""Delivery reports without a delivery-status part, known by their words.

Formats: qmail's QSBMF (cr.yp.to, "The qmail-send Bounce Message Format"), Exim's and Postfix's
default texts, Exchange's non-delivery reports, Gmail's, and what Mail.ru and Yandex send in
Russian. A text counts only where sender, null return path or a field of the report agree: people
quote bounces too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.mail import addresses
from channels.mail.headers import Headers
from channels.mail.message import Action, Bounce

MAX_TEXT = 60_000
MAX_REASON = 1_000
MAX_RECIPIENTS = 200

_SENDERS = re.compile(
    r"(?i)(?:mailer-daemon|postmaster|mail-daemon|mail delivery (?:sub)?system|microsoftexchange)"
)
_TOLD = re.compile(r"(?i)undeliver|delivery|returned|failure|достав")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.-])([245])[0-5]\d(?=[\s-])")

_COPY = re.compile(
    r"(?mi)^[ \t]*(?:-{2,} ?(?:below this line is a copy|this is a copy|original message|the header"
    r"|undelivered message|the (?:body|header)|-+ original message|текст письма|исходное)"
    r"|original message headers:|исходные заголовки сообщения:|return-path:|received: from )"
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True, slots=True)
class _Form:
    """A report's words: after `intro` come the recipients, each on a line like `line`."""

    intro: re.Pattern[str]
    action: Action
    line: re.Pattern[str]


_BRACKETED = re.compile(r"(?m)^[ \t]*<([^<>\s]{3,320})>")
_ALONE = re.compile(
    r"(?m)^[ \t]*[\"<']?([^\s<>\"']{1,64}@[^\s<>\"':]{3,255}?)[>\"']?"
    r"(?::[ \t].*)?:?(?:<mailto:|[ \t]*$)"
)
_MAILTO = re.compile(r"(?m)^[ \t]*[^<\n]{0,200}<mailto:([^<>\s]{3,320})>")
_DATED = re.compile(r"(?m)^[ \t]+['\"]?([^\s<>'\"]{1,64}@[^\s<>'\"]{3,255}?)['\"]?(?: on)? \d")
_SOMEWHERE = re.compile(rf"({_ADDRESS.pattern})")


def _form(intro: str, action: Action, line: re.Pattern[str]) -> _Form:
    """A space stands for any white space: servers wrap their texts where they like."""
    spaced = intro.replace(" ", r"\s+")
    return _Form(re.compile(spaced, re.IGNORECASE | re.DOTALL), action, line)


_FORMS = (
    # qmail
    _form(r"this is the qmail-send program.{0,200}?wasn't able to deliver", "failed", _BRACKETED),
    _form(r"qmail-send program.{0,400}?(?:not yet|delayed|warning)", "delayed", _BRACKETED),
    # Exim and those who build on it
    _form(r"could not be delivered to (?:one or more|all) of its recipients", "failed", _ALONE),
    _form(r"the following address(?:\(es\)|es)? failed", "failed", _ALONE),
    _form(r"has not (?:yet )?been delivered (?:to (?:one or more|all) of its recipients )?",
          "delayed", _ALONE),
    # Postfix, and Yandex, which adds a Russian text to it
    _form(r"could not be delivered for more than|this is a warning only", "delayed", _BRACKETED),
    _form(r"could not be delivered to one or more recipients", "failed", _BRACKETED),
    _form(r"не может быть отправлено одному или нескольким адресатам", "failed", _BRACKETED),
    # Exchange; names and addresses, or addresses alone
    _form(r"delivery has failed to these recipients", "failed", _MAILTO),
    _form(r"(?:сбой доставки|не удалось доставить) (?:сообщение )?следующим", "failed", _MAILTO),
    _form(r"your message to(?= \S+@\S+ couldn't be delivered)", "failed", _SOMEWHERE),
    _form(r"recipient(?:\(s\)|s)? could not be reached", "failed", _DATED),
    _form(r"не (?:было )?доставлено следующим (?:получател|адресат)", "failed", _DATED),
    _form(r"delivery has failed to these recipients(?: or (?:distribution lists|groups))?",
          "failed", _ALONE),
    _form(r"(?:сбой доставки|не удалось доставить) (?:сообщение )?следующим получателям",
          "failed", _ALONE),
    _form(r"delivery is delayed to these recipients(?: or (?:distribution lists|groups))?",
          "delayed", _ALONE),
    # Gmail
    _form(r"delivery to the following recipients? (?:has been|was) delayed", "delayed", _ALONE),
    _form(r"delivery to the following recipients? failed(?: permanently)?", "failed", _ALONE),
    _form(r"your message wasn't delivered to", "failed", _SOMEWHERE),
    _form(r"there was a (?:temporary )?problem delivering your message to", "delayed", _SOMEWHERE),
    _form(r"(?:сообщение|письмо) не (?:было )?доставлено (?:на адрес|пользователю|получателю)"
          rf"(?= {_ADDRESS.pattern})", "failed", _SOMEWHERE),
    _form(r"an error occurred while trying to deliver the mail to the following recipients",
          "failed", _ALONE),
    # Mail.ru
    _form(r"не (?:может быть|было) доставлено (?:одному или нескольким|следующ)",
          "failed", _ALONE),
    _form(r"не удалось доставить|сообщение не доставлено", "failed", _ALONE),
)  # fmt: skip


def read(fields: Headers, text: str) -> list[Bounce]:
    """The recipients of a report in words; empty where it is none."""
    if not _credible(fields):
        return []
    said = text[:MAX_TEXT].replace("\r\n", "\n").replace("’", "'").replace("\u00a0", " ")
    copy = _COPY.search(said)
    said = said[: copy.start()] if copy and copy.start() else said
    found = _by_form(said)
    listed = _failed_recipients(fields)
    if listed:  # Exim and Gmail name them in a field as well: surer than words
        told = {bounce.recipient: bounce for bounce in found}
        action: Action = found[0].action if found else "failed"
        return [told.get(a) or _bounce(action, a, said) for a in listed]
    return found


def null_sender(fields: Headers) -> bool:
    """Whether nobody is to be answered, as with all reports (RFC 3464 section 2)."""
    return (fields.get("return-path") or "").strip() == "<>"


def daemon(fields: Headers) -> bool:
    """Whether its author has the name of a mail server."""
    return bool(_SENDERS.search(fields.text("from") or ""))


def _credible(fields: Headers) -> bool:
    """Whether a mail server wrote it."""
    if "x-failed-recipients" in fields or daemon(fields):
        return True
    return null_sender(fields) and bool(_TOLD.search(fields.text("subject") or ""))


def _failed_recipients(fields: Headers) -> list[str]:
    boxes = addresses.listed(fields.all("x-failed-recipients")).mailboxes
    return [box.address for box in boxes][:MAX_RECIPIENTS]


def _by_form(said: str) -> list[Bounce]:
    for form in _FORMS:
        intro = form.intro.search(said)
        if intro is None:
            continue
        lines = list(form.line.finditer(said, intro.end()))[:MAX_RECIPIENTS]
        lines = lines[:1] if form.line is _SOMEWHERE else lines
        ends = [line.start() for line in lines[1:]] + [len(said)] * bool(lines)
        found = {
            address: _bounce(form.action, address, said[line.end() : end])
            for line, end in zip(lines, ends, strict=True)
            if (address := addresses.valid(line[1].rstrip(".:,"))) is not None
        }
        if found:
            return _merged(found, said)
    return []


def _merged(found: dict[str, Bounce], said: str) -> list[Bounce]:
    """A single recipient's status may stand anywhere, as in Exchange's part for administrators."""
    if len(found) == 1:
        (only,) = found.values()
        if only.status is None:
            return [_bounce(only.action, only.recipient or "", said)]
    return list(found.values())


def _bounce(action: Action, address: str, words: str) -> Bounce:
    status = _status(words)
    if status and status.startswith("4") and action == "failed" and "delay" in words.lower():
        action = "delayed"
    return Bounce(action, status, address, " ".join(words.split()).strip(" :")[:MAX_REASON])


def _status(words: str) -> str | None:
    if found := _STATUS.search(words):
        return found[1]
    code = _SMTP_CODE.search(words)
    return f"{code[1]}.0.0" if code else None
