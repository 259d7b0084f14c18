"""Administration of brands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts import store
from contact_center.accounts.service import SERVICE
from contact_center.employees.handlers import ListQuery, changes
from contact_center.employees.model import Body, Locale, Name, Out, Zone
from contact_center.employees.operators import tell_directory
from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.unit import Record, Unit

P = Permission

BrandLetters = dict[Literal["signature"], dict[Locale, Annotated[str, Field(max_length=2000)]]]


class Brand(Out):
    """A brand; accounts and contacts belong to one.

    `letters.signature` stands under letters of queues that have none of their own.
    """

    id: UUID
    name: str
    locale: str
    zone: str
    letters: dict[str, dict[str, str]]
    archived_at: datetime | None
    version: int


class BrandList(BaseModel):
    """Brands by name."""

    items: list[Brand]
    next: str | None = None


class NewBrand(Body):
    """A brand to add."""

    name: Name
    locale: Locale = "ru"
    zone: Zone = "Europe/Minsk"
    letters: BrandLetters = Field(default_factory=dict)


class BrandPatch(Body):
    """What may change of a brand."""

    name: Name | None = None
    locale: Locale | None = None
    zone: Zone | None = None
    letters: BrandLetters | None = None
    archived: bool | None = None


async def list_brands(call: Call) -> BrandList:
    rows = await store.brands(call.app[SERVICE].database, sa.true(), archived=call.query.archived)
    return BrandList(items=[Brand.model_validate(dict(row)) for row in rows])


async def add_brand(call: Call) -> Brand:
    return await _save_brand(call, None, call.body.model_dump())


async def change_brand(call: Call) -> Brand:
    return await _save_brand(call, call.id(), changes(call.body))


async def _save_brand(call: Call, brand_id: UUID | None, values: dict[str, Any]) -> Brand:
    accounts = call.app[SERVICE]
    target = brand_id or new_id()

    async def step(unit: Unit) -> Record:
        written = dict(values)
        name = written.get("name")
        if name and await rows.name_is_taken(unit, t.brands, name, but=target):
            raise Conflict("the name is taken", code="duplicate", field="name")
        if brand_id is None:
            await store.add_brand(unit, {"id": target, **written})
        else:
            await store.brand(unit, target)
            if "archived" in written:
                if written["archived"] and await store.brand_is_used(unit, target):
                    raise Conflict("accounts belong to this brand", code="in_use")
                written["archived_at"] = accounts.clock.now() if written["archived"] else None
                del written["archived"]
            await rows.change(unit, t.brands, target, written)
        await tell_directory(unit, target, actor=call.actor.label, cause="brand")
        return await store.brand(unit, target)

    return Brand.model_validate(dict(await accounts.database.run(step)))


ROUTES: list[Route] = [
    Route("GET", "/brands", list_brands, P.SUPERVISE, "Brands by name", query=ListQuery,
          answer=BrandList),
    Route("POST", "/brands", add_brand, P.ADMINISTER, "Add a brand", body=NewBrand, answer=Brand,
          status=201),
    Route("PATCH", "/brands/{id}", change_brand, P.ADMINISTER, "Change or archive a brand",
          body=BrandPatch, answer=Brand),
]  # fmt: skip
