"""Changing queues: policy, hours and members, told to the router in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web

from contact_center.access.model import Actor
from contact_center.employees import operators
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.policies import running as policies
from contact_center.work.queues import store


class Queues:
    """The queues of the workspace."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    async def save(
        self, actor: Actor, queue_id: UUID | None, values: Mapping[str, Any],
        expected: int | None = None,
    ) -> Record:  # fmt: skip
        """Add (without an id) or change a queue. Raises NotFound, Conflict, Invalid."""
        changes = dict(values)
        members = changes.pop("members", None)

        async def step(unit: Unit) -> Record:
            target = queue_id or new_id()
            moved = await self._lock_members(unit, target, members)
            known = await policies.faults(unit, target) if changes else ()
            version = await self._write(unit, queue_id, target, changes, expected)
            if members is not None:
                await store.set_members(unit, target, members)
            await operators.tell(unit, moved, actor=actor.label, cause="queue")
            unit.log(
                "queue.changed", "queue", target, version=version, actor=actor.label,
                data=await store.snapshot(unit, target),
            )  # fmt: skip
            await policies.record(unit, actor.label, target, known)
            await operators.tell_directory(unit, target, actor=actor.label, cause="queue")
            return await store.queue(unit, target)

        return await self.database.run(step)

    async def _lock_members(
        self, unit: Unit, queue_id: UUID, members: list[UUID] | None
    ) -> set[UUID]:
        """Whose queues change; their rows come first in the order of locks."""
        if members is None:
            return set()
        moved = await store.members(unit, queue_id) ^ set(members)
        await unit.lock("operators", moved)
        return moved

    async def _write(
        self, unit: Unit, queue_id: UUID | None, target: UUID, changes: dict[str, Any],
        expected: int | None,
    ) -> int:  # fmt: skip
        await self._check(unit, target, changes)
        if queue_id is None:
            await store.add(unit, {"id": target, **changes})
            return 1
        before = await store.lock(unit, target)
        if expected is not None and expected != before["version"]:
            current = dict(await store.queue(unit, target))
            raise Conflict("the queue was changed meanwhile", current=current)
        if "archived" in changes:
            archived = changes.pop("archived")
            if archived and (what := await store.in_use(unit, target)):
                raise Conflict(f"the queue is needed by {what}", code="in_use", needed_by=what)
            if not archived and before["archived_at"] is not None:
                await self._check_return(unit, target, {**before, **changes})
            changes["archived_at"] = self.clock.now() if archived else None
        return await rows.change(unit, t.queues, target, changes)

    async def _check(self, unit: Unit, target: UUID, changes: Mapping[str, Any]) -> None:
        name = changes.get("name")
        if name and await rows.name_is_taken(unit, t.queues, name, but=target):
            raise Conflict("the name is taken", code="duplicate", field="name")
        if changes.get("code") and await store.code_is_taken(unit, changes["code"], but=target):
            raise Conflict("the code is taken", code="duplicate", field="code")
        if "department_id" in changes:
            await rows.require(unit, t.departments, changes["department_id"], "department_id")
        if changes.get("brand_id") is not None:
            await rows.require(unit, t.brands, changes["brand_id"], "brand_id")

    async def _check_return(self, unit: Unit, target: UUID, after: Mapping[str, Any]) -> None:
        """Raise Conflict where what it belongs to, or sends its contacts to, is archived."""
        await rows.require_live(unit, t.departments, after["department_id"], "department_id")
        await rows.require_live(unit, t.brands, after["brand_id"], "brand_id")
        name = await store.archived_in_rules(unit, target)
        if name is not None:
            raise rows.still_archived(name, "rules")


SERVICE: web.AppKey[Queues] = web.AppKey("queues", Queues)
