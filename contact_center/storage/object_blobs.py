"""Blobs in an S3-compatible store, with the ones that were used last on the local disk.

A blob is written to the disk first, as it comes, then sent with its length and digest, which the
store checks; so nothing is in memory whole and a stream of unknown length needs no second way. The
copy stays as long as there is room: who sends, shows or measures a file wants it as a file.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import NotFound, Unavailable
from contact_center.storage.blobs import Blob, FileBlobs, is_key
from contact_center.storage.s3 import PAGE, S3, FileBody

CACHE_BYTES = 2 * 1024**3
TIME, CHANCE = 10, 30  # hex digits of a key: seconds, so that lists begin where they have to


class ObjectBlobs:
    """Blobs as objects named by their keys."""

    def __init__(
        self, s3: S3, cache: Path, clock: Clock, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._s3 = s3
        self._near = FileBlobs(cache)
        self._clock = clock
        self._most = cache_bytes
        self._used: int | None = None

    async def put(self, stream: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store a stream. Raises TooLarge beyond `limit` bytes; nothing is kept then."""
        key = self._begin(self._clock.now()) + secrets.token_hex(CHANCE // 2)
        blob = await self._near.put(stream, limit=limit, key=key)
        try:
            path = await self._near.path(key)
            await self._s3.put(key, FileBody(path, blob.size), blob.sha256)
        except BaseException:
            await self._near.delete(key)
            raise
        await self._make_room(blob.size)
        return blob

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes, in pieces. Raises NotFound."""
        await self.path(key)
        async for piece in self._near.open(key):
            yield piece

    async def path(self, key: str) -> Path:
        """A copy on the local disk. Raises NotFound."""
        if not is_key(key):
            raise NotFound("there is no such file")
        try:
            path = await self._near.path(key)
        except NotFound:
            blob = await self._near.put(self._s3.get(key), limit=self._most, key=key)
            await self._make_room(blob.size)
            return await self._near.path(key)
        await self._near.used(key)
        return path

    async def delete(self, key: str) -> None:
        """Forget a blob; one that is gone already is no error."""
        if is_key(key):
            await self._s3.delete(key)
            await self._near.delete(key)

    async def written(self, since: datetime, until: datetime) -> set[str]:
        """The keys of the blobs that were written in this time."""
        found: set[str] = set()
        after = self._begin(since)
        while page := await self._s3.listed(after, PAGE):
            found.update(
                one.key for one in page if is_key(one.key) and since <= one.written < until
            )
            after = page[-1].key
            if len(page) < PAGE or after > self._begin(until) + "g":
                break
        return found

    async def drop_drafts(self, before: datetime) -> int:
        """Remove what was begun and not written to for so long; returns how many."""
        return await self._near.drop_drafts(before)

    async def check(self) -> str:
        """Write, read, list and delete a file; where it is. Raises Refused or Unavailable."""

        async def probe() -> AsyncIterator[bytes]:
            yield b"contact center"

        blob = await self.put(probe(), limit=100)
        try:
            await self._near.delete(blob.key)
            if (await self.path(blob.key)).stat().st_size != blob.size:
                raise Unavailable("the file store gives back something else than it was given")
            await self._s3.listed("", 1)
        finally:
            await self.delete(blob.key)
        place = self._s3.place
        return f"{place.origin}/{place.bucket}/{place.prefix}"

    @staticmethod
    def _begin(at: datetime) -> str:
        return f"{int(at.timestamp()):0{TIME}x}"

    async def _make_room(self, size: int) -> None:
        """Let the copies go that were not used for longest, where there are too many."""
        if self._used is not None:
            self._used += size
        if self._used is None or self._used > self._most:
            self._used = await asyncio.to_thread(self._near.keep, self._most * 3 // 4)
