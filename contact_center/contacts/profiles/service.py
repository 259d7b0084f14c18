"""Looks people up at their provider, after the commit of what they wrote.

The job is made by intake for whom nobody has looked up for a month. A picture is fetched as every
other file is, by its own job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from channels.contract import Profiles
from channels.errors import Rejected, Unsupported
from channels.messages import Profile
from contact_center.accounts.sending import Connect
from contact_center.contacts.files.fetching import FETCH
from contact_center.contacts.profiles import store
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Job, Outside
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import NotFound
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

LOOK_UP = "profiles.fetch"
FIELDS, VALUE = 20, 500


class Portraits:
    """`account` opens the connection at which somebody is looked up."""

    def __init__(self, database: Database, clock: Clock, account: Connect) -> None:
        self._database = database
        self._clock = clock
        self._account = account

    def handlers(self) -> dict[str, Outside]:
        """What the job runner calls."""
        return {LOOK_UP: Outside(self.look_up)}

    async def look_up(self, job: Job) -> None:
        """Ask for one address. Raises what another try may cure."""
        identity_id, account_id = UUID(job.key), UUID(job.payload["account_id"])
        found = await store.one(self._database, identity_id)
        if found is None:
            return
        try:
            channel = (await self._account(account_id)).channel
        except NotFound:
            return  # switched off: he is looked up when he writes elsewhere
        if not isinstance(channel, Profiles):
            return
        try:
            told = await channel.profile(found["value"])
        except (Rejected, Unsupported):
            told = Profile()
        given = job.payload.get("fields") or {}
        fields = _fields({**given, **told.fields})

        async def step(unit: Unit) -> None:
            await self._keep(unit, identity_id, account_id, fields, told.avatar)

        await self._database.run(step)

    async def _keep(
        self, unit: Unit, identity_id: UUID, account_id: UUID, fields: dict[str, str],
        avatar: str | None,
    ) -> None:  # fmt: skip
        known = await store.one(unit, identity_id)
        if known is None:
            return
        await unit.lock("clients", [known["client_id"]], "id")
        file_id = known["file_id"]
        if not _is_here(known, avatar):
            file_id = await self._picture(unit, account_id, known["file_id"], avatar)
        await store.keep(unit, identity_id, account_id, fields, file_id)
        if fields == known["fields"] and file_id == known["file_id"]:
            return
        version = await store.touch(unit, known["client_id"])
        if version is not None:
            unit.log("client.changed", "client", known["client_id"], version=version,
                     actor="system", cause="profile", identity_id=identity_id)  # fmt: skip

    async def _picture(
        self, unit: Unit, account_id: UUID, former: UUID | None, avatar: str | None
    ) -> UUID | None:
        if former is not None:
            await store.let_go(unit, former)
        if avatar is None:
            return None
        file_id = await store.add_file(unit, account_id, avatar)
        told = {"attachment_id": str(file_id), "account_id": str(account_id)}
        await jobs.schedule(unit, FETCH, str(file_id), self._clock.now(), told)
        return file_id


def _is_here(known: Record, avatar: str | None) -> bool:
    """Whether the picture is the one we have, or are about to have."""
    return bool(known["ref"] == avatar and known["state"] in (None, "wanted", "stored"))


def _fields(told: Mapping[str, Any]) -> dict[str, str]:
    """Short texts, not too many: they are shown as they are."""
    texts = {str(name)[:40]: str(value)[:VALUE] for name, value in told.items() if value}
    return dict(list(texts.items())[:FIELDS])
