"""Parking: a talk that waits for its client is laid aside, and its operator is free for others.

The turn ends, and the next one lies aside (`parked`) until its hour comes or the client writes;
then it waits in line again, for whom it prefers first and for everybody after the queue's hold. The
hour is the router's (`routing.endings`), the client's word a job that intake makes. Whoever takes
it meanwhile has it as he has any other contact that is nobody's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contact_center.access.model import Actor
from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip, require_mine, require_open
from contact_center.desk.model import Park
from contact_center.jobs.model import Job
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import store as outbox
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import CLIENT_WROTE

LONGEST = timedelta(days=90)
UNSAID = timedelta(days=30)
"""So long at most what lies aside "until the client writes": nothing is forgotten for ever."""


class Parking:
    """Lay a contact aside, and bring it back."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def park(self, actor: Actor, contact_id: UUID, asked: Park) -> None:
        """Lay the actor's contact aside, or what he has laid aside until another time.

        Raises NotFound, Invalid; Conflict `not_yours`, `contact_closed`, and `client_wrote` where
        there is something the actor has not seen.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            await require_open(grip.contact)
            until = _until(asked, grip.now)
            await _require_seen(grip, asked)
            if grip.work and grip.work.parked_by == actor.employee_id:
                await _put_off(grip, actor, until)
                return
            await require_mine(unit, grip.contact, actor)
            await _lay_aside(grip, actor, asked, until)

        await self._bench.run(step)

    async def wake(self, job: Job) -> None:
        """Bring back what its client has written to: the handler of `CLIENT_WROTE` jobs."""
        contact_id = UUID(job.key)

        async def step(unit: Unit) -> None:
            grip = await self._bench.grip(unit, contact_id, "system")
            if grip.work is not None and grip.work.state == "parked":
                await works.come_back(
                    unit, grip.work, now=grip.now, actor=grip.label, cause=CLIENT_WROTE
                )

        await self._bench.run(step)


def _until(asked: Park, now: datetime) -> datetime:
    until = asked.until or now + UNSAID
    if not now < until <= now + LONGEST:
        raise Invalid(f"choose a time within the next {LONGEST.days} days", field="until")
    return until


async def _require_seen(grip: Grip, asked: Park) -> None:
    seen = asked.seen_seq
    if seen is not None and await store.wrote_since(grip.unit, grip.contact.id, seen):
        raise Conflict("the client has just written", code="client_wrote")


async def _put_off(grip: Grip, actor: Actor, until: datetime) -> None:
    assert grip.work is not None  # noqa: S101 - who laid it aside was asked of it
    if grip.work.parked_until == until:
        return
    grip.contact.set(snoozed_until=until)
    grip.contact.note_system("parked", employee_id=actor.employee_id, until=until.isoformat())
    await grip.contact.flush("parked")
    await works.put_off(grip.unit, grip.work, until, actor=actor.label)


async def _lay_aside(grip: Grip, actor: Actor, asked: Park, until: datetime) -> None:
    contact, former, me = grip.contact, grip.work, actor.employee_id
    await outbox.release_holds(grip.unit, contact.id)
    if asked.note:
        contact.say("note", asked.note, employee_id=me)
    contact.note_system("parked", employee_id=me, until=until.isoformat())
    contact.set(operator_id=None, snoozed_until=until)
    await contact.flush("parked")
    # A talk that has begun is not sent to a form because its hour comes while the queue is closed.
    place, asks, excluded = grip.now, {"stays": True}, list[list[Any]]()
    if former is not None:
        place -= former.priority
        asks = {**former.requirement, **asks}
        excluded = [entry for entry in former.excluded if entry[0] != str(me)]
        await works.end(grip.unit, former, "parked", now=grip.now, actor=actor.label)
    await works.start(
        grip.unit, contact_id=contact.id, queue_id=contact["queue_id"], medium=contact["medium"],
        origin="parked", now=grip.now, actor=actor.label, virtual_arrival=place, own_place=place,
        previous=former, preferred_id=me, excluded=excluded, parked_until=until,
        requirement=asks, note=asked.note,
    )  # fmt: skip
    if former is not None:
        await grip.recount(former.operator_id, cause="parked")
