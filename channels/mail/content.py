"""What a mail shows and what it carries: texts, files, reports, found in the tree of its parts.

RFC 2046 section 5.1 (which of the alternatives), RFC 2183 (disposition), RFC 2387 (related),
RFC 1847 (signed, encrypted), RFC 3462 (report), RFC 3156 (PGP), RFC 8551 (S/MIME). A forwarded mail
is one file with the name of its subject; its text is shown only where the mail has none itself. A
delivery report that a person hands on is a file, too.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace

from channels.mail import (
    bodies,
    bounce_texts,
    charsets,
    cms,
    headers,
    invitations,
    mime,
    tnef,
)
from channels.mail.message import Invitation, MailFile, Protection
from channels.mail.mime import Part

MAX_TEXT = 1_000_000
MAX_NAME = 200
MAX_FILES = 1_000
MAX_WRAPS = 3  # signatures around a letter

_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINALS = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_SHOWN = frozenset({"text/plain", "text/html"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_PROTECTIONS: dict[str, Protection] = {
    "application/pgp-encrypted": "pgp-encrypted", "application/pgp-signature": "pgp-signed",
    "application/pkcs7-signature": "smime-signed", "application/x-pkcs7-signature": "smime-signed",
    "application/pkcs7-mime": "smime-encrypted", "application/x-pkcs7-mime": "smime-encrypted",
}  # fmt: skip
_WRAPPED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_EXTENSIONS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "image/png": ".png",
    "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf",
    "application/zip": ".zip", "application/pgp-signature": ".asc", "audio/mpeg": ".mp3",
    "application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "video/mp4": ".mp4",
    "application/json": ".json", "application/xml": ".xml", "text/csv": ".csv",
    "text/rfc822-headers": ".txt", "message/rfc822": ".eml", "audio/ogg": ".ogg",
}  # fmt: skip
_META = re.compile(rb"(?i)<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{2,40})")
_NAME_TRASH = re.compile(r'[\x00-\x1f<>:"|?*]')
_ARMOUR = ("-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE-----")


@dataclass(slots=True)
class Piece:
    """A stretch of the mail as plain text, as HTML, or as both."""

    plain: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A file with its bytes."""

    file: MailFile
    data: bytes


@dataclass(slots=True)
class Content:
    """Everything found."""

    pieces: list[Piece] = field(default_factory=list)
    files: list[Carried] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)
    originals: list[bytes] = field(default_factory=list)
    notification: bool = False  # a receipt (RFC 8098)
    invitations: list[Invitation] = field(default_factory=list)
    protection: dict[Protection, None] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)
    shortened: bool = False


def collect(root: Part, raw: bytes, hint: str | None = None) -> Content:
    """Sort all parts of a mail."""
    found = Content()
    collector = _Collector(raw, hint, found, report=_reports(root))
    collector.visit(root, found.pieces)
    if not any(piece.plain or piece.html for piece in found.pieces):
        collector.named_text(root)
    return found


def _reports(root: Part) -> bool:
    """Whether a mail server sent it: to tell what became of a mail."""
    fields = root.headers
    served = bounce_texts.null_sender(fields) or bounce_texts.daemon(fields)
    return root.type == "multipart/report" or served


class _Collector:
    def __init__(self, raw: bytes, hint: str | None, found: Content, *, report: bool) -> None:
        self._raw = raw
        self._hint = hint
        self._found = found
        self._room = MAX_TEXT
        self._wraps = 0
        self._place = ""  # of the signature it is inside of, before the references of files
        self._report = report

    def visit(self, part: Part, pieces: list[Piece]) -> None:
        """The depth is bounded by the tree's."""
        if part.major == "multipart" and part.children:
            if part.type == "multipart/alternative":
                self._alternative(part, pieces)
            else:
                for child in part.children:
                    self.visit(child, pieces)
        elif not self._special(part):
            self._leaf(part, pieces)

    def named_text(self, root: Part) -> None:
        """Show a text that has a file name where there is no other: some programs name all."""
        for part in root.walk():
            if part.type in _SHOWN and part.filename and part.disposition != "attachment":
                text = self._text(bodies.payload(part, self._raw), part)
                html = part.type == "text/html"
                self._found.pieces.append(Piece(html=text) if html else Piece(plain=text))
                break

    def _alternative(self, part: Part, pieces: list[Piece]) -> None:
        """One text in several forms: the first plain one, the last HTML one."""
        merged = Piece()
        for child in part.children:
            inner: list[Piece] = []
            self.visit(child, inner)
            plain = [piece.plain for piece in inner if piece.plain is not None]
            html = [piece.html for piece in inner if piece.html is not None]
            if plain and not html and merged.plain is None:
                merged.plain = "\n".join(plain)
            if html:
                merged.html = "".join(html)
        pieces.append(merged)

    def _special(self, part: Part) -> bool:
        """Parts that are neither a text to show nor only a file."""
        kind = part.type
        if kind in _REPORTS and self._report:
            self._found.reports.append(bodies.payload(part, self._raw))
            return True
        if kind == "message/disposition-notification":
            self._found.notification = True
            return True
        if kind in _ORIGINALS:
            self._found.originals.append(bodies.payload(part, self._raw))
        wrapped = part.filename.lower().endswith(".p7m") and kind == "application/octet-stream"
        if (kind in _WRAPPED or wrapped) and self._opened(part):
            return True
        if kind in _PROTECTIONS:
            self._protected(part)
        if kind == "text/calendar":
            text = self._decoded(bodies.payload(part, self._raw), part)
            self._found.invitations += invitations.read(text)
        return (kind in _TNEF or part.filename.lower() == "winmail.dat") and self._tnef(part)

    def _protected(self, part: Part) -> None:
        kind = _PROTECTIONS[part.type]
        signed = part.parameters.get("smime-type", "").lower().startswith("signed")
        kind = "smime-signed" if signed else kind
        self._found.protection[kind] = None
        if kind.endswith("encrypted"):
            self._found.warnings["encrypted"] = None
        elif part.type in _WRAPPED:  # the letter is inside, and could not be taken out
            self._found.warnings["signed-unreadable"] = None

    def _opened(self, part: Part) -> bool:
        """Whether it is a signature that holds the letter: that is shown as if it were not."""
        inner = cms.signed_letter(bodies.payload(part, self._raw))
        if inner is None or self._wraps >= MAX_WRAPS:
            return False
        found = Content(files=list(self._found.files))
        collector = _Collector(inner, self._hint, found, report=False)
        collector._room, collector._wraps = self._room, self._wraps + 1
        collector._place = f"{self._place}{part.path or '0'}/"
        root = mime.tree(inner, hint=self._hint).root
        collector.visit(root, found.pieces)
        if not any(piece.plain or piece.html for piece in found.pieces):
            collector.named_text(root)
        self._room = collector._room
        ours = self._found
        ours.pieces += found.pieces
        ours.files[:] = found.files
        ours.originals += found.originals
        ours.invitations += found.invitations
        ours.protection |= {"smime-signed": None, **found.protection}
        ours.warnings |= found.warnings
        ours.shortened |= found.shortened
        return True

    def _tnef(self, part: Part) -> bool:
        opened = tnef.read(bodies.payload(part, self._raw))
        if opened is None:
            self._found.warnings["tnef-damaged"] = None
            return False
        self._found.warnings |= dict.fromkeys(opened.warnings)
        for number, file in enumerate(opened.files):
            self._file(f"{part.path or '0'}/{number}", file.name, file.type, file.data, file.cid)
        if opened.text or opened.html:
            self._found.pieces.append(Piece(opened.text or None, opened.html or None))
        return True

    def _leaf(self, part: Part, pieces: list[Piece]) -> None:
        data = bodies.payload(part, self._raw)
        alone = part.depth == 0 and part.major in ("text", "multipart")
        alone &= not (part.type == "text/calendar" and self._found.invitations)
        body = part.type in _SHOWN and not part.filename
        if part.disposition != "attachment" and (alone or body):
            if part.type == "text/html":
                pieces.append(Piece(html=self._text(data, part)))
            else:
                pieces.append(Piece(plain=self._plain(data, part)))
        elif part.type not in ("text/x-amp-html", "text/watch-html"):
            self._attached(part, data)

    def _plain(self, data: bytes, part: Part) -> str:
        data, files = bodies.without_uuencoded(data)
        for number, file in enumerate(files):
            name = headers.safe(file.name)
            self._file(
                f"{part.path or '0'}/uu{number}", name, "application/octet-stream", file.data
            )
        text = self._text(data, part)
        if text.lstrip().startswith(_ARMOUR):
            signed = text.lstrip().startswith(_ARMOUR[1])
            self._found.protection["pgp-signed" if signed else "pgp-encrypted"] = None
            text = bodies.unarmoured(text) if signed else text
        if part.parameters.get("format", "").lower() == "flowed":
            delete = part.parameters.get("delsp", "").lower() == "yes"
            return bodies.unflowed(text, delete_space=delete)
        return text

    def _text(self, data: bytes, part: Part) -> str:
        """The text as far as there is room for it."""
        if len(data) > self._room:
            self._found.shortened = True
            data = data[: self._room]
        self._room -= len(data)
        return bodies.clean(self._decoded(data, part))

    def _decoded(self, data: bytes, part: Part) -> str:
        declared = part.parameters.get("charset")
        if declared is None and part.type == "text/html" and (meta := _META.search(data[:2_000])):
            declared = meta[1].decode("ascii")
        result = charsets.decode(data, declared, self._hint)
        if result.warning:
            self._found.warnings[result.warning] = None
        return result.text

    def _attached(self, part: Part, data: bytes) -> None:
        name = part.filename
        if not name and part.type in ("message/rfc822", "message/global"):
            subject = headers.split(data).headers.text("subject")
            name = f"{subject}.eml" if subject else ""
        cid = (part.headers.get("content-id") or "").strip().strip("<>") or None
        self._file(part.path or "0", name, part.type, data, cid)

    def _file(self, ref: str, name: str, kind: str, data: bytes, cid: str | None = None) -> None:
        files = self._found.files
        if len(files) >= MAX_FILES:
            self._found.warnings["files-too-many"] = None
            return
        name = file_name(name) or f"file-{len(files) + 1}{_EXTENSIONS.get(kind, '')}"
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        files.append(
            Carried(MailFile(self._place + ref, name, kind, len(data), md5, content_id=cid), data)
        )


def shown(files: list[Carried], cids: frozenset[str]) -> tuple[MailFile, ...]:
    """The files, those inline that the HTML shows."""
    if not cids:
        return tuple([f.file for f in files])
    return tuple(replace(f.file, inline=f.file.content_id in cids) for f in files)


def file_name(name: str) -> str:
    """A name without folders, controls and leading dots."""
    last = re.split(r"[/\\]", headers.safe(name))[-1]
    clean = _NAME_TRASH.sub("_", last).strip(" .")
    stem, dot, extension = clean.rpartition(".")
    if len(clean) > MAX_NAME and dot and len(extension) < MAX_NAME // 4:
        return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"
    return clean[:MAX_NAME]
