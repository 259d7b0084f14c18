"""What a file is: by its content, never by its name or what somebody calls it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.toolkit.sniff import ACTIVE, HEAD, INLINE, UNKNOWN, kind_of, sniff
from contact_center.contacts.files.images import dimensions
from contact_center.storage.blobs import Blob

NAME_LENGTH = 200
PIXELS = 64_000_000
"""Larger pictures are never unpacked, neither here nor in a browser of ours: 64 MP, a quarter of a
gigabyte in memory, is more than most cameras make and less than a bomb."""


def nature(blob: Blob) -> tuple[str, str, dict[str, Any]]:
    """Kind, media type and measures of a file, by its content."""
    media_type = sniff(blob.head[:HEAD])
    size = dimensions(blob.head) if media_type in INLINE else None
    data = {"width": size[0], "height": size[1]} if size else {}
    return kind_of(media_type), media_type, data


def shown_name(name: str) -> str:
    """A file name to show: no path, no control characters, not too long."""
    text = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in text if c.isprintable()).strip(". ")[:NAME_LENGTH] or "file"


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
