"""The quarantine's routes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, quote_plus
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.intake.packing import unpack
from contact_center.intake.quarantine import SERVICE

SECRET_HEADERS = ("authorization", "cookie", "token", "secret", "signature", "api-key")
HIDDEN = "•••"
SHOWN_BYTES = 100_000

State = Literal["waiting", "replayed", "dropped"]


class Query(BaseModel):
    """A page of the list, newest first; without `state` all."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    account_id: UUID | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class QuarantineRow(BaseModel):
    """Something that could not be taken in; `error` is for an administrator."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    account_id: UUID
    account: str
    kind: Literal["malformed", "poison", "unsupported", "refused"]
    error: str
    state: State
    attempts: int
    received_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None
    version: int


class QuarantinePage(BaseModel):
    items: list[QuarantineRow]
    next: UUID | None


class QuarantinedRequest(QuarantineRow):
    """The request as it came: of `size` bytes, the body's first hundred thousand.

    Headers that prove something are hidden, and so is what the account keeps as a secret. `text`
    where it is UTF-8.
    """

    method: str | None
    url: str | None
    headers: dict[str, str]
    size: int
    body: str  # base64
    text: str | None


class Replayed(BaseModel):
    """What became of the events: new ones, and such as had come before."""

    stored: int
    duplicates: int


async def listed(call: Call) -> QuarantinePage:
    query: Query = call.query
    rows = await call.app[SERVICE].listed(
        call.actor, query.state, query.cursor, query.limit, query.account_id
    )
    items = [QuarantineRow.model_validate(row) for row in rows]
    return QuarantinePage(items=items, next=items[-1].id if len(items) == query.limit else None)


async def get(call: Call) -> QuarantinedRequest:
    row = await call.app[SERVICE].get(call.id())
    request, raw = unpack(row.request)
    hide = Hiding(call.app[ACCOUNTS].secret_values(row.account_id))
    shown = hide.in_bytes(raw)[:SHOWN_BYTES]
    base = QuarantineRow.model_validate(row).model_dump()
    return QuarantinedRequest(
        **base,
        method=request.method if request else None,
        url=hide.in_text(request.url) if request else None,
        headers={k: hide.in_text(_shown(k, v)) for k, v in request.headers.items()}
        if request
        else {},
        size=len(raw),
        body=base64.b64encode(shown).decode(),
        text=_text(shown),
    )


async def replay(call: Call) -> Replayed:
    result = await call.app[SERVICE].replay(call.id(), call.actor.employee_id)
    return Replayed(stored=result.stored, duplicates=result.duplicates)


async def drop(call: Call) -> None:
    await call.app[SERVICE].drop(call.id(), call.actor.employee_id)


def _shown(name: str, value: str) -> str:
    return HIDDEN if any(part in name.lower() for part in SECRET_HEADERS) else value


def _text(raw: bytes) -> str | None:
    try:
        # What was cut off may have been the rest of the last letter.
        return raw.decode("utf-8", "strict" if len(raw) < SHOWN_BYTES else "ignore").replace(
            "\x00", "�"
        )
    except UnicodeDecodeError:
        return None


class Hiding:
    """Strikes secrets out, also where they stand in an address or a form."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [
            form for one in secrets for form in {one, quote(one, safe=""), quote_plus(one)}
        ]

    def in_text(self, text: str) -> str:
        for one in self._secrets:
            text = text.replace(one, HIDDEN)
        return text

    def in_bytes(self, raw: bytes) -> bytes:
        for one in self._secrets:
            raw = raw.replace(one.encode(), HIDDEN.encode())
        return raw


ROUTES = [
    Route("GET", "/quarantine", listed, Permission.SUPERVISE, "What could not be taken in",
          query=Query, answer=QuarantinePage, tags=("quarantine",)),
    Route("GET", "/quarantine/{id}", get, Permission.ADMINISTER, "The request as it came",
          answer=QuarantinedRequest, tags=("quarantine",)),
    Route("POST", "/quarantine/{id}/replay", replay, Permission.ADMINISTER,
          "Take it in again", answer=Replayed, tags=("quarantine",)),
    Route("POST", "/quarantine/{id}/drop", drop, Permission.ADMINISTER, "Mark it as of no use",
          status=204, tags=("quarantine",)),
]  # fmt: skip
