"""A form with files, sent piece by piece: RFC 7578, names of files as browsers write them.

No file is ever in memory whole, however many are sent at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from channels.errors import Temporary

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form: its field, what it is called, its media type, where it lies."""

    field: str
    name: str
    media_type: str
    path: str


class Multipart:
    """The body of a request; `size` is known before the first piece is read.

    Raises Temporary for a file that cannot be read.
    """

    def __init__(self, fields: Mapping[str, str], files: Sequence[FilePart]) -> None:
        boundary = uuid4().hex
        self.media_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[bytes | Path] = []
        for name, text in fields.items():
            self._parts += [_head(boundary, name), b"\r\n\r\n", text.encode(), b"\r\n"]
        for file in files:
            kind = f"\r\nContent-Type: {file.media_type}\r\n\r\n".encode()
            self._parts += [_head(boundary, file.field, file.name), kind, Path(file.path), b"\r\n"]
        self._parts.append(f"--{boundary}--\r\n".encode())
        self.size = sum(_size(part) for part in self._parts)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes; from the beginning each time somebody asks."""
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            async for piece in read(part):
                yield piece


async def read(path: Path) -> AsyncIterator[bytes]:
    """A file in pieces; opened for each, so that who stops listening leaves none open.

    Raises Temporary.
    """
    at = 0
    try:
        while piece := await asyncio.to_thread(_piece, path, at):
            yield piece
            at += len(piece)
    except OSError as error:
        raise Temporary(f"a file cannot be read: {type(error).__name__}") from None


def _piece(path: Path, at: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        return file.read(PIECE)


def _size(part: bytes | Path) -> int:
    if isinstance(part, bytes):
        return len(part)
    try:
        return part.stat().st_size
    except OSError as error:
        raise Temporary(f"a file cannot be read: {type(error).__name__}") from None


def _head(boundary: str, name: str, filename: str | None = None) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        plain = filename.replace('"', "%22").replace("\r", "").replace("\n", "")
        head += f'; filename="{plain}"'
    return head.encode()
