"""Reading letters whole: text, HTML in a frame of its own, and the source as it came."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from aiohttp import web

from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.contacts.files import store as stored
from contact_center.contacts.files.links import Links
from contact_center.contacts.letters import store
from contact_center.contacts.letters.model import LetterBody, page
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Forbidden, NotFound
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record


class Letters:
    """All raise NotFound for a message the actor may not see."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    async def body(self, actor: Actor, message_id: UUID) -> LetterBody:
        """The whole of a letter."""
        await self._require(actor, message_id)
        row = await store.body(self._database, message_id)
        if row is None:
            raise NotFound("there is no more of it than the message shows", code="no_body")
        url = self._links.letter(message_id, self._clock.now()) if row["html"] else None
        return LetterBody(text=row["text"], html_url=url, remote_images=row["remote_images"])

    async def source(self, actor: Actor, message_id: UUID) -> bytes:
        """The letter as it came, while it is kept."""
        await self._require(actor, message_id)
        raw = await stored.raw(self._database, message_id)
        if raw is None:
            raise NotFound("its source is not kept any more", code="source_gone")
        return raw

    async def page(self, message_id: UUID, expires: int, signature: str, *, images: bool) -> str:
        """The HTML for the frame. Raises Forbidden for a wrong or old address."""
        now = self._clock.now()
        if not self._links.valid_letter(message_id, expires, signature, now):
            raise Forbidden("the address is not valid any more", code="link_expired")
        row = await store.body(self._database, message_id)
        if row is None:
            raise NotFound("there is no such letter")
        shown = {
            one["cid"]: f"{self._links.url(one['id'], now)}&inline=true"
            for one in await store.pictures(self._database, message_id)
        }
        return page(row["html"], shown, images=images)

    async def files(self, actor: Actor, message_id: UUID, *, pictures: bool) -> list[Record]:
        """The stored files of a message: id, name, blob_key; `pictures`: also those in its HTML."""
        await self._require(actor, message_id)
        return await store.files(self._database, message_id, pictures=pictures)

    async def _require(self, actor: Actor, message_id: UUID) -> None:
        found = await self._database.fetchval(
            sa.select(t.contacts.c.id)
            .join(t.messages, t.messages.c.contact_id == t.contacts.c.id)
            .where(t.messages.c.id == message_id, visible(actor, "contact"))
        )
        if found is None:
            raise NotFound("there is no such message")


SERVICE: web.AppKey[Letters] = web.AppKey("letters", Letters)
