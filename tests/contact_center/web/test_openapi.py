"""The document is made from the table and says what the service does."""

import re

import pytest

from contact_center.access.model import Permission
from contact_center.access.routes import Route
from contact_center.web.openapi import document
from contact_center.web.routes import all_routes
from tests.support.office import Office

TABLE = all_routes()


async def test_the_document_names_every_route_with_its_permission(office: Office):
    shown = (await office.ask("GET", "/openapi.json")).body
    assert shown["openapi"].startswith("3.1")
    named = {
        (method.upper(), path.removeprefix("/api/v1")): operation["x-permission"]
        for path, methods in shown["paths"].items()
        for method, operation in methods.items()
    }
    assert named == {(r.method, r.path): r.permission.value for r in TABLE}


def test_every_reference_of_the_document_leads_somewhere():
    shown = document(TABLE, prefix="/api/v1")
    schemas = shown["components"]["schemas"]
    wanted = set(re.findall(r"'#/components/schemas/([^']+)'", str(shown)))
    assert wanted - set(schemas) == set()


def test_operation_ids_are_unique():
    shown = document(TABLE, prefix="/api/v1")
    ids = [op["operationId"] for methods in shown["paths"].values() for op in methods.values()]
    assert len(ids) == len(set(ids))


def test_two_routes_that_claim_one_address_stop_the_start():
    async def handler(_call):
        return None

    route = Route("GET", "/x", handler, Permission.READ, "x")
    with pytest.raises(ValueError, match="two routes claim GET /x"):
        all_routes([[route], [route]])


@pytest.mark.parametrize("route", TABLE, ids=lambda r: f"{r.method} {r.path}")
def test_a_route_is_described_and_its_bodies_refuse_unknown_keys(route: Route):
    assert route.summary
    for model in (route.body, route.query):
        if model is not None:
            assert model.model_config.get("extra") == "forbid", model
