"""Pictures that are too large for a channel: made smaller beside the loop, kept for a week.

Such a copy is a file of its own that no message names, so it goes as uploads nobody sent go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from uuid import UUID, uuid5

from channels.contract import Pictures
from channels.errors import Temporary, Unsupported
from channels.toolkit.files import PIXELS
from channels.toolkit.multipart import read
from contact_center.contacts.files import shrink, store
from contact_center.contacts.files.nature import nature
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database
from contact_center.storage.unit import Record

OWNER = "system:smaller"
AT_ONCE = 1  # each may take a quarter of a gigabyte
SECONDS = 60.0
ANY_SIDE = 100_000


class Shrinking:
    """Makes smaller copies and remembers them."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def smaller(self, row: Record, most: Pictures) -> Record:
        """A copy of a picture that is small enough. Raises Unsupported, Temporary, NotFound."""
        copy_id = uuid5(row["id"], f"{most.bytes}x{most.side}")
        if (known := await store.kept(self._database, copy_id)) is not None:
            return known
        path = await self._blobs.path(row["blob_key"])
        with tempfile.TemporaryDirectory(prefix="cc-") as folder:
            to = Path(folder, "smaller")
            async with self._turn:
                await _run(row["name"], path, to, most)
            return await self._keep(row, copy_id, to, most)

    async def _keep(self, row: Record, copy_id: UUID, made: Path, most: Pictures) -> Record:
        blob = await self._blobs.put(read(made), limit=most.bytes)
        kind, media_type, data = nature(blob)
        added = await store.add(
            self._database, copy_id, OWNER, None, kind, row["name"], media_type, blob.size,
            blob.sha256, blob.key, {**data, "of": str(row["id"])},
        )  # fmt: skip
        if added is not None:
            return added
        await self._blobs.delete(blob.key)  # somebody else was faster
        known = await store.kept(self._database, copy_id)
        if known is None:
            raise Temporary("the smaller picture was forgotten meanwhile")
        return known


async def _run(name: str, path: Path, to: Path, most: Pictures) -> None:
    side = most.side or ANY_SIDE
    arguments = (path, to, most.bytes, side, PIXELS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", shrink.__name__, *map(str, arguments),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        raise Unsupported(f"{name} cannot be made smaller: it takes too long") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.returncode:
        why = said.decode(errors="replace")[:200] or "it takes too much time or memory"
        raise Unsupported(f"{name} cannot be made smaller: {why}")


def _environment() -> dict[str, str]:
    """As here, but for our settings: who gets control over a decoder finds no passwords in it."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
