"""Replies that are changed or deleted after they were written, as far as their channel can."""

from __future__ import annotations

from uuid import UUID

from channels.contract import Capabilities
from contact_center.access.model import Actor, Permission
from contact_center.access.policy import authorize
from contact_center.contacts.messages import store as messages
from contact_center.contacts.writing.service import Writer
from contact_center.desk import store
from contact_center.desk.bench import Bench, require_charge, require_open
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.outbox import acts
from contact_center.storage.unit import Record, Unit

REFUSALS = {
    "edit": "this connection does not change messages",
    "delete": "this connection does not delete messages",
}


class Amending:
    """Changes of one message.

    Both raise NotFound; Conflict `not_yours`, `contact_closed`, `not_sent`, `delivery_changed`
    (with the present state) and for another version; Invalid `not_carried`.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def edit(
        self, actor: Actor, contact_id: UUID, message_id: UUID, text: str, version: int | None
    ) -> None:
        """Give a reply another text."""
        if not text.strip():
            raise Invalid("write something, or delete the message", field="text")
        authorize(actor, Permission.WORK)

        async def step(unit: Unit) -> None:
            message, can = await self._hold(unit, actor, contact_id, message_id, version)
            _require(can.edit, "edit")
            if len(text) > can.text_limit:
                raise Invalid(f"this connection carries {can.text_limit} characters", field="text")
            if message["text"] != text or message["act"] is not None:
                await acts.change(unit, message_id, "edit", actor.label, text)

        await self._bench.run(step)

    async def delete(
        self, actor: Actor, contact_id: UUID, message_id: UUID, version: int | None
    ) -> None:
        """Delete a reply, wherever it is; one that is deleted stays so."""
        authorize(actor, Permission.WORK)

        async def step(unit: Unit) -> None:
            message, can = await self._hold(unit, actor, contact_id, message_id, version)
            if message["deleted_at"] is None:
                _require(can.delete, "delete")
                await acts.change(unit, message_id, "delete", actor.label)

        await self._bench.run(step)

    async def _hold(
        self, unit: Unit, actor: Actor, contact_id: UUID, message_id: UUID, version: int | None
    ) -> tuple[Record, Capabilities]:
        """The message under its contact's lock, and what the connection can."""
        await self._bench.contacts.require(actor, contact_id, unit)
        now = self._bench.clock.now()
        contact = await Writer.lock(unit, contact_id, now=now, actor=actor.label)
        message = await messages.one(unit, message_id)
        if message is None or message["contact_id"] != contact_id:
            raise NotFound("there is no such message")
        await require_open(contact)
        await require_charge(unit, contact, actor)
        if message["kind"] != "outbound":
            raise Conflict("only what was written to the client can be changed", code="not_sent")
        if version is not None and message["version"] != version:
            current = {"version": message["version"]}
            raise Conflict("the message has changed meanwhile", current=current)
        provider, _ = await store.account(unit, contact["account_id"])
        return message, self._bench.contacts.carries(provider)


def _require(able: bool, act: str) -> None:
    if not able:
        raise Invalid(REFUSALS[act], code="not_carried")
