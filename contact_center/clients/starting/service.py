"""Makes start links, and joins the records of a client who was carried over.

Intake marks a link as used, once, and asks for the job. Whoever has no other address than the one
he follows the link from is joined to the client it was made for; anybody else is only suggested,
for links are passed on. A merge can be undone as every other.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from aiohttp import web

from channels.contract import StartsByLink
from channels.errors import ChannelError
from contact_center.access.model import Actor
from contact_center.accounts.sending import Connect
from contact_center.clients import merging, starts
from contact_center.clients.ledger import store as ledger
from contact_center.clients.service import Clients
from contact_center.clients.starting import store
from contact_center.clients.starting.model import PlaceIn, StartLink
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

CARRY = "clients.carry"
MOST_PLACES = 200


class Starting:
    """`account` opens the connection a link leads to."""

    def __init__(self, database: Database, clock: Clock, account: Connect) -> None:
        self._database = database
        self._clock = clock
        self._account = account
        self._clients = Clients(database)

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {CARRY: self.carry}

    async def for_client(
        self, actor: Actor, client_id: UUID, account_id: UUID, minutes: int
    ) -> StartLink:
        """A link that carries this client over to another connection."""
        await self._clients.require(actor, client_id)
        url, digest = await self._word(account_id)
        until = self._clock.now() + timedelta(minutes=minutes)

        async def step(unit: Unit) -> UUID:
            return await store.add(
                unit, account_id, digest, by=actor.employee_id, client_id=client_id,
                expires_at=until,
            )  # fmt: skip

        return StartLink(id=await self._database.run(step), url=url, expires_at=until)

    async def for_place(self, actor: Actor, account_id: UUID, place: PlaceIn) -> StartLink:
        """A link that says where a client met us."""
        if len(await store.places(self._database, account_id)) >= MOST_PLACES:
            raise Conflict("this connection has as many links as there may be", code="too_many")
        url, digest = await self._word(account_id)

        async def step(unit: Unit) -> UUID:
            touchpoint = await store.place(unit, place.kind, place.key, place.title)
            return await store.add(
                unit, account_id, digest, by=actor.employee_id, touchpoint_id=touchpoint, url=url
            )

        return StartLink(id=await self._database.run(step), url=url, expires_at=None)

    async def places(self, account_id: UUID) -> list[Record]:
        """The links of a connection that say where a client met us, the newest first."""
        return await store.places(self._database, account_id)

    async def revoke(self, account_id: UUID, link_id: UUID) -> None:
        """Let a link lead nowhere. Raises NotFound; whom it has brought stays whose he is."""

        async def step(unit: Unit) -> None:
            if not await store.revoke(unit, account_id, link_id):
                raise NotFound("there is no such link")

        await self._database.run(step)

    async def _word(self, account_id: UUID) -> tuple[str, str]:
        """An address with a new word, and the word's digest."""
        word = starts.new_word()
        digest = starts.digest_of(word)
        channel = (await self._account(account_id)).channel
        if not isinstance(channel, StartsByLink) or digest is None:
            raise Invalid("talks on this connection do not begin by a link", field="account_id")
        try:
            return await channel.start_link(word), digest
        except ChannelError as error:
            raise Unavailable(str(error), code="provider", retry_after=5) from error

    async def carry(self, job: Job) -> None:
        """Join whoever followed the link to the client it was made for."""

        async def step(unit: Unit) -> None:
            link = await store.used(unit, UUID(job.key))
            if link is None:
                return
            winner = (await ledger.chain(unit, link["client_id"]))[-1]
            if winner == link["holder_id"]:
                return
            if link["addresses"] > 1:
                await store.suggest(unit, winner, link)
                return
            await merging.merge(
                unit, winner, link["holder_id"], reason="start link", actor="system",
                employee_id=link["created_by"],
            )  # fmt: skip
            await store.name(unit, winner, link)

        try:
            await self._database.run(step)
        except (Conflict, NotFound):
            return  # merged or erased meanwhile: there is nothing to join


SERVICE: web.AppKey[Starting] = web.AppKey("starting", Starting)
