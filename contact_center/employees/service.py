"""What administration does with employees and departments, each in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web

from contact_center.access.model import Actor, Permission
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.access.service import AccessService
from contact_center.access.store import Purpose
from contact_center.employees import operators, presence, store
from contact_center.employees.model import DEFAULT_CEILINGS, HAND_BACK
from contact_center.jobs import store as jobs
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.ids import new_id
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

_COLUMNS = ("name", "email", "role", "locale", "zone", "state")


class Employees:
    """Employees, departments and the short lists of people."""

    def __init__(self, database: Database, access: AccessService) -> None:
        self.database = database
        self.access = access
        self.clock = access.clock

    # --- employees ---------------------------------------------------------------------------

    async def create(
        self, unit: Unit, *, email: str, name: str, role: str, actor: str, state: str = "invited",
        password_hash: str | None = None, locale: str = "ru", zone: str | None = None,
        departments: list[UUID] | None = None, queues: list[UUID] | None = None,
        employee_id: UUID | None = None,
    ) -> UUID:  # fmt: skip
        """Add an employee with his capacity row. Raises Conflict (`duplicate`) for his address."""
        if await store.email_is_taken(unit, email):
            raise Conflict("this address is in use", code="duplicate", field="email")
        new = employee_id or new_id()
        values = {"id": new, "email": email, "name": name, "role": role, "state": state,
                  "locale": locale, "password_hash": password_hash}  # fmt: skip
        if zone:
            values["zone"] = zone
        await store.add_employee(unit, values, ceilings=DEFAULT_CEILINGS, now=self.clock.now())
        await unit.lock("operators", [new])
        await store.set_departments(unit, new, departments or [])
        await store.set_queues(unit, new, queues or [])
        await self._tell(unit, new, version=1, actor=actor, cause="created")
        return new

    async def invite(self, actor: Actor, values: Mapping[str, Any]) -> tuple[Record, str]:
        """Add an employee and the link by which he chooses his password."""

        async def step(unit: Unit) -> tuple[Record, str]:
            new = await self.create(unit, actor=actor.label, **values)
            link = await self.access.make_link(unit, "invitation", new)
            return await store.employee(unit, new), link

        return await self.database.run(step)

    async def change(
        self, actor: Actor, employee_id: UUID, values: Mapping[str, Any], expected: int | None
    ) -> Record:
        """Change an employee. Another role or being disabled ends his sessions.

        Where he may not work any more, what he has in his hands goes back to the line.

        Raises NotFound, Conflict (`conflict`, `duplicate`, `last_administrator`), Invalid.
        """

        async def step(unit: Unit) -> Record:
            before = await store.lock_employee(unit, employee_id)
            await self._check(unit, before, values, expected)
            version = await rows.change(
                unit, t.employees, employee_id, {k: v for k, v in values.items() if k in _COLUMNS}
            )
            await self._write_belongings(unit, employee_id, values)
            if self._loses_rights(before, values):
                await self.access.revoke(
                    unit, employee_id, tokens=values.get("state") == "disabled"
                )
                await presence.presence_lost(unit, [employee_id], "revoked", now=self.clock.now())
                await self._hand_back(unit, before, values, actor)
            await self._tell(unit, employee_id, version=version, actor=actor.label, cause="changed")
            return await store.employee(unit, employee_id)

        return await self.database.run(step)

    async def _check(
        self, unit: Unit, before: Record, values: Mapping[str, Any], expected: int | None
    ) -> None:
        if expected is not None and expected != before["version"]:
            current = dict(await store.employee(unit, before["id"]))
            current.pop("settings")
            raise Conflict("the employee was changed meanwhile", current=current)
        email = values.get("email")
        if email and await store.email_is_taken(unit, email, but=before["id"]):
            raise Conflict("this address is in use", code="duplicate", field="email")
        if values.get("state") == "active" and before["password_hash"] is None:
            raise Invalid("an invited employee becomes active by his invitation", field="state")
        leaves = values.get("role", "administrator") != "administrator" or (
            values.get("state", "active") != "active"
        )
        administers = before["role"] == "administrator" and before["state"] == "active"
        if administers and leaves and not await store.other_administrators(unit, before["id"]):
            raise Conflict("somebody has to administer", code="last_administrator")

    @staticmethod
    def _loses_rights(before: Record, values: Mapping[str, Any]) -> bool:
        role = values.get("role", before["role"]) != before["role"]
        return role or values.get("state") == "disabled"

    async def _hand_back(
        self, unit: Unit, before: Record, values: Mapping[str, Any], actor: Actor
    ) -> None:
        """Let the desk hand back what he may not work on any more."""
        role, state = values.get("role", before["role"]), values.get("state", before["state"])
        if state != "active" or Permission.WORK not in ROLE_PERMISSIONS[role]:
            payload = {"by": str(actor.employee_id), "actor": actor.label}
            await jobs.reschedule(unit, HAND_BACK, str(before["id"]), self.clock.now(), payload)

    async def _write_belongings(
        self, unit: Unit, employee_id: UUID, values: Mapping[str, Any]
    ) -> None:
        if "departments" in values:
            await store.set_departments(unit, employee_id, values["departments"])
        if "queues" in values:
            await store.set_queues(unit, employee_id, values["queues"])
        if "skills" in values:
            levels = {skill["skill_id"]: skill["level"] for skill in values["skills"]}
            await store.set_skills(unit, employee_id, levels)
        capacity = {name: values[name] for name in ("budget", "ceilings") if name in values}
        if capacity:
            await store.set_capacity(unit, employee_id, capacity)

    async def _tell(
        self, unit: Unit, employee_id: UUID, *, version: int, actor: str, cause: str
    ) -> None:
        unit.log("employee.changed", "employee", employee_id, version=version, actor=actor,
                 cause=cause)  # fmt: skip
        await operators.tell(unit, [employee_id], actor=actor, cause=cause)
        await operators.tell_directory(unit, employee_id, actor=actor, cause="employee")

    async def change_skill(self, actor: Actor, skill_id: UUID, values: Mapping[str, Any]) -> Record:
        """Rename a skill, or archive it: then nobody has it for the router any more.

        Raises NotFound, Conflict (`in_use`: a queue asks for it).
        """

        async def step(unit: Unit) -> Record:
            moved = await store.skilled(unit, skill_id) if "archived" in values else []
            await unit.lock("operators", moved)
            if values.get("archived") and await store.skill_is_asked_for(unit, skill_id):
                raise Conflict("a queue asks for this skill", code="in_use", needed_by="policy")
            row = await store.skills.change(unit, skill_id, values, now=self.clock.now())
            await operators.tell(unit, moved, actor=actor.label, cause="skill")
            await operators.tell_directory(unit, skill_id, actor=actor.label, cause="skill")
            return row

        return await self.database.run(step)

    async def reset_link(self, actor: Actor, employee_id: UUID) -> str:
        """A link to a new password; for who never came in yet, another invitation."""

        async def step(unit: Unit) -> str:
            row = await store.lock_employee(unit, employee_id)
            if row["state"] == "disabled":
                raise Conflict("the employee is disabled", code="disabled")
            purpose: Purpose = "invitation" if row["state"] == "invited" else "reset"
            unit.log("employee.changed", "employee", employee_id, version=row["version"],
                     actor=actor.label, cause=f"{purpose}_link")  # fmt: skip
            return await self.access.make_link(unit, purpose, employee_id)

        return await self.database.run(step)

    async def sign_out(self, actor: Actor, employee_id: UUID) -> None:
        """End all sessions of an employee; what he is working on stays his."""

        async def step(unit: Unit) -> None:
            row = await store.lock_employee(unit, employee_id)
            await self.access.revoke(unit, employee_id)
            await presence.presence_lost(unit, [employee_id], "revoked", now=self.clock.now())
            unit.log("employee.changed", "employee", employee_id, version=row["version"],
                     actor=actor.label, cause="signed_out")  # fmt: skip

        await self.database.run(step)

    # --- departments -------------------------------------------------------------------------

    async def save_department(
        self, actor: Actor, department_id: UUID | None, values: dict[str, Any]
    ) -> Record:
        """Add (without an id) or change a department. Raises NotFound, Conflict, Invalid."""
        members = values.pop("members", None)

        async def step(unit: Unit) -> Record:
            target = department_id or new_id()
            await self._check_department(unit, department_id, values)
            if department_id is None:
                await store.add_department(unit, {"id": target, **values})
            else:
                changes = {k: v for k, v in values.items() if k != "archived"}
                if "archived" in values:
                    changes["archived_at"] = self.clock.now() if values["archived"] else None
                await rows.change(unit, t.departments, target, changes)
            if members is not None:
                await store.set_members(unit, target, members)
            await operators.tell_directory(unit, target, actor=actor.label, cause="department")
            return await store.department(unit, target)

        return await self.database.run(step)

    async def _check_department(
        self, unit: Unit, department_id: UUID | None, values: Mapping[str, Any]
    ) -> None:
        name, parent = values.get("name"), values.get("parent_id")
        if department_id is not None:
            before = await store.department(unit, department_id)
            if values.get("archived") is False and before["archived_at"] is not None:
                above = values.get("parent_id", before["parent_id"])
                await rows.require_live(unit, t.departments, above, "parent_id")
        if name and await rows.name_is_taken(unit, t.departments, name, but=department_id):
            raise Conflict("the name is taken", code="duplicate", field="name")
        if parent is not None and await self._is_below(unit, parent, department_id):
            raise Invalid("a department cannot stand below itself", field="parent_id")
        if (
            department_id
            and values.get("archived")
            and (await store.department_is_used(unit, department_id))
        ):
            raise Conflict("queues belong to this department", code="in_use")

    async def _is_below(self, unit: Unit, parent: UUID, department_id: UUID | None) -> bool:
        seen: set[UUID] = set()
        at: UUID | None = parent
        while at is not None and at not in seen:
            if at == department_id:
                return True
            seen.add(at)
            at = (await store.department(unit, at))["parent_id"]
        return False


SERVICE: web.AppKey[Employees] = web.AppKey("employees", Employees)
