"""Which files a channel carries, and which pictures have to be made smaller for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from channels.contract import Capabilities, Pictures

SHRINKS = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Types of pictures that can be made smaller; what moves stays as it is."""
PIXELS = 64_000_000
"""Larger pictures are never unpacked, neither here nor in a browser of ours: 64 MP, a quarter of a
gigabyte in memory, is more than most cameras make and less than a bomb."""
_SMALLEST = 100_000  # bytes: below that a picture shows nothing
_MEGABYTE = 1_000_000


class Facts(Protocol):
    """A file as it is judged."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of which more is known: how many pixels it has, 0 for what is no picture."""

    kind: str
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def shrinks(self) -> bool:
        return self.type in SHRINKS and 0 < self.width * self.height <= PIXELS


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why files cannot be sent: a code for programs, words for people, what the limit is."""

    code: str
    words: str
    name: str = ""
    limit: int | None = None


def targets(files: Sequence[Picture], can: Capabilities) -> list[Pictures | None]:
    """What each picture has to become before it is sent; None for what goes as it is."""
    if can.pictures is None:
        return [None] * len(files)
    most = Pictures(_share(files, can, can.pictures.bytes), can.pictures.side)
    return [most if file.shrinks and _too_large(file, most) else None for file in files]


def _share(files: Sequence[Picture], can: Capabilities, most: int) -> int:
    """How many bytes each picture may have, so that all files together do not have too many."""
    if can.files_bytes is None or sum(file.size for file in files) <= can.files_bytes:
        return most
    others = sum(file.size for file in files if not file.shrinks)
    pictures = sum(file.shrinks for file in files)
    return max(_SMALLEST, min(most, (can.files_bytes - others) // max(1, pictures)))


def _too_large(file: Picture, most: Pictures) -> bool:
    side = most.side is not None and max(file.width, file.height) > most.side
    return side or file.size > most.bytes


def made(files: Sequence[Picture], can: Capabilities) -> list[Picture]:
    """The files as they will be at most, once pictures were made smaller."""
    return [
        Picture(file.kind, file.name, file.type, min(file.size, goal.bytes)) if goal else file
        for file, goal in zip(files, targets(files, can), strict=True)
    ]


def complaint(files: Sequence[Facts], can: Capabilities) -> Complaint | None:
    """The first reason why these files cannot be sent as they are."""
    if files and not can.attachments:
        return Complaint("attachments_none", "this connection carries no files")
    if can.files_most is not None and len(files) > can.files_most:
        words = f"this connection carries {can.files_most} files in a message, not {len(files)}"
        return Complaint("attachments_too_many", words, limit=can.files_most)
    found = next(filter(None, (_of_one(file, can) for file in files)), None)
    return found or _together(files, can)


def _of_one(file: Facts, can: Capabilities) -> Complaint | None:
    limit = can.attachments.get(file.kind)
    media = file.type.partition(";")[0].strip().lower()
    if limit is None:
        words = f"this connection carries no attachments of the kind {file.kind}: {file.name}"
        return Complaint("attachment_kind", words, file.name)
    if can.file_types is not None and media not in can.file_types:
        words = f"this connection carries no files of the type {media}: {file.name}"
        return Complaint("attachment_type", words, file.name)
    if file.size > limit:
        words = f"{file.name} has {_size(file.size)}, this connection carries {_size(limit)}"
        return Complaint("attachment_too_large", words, file.name, limit)
    return None


def _together(files: Iterable[Facts], can: Capabilities) -> Complaint | None:
    size = sum(file.size for file in files)
    if can.files_bytes is None or size <= can.files_bytes:
        return None
    words = (
        f"the files have {_size(size)}, this connection carries {_size(can.files_bytes)} together"
    )
    return Complaint("attachments_too_large", words, limit=can.files_bytes)


def _size(count: int) -> str:
    return f"{count / _MEGABYTE:.1f} MB"
