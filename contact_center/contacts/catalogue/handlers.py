"""Administration of kinds of request and result codes."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.contacts.catalogue import store
from contact_center.employees import operators
from contact_center.employees.handlers import ListQuery, changes, coded_routes
from contact_center.employees.model import Coded, CodedPatch, NewCoded
from contact_center.employees.service import SERVICE
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Record, Unit

P = Permission


class ResultCode(Coded):
    """How a contact ended; with a queue it is offered in that queue only."""

    queue_id: UUID | None = None


class ResultCodePage(BaseModel):
    """Result codes in their order."""

    items: list[ResultCode]
    next: str | None = None


class NewResultCode(NewCoded):
    """A result code to add."""

    queue_id: UUID | None = None


class ResultCodePatch(CodedPatch):
    """What may change of a result code."""

    queue_id: UUID | None = None


async def list_result_codes(call: Call) -> ResultCodePage:
    rows = await store.result_codes.all(
        call.app[SERVICE].database, sa.true(), archived=call.query.archived
    )
    return ResultCodePage(items=[ResultCode.model_validate(dict(row)) for row in rows])


async def add_result_code(call: Call) -> ResultCode:
    values = {"id": new_id(), **call.body.model_dump()}

    async def step(unit: Unit) -> Record:
        row = await store.result_codes.add(unit, values)
        await operators.tell_directory(unit, row["id"], actor=call.actor.label, cause="result_code")
        return row

    return ResultCode.model_validate(dict(await call.app[SERVICE].database.run(step)))


async def change_result_code(call: Call) -> ResultCode:
    service = call.app[SERVICE]
    values = changes(call.body, nullable=frozenset({"queue_id"}))

    async def step(unit: Unit) -> Record:
        row = await store.result_codes.change(unit, call.id(), values, now=service.clock.now())
        await operators.tell_directory(unit, row["id"], actor=call.actor.label, cause="result_code")
        return row

    return ResultCode.model_validate(dict(await service.database.run(step)))


ROUTES: list[Route] = [
    *coded_routes("/kinds", store.kinds, "kind", "the kinds of request"),
    Route("GET", "/result-codes", list_result_codes, P.SUPERVISE, "List the result codes",
          query=ListQuery, answer=ResultCodePage),
    Route("POST", "/result-codes", add_result_code, P.ADMINISTER, "Add a result code",
          body=NewResultCode, answer=ResultCode, status=201),
    Route("PATCH", "/result-codes/{id}", change_result_code, P.ADMINISTER,
          "Change or archive a result code", body=ResultCodePatch, answer=ResultCode),
]  # fmt: skip
