"""Copies of files that stand in a thread, for a message that passes them on."""

from __future__ import annotations

from collections.abc import Sequence

from contact_center.contacts.files.service import Files
from contact_center.kernel.errors import NotFound
from contact_center.storage.unit import Record

MOST = 20  # as many as a message may name


async def copy(files: Files, rows: Sequence[Record], owner: str) -> list[Record]:
    """Uploads of `owner` with the bytes of these stored files; what is gone is left out."""
    made = []
    for row in rows[:MOST]:
        try:
            stream = files.blobs.open(row["blob_key"])
            made.append(await files.upload(stream, name=row["name"], owner=owner))
        except NotFound:
            continue
    return made
