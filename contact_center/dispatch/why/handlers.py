"""Explanations over the API."""

from __future__ import annotations

from uuid import UUID

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.dispatch.why.model import Routing, WhyIdle, WhyNot
from contact_center.dispatch.why.service import SERVICE
from contact_center.employees.model import Body

P = Permission


class Offered(Body):
    """`offer_id`: about the moment of that offer; without it about now, or the latest offer."""

    offer_id: UUID | None = None


async def routing(call: Call) -> Routing:
    return await call.app[SERVICE].contact(call.actor, call.id())


async def why_not(call: Call) -> WhyNot:
    return await call.app[SERVICE].why_not(
        call.actor, call.id(), call.id("employee_id"), call.query.offer_id
    )


async def why_idle(call: Call) -> WhyIdle:
    return await call.app[SERVICE].idle(call.actor, call.id())


async def why_am_i_idle(call: Call) -> WhyIdle:
    return await call.app[SERVICE].idle(call.actor, call.actor.employee_id)


ROUTES = [
    Route("GET", "/contacts/{id}/routing", routing, P.WORK,
          "Why a contact is where it is, or still waits; an operator: of his own",
          answer=Routing, tags=("routing",)),
    Route("GET", "/contacts/{id}/routing/why-not/{employee_id}", why_not, P.WORK,
          "Why a contact is not somebody's; an operator: of his own",
          query=Offered, answer=WhyNot, tags=("routing",)),
    Route("GET", "/employees/{id}/routing/why-idle", why_idle, P.SUPERVISE,
          "Why an operator gets nothing now", answer=WhyIdle, tags=("routing",)),
    Route("GET", "/me/routing/why-idle", why_am_i_idle, P.WORK,
          "Why one gets nothing now", answer=WhyIdle, tags=("routing",)),
]  # fmt: skip
