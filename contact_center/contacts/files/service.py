"""Taking files in, giving them out, fetching what providers hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web

from channels.contract import Channel, Embeds, Media
from channels.errors import Malformed, Misconfigured, Rejected, Temporary, Unsupported
from channels.messages import OutboundFile
from channels.toolkit.sniff import ACTIVE, HEAD, INLINE, UNKNOWN, kind_of, sniff
from contact_center.contacts.files import orphans, store
from contact_center.contacts.files.images import dimensions
from contact_center.contacts.files.links import Links
from contact_center.jobs import store as jobs
from contact_center.jobs.model import ATTEMPTS, GiveUp, Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Forbidden, Invalid, NotFound, TooLarge, Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage.blobs import Blob, Blobs
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

FETCH = "media.fetch"
SWEEP = "files.sweep"
TELL = "letters.too_large"  # tell a client that a file of his letter was too large
STALE_DAYS = 7  # a draft may wait that long for its message
NAME_LENGTH = 200


class LiveAccount(Protocol):
    """A connected account."""

    @property
    def channel(self) -> Channel: ...


OpenAccount = Callable[[UUID], Awaitable[LiveAccount]]
ReadPart = Callable[[UUID, bytes, str], Awaitable[bytes]]
"""account, raw request, reference → the file inside it"""


async def _nothing_inside(_account: UUID, _raw: bytes, _ref: str) -> bytes:
    raise Unsupported("requests are not looked into here")


class Files:
    """Files of messages. `account` opens a connection, for fetching what it holds."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        links: Links,
        clock: Clock,
        account: OpenAccount,
        *,
        max_bytes: int,
        part: ReadPart | None = None,
    ) -> None:
        self._part = part or _nothing_inside
        self.blobs = blobs
        self.max_bytes = max_bytes
        self._database = database
        self.links = links
        self._clock = clock
        self._account = account

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
        kind, media_type, data = _nature(blob)
        return await store.add(
            self._database, new_id(), owner, account_id, kind, shown_name(name), media_type,
            blob.size, blob.sha256, blob.key, data,
        )  # fmt: skip

    # --- out -------------------------------------------------------------------------------------

    def url(self, file_id: UUID, now: datetime | None = None) -> str:
        """A short-lived address, beginning with a slash."""
        return self.links.url(file_id, now or self._clock.now())

    async def open(self, file_id: UUID, expires: int, signature: str) -> Record:
        """The row of a stored file. Raises Forbidden for a wrong or old address, or NotFound."""
        if not self.links.valid(file_id, expires, signature, self._clock.now()):
            raise Forbidden("the address is not valid any more", code="link_expired")
        row = await store.one(self._database, file_id)
        if row is None or row["state"] != "stored" or row["blob_key"] is None:
            raise NotFound("there is no such file")
        return row

    async def outbound(self, ids: Sequence[UUID]) -> tuple[OutboundFile, ...]:
        """Files to be sent. Raises Rejected when one is not here."""
        rows = await store.stored(self._database, ids)
        if len(rows) < len(ids):
            raise Rejected("a file of the message is gone")
        try:
            return tuple([await self._outbound(row) for row in rows])
        except NotFound:
            raise Rejected("a file of the message is gone") from None

    async def _outbound(self, row: Record) -> OutboundFile:
        path = await self.blobs.path(row["blob_key"])
        return OutboundFile(row["kind"], row["name"], row["type"], row["size"], str(path))

    # --- jobs ------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {FETCH: self.fetch, SWEEP: self.sweep}

    async def prepare(self) -> None:
        """Make sure the sweep is scheduled; once at start."""
        now = self._clock.now()
        await self._database.run(lambda unit: jobs.schedule(unit, SWEEP, "daily", now))

    async def fetch(self, job: Job) -> None:
        """Fetch a file a provider holds: wanted → stored, too large or gone."""
        row = await store.one(self._database, UUID(job.key))
        if row is None or row["state"] != "wanted":
            return
        try:
            blob = await self._download(row)
        except TooLarge:
            await self._note(row, "too_large", None)
        except (Rejected, Unsupported, Malformed, NotFound) as error:
            await self._note(row, "gone", None, {"reason": str(error)[:200]})
        except (Temporary, Misconfigured, Unavailable, OSError, TimeoutError) as error:
            if job.attempts < ATTEMPTS:
                raise
            await self._note(row, "gone", None, {"reason": str(error)[:200]})
            raise GiveUp(str(error)) from error
        else:
            if not await self._note(row, "stored", blob):
                await self.blobs.delete(blob.key)  # another run was faster

    async def _download(self, row: Record) -> Blob:
        too_large = row["size"] is not None and row["size"] > self.max_bytes
        if too_large or row["data"].get("cut"):  # cut: its mail was too large to be fetched whole
            raise TooLarge("the file is too large", limit=self.max_bytes)
        account = await self._account(row["account_id"])
        channel = account.channel
        if isinstance(channel, Embeds) and row["ref"] is not None:
            return await self._extract(row)
        if not isinstance(channel, Media) or row["ref"] is None:
            raise Unsupported("this channel cannot fetch files")
        return await self.blobs.put(await channel.open(row["ref"]), limit=self.max_bytes)

    async def _extract(self, row: Record) -> Blob:
        """A file that lies inside the request it came with."""
        raw = await store.raw(self._database, row["message_id"])
        if raw is None:
            raise Rejected("the request it came with is not kept any more")
        content = await self._part(row["account_id"], raw, row["ref"])

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self.blobs.put(chunks(), limit=self.max_bytes)

    async def _note(
        self, row: Record, state: str, blob: Blob | None, more: dict[str, Any] | None = None
    ) -> bool:
        kind, media_type, data = _nature(blob) if blob else (None, None, more or {})
        if row["kind"] not in ("file", "image", "video", "audio"):
            kind = None  # a voice note or a sticker stays what the provider calls it
        values = (
            blob and blob.key, blob and blob.size, blob and blob.sha256, media_type, kind, data,
        )  # fmt: skip

        async def step(unit: Unit) -> bool:
            noted = await store.fetched(unit, row, state, *values)
            if noted and state == "too_large" and await store.tells(unit, row["id"]):
                told = {"message_id": str(row["message_id"])}
                await jobs.schedule(unit, TELL, str(row["contact_id"]), self._clock.now(), told)
            return noted

        return await self._database.run(step)

    async def sweep(self, job: Job) -> None:
        """Forget uploads that were never sent, then come back tomorrow."""
        while rows := await store.drop_stale(self._database, STALE_DAYS):
            for row in rows:
                if row["blob_key"]:
                    await self.blobs.delete(row["blob_key"])
        due = self._clock.now() + timedelta(days=1)
        await self._database.run(lambda unit: jobs.reschedule(unit, SWEEP, job.key, due))

    async def forget_orphans(self) -> None:
        """Delete what killed processes have left behind; every day."""
        await orphans.forget(self._database, self.blobs, self._clock.now())


def _nature(blob: Blob) -> tuple[str, str, dict[str, Any]]:
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


def may_inline(media_type: str) -> bool:
    """Whether a browser shows it without running anything."""
    return media_type in INLINE


SERVICE: web.AppKey[Files] = web.AppKey("files", Files)
