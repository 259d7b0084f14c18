"""Closing a contact and finishing the work after it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from contact_center.access.model import Actor
from contact_center.contacts import store as contact_rows
from contact_center.contacts.writing.service import Writer
from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip, require_charge, require_open
from contact_center.desk.model import Result, WrapUp
from contact_center.desk.store import QueueRules
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Job
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import store as outbox
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import Work

WRAP_UP_TIMEOUT = "wrap_up_timeout"
EXTENSION = timedelta(seconds=30)


class Ending:
    """Close, wrap up, mark as spam."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def close(self, actor: Actor, contact_id: UUID, result: Result) -> None:
        """Close the contact, for good. Without the result its queue asks for, wrap-up begins.

        Closing twice is closing once. Raises NotFound, Conflict `not_yours` or `contact_closed`.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            contact = grip.contact
            if not contact.is_open and contact["closed_by"] == actor.employee_id:
                return
            await require_open(contact)
            await require_charge(unit, contact, actor)
            await finish(grip, actor, result)

        await self._bench.run(step)

    async def wrap_up(self, actor: Actor, contact_id: UUID, result: WrapUp) -> None:
        """Say how the closed contact ended, and be free; or get half a minute more.

        A result that comes after the time has run out is still kept. Raises Invalid without the
        result the queue asks for, Conflict `not_yours` or `contact_open`.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            if grip.contact.is_open:
                raise Conflict("close the contact first", code="contact_open")
            await require_charge(unit, grip.contact, actor)
            if result.extend:
                await _extend(grip)
            else:
                await _complete(grip, actor, result)

        await self._bench.run(step)

    async def spam(self, actor: Actor, contact_id: UUID) -> None:
        """Close the contact as spam. Raises NotFound, Conflict `not_yours` or `contact_closed`."""

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            grip = await self._bench.grip(unit, contact_id, actor.label, [actor.employee_id])
            contact = grip.contact
            if not contact.is_open and contact["spam"]:
                return
            await require_open(contact)
            if contact["operator_id"] is not None:
                await require_charge(unit, contact, actor)
            contact.set(spam=True)
            contact.note_system("spam", employee_id=actor.employee_id)
            await _close(grip, actor.employee_id)
            await _end_work(grip, "spam")

        await self._bench.run(step)

    async def not_spam(self, actor: Actor, contact_id: UUID) -> None:
        """Take the mark back: what its sender writes next rings again. Raises NotFound.

        The contact stays closed; what he wrote meanwhile stands in it.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            contact = (await self._bench.grip(unit, contact_id, actor.label)).contact
            if contact["spam"]:
                contact.set(spam=False)
                contact.note_system("not_spam", employee_id=actor.employee_id)
                await contact.flush("not_spam")

        await self._bench.run(step)

    async def time_out(self, job: Job) -> None:
        """End a wrap-up whose time is over: the handler of `wrap_up_timeout` jobs."""
        contact_id, work_id = UUID(job.payload["contact_id"]), UUID(job.payload["work_id"])

        async def step(unit: Unit) -> None:
            grip = await self._bench.grip(unit, contact_id, "system")
            work = grip.work
            if work is None or work.id != work_id or work.state != "wrap_up":
                return
            if work.wrap_up_until is not None and work.wrap_up_until > grip.now:
                await _schedule(grip, work)  # extended, or our clock is behind
                return
            await end_wrap_up(grip)

        await self._bench.run(step)


async def finish(grip: Grip, actor: Actor, result: Result) -> None:
    """Close an open contact the actor is in charge of; wrap-up where its result is still owed."""
    me, contact, work = actor.employee_id, grip.contact, grip.work
    await _keep_result(grip, actor, result)
    contact.note_system("closed", employee_id=me, result_code_id=contact["result_code_id"])
    await _close(grip, me)
    rules = await store.queue(grip.unit, contact["queue_id"])
    if work and work.operator_id == me and _owes_result(contact, rules) and rules:
        until = grip.now + timedelta(seconds=rules.wrap_up_seconds)
        later = await works.wrap_up(
            grip.unit, work, until, now=grip.now, actor=grip.label, cause="closed"
        )
        await _schedule(grip, later)
    else:
        await _end_work(grip, "closed")


def _owes_result(contact: Writer, rules: QueueRules | None) -> bool:
    if rules is None or contact["result_code_id"] is not None:
        return False
    return rules.wrap_up_code_required and rules.wrap_up_seconds > 0


async def _keep_result(grip: Grip, actor: Actor, result: Result) -> None:
    """Kind, result and note of the contact; raises Invalid for what may not be chosen."""
    unit, contact = grip.unit, grip.contact
    if result.kind_id:
        if not await contact_rows.is_kind(unit, result.kind_id):
            raise Invalid("there is no such kind of request", field="kind_id")
        contact.set(kind_id=result.kind_id)
    if result.result_code_id:
        if not await contact_rows.is_result_code(unit, result.result_code_id, contact["queue_id"]):
            raise Invalid("there is no such result in this queue", field="result_code_id")
        contact.set(result_code_id=result.result_code_id)
    if result.note:
        contact.say("note", result.note, employee_id=actor.employee_id)


async def close_unattended(grip: Grip, outcome: str) -> None:
    """Close a contact nobody has taken; its turn ends with this outcome and keeps its wait."""
    grip.contact.note_system(outcome)
    await _close(grip, None)
    await _end_work(grip, outcome)


async def end_wrap_up(grip: Grip) -> None:
    """The turn of a closed contact is over without the result that was owed."""
    await _end_work(grip, WRAP_UP_TIMEOUT)


async def _close(grip: Grip, closed_by: UUID | None) -> None:
    await outbox.release_holds(grip.unit, grip.contact.id)
    grip.contact.set(
        state="closed", closed_at=grip.now, closed_by=closed_by, awaiting="nobody",
        waiting_since=None, snoozed_until=None,
    )  # fmt: skip
    await grip.contact.flush("closed")


async def _end_work(grip: Grip, outcome: str) -> None:
    work = grip.work
    if work is None:
        return
    await works.end(grip.unit, work, outcome, now=grip.now, actor=grip.label)
    if work.operator_id is not None:
        if work.in_hand:
            await grip.recount(work.operator_id, cause=outcome)
        else:
            await works.recount(
                grip.unit, [work.operator_id], now=grip.now, actor=grip.label, cause=outcome
            )


async def _extend(grip: Grip) -> None:
    work = grip.work
    if work is None or work.state != "wrap_up" or work.wrap_up_until is None:
        raise Conflict("the time for wrap-up is over", code="wrap_up_over")
    rules = await store.queue(grip.unit, grip.contact["queue_id"])
    limit = timedelta(seconds=rules.wrap_up_limit if rules else 0)
    longest = grip.contact["closed_at"] + limit
    until = min(max(work.wrap_up_until, grip.now) + EXTENSION, longest)
    if until <= work.wrap_up_until:
        raise Conflict("wrap-up cannot be longer", code="wrap_up_limit")
    later = await works.wrap_up(
        grip.unit, work, until, now=grip.now, actor=grip.label, cause="extended"
    )
    await _schedule(grip, later)


async def _schedule(grip: Grip, work: Work) -> None:
    payload = {"work_id": str(work.id), "contact_id": str(grip.contact.id)}
    due = work.wrap_up_until or grip.now
    await jobs.reschedule(grip.unit, WRAP_UP_TIMEOUT, str(work.id), due, payload)


async def _complete(grip: Grip, actor: Actor, result: Result) -> None:
    work, contact = grip.work, grip.contact
    await _keep_result(grip, actor, result)
    rules = await store.queue(grip.unit, contact["queue_id"])
    if work is not None and _owes_result(contact, rules):
        raise Invalid("choose how the contact ended", field="result_code_id")
    await contact.flush("wrap_up")
    if work is not None:
        await jobs.cancel(grip.unit, WRAP_UP_TIMEOUT, str(work.id))
        await _end_work(grip, "closed")
