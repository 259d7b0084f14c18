"""Fetching what providers hold: wanted → stored, too large, gone or failed; failed → wanted anew.

How far a file is, and why it is not here yet, stands in its row, so that the thread can show it.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from channels.contract import Embeds, Media
from channels.errors import ChannelError, Malformed, Rejected, Unsupported
from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.accounts.sending import Connect
from contact_center.contacts.files import store
from contact_center.contacts.files.nature import nature, own_kind
from contact_center.contacts.shapes import CAN_FETCH
from contact_center.jobs import store as jobs
from contact_center.jobs.model import ATTEMPTS, GiveUp, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, HouseError, NotFound, TooLarge
from contact_center.storage.blobs import Blob, Blobs
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

FETCH = "media.fetch"
TELL = "letters.too_large"  # tell a client that a file of his letter was too large
TELL_EVERY = 1.0  # seconds between two words about how far it is
REASON = 200


ReadPart = Callable[[UUID, bytes, str], Awaitable[bytes]]
"""account, raw request, reference → the file inside it"""


async def nothing_inside(_account: UUID, _raw: bytes, _ref: str) -> bytes:
    """For where requests are not looked into."""
    raise Unsupported("requests are not looked into here")


class Fetching:
    """Fetches files into `blobs`; `account` opens the connection that holds one."""

    def __init__(
        self, database: Database, blobs: Blobs, clock: Clock, account: Connect,
        part: ReadPart, *, max_bytes: int,
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._account = account
        self._part = part
        self._max_bytes = max_bytes

    async def run(self, job: Job) -> None:
        """Fetch one file. Raises what made it fail while another try may help, else GiveUp."""
        row = await store.one(self._database, UUID(job.key))
        if row is None or row["state"] != "wanted":
            return
        try:
            blob = await self._download(row)
        except TooLarge as error:
            await self._note(row, "too_large", None, _why(error))
        except Rejected as error:
            large = error.code == "too_large"
            await self._note(row, "too_large" if large else "gone", None, _why(error))
        except (Unsupported, Malformed) as error:
            await self._note(row, "gone", None, _why(error))
        except NotFound as error:  # its account is off: nothing is lost, and nothing will come
            await self._note(row, "failed", None, _why(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread says how it ended
            await self._again(row, job, error)
        else:
            if not await self._note(row, "stored", blob):
                await self._blobs.delete(blob.key)  # another run was faster

    async def _again(self, row: Record, job: Job, error: Exception) -> None:
        """Say why it takes so long, and go on or give up."""
        why = _why(error)
        if job.attempts >= ATTEMPTS:
            await self._note(row, "failed", None, why)
            raise GiveUp(str(error)) from error
        if row["data"].get("reason") != why["reason"]:
            await self._tell(row, {**why, "fetched": 0})
        raise error

    async def retry(self, actor: Actor, file_id: UUID) -> Record:
        """Fetch a file that could not be had once more. Raises NotFound or Conflict."""

        async def step(unit: Unit) -> Record:
            row = await store.seen(unit, file_id, visible(actor, "contact"))
            if row is None:
                raise NotFound("there is no such file")
            await unit.lock("contacts", [row["contact_id"]], "id")
            row = await store.wanted_again(unit, file_id, sorted(CAN_FETCH), actor.label)
            if row is None:
                state = await store.state(unit, file_id)
                raise Conflict(f"the file is {state}", code="file_changed", current=state)
            # A run that has just failed may not have ended: this one begins after it.
            told = {"attachment_id": str(file_id), "account_id": str(row["account_id"])}
            await jobs.reschedule(unit, FETCH, str(file_id), self._clock.now(), told)
            return row

        return await self._database.run(step)

    async def _download(self, row: Record) -> Blob:
        too_large = row["size"] is not None and row["size"] > self._max_bytes
        if too_large or row["data"].get("cut"):  # cut: its mail was too large to be fetched whole
            raise TooLarge("the file is larger than is kept here", limit=self._max_bytes)
        account = await self._account(row["account_id"])
        channel = account.channel
        if isinstance(channel, Embeds) and row["ref"] is not None:
            return await self._extract(row)
        if not isinstance(channel, Media) or row["ref"] is None:
            raise Unsupported("this channel cannot fetch files")
        pieces = self._told(row, await channel.open(row["ref"]))
        return await self._blobs.put(pieces, limit=self._max_bytes)

    async def _extract(self, row: Record) -> Blob:
        """A file that lies inside the request it came with."""
        raw = await store.raw(self._database, row["message_id"])
        if raw is None:
            raise Rejected("the request it came with is not kept any more")
        content = await self._part(row["account_id"], raw, row["ref"])

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self._blobs.put(chunks(), limit=self._max_bytes)

    async def _told(self, row: Record, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces; whoever looks at the thread hears now and then how many there were."""
        loop = asyncio.get_running_loop()
        size, told = 0, loop.time()
        async for piece in pieces:
            yield piece
            size += len(piece)
            if loop.time() - told >= TELL_EVERY:
                told = loop.time()
                await self._tell(row, {"fetched": size})

    async def _tell(self, row: Record, more: Mapping[str, Any]) -> None:
        await self._database.run(lambda unit: store.told(unit, row, more))

    async def _note(
        self, row: Record, state: str, blob: Blob | None, more: Mapping[str, Any] | None = None
    ) -> bool:
        kind, media_type, data = nature(blob) if blob else (None, None, dict(more or {}))
        kind = own_kind(row["kind"]) or kind
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


def _why(error: Exception) -> dict[str, str]:
    """What an employee is told; never the inside of an unforeseen error."""
    known = str(error) if isinstance(error, ChannelError) else ""
    text = error.detail if isinstance(error, HouseError) else known
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = "there is no room left for files on our side"
    return {"reason": (text or f"fetching failed: {type(error).__name__}")[:REASON]}
