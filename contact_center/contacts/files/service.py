"""Taking files in, giving them out, fetching what providers hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from aiohttp import web

from channels.contract import Capabilities
from channels.errors import Rejected
from channels.messages import OutboundFile
from contact_center.accounts.sending import Connect
from contact_center.contacts.files import orphans, store
from contact_center.contacts.files.carrying import goals
from contact_center.contacts.files.fetching import (
    FETCH,
    Fetching,
    ReadPart,
    nothing_inside,
)
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.nature import nature, shown_name
from contact_center.contacts.files.shrinking import Shrinking
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job, Outside
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Forbidden, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

SWEEP = "files.sweep"
DROP = "files.drop"
STALE_DAYS = 7  # a draft may wait that long for its message


class Files:
    """Files of messages. `account` opens a connection, for fetching what it holds."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        links: Links,
        clock: Clock,
        account: Connect,
        *,
        max_bytes: int,
        base_url: str = "",
        part: ReadPart = nothing_inside,
    ) -> None:
        self.blobs = blobs
        self.max_bytes = max_bytes
        self._database = database
        self.links = links
        self._clock = clock
        self._base_url = base_url
        self._shrinking = Shrinking(database, blobs)
        self.fetching = Fetching(database, blobs, clock, account, part, max_bytes=max_bytes)

    # --- in --------------------------------------------------------------------------------------

    async def upload(
        self,
        stream: AsyncIterator[bytes],
        *,
        name: str,
        owner: str,
        account_id: UUID | None = None,
        limit: int | None = None,
    ) -> Record:
        """Keep a file of `owner` until a message names it; what it is, its content says.

        Raises TooLarge, and Invalid for an empty one.
        """
        blob = await self.blobs.put(stream, limit=min(limit or self.max_bytes, self.max_bytes))
        if not blob.size:
            await self.blobs.delete(blob.key)
            raise Invalid("the file is empty")
        kind, media_type, data = nature(blob)
        row = await store.add(
            self._database, new_id(), owner, account_id, kind, shown_name(name), media_type,
            blob.size, blob.sha256, blob.key, data,
        )  # fmt: skip
        assert row is not None  # noqa: S101 - its id is new
        return row

    # --- out -------------------------------------------------------------------------------------

    def url(self, file_id: UUID, now: datetime | None = None) -> str:
        """A short-lived address, beginning with a slash."""
        return self.links.url(file_id, now or self._clock.now())

    async def open(self, file_id: UUID, expires: int, signature: str) -> Record:
        """The row of a stored file. Raises Forbidden for a wrong or old address, or NotFound."""
        if not self.links.valid(file_id, expires, signature, self._clock.now()):
            raise Forbidden("the address is not valid any more", code="link_expired")
        return await self._stored(file_id)

    async def open_public(self, file_id: UUID, expires: int, signature: str) -> Record:
        """The same for an address of `public_url`."""
        if not self.links.valid_public(file_id, expires, signature, self._clock.now()):
            raise Forbidden("the address is not valid any more", code="link_expired")
        return await self._stored(file_id)

    def visitor_url(self, file_id: UUID) -> str:
        """An address for a visitor's chat, beginning with a slash."""
        return self.links.visitor(file_id, self._clock.now())

    async def open_visitor(self, file_id: UUID, expires: int, signature: str) -> Record:
        """The same for an address of `visitor_url`; NotFound where the message was deleted."""
        if not self.links.valid_visitor(file_id, expires, signature, self._clock.now()):
            raise Forbidden("the address is not valid any more", code="link_expired")
        return self._here(await store.unless_deleted(self._database, file_id))

    async def _stored(self, file_id: UUID) -> Record:
        return self._here(await store.one(self._database, file_id))

    def _here(self, row: Record | None) -> Record:
        if row is None or row["state"] != "stored" or row["blob_key"] is None:
            raise NotFound("there is no such file")
        return row

    async def outbound(self, ids: Sequence[UUID], can: Capabilities) -> tuple[OutboundFile, ...]:
        """Files to be sent, pictures no larger than the channel takes.

        Raises Rejected when one is not here, Unsupported for a picture that cannot be made smaller.
        """
        rows = await store.stored(self._database, ids)
        if len(rows) < len(ids):
            raise Rejected("a file of the message is gone")
        try:
            sent = [
                await self._shrinking.smaller(row, goal) if goal else row
                for row, goal in zip(rows, goals(rows, can), strict=True)
            ]
            return tuple([await self._outbound(row, can) for row in sent])
        except NotFound:
            raise Rejected("a file of the message is gone") from None

    async def _outbound(self, row: Record, can: Capabilities) -> OutboundFile:
        path = await self.blobs.path(row["blob_key"])
        url = self.public_url(row["id"]) if can.files_by_address else ""
        return OutboundFile(row["kind"], row["name"], row["type"], row["size"], str(path), url=url)

    def public_url(self, file_id: UUID) -> str:
        """Where a provider finds a file for some hours, without signing in."""
        return self._base_url + self.links.public(file_id, self._clock.now())

    # --- jobs ------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Handler | Outside]:
        """What the job runner calls."""
        return {FETCH: Outside(self.fetching.run), SWEEP: self.sweep, DROP: self.drop}

    async def prepare(self) -> None:
        """Make sure the sweep is scheduled; once at start."""
        now = self._clock.now()
        await self._database.run(lambda unit: jobs.schedule(unit, SWEEP, "daily", now))

    async def sweep(self, job: Job) -> None:
        """Forget uploads that were never sent, then come back tomorrow."""
        while await self._database.run(self._drop_stale):
            pass
        due = self._clock.now() + timedelta(days=1)
        await self._database.run(lambda unit: jobs.reschedule(unit, SWEEP, job.key, due))

    async def _drop_stale(self, unit: Unit) -> int:
        """The rows go with a promise to delete what they named, whatever happens in between."""
        keys = await store.drop_stale(unit, STALE_DAYS)
        if keys:
            now, told = self._clock.now(), {"keys": keys}
            await jobs.schedule(unit, DROP, str(new_id()), now, told)
        return len(keys)

    async def drop(self, job: Job) -> None:
        """Delete blobs whose rows are gone."""
        for key in job.payload["keys"]:
            await self.blobs.delete(key)

    async def forget_orphans(self) -> None:
        """Delete what killed processes have left behind; every day."""
        await orphans.forget(self._database, self.blobs, self._clock.now())


SERVICE: web.AppKey[Files] = web.AppKey("files", Files)
