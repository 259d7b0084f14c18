"""What a file is: by its content, never by its name or what somebody calls it. Pure."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from typing import Any

from channels.toolkit.files import PIXELS
from channels.toolkit.sniff import ACTIVE, HEAD, INLINE, UNKNOWN, kind_of, sniff
from contact_center.contacts.files.images import dimensions
from contact_center.storage.blobs import Blob

NAME_LENGTH = 200


def nature(blob: Blob) -> tuple[str, str, dict[str, Any]]:
    """Kind, media type and measures of a file, by its content."""
    media_type = sniff(blob.head[:HEAD])
    size = dimensions(blob.head) if media_type in INLINE else None
    data = {"width": size[0], "height": size[1]} if size else {}
    # A picture of so many pixels that unpacking it would harm is a file like others.
    is_bomb = media_type in INLINE and not 0 < pixels(data) <= PIXELS
    return "file" if is_bomb else kind_of(media_type), media_type, data


def own_kind(kind: str) -> str | None:
    """A voice note or a sticker stays what the provider calls it."""
    return None if kind in ("file", "image", "video", "audio") else kind


def shown_name(name: str) -> str:
    """A file name to show: no path, no control characters, not too long."""
    text = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in text if c.isprintable()).strip(". ")[:NAME_LENGTH] or "file"


def plain_name(name: str, media_type: str) -> str:
    """A name of at most twenty simple characters, with the ending its content calls for."""
    stem, _, ending = name.rpartition(".")
    known = mimetypes.guess_extension(media_type) or ""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem or ending).strip("-")
    return f"{plain[: 20 - len(known)] or 'file'}{known}"


def served_type(media_type: str) -> str:
    """What a browser is told: never a type that runs something."""
    return UNKNOWN if media_type in ACTIVE or not media_type else media_type


def may_inline(media_type: str, data: Mapping[str, Any]) -> bool:
    """Whether a browser may show or play it: sound, films, pictures of a size we know and trust."""
    if media_type.startswith(("audio/", "video/")):
        return True
    return media_type in INLINE and 0 < pixels(data) <= PIXELS


def pixels(data: Mapping[str, Any]) -> int:
    """How many a picture has, 0 where that is not known."""
    return int(data.get("width") or 0) * int(data.get("height") or 0)
