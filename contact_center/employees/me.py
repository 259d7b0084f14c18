"""Who I am, how I like my screen, and whether I am here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, Field

from contact_center.access import store as access_store
from contact_center.access.handlers import require_session
from contact_center.access.model import Permission, Role
from contact_center.access.routes import Call, Route
from contact_center.access.service import SERVICE as ACCESS
from contact_center.employees import operators, presence, store
from contact_center.employees.model import Body, Locale, Name, Presence, Zone
from contact_center.employees.service import SERVICE, Employees
from contact_center.kernel.errors import Invalid
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.unit import Unit

P = Permission
SETTINGS_BYTES = 8192


def _is_small(settings: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(settings)) > SETTINGS_BYTES:
        raise ValueError(f"settings have at most {SETTINGS_BYTES} bytes")
    return settings


class Self(BaseModel):
    """The own record."""

    id: UUID
    name: str
    email: str
    role: Role
    locale: str
    zone: str
    settings: dict[str, Any]
    departments: list[UUID]
    queues: list[UUID]
    version: int


class WorkspaceInfo(BaseModel):
    """Where one works."""

    name: str
    locale: str
    zone: str


class Me(BaseModel):
    """Everything a console has to know of who sits before it."""

    employee: Self
    permissions: list[Permission]
    csrf: str | None
    presence: Presence
    presence_reason: str | None
    presence_since: datetime
    presence_next: str | None
    ceilings: dict[str, int]
    demo: bool
    workspace: WorkspaceInfo
    now: datetime


class MePatch(Body):
    """What one may change of oneself; `settings` are merged key by key, null removes one."""

    name: Name | None = None
    locale: Locale | None = None
    zone: Zone | None = None
    settings: Annotated[dict[str, Any], AfterValidator(_is_small)] | None = None


class PresenceWish(Body):
    """The presence one chooses; `after_contact` waits until the present work has ended."""

    presence: presence.Wish
    reason: Annotated[str, Field(max_length=40)] | None = None
    after_contact: bool = False


async def get_me(call: Call) -> Me:
    return await _me(call)


async def _me(call: Call) -> Me:
    people = call.app[SERVICE]
    row = await store.employee(people.database, call.actor.employee_id)
    place = await access_store.workspace(people.database)
    known = await call.app[ACCESS].identify(call.request)
    return Me(
        employee=Self.model_validate(dict(row)),
        permissions=sorted(call.actor.permissions),
        csrf=known.csrf if known else None,
        demo=place.demo,
        workspace=WorkspaceInfo(name=place.name, locale=place.locale, zone=place.zone),
        now=people.clock.now(),
        **{name: row[name] for name in (
            "presence", "presence_reason", "presence_since", "presence_next", "ceilings")},
    )  # fmt: skip


async def change_me(call: Call) -> Me:
    require_session(call)
    given = call.body.model_dump(exclude_unset=True)
    values = {k: v for k, v in given.items() if v is not None}
    me = call.actor.employee_id

    async def step(unit: Unit) -> None:
        before = await store.lock_employee(unit, me)
        if "settings" in values:
            merged = {**before["settings"], **values["settings"]}
            values["settings"] = _settings({k: v for k, v in merged.items() if v is not None})
        version = await rows.change(unit, t.employees, me, values)
        unit.log("employee.changed", "employee", me, version=version, actor=call.actor.label,
                 cause="own")  # fmt: skip
        if "name" in values:
            await operators.tell_directory(unit, me, actor=call.actor.label, cause="employee")

    await call.app[SERVICE].database.run(step)
    return await _me(call)


def _settings(merged: dict[str, Any]) -> dict[str, Any]:
    try:
        return _is_small(merged)
    except ValueError as error:
        raise Invalid(str(error), field="settings") from None


async def set_presence(call: Call) -> Me:
    people, wish = call.app[SERVICE], call.body
    reason = wish.reason if wish.presence == "break" else None
    await _require_reason(people, reason)

    async def step(unit: Unit) -> None:
        await presence.change(
            unit,
            call.actor.employee_id,
            wish.presence,
            reason=reason,
            after_contact=wish.after_contact,
            now=people.clock.now(),
            actor=call.actor.label,
        )

    await people.database.run(step)
    return await _me(call)


async def _require_reason(people: Employees, reason: str | None) -> None:
    if reason is None:
        return
    entries = await store.break_reasons.all(people.database, store.EVERYTHING)
    if reason not in {row["code"] for row in entries}:
        raise Invalid("there is no such break reason", field="reason")


ROUTES: list[Route] = [
    Route("GET", "/me", get_me, P.SIGNED_IN, "Who is signed in, with the CSRF token", answer=Me),
    Route("PATCH", "/me", change_me, P.SIGNED_IN, "Change the own name, language, settings",
          body=MePatch, answer=Me),
    Route("PUT", "/me/presence", set_presence, P.WORK, "Ready, on a break, or away",
          body=PresenceWish, answer=Me),
]  # fmt: skip
