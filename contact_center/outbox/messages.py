"""What an employee may do with a message on its way: take it back, try it anew, settle a doubt."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web

from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.outbox import acts, store
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

# Its files are uploads again, so that the draft it goes back to can name them.
UNTIE = """
UPDATE attachments SET message_id = NULL, contact_id = NULL, version = version + 1
WHERE message_id = $1 AND owner = $2
"""
# Held until the commit: nobody archives it meanwhile.
ARCHIVED = """
SELECT a.archived_at IS NOT NULL FROM messages m JOIN contacts c ON c.id = m.contact_id
JOIN accounts a ON a.id = c.account_id WHERE m.id = $1 FOR SHARE OF a
"""
DELIVERY = """
SELECT o.message_id, o.state, o.error_kind, o.error_text, o.hold_until, m.version
FROM outbox o JOIN messages m ON m.id = o.message_id
WHERE o.message_id = $1 AND o.act = 'send' ORDER BY o.created_at DESC LIMIT 1
"""


class Messages:
    """Steps of one transaction each.

    All raise NotFound for a message the actor may not see, and Conflict with the present state
    when it is too late.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def undo(self, actor: Actor, message_id: UUID) -> Record:
        """Take back what is still held; the message stays as deleted."""

        async def step(unit: Unit) -> Record:
            await self._lock(unit, actor, message_id)
            rows = await store.change(unit, store.CANCEL, message_id)
            if rows:
                await unit.execute(acts.FORGET, [message_id])
                await unit.execute(UNTIE, message_id, actor.label)
            return await self._report(unit, actor, message_id, rows, "undo")

        return await self._database.run(step)

    async def retry(self, actor: Actor, message_id: UUID) -> Record:
        """Send a failed or uncertain message again, at its old place in the line.

        Raises Conflict `account_archived` where nobody would send it.
        """

        async def step(unit: Unit) -> Record:
            archived = await unit.fetchval(ARCHIVED, message_id)
            await self._lock(unit, actor, message_id)
            if archived:
                raise Conflict("its connection is archived", code="account_archived")
            rows = await store.change(unit, store.AGAIN, message_id, "failed", True)
            rows = rows or await store.change(unit, store.AGAIN, message_id, "uncertain", False)
            return await self._report(unit, actor, message_id, rows, "retry")

        return await self._database.run(step)

    async def resolve(
        self, actor: Actor, message_id: UUID, verdict: Literal["arrived", "send_again"]
    ) -> Record:
        """Settle an uncertain message by what the employee knows."""
        if verdict == "send_again":
            return await self.retry(actor, message_id)

        async def step(unit: Unit) -> Record:
            await self._lock(unit, actor, message_id)
            rows = await store.change(unit, store.ARRIVED, message_id)
            await unit.execute("SELECT cc_delivery_apply($1)", [row["id"] for row in rows])
            return await self._report(unit, actor, message_id, rows, "arrived")

        return await self._database.run(step)

    async def _lock(self, unit: Unit, actor: Actor, message_id: UUID) -> None:
        found = await unit.fetchval(
            sa.select(t.contacts.c.id)
            .join(t.messages, t.messages.c.contact_id == t.contacts.c.id)
            .where(t.messages.c.id == message_id, visible(actor, "contact"))
        )
        if found is None:
            raise NotFound("there is no such message")
        await unit.lock("contacts", [found], "id")

    async def _report(
        self, unit: Unit, actor: Actor, message_id: UUID, rows: list[Any], cause: str
    ) -> Record:
        if rows:
            await store.changed(unit, [row["id"] for row in rows], actor.label, cause)
        delivery = await unit.fetchrow(DELIVERY, message_id)
        if delivery is None:
            raise Conflict("the message was never sent through a channel", code="not_sent")
        if not rows:
            raise Conflict(
                f"too late: the message is {delivery['state']}",
                code="delivery_changed",
                current={"state": delivery["state"]},
            )
        return delivery


SERVICE: web.AppKey[Messages] = web.AppKey("outbox_messages", Messages)
