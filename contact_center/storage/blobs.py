"""Where the bytes of files lie: in a directory, or in an object store behind the same interface.

A blob is written once under a random name and never changed. It appears whole or not at all:
written aside, flushed to the disk, then renamed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from contact_center.kernel.errors import NotFound, TooLarge

CHUNK = 256 * 1024
_KEY = re.compile(r"^[0-9a-f]{40}$")


def is_key(text: str) -> bool:
    """Whether it is a key of a blob; nothing else ever becomes a name of a file or an object."""
    return _KEY.match(text) is not None


@dataclass(frozen=True, slots=True)
class Blob:
    """What was stored: its key, its size in bytes, its SHA-256 in hex and its first bytes."""

    key: str
    size: int
    sha256: str
    head: bytes = b""


class Blobs(Protocol):
    """What the house asks of a blob store."""

    async def put(self, stream: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store a stream. Raises TooLarge beyond `limit` bytes; nothing is kept then."""
        ...

    def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes, in pieces. Raises NotFound."""
        ...

    async def path(self, key: str) -> Path:
        """A readable local copy. Raises NotFound."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a blob; one that is gone already is no error."""
        ...

    async def written(self, since: datetime, until: datetime) -> set[str]:
        """The keys of the blobs that were written in this time."""
        ...

    async def drop_drafts(self, before: datetime) -> int:
        """Remove what was begun and not written to for so long; returns how many."""
        ...

    async def check(self) -> str:
        """Where it is, once writing, reading and deleting work. Raises HouseError, OSError."""
        ...


class FileBlobs:
    """Blobs as files, spread over 256 folders."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(
        self, stream: AsyncIterator[bytes], *, limit: int, key: str | None = None
    ) -> Blob:
        """Store a stream. Raises TooLarge beyond `limit` bytes; nothing is kept then."""
        key = key or secrets.token_hex(20)
        draft = self._directory / "incoming" / secrets.token_hex(20)
        file = await asyncio.to_thread(_create, draft)
        try:
            blob = await _copy(stream, file, key, limit)
            await asyncio.to_thread(_finish, file, draft, self._place(key))
        except BaseException:
            file.close()
            draft.unlink(missing_ok=True)
            raise
        return blob

    async def save(self, key: str, content: bytes) -> None:
        """Store bytes under a key that is made of them: a second time is no error."""
        await asyncio.to_thread(self._save, self._place(key), content)

    def _save(self, place: Path, content: bytes) -> None:
        if place.is_file():
            return
        draft = self._directory / "incoming" / secrets.token_hex(20)
        try:
            with _create(draft) as file:
                file.write(content)
                _finish(file, draft, place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes, in pieces. Raises NotFound."""
        path = await self.path(key)
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
        finally:
            file.close()

    async def path(self, key: str) -> Path:
        """The file itself. Raises NotFound."""
        path = self._place(key)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("the file is gone")
        return path

    async def delete(self, key: str) -> None:
        """Forget a blob; one that is gone already is no error."""
        await asyncio.to_thread(self._place(key).unlink, missing_ok=True)

    async def written(self, since: datetime, until: datetime) -> set[str]:
        """The keys of the blobs that were written in this time; one folder after another."""
        found: set[str] = set()
        for number in range(256):
            folder = self._directory / f"{number:02x}"
            names = await asyncio.to_thread(_names, folder, since.timestamp(), until.timestamp())
            found.update(key for name in names if _KEY.match(key := folder.name + name))
        return found

    async def drop_drafts(self, before: datetime) -> int:
        """Remove what was begun and not written to for so long; returns how many."""
        folder = self._directory / "incoming"
        names = await asyncio.to_thread(_names, folder, 0, before.timestamp())
        for name in names:
            await asyncio.to_thread((folder / name).unlink, missing_ok=True)
        return len(names)

    async def check(self) -> str:
        """Where it is, once a file can be written there. Raises OSError."""
        draft = self._directory / "incoming" / secrets.token_hex(20)
        (await asyncio.to_thread(_create, draft)).close()
        await asyncio.to_thread(draft.unlink)
        return str(self._directory)

    async def used(self, key: str) -> None:
        """Note that a blob was used now, for `keep`."""
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(os.utime, self._place(key))

    def keep(self, most: int) -> int:
        """Delete those that were not used for longest, down to `most` bytes; how many are left."""
        found = sorted(_sizes(self._directory), reverse=True)
        left = 0
        for _, size, path in found:
            if left + size > most:
                path.unlink(missing_ok=True)
            else:
                left += size
        return left

    def _place(self, key: str) -> Path:
        if not is_key(key):  # keys come from our own rows; a path may never be built of others
            raise NotFound("there is no such file")
        return self._directory / key[:2] / key[2:]


async def _copy(stream: AsyncIterator[bytes], file: Any, key: str, limit: int) -> Blob:
    digest, size, head = hashlib.sha256(), 0, b""
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the file is larger than {limit} bytes", limit=limit)
        if len(head) < CHUNK:
            head += chunk[: CHUNK - len(head)]
        digest.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    return Blob(key, size, digest.hexdigest(), head)


def _names(folder: Path, since: float, until: float) -> list[str]:
    """The files of a folder that were last written in this time; none where there is no folder."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # renamed or deleted meanwhile
                if since <= entry.stat(follow_symlinks=False).st_mtime < until:
                    found.append(entry.name)
    return found


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each blob was last used, its size, and where it is."""
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        with contextlib.suppress(FileNotFoundError):
            told = path.stat()
            yield told.st_mtime, told.st_size, path


def _create(draft: Path) -> Any:
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return draft.open("xb")


def _finish(file: Any, draft: Path, place: Path) -> None:
    """Durable before it is named: a row never points to half a file, not even after a power cut."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.rename(place)
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
