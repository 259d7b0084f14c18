"""Transfer: one turn in the line ends, the next begins, and the client keeps his place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from contact_center.access.model import Actor
from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip, require_charge, require_open
from contact_center.desk.model import Transfer
from contact_center.desk.store import QueueRules
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import store as outbox
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import EXPECTED_SECONDS, keep_from


class Moving:
    """Handing contacts on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def transfer(self, actor: Actor, contact_id: UUID, to: Transfer) -> None:
        """Hand a contact to a colleague, who is offered it, to a queue, or to anyone.

        Raises NotFound; Conflict `not_yours`, `contact_closed` or `operator_not_ready`; Invalid.
        """

        async def step(unit: Unit) -> None:
            await self._bench.contacts.require(actor, contact_id, unit)
            named = [to.id] if to.to == "operator" and to.id else []
            grip = await self._bench.grip(
                unit, contact_id, actor.label, [actor.employee_id, *named]
            )
            await require_open(grip.contact)
            await require_charge(unit, grip.contact, actor)
            if to.id is None:
                await _to_anyone(grip, actor, to)
            elif to.to == "operator":
                await _to_operator(grip, actor, to, to.id)
            else:
                await _to_queue(grip, actor, to, to.id)

        await self._bench.run(step)


async def _to_operator(grip: Grip, actor: Actor, to: Transfer, colleague_id: UUID) -> None:
    colleague = await store.colleague(grip.unit, colleague_id)
    if colleague is None or not colleague.works:
        raise Invalid("there is no such operator", field="id")
    if to.id == grip.contact["operator_id"]:
        raise Invalid("the contact is his already", field="id")
    if not colleague.ready:
        raise Conflict(
            f"{colleague.name} is not ready",
            code="operator_not_ready",
            current={"presence": colleague.presence},
        )
    rules = await store.queue(grip.unit, grip.contact["queue_id"])
    next_turn = {"preferred_id": to.id, "preferred_seconds": EXPECTED_SECONDS}
    await _hand_on(grip, actor.employee_id, to, rules, next_turn)


async def _to_queue(grip: Grip, actor: Actor, to: Transfer, queue_id: UUID) -> None:
    rules = await store.queue(grip.unit, queue_id)
    if rules is None or rules.archived:
        raise Invalid("there is no such queue", field="id")
    asked = {name: v for name, v in _requirement(grip).items() if name != "anyone"}
    next_turn = {"excluded": _without_holder(grip, rules), "requirement": asked}
    await _hand_on(grip, actor.employee_id, to, rules, next_turn)


async def _to_anyone(grip: Grip, actor: Actor, to: Transfer) -> None:
    rules = await store.queue(grip.unit, grip.contact["queue_id"])
    asked = {**_requirement(grip), "anyone": True}
    next_turn = {"excluded": _without_holder(grip, rules), "requirement": asked}
    await _hand_on(grip, actor.employee_id, to, rules, next_turn)


def _requirement(grip: Grip) -> dict[str, Any]:
    return grip.work.requirement if grip.work else {}


def _without_holder(grip: Grip, rules: QueueRules | None) -> list[list[Any]]:
    """The exclusions that keep it from who hands it on, for the policy's while."""
    holder = grip.contact["operator_id"]
    if holder is None or rules is None:
        return []
    return keep_from([], holder, grip.now + timedelta(seconds=rules.exclude))


async def back_to_queue(grip: Grip, by: UUID) -> None:
    """Hand it back to its own queue from somebody who may not work any more."""
    queue_id = grip.contact["queue_id"]
    rules = await store.queue(grip.unit, queue_id)
    await _hand_on(grip, by, Transfer(to="queue", id=queue_id), rules, {})


async def _hand_on(
    grip: Grip, by: UUID, to: Transfer, rules: QueueRules | None, next_turn: dict[str, Any]
) -> None:
    contact, former = grip.contact, grip.work
    await outbox.release_holds(grip.unit, contact.id)
    if to.note:
        contact.say("note", to.note, employee_id=by)
    contact.note_system(
        "transferred",
        employee_id=by,
        from_employee_id=contact["operator_id"],
        **_destination(to),
    )
    contact.set(
        operator_id=None, snoozed_until=None, queue_id=rules.id if rules else contact["queue_id"]
    )
    await contact.flush("transferred")
    place = own_place = grip.now - timedelta(seconds=rules.priority_seconds if rules else 0)
    if former is not None:
        await works.end(grip.unit, former, "transferred", now=grip.now, actor=grip.label)
        if to.keep_seniority:
            place = min(own_place, former.place(grip.now))
    grip.work = await works.start(
        grip.unit, contact_id=contact.id, queue_id=contact["queue_id"], medium=contact["medium"],
        origin="transfer", now=grip.now, actor=grip.label, virtual_arrival=place,
        own_place=own_place, previous=former, note=to.note, **next_turn,
    )  # fmt: skip
    if former is not None:
        await grip.recount(former.operator_id, cause="transferred")


def _destination(to: Transfer) -> dict[str, Any]:
    names = {"operator": "to_employee_id", "queue": "to_queue_id"}
    return {names[to.to]: to.id} if to.to in names else {"to": to.to}
