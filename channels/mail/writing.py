"""A letter becomes a mail: headers, text and HTML, what it answers below, files. Pure.

RFC 5322 and RFC 2045 to 2049 by the standard library, RFC 3834 for what machines write, RFC 6532
where an address has letters beyond ASCII; RFC 8058 is left to campaigns. Header values cannot break
out of their line: control characters are taken out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address as MailAddress
from email.headerregistry import AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, quote

from channels.errors import Rejected, Unsupported
from channels.mail import threads
from channels.mail.settings import MailSettings
from channels.messages import Address, Body, Letter, Outbound, OutboundFile, Quoted

MAX_REFERENCES = 20  # the first and the newest: RFC 5322 asks for all, servers cut long lines
LONGEST_WORD = 60
# Controls, and what Python takes for the end of a line: a header with one of them is refused.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CID = re.compile(r"[!-;=?-~]{1,300}")
_NAME = re.compile(r"<[!-;=?-~]{1,400}>")
_LOCAL = re.compile(r"[^\s<>@\",;:()\[\]\\\x00-\x1f\x7f-\x9f]{1,64}")
_QUOTED = re.compile(r'"((?:[^"\\<>\x00-\x1f\x7f-\x9f]|\\[ -;=?-~]){1,62})"')
_PAIR = re.compile(r"\\(.)")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}")
_LEADING_RE = re.compile(r"(?i)(re|aw|sv|odp|vs|ha|отв)\s*(\[\d+\])?\s*:")
_FOREIGN = frozenset({"message", "multipart"})  # types whose content is no plain file


class _Names(UnstructuredHeader, BaseHeader):
    """Ids, one a line. The library would write long ones, as Outlook has them, in encoded words."""

    def fold(self, *, policy: Policy) -> str:
        ids = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {ids}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    """A text. The library loses spaces where it folds one that is not in ASCII."""

    def fold(self, *, policy: Policy) -> str:
        text = _encoded(str(self), len(self.name) + 2, policy.linesep)
        return f"{self.name}: {text}{policy.linesep}"


class _People(AddressHeader, BaseHeader):  # type: ignore[misc]  # as the library mixes them
    """Addresses, one a line; their names suffer from the same."""

    def fold(self, *, policy: Policy) -> str:
        people = f",{policy.linesep} ".join(_person(one, policy.linesep) for one in self.addresses)
        return f"{self.name}: {people}{policy.linesep}"


def _encoded(text: str, column: int, linesep: str) -> str:
    """A text for a header, folded; what is not ASCII in encoded words (RFC 2047)."""
    simple = text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < LONGEST_WORD
    charset = "us-ascii" if simple else "utf-8"
    made = Header(text, charset, maxlinelen=76, header_name="x" * max(0, column - 2))
    return made.encode(splitchars=" ", linesep=linesep)


def _person(one: MailAddress, linesep: str) -> str:
    if not one.display_name:
        return one.addr_spec
    if one.display_name.isascii():
        return f'"{quote(one.display_name)}" <{one.addr_spec}>'
    return f"{_encoded(one.display_name, 10, linesep)}{linesep} <{one.addr_spec}>"


def _registry() -> HeaderRegistry:
    made = HeaderRegistry()
    for name in ("message-id", "in-reply-to", "references"):
        made.map_to_type(name, _Names)
    for name in ("from", "to", "cc", "reply-to"):
        made.map_to_type(name, _People)
    made.map_to_type("subject", _Words)
    return made


_POLICY = SMTP.clone(max_line_length=78, cte_type="7bit", header_factory=_registry())


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready to leave. `otherwise`: whose it is where the server refuses `envelope_from`."""

    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes
    otherwise: str = ""


def write(
    message: Outbound, settings: MailSettings, *, account: str, read: Callable[[str], bytes]
) -> Written:  # fmt: skip
    """The mail of a message. `read` gives the bytes of a file. Raises Unsupported, Rejected."""
    letter = message.letter
    if letter is None or not letter.to:
        raise Unsupported("a mail needs somebody to be sent to")
    thread = threads.token(settings.thread_secret, account, message.conversation_key)
    own_id = threads.message_id(thread, message.id, settings.domain)
    people = (*letter.to, *letter.cc, *letter.bcc)
    recipients = tuple(dict.fromkeys(_plain(one.value) for one in people))
    mail = EmailMessage(policy=_POLICY.clone(utf8=not "".join(recipients).isascii()))
    _head(mail, letter, settings, own_id)
    if settings.plus_addresses:
        mail["Reply-To"] = threads.plus_address(_plain(settings.address), thread)
    _body(mail, message, letter)
    for file in message.files:  # pictures first: they lie within the text
        if file.cid:
            _attach(mail, file, read)
    for file in message.files:
        if not file.cid:
            _attach(mail, file, read)
    own = sender = "" if letter.automatic else _plain(settings.address)  # RFC 3834 section 3.3
    if sender and settings.plus_addresses:
        sender = threads.return_address(own, own_id, thread)
    return Written(own_id, sender, letter.only or recipients, mail.as_bytes(), own)


def _head(mail: EmailMessage, letter: Letter, settings: MailSettings, own_id: str) -> None:
    mail["From"] = _address(Address("email", settings.address, letter.sender))
    mail["To"] = [_address(one) for one in letter.to]
    if letter.cc:
        mail["Cc"] = [_address(one) for one in letter.cc]
    mail["Subject"] = subject_of(letter)
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = own_id
    names = references_of(letter)
    if names:
        mail["In-Reply-To"] = names[-1]
        mail["References"] = " ".join(names)
    if letter.automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Precedence"] = "auto_reply"
        mail["X-Loop"] = ", ".join(dict.fromkeys([_plain(settings.address), *_hosts(settings)]))


def _hosts(settings: MailSettings) -> list[str]:
    """Our servers as a header may name them: whoever sends this back to us is a loop."""
    return [host for host in settings.own_hosts if _DOMAIN.fullmatch(host)]


def subject_of(letter: Letter) -> str:
    """The subject; an answer says "Re:" once."""
    subject = _BREAKS.sub(" ", letter.subject).strip()
    answers = bool(letter.references) and not letter.automatic
    return f"Re: {subject}" if answers and subject and not _LEADING_RE.match(subject) else subject


def references_of(letter: Letter) -> tuple[str, ...]:
    """The ids this mail follows, oldest first; of very many the first and the newest."""
    names = [name for name in letter.references if _NAME.fullmatch(name)]
    unique = list(dict.fromkeys(names))
    if len(unique) > MAX_REFERENCES:
        unique = unique[:1] + unique[1 - MAX_REFERENCES :]
    return tuple(unique)


def _body(mail: EmailMessage, message: Outbound, letter: Letter) -> None:
    passed = letter.forwarded
    said = f"{message.text.rstrip()}\n\n{passed.text}" if passed else message.text
    text = _with_signature(said, letter.signature)
    mail.set_content(text + quoted_text(letter.quoted), charset="utf-8", cte=_cte(text))
    if letter.html or (passed and passed.html):
        signature = f"<br>-- <br>{_lines(letter.signature)}" if letter.signature else ""
        own = letter.html or _lines(message.text)
        page = f"<div>{own}</div>{_passed_on(passed)}{signature}{quoted_html(letter.quoted)}"
        mail.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")


def _passed_on(passed: Body | None) -> str:
    """A letter that is passed on, marked as mail programs mark it."""
    if passed is None:
        return ""
    return f'<br><div class="gmail_quote">{passed.html or _lines(passed.text)}</div>'


def _cte(text: str) -> str:
    return "base64" if sum(not c.isascii() for c in text) > len(text) // 4 else "quoted-printable"


def _with_signature(text: str, signature: str) -> str:
    return f"{text.rstrip()}\n\n-- \n{signature.strip()}\n" if signature.strip() else text + "\n"


def quoted_text(quoted: Quoted | None) -> str:
    """What is answered, each line behind "> ", with a line that says whose it is."""
    if quoted is None or not quoted.text.strip():
        return ""
    lines = "\n".join(f"> {line}".rstrip() for line in quoted.text.strip().splitlines())
    return f"\n{_intro(quoted)}\n{lines}\n"


def quoted_html(quoted: Quoted | None) -> str:
    """The same for HTML, marked as mail programs mark it."""
    if quoted is None or not quoted.text.strip():
        return ""
    return (
        f'<br><div class="gmail_quote"><div class="gmail_attr">{html.escape(_intro(quoted))}</div>'
        f'<blockquote type="cite">{_lines(quoted.text)}</blockquote></div>'
    )


def _intro(quoted: Quoted) -> str:
    zone = "" if quoted.at.utcoffset() else " UTC"
    return f"{quoted.at:%d.%m.%Y, %H:%M}{zone}, {_BREAKS.sub(' ', quoted.author)}:"


def _lines(text: str) -> str:
    return html.escape(text.strip()).replace("\n", "<br>")


def _attach(mail: EmailMessage, file: OutboundFile, read: Callable[[str], bytes]) -> None:
    try:
        content = read(file.path)
    except OSError as error:
        raise Rejected("a file of the message is gone") from error
    major, _, minor = file.type.partition("/")
    if major in _FOREIGN or not (major.isalnum() and re.fullmatch(r"[\w.+-]+", minor, re.ASCII)):
        major, minor = "application", "octet-stream"
    name = _BREAKS.sub(" ", file.name)
    page = mail.get_body(("html",)) if _CID.fullmatch(file.cid) else None
    if isinstance(page, EmailMessage):
        page.add_related(
            content, maintype=major, subtype=minor, filename=name, disposition="inline",
            cid=f"<{file.cid}>",
        )  # fmt: skip
    else:
        mail.add_attachment(content, maintype=major, subtype=minor, filename=name)


def _address(given: Address) -> MailAddress:
    """An address for a header. Raises Rejected for one that is none."""
    local, _, domain = _plain(given.value).rpartition("@")
    if quoted := _QUOTED.fullmatch(local):  # the library puts the quotes back where they belong
        local = _PAIR.sub(r"\1", quoted[1])
    name = _BREAKS.sub(" ", given.name).strip()[:100]
    try:
        return MailAddress(name, local, domain)
    except (ValueError, IndexError) as error:
        raise Rejected(f"not an address: {given.value[:100]}") from error


def _plain(value: str) -> str:
    """An address for the envelope, its domain in ASCII. Raises Rejected."""
    local, at, domain = value.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    named = _LOCAL.fullmatch(local) or _QUOTED.fullmatch(local)
    if not (at and named and _DOMAIN.fullmatch(ascii_domain)):
        raise Rejected(f"not an address: {value[:100]}")
    if ascii_domain.rpartition(".")[2] == "invalid":  # RFC 2606: what we call who told no address
        raise Rejected("the sender gave no address to write to")
    return f"{local}@{ascii_domain}"
