"""The whole API on one page: the features' routes, in the order of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contact_center.access import handlers as access
from contact_center.access.routes import Route
from contact_center.accounts import brands
from contact_center.accounts import handlers as accounts
from contact_center.accounts.authorization import handlers as authorization
from contact_center.accounts.trials import handlers as trials
from contact_center.clients import handlers as clients
from contact_center.clients.starting import handlers as starting
from contact_center.contacts import handlers as contacts
from contact_center.contacts.catalogue import handlers as catalogue
from contact_center.contacts.files import handlers as files
from contact_center.contacts.letters import handlers as letters
from contact_center.desk import handlers as desk
from contact_center.dispatch.waits import handlers as waits
from contact_center.dispatch.why import handlers as why
from contact_center.employees import handlers as employees
from contact_center.employees import joining, me
from contact_center.intake import handlers as intake
from contact_center.jobs import handlers as jobs
from contact_center.outbox import handlers as outbox
from contact_center.web import account_health, directory, health, live
from contact_center.work.planning import handlers as planning
from contact_center.work.policies import handlers as policies
from contact_center.work.queues import handlers as queues

FEATURES: tuple[Sequence[Route], ...] = (
    access.ROUTES,
    joining.ROUTES,
    me.ROUTES,
    directory.ROUTES,
    contacts.ROUTES,
    desk.ROUTES,
    outbox.ROUTES,
    clients.ROUTES,
    starting.ROUTES,
    files.ROUTES,
    letters.ROUTES,
    live.ROUTES,
    employees.ROUTES,
    queues.ROUTES,
    policies.ROUTES,
    planning.ROUTES,
    why.ROUTES,
    waits.ROUTES,
    catalogue.ROUTES,
    accounts.ROUTES,
    brands.ROUTES,
    authorization.ROUTES,
    trials.ROUTES,
    intake.ROUTES,
    jobs.ROUTES,
    health.ROUTES,
    account_health.ROUTES,
)


def all_routes(features: Iterable[Sequence[Route]] = FEATURES) -> list[Route]:
    """Every route; raises ValueError when two claim one address."""
    seen: set[tuple[str, str]] = set()
    table = [route for routes in features for route in routes]
    for route in table:
        key = (route.method, route.path)
        if key in seen:
            msg = f"two routes claim {route.method} {route.path}"
            raise ValueError(msg)
        seen.add(key)
    return table
