"""From bytes to a ParsedMail: the one way in. Pure; never fails but for what is no mail at all.

    parse(raw, own=Own.of(hosts, addresses), servers=("mx.example.org",)) -> ParsedMail
    read(...) -> ParsedMail and the bytes of its files
    file_bytes(raw, ref) -> bytes | None

RFC 5322, RFC 2045 to 2049; what each step relies on stands in its own module.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from channels.errors import Malformed
from channels.mail import (
    automatic,
    bodies,
    bounces,
    charsets,
    content,
    envelopes,
    html,
    identifiers,
    invitations,
    mime,
    results,
)
from channels.mail.automatic import Own
from channels.mail.content import Content, Piece
from channels.mail.envelopes import Envelope
from channels.mail.headers import Headers
from channels.mail.message import ParsedMail

MAX_SUBJECT = 1_000
MAX_WARNINGS = 50
MAX_WRAPPED = 5  # mails within mails that are opened for a text
MAX_BARE = 100_000  # bytes of a text without any header that are looked at

_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SOMETHING = re.compile(rb"[^\0\r\n\t ]")
_BINARY_SHARE = 0.1
_HINT = re.compile(rb"[cC][hH][aA][rR][sS][eE][tT]\s*=\s*\"?([\w.:-]{2,40})")
_NOBODY = Own()


@dataclass(slots=True)
class _Texts:
    text: str = ""
    reply: str = ""
    html: str | None = None
    remote: int = 0
    cids: frozenset[str] = frozenset()
    shortened: bool = False


def parse(
    raw: bytes, *, own: Own = _NOBODY, servers: Iterable[str] = (), below: bool = False
) -> ParsedMail:
    """Read a mail. Raises Malformed where there is nothing at all to show.

    `servers`: whose Authentication-Results are ours, `below` their Received line, too.
    """
    return read(raw, own=own, servers=servers, below=below)[0]


def read(
    raw: bytes, *, own: Own = _NOBODY, servers: Iterable[str] = (), below: bool = False
) -> tuple[ParsedMail, dict[str, bytes]]:
    """The same with the bytes of its files, by their `ref`: they are decoded anyway."""
    raw = _lines(raw)
    hint = _hint(raw)
    tree = mime.tree(raw, _start(raw), hint=hint)
    fields = tree.root.headers
    _refuse_nothing(raw, fields)
    found = content.collect(tree.root, raw, hint)
    subject = (fields.text("subject") or "")[:MAX_SUBJECT]
    envelope = Envelope({**tree.warnings})
    if not fields.fields:
        envelope.warnings["headers-missing"] = None
    author, doubtful = envelope.author(fields)
    message_id, synthetic = envelope.message_id(fields, raw)
    texts = _texts(found, subject)
    report = bounces.read(fields, texts.text, found.reports, found.originals)
    origin = automatic.judge(
        fields, subject, texts.text, own=own, author=author.address if author else "",
        report=report.kind, receipt=found.notification,
    )  # fmt: skip
    mail = ParsedMail(
        message_id=message_id,
        synthetic_id=synthetic,
        author=author,
        author_doubtful=doubtful,
        sender=next(iter(envelope.mailboxes(fields, "sender")), None),
        return_path=envelopes.return_path(fields),
        to=envelope.mailboxes(fields, "to"),
        cc=envelope.mailboxes(fields, "cc"),
        reply_to=envelope.mailboxes(fields, "reply-to"),
        recipients=envelopes.recipients(fields),
        subject=subject,
        date=envelope.date(fields),
        in_reply_to=identifiers.one_id(fields.get("in-reply-to")),
        references=identifiers.ids(fields.get("references")),
        text=texts.text,
        reply=texts.reply,
        html=texts.html,
        shortened=texts.shortened,
        remote_images=texts.remote,
        files=content.shown(found.files, texts.cids),
        invitations=tuple(found.invitations),
        protection=tuple(found.protection),
        automatic=origin.kind,
        signs=origin.signs,
        bounces=report.bounces,
        original_id=report.original_id,
        envelope_id=report.envelope_id,
        authentication=results.read(fields, author, servers, below=below),
        warnings=_warnings(envelope, found, texts),
    )
    return mail, {carried.file.ref: carried.data for carried in found.files}


def file_bytes(raw: bytes, ref: str) -> bytes | None:
    """The bytes of a file of the mail, by the `ref` that parsing gave it."""
    raw = _lines(raw)
    hint = _hint(raw)
    root = mime.tree(raw, _start(raw), hint=hint).root
    part = next((part for part in root.walk() if (part.path or "0") == ref), None)
    if part is not None:
        return bodies.payload(part, raw)
    found = content.collect(root, raw, hint)  # inside of a part, or of a text
    return next((carried.data for carried in found.files if carried.file.ref == ref), None)


def _lines(raw: bytes) -> bytes:
    """Line feeds, where a mail comes with bare carriage returns only."""
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def _start(raw: bytes) -> int:
    """Where the header begins: after a byte order mark and empty lines."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    return start + len(raw[start : start + 1000]) - len(raw[start : start + 1000].lstrip(b"\r\n"))


def _hint(raw: bytes) -> str | None:
    """What bytes beyond ASCII in a header are probably written in: as the first text is."""
    found = _HINT.search(raw, 0, MAX_BARE)
    return charsets.codec_of(found[1].decode("ascii", "replace")) if found else None


def _refuse_nothing(raw: bytes, fields: Headers) -> None:
    if not _SOMETHING.search(raw):
        raise Malformed("the mail is empty")
    if fields.fields:
        return
    head = raw[:MAX_BARE]
    if len(_NOT_TEXT.findall(head)) > _BINARY_SHARE * len(head):
        raise Malformed("not a mail: no header field and no readable text")


def _texts(found: Content, subject: str) -> _Texts:
    """The pieces put together, each form of the text from what there is."""
    result = _Texts(shortened=found.shortened)
    pieces = found.pieces or _fallback(found)
    plain, markup, rich = [], [], False
    for piece in pieces:
        tamed = html.tame(piece.html) if piece.html is not None else None
        rich |= tamed is not None
        result.shortened |= bool(tamed and tamed.shortened)
        if (piece.plain is None or not piece.plain.strip()) and tamed:
            plain.append(_converter()(tamed.html))
        else:
            plain.append(piece.plain or "")
        if tamed or (piece.plain or "").strip():
            markup.append(tamed.html if tamed else html.escaped(piece.plain or ""))
    result.text = "\n".join(plain).strip("\n").rstrip()
    joined = "".join(markup) if rich else None
    if joined is not None:
        safe = html.sanitise(joined)
        result.html, result.remote = safe.html, safe.remote
        result.cids = html.content_ids(joined)
    result.reply = _stripper()(result.text, joined, subject=subject)
    return result


def _fallback(found: Content) -> list[Piece]:
    """A mail without a text of its own shows its invitation, or the mail that it carries."""
    if found.invitations:
        return [Piece("\n\n".join(invitations.summary(each) for each in found.invitations))]
    for _ in range(MAX_WRAPPED):
        if found.pieces or not found.originals:
            break
        original = found.originals[0]
        found = content.collect(mime.tree(original).root, original)
    return found.pieces


def _converter() -> Callable[[str], str]:
    """`html_to_text`, which brings a parser along: only mails with HTML pay for it."""
    try:
        found: Callable[[str], str] = importlib.import_module("channels.mail.text").html_to_text
    except ModuleNotFoundError:
        return lambda source: re.sub(r"<[^>]*>", " ", source)
    return found


def _stripper() -> Callable[..., str]:
    try:
        found: Callable[..., str] = importlib.import_module("channels.mail.replies").strip_reply
    except ModuleNotFoundError:
        return lambda text, _html, *, subject: text  # noqa: ARG005
    return found


def _warnings(envelope: Envelope, found: Content, texts: _Texts) -> tuple[str, ...]:
    shortened = {"text-shortened": None} if texts.shortened else {}
    remote = {"remote-images-blocked": None} if texts.remote else {}
    return tuple({**envelope.warnings, **found.warnings, **shortened, **remote})[:MAX_WARNINGS]
