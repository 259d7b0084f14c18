"""Files that came inside a request are kept before what names them is stored.

So a letter stands in the thread with its pictures at once, and nobody reads it a second time for
them. What is too large for that, or cannot be written now, is fetched later by a job as any file.

The key of such a blob is made of what names the file and of its content: a letter that comes twice,
or whose transaction fails, leaves nothing that is in the way. What no row names in the end goes as
all orphans go (contacts/files/orphans.py).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from uuid import UUID

from channels.contract import Received
from channels.messages import Attachment, Event, MessageReceived
from contact_center.contacts.files.nature import nature, own_kind
from contact_center.kernel.log import get_logger
from contact_center.storage.blobs import CHUNK, Blob, Blobs, FileBlobs

SECONDS = 5.0  # then the message goes in without them

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Attachment):
    """A file that is here: `blob` has its blob_key and sha256."""

    blob: Mapping[str, str]


class Carried:
    """Keeps the files of requests where files lie on this machine."""

    def __init__(self, blobs: FileBlobs, *, max_bytes: int) -> None:
        self._blobs = blobs
        self._max_bytes = max_bytes

    @classmethod
    def of(cls, blobs: Blobs, *, max_bytes: int) -> Self | None:
        """None where files lie elsewhere: no provider waits for a store that may be away."""
        return cls(blobs, max_bytes=max_bytes) if isinstance(blobs, FileBlobs) else None

    async def kept(self, account_id: UUID, received: Received) -> tuple[Event, ...]:
        """The events, with those of their files that could be kept."""
        try:
            async with asyncio.timeout(SECONDS):
                return tuple([
                    await self._with_files(account_id, event, received.parts)
                    if isinstance(event, MessageReceived) and event.attachments else event
                    for event in received.events
                ])  # fmt: skip
        except (OSError, TimeoutError) as error:
            log.warning("files_not_kept_at_once", account=str(account_id), error=repr(error))
            return received.events

    async def _with_files(
        self, account_id: UUID, event: MessageReceived, parts: Mapping[str, bytes]
    ) -> Event:
        place = f"{account_id}\0{event.external_id}"
        found = [await self._keep(place, one, parts) for one in event.attachments]
        return replace(event, attachments=tuple(found))

    async def _keep(self, place: str, one: Attachment, parts: Mapping[str, bytes]) -> Attachment:
        content = parts.get(one.ref) if one.ref else None
        if content is None or len(content) > self._max_bytes:
            return one
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"{place}\0{one.ref}\0{sha256}".encode("utf-8", "replace")
        blob = Blob(hashlib.sha256(name).hexdigest()[:40], len(content), sha256, content[:CHUNK])
        await self._blobs.save(blob.key, content)
        kind, media_type, data = nature(blob)
        told: dict[str, Any] = {each.name: getattr(one, each.name) for each in fields(Attachment)}
        told |= {
            "kind": own_kind(one.kind) or kind, "type": media_type, "size": blob.size,
            "data": {**one.data, **data},
        }  # fmt: skip
        return Kept(**told, blob={"blob_key": blob.key, "sha256": sha256})
