"""What a part holds once its transfer encoding is taken off, and text as it was meant.

RFC 2045 section 6 (encodings), RFC 3676 (format=flowed, DelSp), RFC 9580 section 7 (clear-signed
text), and uuencode as POSIX describes it. Damaged encodings give what can be had.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from channels.mail.headers import unbase64
from channels.mail.mime import Part

MAX_UUENCODED = 50
MAX_UULINES = 300_000

_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,250})\r?\n")
_UU_END = re.compile(rb"(?m)^end[ \t]*(?:\r?\n|\r?\Z)")
_UU_LINE = re.compile(rb"[!-`]")
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x80, 0xA0)])
_STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SIGNATURE = "-- "
_SIGNED_HEAD = re.compile(
    r"\s*-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Z][\w-]*:[^\n]*\n)*\n"
)
_SIGNED_TAIL = re.compile(
    r"^-----BEGIN PGP SIGNATURE-----[ \t]*$.*?(?:^-----END PGP SIGNATURE-----[ \t]*$\n?|\Z)",
    re.DOTALL | re.MULTILINE,
)
_DASHED = re.compile(r"(?m)^- ")


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A file that stood in the text."""

    name: str
    data: bytes


def payload(part: Part, raw: bytes) -> bytes:
    """The bytes of a part without their transfer encoding."""
    encoding = (part.headers.get("content-transfer-encoding") or "").strip().strip('"').lower()
    data = part.body(raw)
    if encoding == "base64":
        return unbase64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        _, files = without_uuencoded(data)
        return files[0].data if files else data
    return data


def without_uuencoded(data: bytes) -> tuple[bytes, list[Uuencoded]]:
    """The text without the files that stand in it, and the files."""
    if b"begin" not in data:
        return data, []
    files: list[Uuencoded] = []
    kept, position = [], 0
    while len(files) < MAX_UUENCODED and (begin := _UU_BEGIN.search(data, position)):
        end = _UU_END.search(data, begin.end())
        content = _uudecoded(data[begin.end() : end.start()]) if end else None
        if end is None:
            break
        if content is None:  # a sentence that begins with "begin 123"
            kept.append(data[position : begin.end()])
            position = begin.end()
            continue
        files.append(Uuencoded(begin[1].decode("utf-8", "replace"), content))
        kept.append(data[position : begin.start()])
        position = end.end()
    return b"".join([*kept, data[position:]]), files


def _uudecoded(block: bytes) -> bytes | None:
    lines = block.splitlines()
    if len(lines) > MAX_UULINES:
        return None
    result = []
    for line in lines:
        if not line.strip(b"` "):
            continue
        length = (line[0] - 32) & 63
        whole = (length + 2) // 3 * 4
        if not _UU_LINE.match(line) or len(line) > whole + 3 or not length:
            return None
        try:
            result.append(binascii.a2b_uu(line[: whole + 1].ljust(whole + 1)))
        except binascii.Error:
            return None
    return b"".join(result)


def clean(text: str) -> str:
    """Lines end with a line feed; controls and lone surrogates are gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _STRANGE.search(text):  # as good as always, and much faster to see than to translate
        return text
    return _SURROGATES.sub("\ufffd", text.translate(_CONTROLS))


def unarmoured(text: str) -> str:
    """What a person clear-signed with PGP, and what stands below, without the armour around it."""
    head = _SIGNED_HEAD.match(text)
    tail = _SIGNED_TAIL.search(text, head.end()) if head else None
    if head is None or tail is None:
        return text
    return _DASHED.sub("", text[head.end() : tail.start()]) + text[tail.end() :]


def unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs of format=flowed put together again; quotes keep their marks."""
    result: list[str] = []
    open_depth = -1  # depth of the paragraph that goes on, -1 for none
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        flows = content.endswith(" ") and content != _SIGNATURE
        goes_on = open_depth == depth and content != _SIGNATURE
        if not goes_on:
            mark = ">" * depth + (" " if depth and content else "")
            result.append("\n" + mark if result else mark)
        result.append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else -1
    return "".join(result)
