"""Coming in for the first time: the first administrator, an invitation, a new password."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from contact_center.access import store as access_store
from contact_center.access.handlers import Body, Email, Opened, Password, opened
from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.access.sessions import NewSession, address_of, agent_of
from contact_center.employees import operators, store
from contact_center.employees.model import Locale, Name
from contact_center.employees.service import SERVICE, Employees
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.unit import Unit

P = Permission
Secret = Annotated[str, Field(min_length=20, max_length=100)]


class First(Body):
    """The first administrator, with the token of the link that the start has printed."""

    token: Secret
    email: Email
    name: Name
    password: Password
    locale: Locale = "ru"


class Invitation(Body):
    """Somebody chooses his password by a link; who was invited may mend his name."""

    token: Secret
    name: Name | None = None
    password: Password


class Look(Body):
    """A link to look at."""

    token: Secret


class LinkInfo(BaseModel):
    """What the link is for; name and address are those of whom it was made for."""

    purpose: Literal["first", "invitation", "reset"]
    email: str | None
    name: str | None
    locale: str | None


async def look(call: Call) -> LinkInfo:
    people = call.app[SERVICE]
    link = await people.access.look_at_link(call.body.token, address=address_of(call.request))
    if link.employee_id is None:
        return LinkInfo(purpose=link.purpose, email=None, name=None, locale=None)
    row = await store.employee(people.database, link.employee_id)
    return LinkInfo(
        purpose=link.purpose, email=row["email"], name=row["name"], locale=row["locale"]
    )


async def first(call: Call) -> web.Response:
    """Make the first administrator; of several who try at once only one becomes it."""
    people, body = call.app[SERVICE], call.body
    access = people.access
    await access.look_at_link(body.token, address=address_of(call.request))
    hashed = await access.hash_new(body.password, email=body.email, name=body.name)

    async def step(unit: Unit) -> NewSession:
        if not await access_store.nobody_works_here(unit):
            raise Conflict("there is an administrator already", code="not_first")
        await access.use_link(unit, body.token, "first")
        new = await people.create(
            unit, email=body.email, name=body.name, role="administrator", state="active",
            password_hash=hashed, locale=body.locale, actor="system",
        )  # fmt: skip
        await access_store.drop_links(unit, "first")
        return await _let_in(people, unit, call, new)

    return opened(access, await people.database.run(step))


async def choose_password(call: Call) -> web.Response:
    """One door for both kinds of link: what is asked of the person is the same."""
    people, body = call.app[SERVICE], call.body
    access = people.access
    link = await access.look_at_link(body.token, address=address_of(call.request))
    if link.employee_id is None:
        raise NotFound("the link is for something else", code="link_expired")
    employee_id, purpose = link.employee_id, link.purpose
    name = body.name if purpose == "invitation" else None
    row = await store.employee(people.database, employee_id)
    hashed = await access.hash_new(body.password, email=row["email"], name=name or row["name"])

    async def step(unit: Unit) -> NewSession:
        before = await store.lock_employee(unit, employee_id)
        if before["state"] == "disabled":
            raise NotFound("the link has been used or is too old", code="link_expired")
        await access.use_link(unit, body.token, purpose)
        values = {"password_hash": hashed, "state": "active", **({"name": name} if name else {})}
        version = await rows.change(unit, t.employees, employee_id, values)
        await access.revoke(unit, employee_id)
        unit.log("employee.changed", "employee", employee_id, version=version,
                 actor=f"employee:{employee_id}", cause=purpose)  # fmt: skip
        await operators.tell_directory(
            unit, employee_id, actor=f"employee:{employee_id}", cause="employee"
        )
        return await _let_in(people, unit, call, employee_id)

    return opened(access, await people.database.run(step))


async def _let_in(people: Employees, unit: Unit, call: Call, employee_id: UUID) -> NewSession:
    return await people.access.open_session(
        unit, employee_id, address=address_of(call.request), agent=agent_of(call.request)
    )


ROUTES: list[Route] = [
    Route("POST", "/auth/link", look, P.PUBLIC, "What a one-time link is for", body=Look,
          answer=LinkInfo),
    Route("POST", "/auth/first", first, P.PUBLIC, "Become the first administrator", body=First,
          answer=Opened),
    Route("POST", "/auth/invitation", choose_password, P.PUBLIC,
          "Choose a password by an invitation or reset link, and sign in", body=Invitation,
          answer=Opened),
]  # fmt: skip
