"""Split and join of contacts by hand, where a letter's thread and its matter are not the same.

Only where letters are carried: there the key of a conversation is a name of ours, which may be
given anew; in a chat it is the person. The order shown in a thread is that of seq: what was joined
follows what was there, and each keeps its own instants.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.access.model import Actor, Permission
from contact_center.contacts.writing.service import Writer
from contact_center.desk.bench import Bench, Grip, require_mine, require_open
from contact_center.desk.parts import store
from contact_center.desk.parts.store import Cut
from contact_center.intake import cleaning
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.outbox import lines
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import Work

KEY_BYTES = 10  # written as 20 hex digits: channels make keyed marks over keys of that form
MOVED = "message.moved"


class Parting:
    """One contact becomes two, two become one. Each is one transaction."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def split(self, actor: Actor, contact_id: UUID, message_id: UUID) -> tuple[UUID, bool]:
        """Move a letter and all after it into a new contact; returns it.

        True with it: the actor has more now than the router would give him. Raises NotFound,
        Invalid; Conflict `not_splittable`, `not_yours`, `contact_closed`, `nothing_left`,
        `sending`.
        """

        async def step(unit: Unit) -> tuple[UUID, bool]:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            await require_open(grip.contact)
            await self._require_letters(unit, grip.contact)
            await _require_free_or_mine(grip, actor)
            at = await _place(grip, message_id)
            part_id = await _part(grip, actor, at)
            await _begin_work(grip, part_id)
            if grip.contact["operator_id"] is None:
                return part_id, False
            await grip.recount(actor.employee_id, cause="split")
            medium = grip.contact["medium"]
            return part_id, await store.over_capacity(unit, actor.employee_id, medium)

        return await self._bench.run(step)

    async def join(self, actor: Actor, contact_id: UUID, other_id: UUID) -> None:
        """Put the other contact's messages behind this one's; the other closes.

        Who had either in his hands has this one. Raises NotFound, Invalid; Conflict
        `not_splittable`, `not_joinable`, `not_yours`, `contact_closed`, `offered`, `sending`.
        """
        if contact_id == other_id:
            raise Invalid("a contact cannot be joined with itself", field="other_id")

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            await self._require_other(unit, actor, other_id)
            grip, other = await self._bench.grips(
                unit, [contact_id, other_id], actor.label, [actor.employee_id]
            )
            for held in (grip, other):
                await require_open(held.contact)
                await _require_free_or_mine(held, actor)
                _require_not_offered(held, actor)
            if grip.contact["account_id"] != other.contact["account_id"]:
                raise Conflict("they came by different connections", code="not_joinable")
            await self._require_letters(unit, grip.contact)
            await _join(grip, other, actor)

        await self._bench.run(step)

    async def _require_other(self, unit: Unit, actor: Actor, other_id: UUID) -> None:
        try:
            await self._bench.contacts.require(actor, other_id, unit)
        except NotFound as error:
            raise Invalid("there is no such contact", field="other_id") from error

    async def _require_letters(self, unit: Unit, contact: Writer) -> None:
        if not await self._bench.carries_letters(unit, contact["account_id"]):
            raise Conflict(
                "here a conversation is the person who writes, only letters can be split and"
                " joined",
                code="not_splittable",
            )


async def _require_free_or_mine(grip: Grip, actor: Actor) -> None:
    if grip.contact["operator_id"] is not None:
        await require_mine(grip.unit, grip.contact, actor)


def _require_not_offered(grip: Grip, actor: Actor) -> None:
    work = grip.work
    if work is None or work.state != "offered" or work.operator_id == actor.employee_id:
        return
    if not actor.may(Permission.SUPERVISE):
        raise Conflict("it is being offered to somebody else", code="offered")


# --- split ---------------------------------------------------------------------------------------


async def _place(grip: Grip, message_id: UUID) -> Cut:
    at = await store.cut(grip.unit, grip.contact.id, message_id)
    if at is None:
        raise Invalid("that message is not of this contact", field="message_id")
    if at.kind not in ("inbound", "outbound"):
        raise Invalid("a contact begins with a letter", field="message_id")
    if not at.leaves:
        raise Conflict("before that letter there is nothing to keep", code="nothing_left")
    return at


async def _part(grip: Grip, actor: Actor, at: Cut) -> UUID:
    """The new contact with its messages and all that follows them."""
    unit, contact, part_id = grip.unit, grip.contact, new_id()
    key, kept = secrets.token_hex(KEY_BYTES), at.seq - 1
    await store.open_part(unit, contact.id, part_id, key, at)
    part = await Writer.lock(unit, part_id, now=grip.now, actor=grip.label)
    _log_opened(grip, part)
    names = await _move(grip, part, start=at.seq, shift=-kept)
    await store.lead(unit, contact["account_id"], names, key)
    await store.follow_split(unit, contact.id, part_id, kept)
    me, moved = actor.employee_id, contact["last_seq"] - kept
    for one, length, other, code in (
        (contact, kept, part, "split"), (part, moved, contact, "split_from"),
    ):  # fmt: skip
        one.set(last_seq=length, **await store.standing(unit, one.id))
        one.note_system(code, employee_id=me, contact_id=other.id, number=other["number"])
        one.tell(MOVED, with_contact_id=other.id)
        await one.flush("split")
    return part_id


def _log_opened(grip: Grip, part: Writer) -> None:
    names = ("queue_id", "operator_id", "account_id")
    grip.unit.log(
        "contact.opened", "contact", part.id, version=part["version"], actor=grip.label,
        cause="split", identity_id=part["identity_id"],
        data={name: str(part[name]) if part[name] else None for name in names},
    )  # fmt: skip


async def _move(grip: Grip, target: Writer, *, start: int, shift: int) -> list[str]:
    """Move messages of the gripped contact; returns the names they are answered by."""
    unit = grip.unit
    rows = await store.move(unit, grip.contact.id, target.id, start, shift)
    ids = [row["id"] for row in rows]
    await lines.move(
        unit, ids, account_id=target["account_id"], contact_id=target.id,
        key=target["conversation_key"],
    )  # fmt: skip
    theirs = [cleaning.key(row["name"]) for row in rows if row["name"]]
    return [*theirs, *await store.our_names(unit, ids)]


async def _begin_work(grip: Grip, part_id: UUID) -> None:
    """The new contact's turn: with who has the old one, else in the line, as old as that one."""
    contact, former = grip.contact, grip.work
    await works.start(
        grip.unit, contact_id=part_id, queue_id=contact["queue_id"], medium=contact["medium"],
        origin="arrival", now=grip.now, actor=grip.label, previous=former,
        virtual_arrival=former.place(grip.now) if former else None,
        excluded=former.excluded if former else (), operator_id=contact["operator_id"],
    )  # fmt: skip


# --- join ----------------------------------------------------------------------------------------


async def _join(grip: Grip, other: Grip, actor: Actor) -> None:
    unit, contact, joined = grip.unit, grip.contact, other.contact
    me, length = actor.employee_id, contact["last_seq"]
    was_mine = joined["operator_id"] is not None and contact["operator_id"] is None
    await _move(other, contact, start=1, shift=length)
    await store.follow_join(unit, contact.id, joined.id, length)
    await store.redirect(
        unit, contact["account_id"], joined["conversation_key"], contact["conversation_key"]
    )
    contact.set(last_seq=length + joined["last_seq"], **_together(contact, joined))
    contact.note_system("joined", employee_id=me, contact_id=joined.id, number=joined["number"])
    contact.tell(MOVED, with_contact_id=joined.id)
    if was_mine:
        contact.set(operator_id=me, snoozed_until=None)
    await contact.flush("joined")
    joined.set(
        last_seq=0, state="closed", closed_at=grip.now, closed_by=me, awaiting="nobody",
        waiting_since=None,
    )  # fmt: skip
    joined.note_system(
        "joined_into", employee_id=me, contact_id=contact.id, number=contact["number"]
    )
    joined.tell(MOVED, with_contact_id=contact.id)
    await joined.flush("joined")
    await _one_turn(grip, other, me if was_mine else None)


def _together(contact: Writer, joined: Writer) -> dict[str, Any]:
    """What the row says of both: who waits in either waits in this one, from the earlier on."""
    turns = {contact["awaiting"], joined["awaiting"]}
    newer = max((contact, joined), key=lambda one: _instant(one["last_at"]))
    return {
        "awaiting": next((who for who in ("us", "client") if who in turns), "nobody"),
        "waiting_since": _earlier(contact["waiting_since"], joined["waiting_since"]),
        "first_reply_at": _earlier(contact["first_reply_at"], joined["first_reply_at"]),
        **{name: newer[name] for name in ("last_text", "last_kind", "last_at")},
    }


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


async def _one_turn(grip: Grip, other: Grip, taker: UUID | None) -> None:
    """The joined contact's turn ends; this one's goes on, in the hands of who had the other."""
    ended, turn = other.work, grip.work
    concerned = {work.operator_id for work in (ended, turn) if work} | {taker}
    busy = [taker] if taker else [ended.operator_id] if ended and ended.in_hand else []
    if ended is not None:
        await works.end(grip.unit, ended, "joined", now=grip.now, actor=grip.label)
    if taker is not None:
        await _take(grip, turn, taker)
    elif turn and ended and turn.state == "parked" and ended.state != "parked":
        await works.come_back(grip.unit, turn, now=grip.now, actor=grip.label, cause="joined")
    elif turn and ended and turn.state == "waiting":
        older = min(ended.place(grip.now), turn.virtual_arrival)
        if older != turn.virtual_arrival:
            await works.advance(grip.unit, turn, older, actor=grip.label, cause="joined")
    await works.recount(
        grip.unit, concerned, now=grip.now, actor=grip.label, cause="joined",
        busy=[one for one in busy if one],
    )  # fmt: skip


async def _take(grip: Grip, turn: Work | None, taker: UUID) -> None:
    if turn is not None:
        await works.activate(grip.unit, turn, taker, now=grip.now, actor=grip.label, cause="joined")
        return
    await works.start(
        grip.unit, contact_id=grip.contact.id, queue_id=grip.contact["queue_id"],
        medium=grip.contact["medium"], origin="return", now=grip.now, actor=grip.label,
        operator_id=taker,
    )  # fmt: skip
