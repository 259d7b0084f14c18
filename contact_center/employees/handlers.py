"""Administration of employees, departments, skills and break reasons."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field, model_validator

from contact_center.access.handlers import Email
from contact_center.access.model import Permission, Role
from contact_center.access.routes import Call, Handler, Route
from contact_center.employees import operators, store
from contact_center.employees.model import (
    Body,
    Ceilings,
    Coded,
    CodedPage,
    CodedPatch,
    Department,
    DepartmentList,
    Employee,
    EmployeeList,
    Invited,
    Locale,
    Name,
    NewCoded,
    Skill,
    State,
    Zone,
)
from contact_center.employees.service import SERVICE
from contact_center.kernel.ids import new_id
from contact_center.storage.coded import CodedList
from contact_center.storage.unit import Record, Unit

P = Permission
Ids = Annotated[list[UUID], Field(max_length=1000)]


class NewEmployee(Body):
    """Somebody to invite."""

    email: Email
    name: Name
    role: Role = "operator"
    departments: Ids = Field(default_factory=list)
    queues: Ids = Field(default_factory=list)
    locale: Locale = "ru"
    zone: Zone | None = None


class EmployeePatch(Body):
    """What may change of an employee; what is absent stays."""

    email: Email | None = None
    name: Name | None = None
    role: Role | None = None
    state: State | None = None
    locale: Locale | None = None
    zone: Zone | None = None
    departments: Ids | None = None
    queues: Ids | None = None
    skills: Annotated[list[Skill], Field(max_length=200)] | None = None
    budget: Annotated[int, Field(ge=0, le=1000)] | None = None
    ceilings: Ceilings | None = None

    @model_validator(mode="after")
    def _nobody_is_uninvited(self) -> Self:
        if self.state == "invited":
            raise ValueError("an employee becomes invited only by being added")
        return self


class ResetLink(BaseModel):
    """A link to hand over; it works once."""

    link: str


class NewDepartment(Body):
    """A department to add."""

    name: Name
    parent_id: UUID | None = None
    members: Ids | None = None


class DepartmentPatch(Body):
    """What may change of a department."""

    name: Name | None = None
    parent_id: UUID | None = None
    members: Ids | None = None
    archived: bool | None = None


class ListQuery(Body):
    """Whether archived entries are wanted, too."""

    archived: bool = False


def changes(body: BaseModel, *, nullable: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What a PATCH says; null only where it means something."""
    given = body.model_dump(exclude_unset=True)
    return {k: v for k, v in given.items() if v is not None or k in nullable}


def _employee(row: Record) -> Employee:
    return Employee.model_validate(dict(row))


async def list_employees(call: Call) -> EmployeeList:
    rows = await store.employees(call.app[SERVICE].database, sa.true())
    return EmployeeList(items=[_employee(row) for row in rows])


async def get_employee(call: Call) -> Employee:
    return _employee(await store.employee(call.app[SERVICE].database, call.id()))


async def invite(call: Call) -> Invited:
    row, link = await call.app[SERVICE].invite(call.actor, call.body.model_dump())
    return Invited(**_employee(row).model_dump(), invitation_link=link)


async def change_employee(call: Call) -> Employee:
    row = await call.app[SERVICE].change(
        call.actor, call.id(), changes(call.body), call.expected_version
    )
    return _employee(row)


async def reset_link(call: Call) -> ResetLink:
    return ResetLink(link=await call.app[SERVICE].reset_link(call.actor, call.id()))


async def sign_out(call: Call) -> None:
    await call.app[SERVICE].sign_out(call.actor, call.id())


async def list_departments(call: Call) -> DepartmentList:
    rows = await store.departments(
        call.app[SERVICE].database, sa.true(), archived=call.query.archived
    )
    return DepartmentList(items=[Department.model_validate(dict(row)) for row in rows])


async def add_department(call: Call) -> Department:
    values = call.body.model_dump()
    row = await call.app[SERVICE].save_department(call.actor, None, values)
    return Department.model_validate(dict(row))


async def change_department(call: Call) -> Department:
    values = changes(call.body, nullable=frozenset({"parent_id"}))
    row = await call.app[SERVICE].save_department(call.actor, call.id(), values)
    return Department.model_validate(dict(row))


def coded_handlers(entries: CodedList, cause: str) -> tuple[Handler, Handler, Handler]:
    """List, add and change handlers of one short list."""

    async def listed(call: Call) -> CodedPage:
        rows = await entries.all(
            call.app[SERVICE].database, sa.true(), archived=call.query.archived
        )
        return CodedPage(items=[Coded.model_validate(dict(row)) for row in rows])

    async def add(call: Call) -> Coded:
        values = {"id": new_id(), **call.body.model_dump()}

        async def step(unit: Unit) -> Record:
            row = await entries.add(unit, values)
            await operators.tell_directory(unit, row["id"], actor=call.actor.label, cause=cause)
            return row

        return Coded.model_validate(dict(await call.app[SERVICE].database.run(step)))

    async def change(call: Call) -> Coded:
        service = call.app[SERVICE]

        async def step(unit: Unit) -> Record:
            row = await entries.change(unit, call.id(), changes(call.body), now=service.clock.now())
            await operators.tell_directory(unit, row["id"], actor=call.actor.label, cause=cause)
            return row

        return Coded.model_validate(dict(await service.database.run(step)))

    return listed, add, change


async def change_skill(call: Call) -> Coded:
    row = await call.app[SERVICE].change_skill(call.actor, call.id(), changes(call.body))
    return Coded.model_validate(dict(row))


def coded_routes(
    path: str, entries: CodedList, cause: str, words: str, change: Handler | None = None
) -> list[Route]:
    """The routes of one short list; `change` where more hangs on an entry."""
    listed, add, usual = coded_handlers(entries, cause)
    return [
        Route("GET", path, listed, P.SUPERVISE, f"List {words}", query=ListQuery,
              answer=CodedPage),
        Route("POST", path, add, P.ADMINISTER, f"Add to {words}", body=NewCoded, answer=Coded,
              status=201),
        Route("PATCH", path + "/{id}", change or usual, P.ADMINISTER,
              f"Change or archive one of {words}", body=CodedPatch, answer=Coded),
    ]  # fmt: skip


ROUTES: list[Route] = [
    Route("GET", "/employees", list_employees, P.SUPERVISE, "Employees by name",
          answer=EmployeeList),
    Route("POST", "/employees", invite, P.ADMINISTER, "Invite an employee", body=NewEmployee,
          answer=Invited, status=201, secret=True),
    Route("GET", "/employees/{id}", get_employee, P.SUPERVISE, "One employee", answer=Employee),
    Route("PATCH", "/employees/{id}", change_employee, P.ADMINISTER,
          "Change an employee: role, queues, skills, capacity; disable him",
          body=EmployeePatch, answer=Employee),
    Route("POST", "/employees/{id}/reset-link", reset_link, P.ADMINISTER,
          "A link to a new password, or another invitation", answer=ResetLink, secret=True),
    Route("POST", "/employees/{id}/sign-out", sign_out, P.ADMINISTER,
          "End all sessions of an employee", status=204),
    Route("GET", "/departments", list_departments, P.SUPERVISE, "Departments by name",
          query=ListQuery, answer=DepartmentList),
    Route("POST", "/departments", add_department, P.ADMINISTER, "Add a department",
          body=NewDepartment, answer=Department, status=201),
    Route("PATCH", "/departments/{id}", change_department, P.ADMINISTER,
          "Change or archive a department", body=DepartmentPatch, answer=Department),
    *coded_routes("/break-reasons", store.break_reasons, "break_reason", "the break reasons"),
    *coded_routes("/skills", store.skills, "skill", "the skills", change_skill),
]  # fmt: skip
