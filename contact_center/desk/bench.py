"""What all acts at the desk share: collaborators, and the one way to take hold of a contact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg

from contact_center.access.model import Actor, Permission
from contact_center.contacts.service import Contacts
from contact_center.contacts.writing.service import Writer
from contact_center.desk import store
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, Unavailable
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import Work

T = TypeVar("T")
TRIES = 20


class Moved(Exception):
    """The contact's work changed hands between looking and locking: look again."""


@dataclass(slots=True)
class Grip:
    """A contact and its turn in line, locked with the operators concerned."""

    unit: Unit
    contact: Writer
    work: Work | None
    now: datetime
    label: str

    async def recount(self, *ids: UUID | None, cause: str, answered: bool = False) -> None:
        """Count the capacity of these anew; for them the wait for work begins again."""
        listed = [one for one in ids if one is not None]
        await works.recount(
            self.unit, listed, now=self.now, actor=self.label, cause=cause, busy=listed,
            answered=listed if answered else (),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """The collaborators of the desk."""

    database: Database
    clock: Clock
    contacts: Contacts

    async def run(self, step: Callable[[Unit], Awaitable[T]]) -> T:
        """Run a step, again when it found that somebody was faster in between."""
        for _ in range(TRIES):
            try:
                return await self.database.run(step)
            except (Moved, asyncpg.UniqueViolationError):
                continue
        raise Unavailable("the contact is changing too fast")

    async def grip(
        self, unit: Unit, contact_id: UUID, label: str, operators: Iterable[UUID] = ()
    ) -> Grip:
        """Lock operators, work and contact in the house's order. Raises NotFound, Moved."""
        return (await self.grips(unit, [contact_id], label, operators))[0]

    async def grips(
        self, unit: Unit, contact_ids: Sequence[UUID], label: str, operators: Iterable[UUID] = ()
    ) -> list[Grip]:
        """The same for several contacts at once, in the order asked. Raises NotFound, Moved.

        Whose work it is must be known before anything is locked; so it is looked at twice.
        """
        now = self.clock.now()
        before = {one: await works.open_work(unit, one) for one in contact_ids}
        holders = (work.operator_id for work in before.values() if work)
        ids = {one for one in (*holders, *operators) if one is not None}
        await unit.lock("operators", ids, "id")
        await unit.lock("work", [work.id for work in before.values() if work], "id")
        held = {
            one: await Writer.lock(unit, one, now=now, actor=label) for one in sorted(contact_ids)
        }
        found = []
        for one in contact_ids:
            work, former = await works.open_work(unit, one), before[one]
            same = (work.id if work else None) == (former.id if former else None)
            if not same or (work and work.operator_id and work.operator_id not in ids):
                raise Moved
            found.append(Grip(unit, held[one], work, now, label))
        return found

    async def carries_letters(self, unit: Unit, account_id: UUID) -> bool:
        """Whether a connection carries letters."""
        provider, _ = await store.account(unit, account_id)
        return self.contacts.carries(provider).letters


async def require_open(contact: Writer) -> None:
    """Raise Conflict where the contact is closed: that is final."""
    if not contact.is_open:
        raise Conflict("the contact is closed", code="contact_closed")


async def require_mine(unit: Unit, contact: Writer, actor: Actor) -> None:
    """Raise Conflict, saying who has it, unless the contact is in the actor's hands."""
    holder = contact["operator_id"]
    if holder == actor.employee_id:
        return
    taken_by = await store.who(unit, holder)
    detail = "somebody else has this contact" if taken_by else "take the contact first"
    raise Conflict(detail, code="not_yours", taken_by=taken_by)


async def require_charge(unit: Unit, contact: Writer, actor: Actor) -> None:
    """The same, but whoever supervises may act on what is in others' hands."""
    if not actor.may(Permission.SUPERVISE):
        await require_mine(unit, contact, actor)
