"""What a file is, told by its content; names and declared types are only ever claims."""

from __future__ import annotations

import re

HEAD = 8192
"""Bytes of the beginning that suffice to tell."""

UNKNOWN = "application/octet-stream"

# Shown in a browser these run scripts: they are told first and never served as they are.
ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"})
# Pictures a browser shows without running anything.
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|img|object|embed|link|meta|style|"
    rb"a\s|form|input|video|audio|base|title|table|div|p\b|br\b|h1)",
    re.IGNORECASE,
)
_SVG = re.compile(rb"<(?:[\w-]+:)?svg[\s>/]", re.IGNORECASE)
_XHTML = re.compile(rb"http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
_TEXT_CONTROLS = bytes(range(8)) + bytes(range(14, 27)) + bytes(range(28, 32))


def sniff(head: bytes) -> str:
    """The media type of a file by its first bytes; "application/octet-stream" when unknown."""
    import filetype  # type: ignore[import-untyped]  # noqa: PLC0415 - who takes files pays for it

    head = head[:HEAD]
    text = _readable(head)
    if active := _active(head, is_text=text):
        return active
    found = filetype.guess(head)
    if found is not None:
        return str(found.mime)
    return "text/plain" if text and head else UNKNOWN


def kind_of(media_type: str) -> str:
    """The attachment kind of a media type: image, video, audio or file."""
    major = media_type.partition("/")[0]
    if media_type in ACTIVE:
        return "file"
    return major if major in ("image", "video", "audio") else "file"


def _active(head: bytes, *, is_text: bool) -> str | None:
    # A polyglot may start as a picture and go on as HTML; the picture's own magic wins there,
    # for it is served with that type and nosniff. Only what has no magic is searched.
    lean = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not lean.startswith(b"<") and not is_text:
        return None
    if _SVG.search(head):
        return "image/svg+xml"
    if _XHTML.search(head):
        return "application/xhtml+xml"
    if _MARKUP.search(head):
        return "text/html"
    return "text/xml" if lean.startswith(b"<?xml") else None


def _readable(head: bytes) -> bool:
    """Whether the bytes look like text: UTF-8, or UTF-16 with its mark, without control bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if head.translate(None, _TEXT_CONTROLS) != head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut by the end of the head is no fault of the file.
        return error.start >= len(head) - 3 and len(head) >= HEAD
    return True
