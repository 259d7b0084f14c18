"""Start links in the API."""

from __future__ import annotations

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.clients.starting.model import CarryIn, PlaceIn, StartLink
from contact_center.clients.starting.service import SERVICE


async def for_client(call: Call) -> StartLink:
    body: CarryIn = call.body
    return await call.app[SERVICE].for_client(call.actor, call.id(), body.account_id, body.minutes)


async def for_place(call: Call) -> StartLink:
    return await call.app[SERVICE].for_place(call.actor, call.id(), call.body)


ROUTES: list[Route] = [
    Route("POST", "/clients/{id}/start-links", for_client, Permission.WORK,
          "A link that carries a client over to another connection, good once", body=CarryIn,
          answer=StartLink, status=201),
    Route("POST", "/accounts/{id}/start-links", for_place, Permission.ADMINISTER,
          "A link that says where a client met us", body=PlaceIn, answer=StartLink, status=201),
]  # fmt: skip
