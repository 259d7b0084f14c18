"""Start links in the API."""

from __future__ import annotations

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.clients.starting.model import (
    CarryIn,
    PlaceIn,
    PlaceLink,
    PlaceLinks,
    StartLink,
)
from contact_center.clients.starting.service import SERVICE


async def for_client(call: Call) -> StartLink:
    body: CarryIn = call.body
    return await call.app[SERVICE].for_client(call.actor, call.id(), body.account_id, body.minutes)


async def for_place(call: Call) -> StartLink:
    return await call.app[SERVICE].for_place(call.actor, call.id(), call.body)


async def places(call: Call) -> PlaceLinks:
    rows = await call.app[SERVICE].places(call.id())
    return PlaceLinks(items=[PlaceLink.model_validate(dict(row)) for row in rows])


async def revoke(call: Call) -> None:
    await call.app[SERVICE].revoke(call.id(), call.id("link_id"))


ROUTES: list[Route] = [
    Route("POST", "/clients/{id}/start-links", for_client, Permission.WORK,
          "A link that carries a client over to another connection, good once", body=CarryIn,
          answer=StartLink, status=201, secret=True),
    Route("POST", "/accounts/{id}/start-links", for_place, Permission.ADMINISTER,
          "A link that says where a client met us", body=PlaceIn, answer=StartLink, status=201),
    Route("GET", "/accounts/{id}/start-links", places, Permission.SUPERVISE,
          "The links of a connection that say where a client met us", answer=PlaceLinks),
    Route("DELETE", "/accounts/{id}/start-links/{link_id}", revoke, Permission.ADMINISTER,
          "Let a link lead nowhere"),
]  # fmt: skip
