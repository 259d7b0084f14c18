"""The directory: what every console shows beside names, put together from the features."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from contact_center.access.model import Permission, Role
from contact_center.access.routes import Call, Route
from contact_center.accounts import store as accounts
from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.contacts.catalogue import store as catalogue
from contact_center.contacts.catalogue.handlers import ResultCode
from contact_center.employees import store as people
from contact_center.employees.model import Coded, Out, Presence, State
from contact_center.employees.service import SERVICE
from contact_center.storage.unit import Record
from contact_center.work.hours import is_open, next_opening
from contact_center.work.queues import store as queues

ALL = sa.true()


class Colleague(Out):
    """An employee as colleagues see him: no address."""

    id: UUID
    name: str
    role: Role
    state: State
    presence: Presence
    presence_reason: str | None
    presence_since: datetime
    load: dict[str, int]
    ceilings: dict[str, int]
    queues: list[UUID]


class Named(Out):
    """An id and its name."""

    id: UUID
    name: str


class QueueNow(BaseModel):
    """A queue as it is at this moment."""

    id: UUID
    name: str
    department_id: UUID
    wrap_up_seconds: int
    wrap_up_code_required: bool
    zone: str
    open: bool
    opens_at: datetime | None
    waiting: int
    archived: bool


class AccountName(Out):
    """A connection, without its settings. `start_links`: a talk can be begun by a link."""

    id: UUID
    title: str
    provider: str
    medium: str
    brand_id: UUID
    start_links: bool


class Directory(BaseModel):
    """Names of everything a contact refers to; of what is archived only the queues."""

    employees: list[Colleague]
    departments: list[Named]
    queues: list[QueueNow]
    kinds: list[Coded]
    result_codes: list[ResultCode]
    break_reasons: list[Coded]
    brands: list[Named]
    accounts: list[AccountName]


async def directory(call: Call) -> Directory:
    db, now = call.app[SERVICE].database, call.app[SERVICE].clock.now()
    waiting = await queues.waiting(db)
    return Directory(
        employees=[Colleague.model_validate(dict(r)) for r in await people.employees(db, ALL)],
        departments=[Named.model_validate(dict(r)) for r in await people.departments(db, ALL)],
        queues=[_queue(r, waiting, now) for r in await queues.queues(db, ALL, archived=True)],
        kinds=[Coded.model_validate(dict(r)) for r in await catalogue.kinds.all(db, ALL)],
        result_codes=[
            ResultCode.model_validate(dict(r)) for r in await catalogue.result_codes.all(db, ALL)
        ],
        break_reasons=[
            Coded.model_validate(dict(r)) for r in await people.break_reasons.all(db, ALL)
        ],
        brands=[Named.model_validate(dict(r)) for r in await accounts.brands(db, ALL)],
        accounts=[_account(call, row) for row in await accounts.accounts(db, ALL)],
    )


def _account(call: Call, row: Record) -> AccountName:
    account = call.app[ACCOUNTS].get(row["id"])
    on = account if account and account.state != "off" else None
    return AccountName(
        start_links=on is not None and on.description.capabilities.start_links,
        **{name: row[name] for name in ("id", "title", "provider", "medium", "brand_id")},
    )


def _queue(row: Record, waiting: dict[UUID, int], now: datetime) -> QueueNow:
    when = (row["hours"], row["zone"], now, row["rules"].get("holidays", {}))
    return QueueNow(
        open=is_open(*when),
        opens_at=next_opening(*when),
        waiting=waiting.get(row["id"], 0),
        archived=row["archived_at"] is not None,
        **{name: row[name] for name in (
            "id", "name", "department_id", "wrap_up_seconds", "wrap_up_code_required", "zone")},
    )  # fmt: skip


ROUTES: list[Route] = [
    Route("GET", "/directory", directory, Permission.SIGNED_IN,
          "Names and present state of colleagues, queues, kinds, codes, brands and accounts",
          answer=Directory),
]  # fmt: skip
