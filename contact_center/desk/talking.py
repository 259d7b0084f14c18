"""Replies and notes. The same client_msg_id is the same message, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from contact_center.access.model import Actor, Permission
from contact_center.access.policy import authorize
from contact_center.contacts.files import store as files
from contact_center.contacts.files.carrying import refusal
from contact_center.contacts.letters.model import NewLetter, pictures_in
from contact_center.contacts.writing import store as writing
from contact_center.contacts.writing.service import Writer
from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip, require_mine, require_open
from contact_center.desk.ending import finish
from contact_center.desk.model import NewMessage, Result
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import store as outbox
from contact_center.storage.unit import Unit


class Talking:
    """What an employee writes."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def write(self, actor: Actor, contact_id: UUID, new: NewMessage) -> UUID:
        """Write a reply or a note; returns the message.

        Raises NotFound; Conflict `not_yours` (with who has it) or `contact_closed` for a reply.
        """
        passes_on = new.letter is not None and new.letter.forwards and new.letter.whole
        if not new.text.strip() and not new.attachments and not passes_on:
            raise Invalid("write something or attach a file", field="text")
        authorize(actor, Permission.WORK if new.kind == "reply" else Permission.NOTE)

        async def step(unit: Unit) -> UUID:
            await self._bench.contacts.require(actor, contact_id, unit)
            if known := await _sent_before(unit, actor, contact_id, new):
                return known
            if new.kind == "reply" and new.close:
                grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
                return await self._reply_and_close(grip, actor, new)
            now = self._bench.clock.now()
            contact = await Writer.lock(unit, contact_id, now=now, actor=actor.label)
            if new.kind == "reply":
                return await self._reply(unit, contact, actor, new)
            return await self._note(unit, contact, actor, new)

        return await self._bench.run(step)

    async def _reply_and_close(self, grip: Grip, actor: Actor, new: NewMessage) -> UUID:
        known = await _sent_before(grip.unit, actor, grip.contact.id, new)
        if known is not None:
            return known
        message_id = await self._reply(grip.unit, grip.contact, actor, new, hold=False)
        await finish(grip, actor, Result())
        return message_id

    async def _reply(
        self, unit: Unit, contact: Writer, actor: Actor, new: NewMessage, *, hold: bool = True
    ) -> UUID:
        if known := await _sent_before(unit, actor, contact.id, new):
            return known  # another request of the same click was faster to the lock
        await require_open(contact)
        await require_mine(unit, contact, actor)
        await outbox.release_holds(unit, contact.id)
        if new.letter is not None:
            await self._require_letters(unit, contact, new.letter)
        if new.buttons:
            await self._require_buttons(unit, contact, len(new.buttons))
        if new.attachments:
            await self._require_files(unit, contact, new.attachments)
        message_id = await self._say(unit, contact, actor, new, "outbound")
        await outbox.enqueue(
            unit,
            account_id=contact["account_id"],
            conversation_key=contact["conversation_key"],
            contact_id=contact.id,
            message_id=message_id,
            origin="operator",
            klass="interactive",
            payload=_payload(new),
            hold_seconds=await self._hold_seconds(unit, contact) if hold else 0,
        )
        return message_id

    async def _note(self, unit: Unit, contact: Writer, actor: Actor, new: NewMessage) -> UUID:
        if known := await _sent_before(unit, actor, contact.id, new):
            return known
        if contact["operator_id"] == actor.employee_id:
            await outbox.release_holds(unit, contact.id)
        return await self._say(unit, contact, actor, new, "note")

    async def _say(
        self, unit: Unit, contact: Writer, actor: Actor, new: NewMessage, kind: str
    ) -> UUID:
        me, now = actor.employee_id, self._bench.clock.now()
        if new.reply_to and not await writing.is_of_contact(unit, new.reply_to, contact.id):
            raise Invalid("that message is not of this contact", field="reply_to")
        letter = new.letter.kept(new.attachments) if new.letter else None
        message_id = contact.say(
            kind, new.text, employee_id=me, client_msg_id=new.client_msg_id, reply_to=new.reply_to,
            data=_data(new, letter),
        )  # fmt: skip
        if kind == "outbound" and not (new.letter and new.letter.forwards):
            first = contact["first_reply_at"] or now
            contact.set(awaiting="client", waiting_since=None, first_reply_at=first)
        await contact.flush("reply" if kind == "outbound" else "note")
        if new.attachments:
            asked = list(dict.fromkeys(new.attachments))
            shown = pictures_in(str((letter or {}).get("html", "")))
            tied = await writing.attach(
                unit, asked, message_id, contact.id, actor.label, shown=shown
            )
            if tied != len(asked):
                raise Invalid("an attachment is not yours or was sent", field="attachments")
        await writing.drop_draft(unit, me, contact.id, new.kind)
        await writing.mark_read(unit, contact.id, str(me), contact["last_seq"], now)
        return message_id

    async def _require_files(self, unit: Unit, contact: Writer, ids: Sequence[UUID]) -> None:
        """What the channel cannot carry is said now, not when the client has waited for it."""
        can = await self._bench.contacts.carried(unit, contact.id)
        if found := refusal(await files.stored(unit, ids), can):
            raise Invalid(
                found.words, code=found.code, field="attachments", file=found.name,
                limit=found.limit,
            )  # fmt: skip

    async def _require_buttons(self, unit: Unit, contact: Writer, count: int) -> None:
        provider, _ = await store.account(unit, contact["account_id"])
        most = self._bench.contacts.carries(provider).buttons
        if count > most:
            raise Invalid(f"this connection carries {most} buttons", field="buttons")

    async def _require_letters(self, unit: Unit, contact: Writer, letter: NewLetter) -> None:
        provider, _ = await store.account(unit, contact["account_id"])
        if not self._bench.contacts.carries(provider).letters:
            raise Invalid("this connection carries no letters", field="letter")
        if letter.forwards and not await writing.is_of_contact(unit, letter.forwards, contact.id):
            raise Invalid("that message is not of this contact", field="letter.forwards")

    async def _hold_seconds(self, unit: Unit, contact: Writer) -> float:
        """How long the reply may be taken back: by the connection's settings, else its channel."""
        provider, settings = await store.account(unit, contact["account_id"])
        own = settings.get("undo_seconds")
        return float(self._bench.contacts.carries(provider).undo_seconds if own is None else own)


async def _sent_before(unit: Unit, actor: Actor, contact_id: UUID, new: NewMessage) -> UUID | None:
    row = await writing.sent_before(unit, actor.employee_id, new.client_msg_id)
    if row is None:
        return None
    if row["contact_id"] != contact_id:
        raise Conflict("this client_msg_id was used in another contact", code="duplicate")
    message_id: UUID = row["id"]
    return message_id


def _data(new: NewMessage, letter: Mapping[str, object] | None) -> dict[str, object] | None:
    """What the thread shows of a message beside its text."""
    data: dict[str, object] = {} if letter is None else {"letter": letter}
    if new.buttons:
        data["buttons"] = [button.model_dump() for button in new.buttons]
    return data or None


def _payload(new: NewMessage) -> dict[str, object]:
    return {
        "text": new.text,
        "attachments": [str(one) for one in new.attachments],
        "buttons": [button.model_dump() for button in new.buttons],
        "reply_to": str(new.reply_to) if new.reply_to else None,
    }
