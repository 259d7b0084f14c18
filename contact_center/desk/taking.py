"""Offers and taking: who gets the work is decided by the locked rows, and only by them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from contact_center.access.model import Actor, Permission
from contact_center.desk import model, store
from contact_center.desk.bench import Bench, Grip, require_open
from contact_center.desk.moving import back_to_queue
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.storage.unit import Record, Unit
from contact_center.work import store as works
from contact_center.work.model import Work, keep_from


class Taking:
    """Accept, decline, take; what is offered now."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def offers(self, actor: Actor) -> list[model.Offer]:
        """What is being offered to the actor, the most urgent first."""
        contacts = self._bench.contacts
        live = await works.live_offers(self._bench.database, actor.employee_id)
        rows = await contacts.rows(actor, [one["contact_id"] for one in live])
        known = {row.id: row for row in rows}
        found = []
        for one in live:
            row = known.get(one["contact_id"])
            if row is not None:
                recent = await contacts.recent(actor, row.client.id, row.id)
                shown = round((one["until"] - one["created_at"]).total_seconds())
                found.append(model.Offer.model_validate({
                    **dict(one), "seconds": shown, "contact": row, "recent": recent,
                }))  # fmt: skip
        return found

    async def accept(self, actor: Actor, offer_id: UUID) -> UUID:
        """Take what is offered; accepting twice is accepting once. Returns the contact.

        Raises NotFound for another's offer, Conflict `offer_gone` (saying who has it) for a stale
        one.
        """

        async def step(unit: Unit) -> UUID:
            offer = await _own_offer(unit, offer_id, actor)
            grip = await self._bench.grip(
                unit, offer["contact_id"], actor.label, [actor.employee_id]
            )
            if _is_live(grip.work, offer_id):
                await _give(grip, actor, "accepted")
            elif not _is_in_hands(grip.work, actor):
                raise await _gone(grip)
            return grip.contact.id

        return await self._bench.run(step)

    async def decline(self, actor: Actor, offer_id: UUID, reason: str) -> None:
        """Give an offer back: the work waits again at its old place, for others.

        Raises NotFound for another's offer, Conflict `offer_gone` for a stale one.
        """

        async def step(unit: Unit) -> None:
            offer = await _own_offer(unit, offer_id, actor)
            grip = await self._bench.grip(
                unit, offer["contact_id"], actor.label, [actor.employee_id]
            )
            work = grip.work
            if work is None or not _is_live(work, offer_id):
                if await works.offer_state(unit, offer_id) == "declined":
                    return
                raise await _gone(grip)
            rules = await store.queue(unit, work.queue_id)
            until = grip.now + timedelta(seconds=rules.exclude if rules else 0)
            excluded = keep_from(work.excluded, actor.employee_id, until)
            await works.decline(
                unit, work, reason=reason, excluded=excluded, now=grip.now, actor=actor.label
            )
            await works.recount(
                unit, [actor.employee_id], now=grip.now, actor=actor.label, cause="declined",
                answered=[actor.employee_id],
            )  # fmt: skip

        await self._bench.run(step)

    async def take(self, actor: Actor, contact_id: UUID) -> None:
        """Take a contact out of the line; it counts, but the router's limits do not bind a person.

        What is offered to somebody else only a supervisor may take; what is in the hands of one
        who may not work any more, anybody. Raises NotFound, or Conflict `taken` with who has it.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            await require_open(grip.contact)
            if grip.contact["operator_id"] == actor.employee_id:
                return
            holder = grip.contact["operator_id"] or (grip.work and grip.work.operator_id)
            offered = grip.contact["operator_id"] is None
            own = holder == actor.employee_id
            if holder and not own and not (offered and actor.may(Permission.SUPERVISE)):
                if offered or await store.works(unit, holder):
                    raise Conflict(
                        "somebody else has this contact",
                        code="taken",
                        taken_by=await store.who(unit, holder),
                    )
                await back_to_queue(grip, actor.employee_id)
            await _give(grip, actor, "accepted" if own else "taken")

        await self._bench.run(step)

    async def history(self, actor: Actor, contact_id: UUID) -> list[model.WorkSeen]:
        """All turns of a contact with their offers. Raises NotFound."""
        await self._bench.contacts.require(actor, contact_id)
        found = await works.history(self._bench.database, contact_id)
        return [model.WorkSeen.model_validate(dict(one)) for one in found]


async def _own_offer(unit: Unit, offer_id: UUID, actor: Actor) -> Record:
    offer = await works.offer(unit, offer_id)
    if offer is None or offer["operator_id"] != actor.employee_id:
        raise NotFound("there is no such offer")
    return offer


def _is_live(work: Work | None, offer_id: UUID) -> bool:
    return work is not None and work.state == "offered" and work.offer_id == offer_id


def _is_in_hands(work: Work | None, actor: Actor) -> bool:
    return work is not None and work.in_hand and work.operator_id == actor.employee_id


async def _gone(grip: Grip) -> Conflict:
    taken_by = await store.who(grip.unit, grip.contact["operator_id"])
    return Conflict("the offer is no longer there", code="offer_gone", taken_by=taken_by)


async def _give(grip: Grip, actor: Actor, cause: str) -> None:
    """Put the contact and its work into the actor's hands."""
    me, contact, former = actor.employee_id, grip.contact, grip.work
    if former is None:
        await works.start(
            grip.unit, contact_id=contact.id, queue_id=contact["queue_id"],
            medium=contact["medium"], origin="return", now=grip.now, actor=actor.label,
            operator_id=me,
        )  # fmt: skip
    else:
        await works.activate(grip.unit, former, me, now=grip.now, actor=actor.label, cause=cause)
    contact.set(operator_id=me, snoozed_until=None)
    contact.note_system("taken", employee_id=me)
    await contact.flush(cause)
    await grip.recount(me, cause=cause, answered=True)
    if former and former.operator_id not in (None, me):
        await works.recount(
            grip.unit, [former.operator_id], now=grip.now, actor=actor.label, cause=cause
        )
