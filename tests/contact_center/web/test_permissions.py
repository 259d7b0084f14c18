"""The permission matrix (S5): every route, every role, an own and a foreign object, every list.

It is made from the route table, so a route nobody thought about fails here: its permission must
be one that is known, its objects must belong to a scope below, its body must have an example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from contact_center.access.model import Permission
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.access.routes import Route
from contact_center.contacts.model import View
from contact_center.web.routes import all_routes
from tests.contact_center.web.teams import CANARY, Talk, Teams
from tests.support.office import Answer, Office, Person

TABLE = all_routes()
ROLES = tuple(ROLE_PERMISSIONS)
# What the first part of a path holds. "team": belongs to a team, foreign ones do not exist.
# "mine": belongs to one person. "house": one organisation, the permission alone decides.
SCOPES = {
    "contacts": "team", "messages": "team", "offers": "mine", "clients": "client",
    "merges": "client", "files": "signed", "letters": "signed",
    "live": "session", "queues": "team_list",
    "employees": "house", "departments": "house", "skills": "house", "break-reasons": "house",
    "kinds": "house", "policies": "house", "dry-runs": "house",
    "result-codes": "house", "brands": "house", "accounts": "house",
    "tokens": "house", "quarantine": "house", "jobs": "house",
}  # fmt: skip
# A body each that reaches the handler; `{x}` stands for an id of the world below.
BODIES: dict[str, Any] = {
    "PATCH /contacts/{id}": {"subject": "x"},
    "PUT /contacts/{id}/drafts/{kind}": {"text": "x"},
    "POST /contacts/{id}/read": {"seq": 1},
    "POST /contacts/{id}/messages": {"kind": "note", "text": "x", "client_msg_id": "{new}"},
    "PATCH /contacts/{id}/messages/{message_id}": {"text": "x"},
    "POST /contacts/{id}/transfer": {"to": "queue", "id": "{claims_queue}", "note": "x"},
    "POST /contacts/{id}/split": {"message_id": "{new}"},
    "POST /contacts/{id}/join": {"other_id": "{new}"},
    "POST /contacts/{id}/close": {},
    "POST /contacts/{id}/wrap-up": {},
    "POST /offers/{id}/decline": {"reason": "x"},
    "POST /messages/{id}/resolve": {"as": "arrived"},
    "PATCH /clients/{id}": {"name": "x"},
    "POST /clients/{id}/notes": {"text": "x"},
    "POST /clients/{id}/identities": {"medium": "email", "value": "{new}@x.example"},
    "POST /clients/{id}/merge": {"loser_id": "{other_client}"},
    "POST /clients/{id}/start-links": {"account_id": "{account}"},
    "PUT /policies/{id}": {"body": {}},
    "POST /policies/{id}/activate": {"edition": 1},
    "PATCH /queues/{id}": {"priority_seconds": 1},
    "PATCH /employees/{id}": {"zone": "Europe/Minsk"},
    "PATCH /departments/{id}": {},
    "PATCH /skills/{id}": {},
    "PATCH /break-reasons/{id}": {},
    "PATCH /kinds/{id}": {},
    "PATCH /result-codes/{id}": {},
    "PATCH /brands/{id}": {},
    "PATCH /accounts/{id}": {},
    "POST /accounts/{id}/start-links": {"kind": "shop", "key": "x", "title": "x"},
}
# Lists are asked in every way that could show more than the plain question.
QUESTIONS: dict[str, list[str]] = {
    "/contacts": [
        *(f"?view={v}" for v in get_args(View)),
        "?view=all&queue_id={claims_queue}",
        f"?view=all&q={CANARY}",
        "?view=all&q=client",
        "?view=all&limit=200",
    ],
    "/clients": ["", f"?q={CANARY}", "?limit=200", "?q=client"],
    "/search": [f"?q={CANARY}", "?q=claims", "?q=client"],
    "/clients/{id}/contacts": ["", "?limit=200"],
    "/live/poll": ["?session={new}&wait=0"],
}


def first_part(route: Route) -> str:
    return route.path.split("/")[1]


def scope_of(route: Route) -> str:
    """Reading what is signed needs no right; changing it does."""
    scope = SCOPES[first_part(route)]
    return "team" if scope == "signed" and route.method != "GET" else scope


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


WITH_OBJECT = [route for route in TABLE if "{" in route.path]
LISTS = [route for route in TABLE if "{" not in route.path and route.method == "GET"]


@dataclass(slots=True)
class Case:
    """One request of the matrix."""

    teams: Teams
    who: Person
    stranger: Person
    values: dict[str, str]

    async def send(self, route: Route, target: UUID | str) -> Answer:
        path = route.path.replace("{id}", str(target)).replace("{kind}", "note")
        path = path.replace("{session}", str(uuid4())).replace("{link_id}", str(uuid4()))
        path = path.replace("{message_id}", self.values.get("message", str(uuid4())))
        path = path.replace("{employee_id}", str(self.who.id))
        body = self.filled(BODIES.get(name_of(route), {} if route.method != "GET" else None))
        if SCOPES.get(first_part(route)) == "signed" and route.method == "GET":
            path += "?e=9999999999&s=forged"
        return await self.teams.office.ask(route.method, path, self.who, json=body)

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, str):
            for name, text in {**self.values, "new": uuid4().hex}.items():
                value = value.replace("{" + name + "}", text)
        return value


async def case_of(office: Office, role: str) -> Case:
    teams = await Teams.of(office)
    values = {name: str(value) for name, value in office.ids.items()}
    stranger = await office.hire("stranger", "operator", team="claims")
    return Case(teams, await teams.staff(role), stranger, values)


def test_every_route_has_a_known_permission_and_every_object_a_scope() -> None:
    for route in TABLE:
        assert isinstance(route.permission, Permission), name_of(route)
        if route in WITH_OBJECT:
            assert first_part(route) in SCOPES, f"{name_of(route)}: whose object is it?"
        needs_body = route.body is not None and any(
            field.is_required() for field in route.body.model_fields.values()
        )
        if needs_body and route in WITH_OBJECT:
            assert name_of(route) in BODIES, f"{name_of(route)}: add an example of its body"


def test_the_matrix_fails_for_a_route_without_a_scope(monkeypatch):
    async def handler(_call):
        return None

    leaky = Route("GET", "/salaries/{id}", handler, Permission.SIGNED_IN, "Salaries")
    monkeypatch.setitem(globals(), "TABLE", [*TABLE, leaky])
    monkeypatch.setitem(globals(), "WITH_OBJECT", [*WITH_OBJECT, leaky])
    with pytest.raises(AssertionError, match="whose object is it"):
        test_every_route_has_a_known_permission_and_every_object_a_scope()


async def test_only_public_routes_answer_who_is_not_signed_in(office: Office):
    wrong = []
    for route in TABLE:
        path = route.path
        for name in ("id", "kind", "session", "message_id", "employee_id", "link_id"):
            path = path.replace("{" + name + "}", str(uuid4()))
        answer = await office.ask(route.method, path, json={} if route.body else None)
        expected = route.permission is Permission.PUBLIC
        if expected == (answer.status == 401 and answer.code == "unauthenticated"):
            wrong.append(f"{name_of(route)}: {answer.status}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_what_its_permissions_name_and_nothing_else(office: Office, role):
    case, wrong = await case_of(office, role), []
    for route in TABLE:
        if route.permission is Permission.PUBLIC or name_of(route) in ENDS_THE_SESSION:
            continue
        answer = await case.send(route, uuid4())
        refused = answer.status == 403 and answer.code == "forbidden"
        if refused == (route.permission in ROLE_PERMISSIONS[role]) or answer.status >= 500:
            wrong.append(f"{name_of(route)}: {answer.status} {answer.code}")
    assert wrong == []


ENDS_THE_SESSION = {"POST /auth/sign-out-everywhere"}


async def _target(case: Case, route: Route, *, own: bool) -> UUID | None:
    """An object of the own or of the foreign team; None where there is no such thing."""
    holder = case.who if own else case.stranger
    offered = first_part(route) == "offers" or route.path.endswith("/take")
    team = "sales" if own else "claims"
    talk = await case.teams.talk(team, holder.id, state="offered" if offered else "active")
    case.values["other_client"] = str((other := await case.teams.talk(team, holder.id)).client)
    case.values["message"] = str(talk.message)
    if first_part(route) == "merges":
        return await case.teams.merge(talk.client, other.client)
    targets = {
        "contacts": talk.contact, "messages": talk.message, "offers": talk.offer,
        "files": talk.file, "letters": talk.message, "clients": talk.client,
        "queues": UUID(case.values[f"{team}_queue"]),
    }  # fmt: skip
    return targets.get(first_part(route))


SEEING_ALL = {"administrator"}


@pytest.mark.parametrize("role", ROLES)
async def test_an_own_object_is_there(office: Office, role):
    case, wrong = await case_of(office, role), []
    for route in WITH_OBJECT:
        allowed = route.permission in ROLE_PERMISSIONS[role]
        target = await _target(case, route, own=True)
        if not allowed or target is None or scope_of(route) == "signed":
            continue
        answer = await case.send(route, target)
        if answer.status in (401, 403, 404) or answer.status >= 500:
            wrong.append(f"{name_of(route)}: {answer.status} {answer.body}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
async def test_a_foreign_object_is_not_there(office: Office, role):
    case, wrong = await case_of(office, role), []
    for route in WITH_OBJECT:
        if route.permission not in ROLE_PERMISSIONS[role]:
            continue
        target = await _target(case, route, own=False)
        if target is None:
            continue
        answer = await case.send(route, target)
        hidden = answer.status in ((403, 404) if scope_of(route) == "signed" else (404,))
        if name_of(route) == "GET /clients/{id}/contacts":  # a list: it only has to be empty
            hidden = answer.status == 404 or answer.body["items"] == []
            wrong += [] if hidden or role in SEEING_ALL else [f"{name_of(route)}: {answer.body}"]
            continue
        if answer.status >= 500 or hidden != _is_hidden(route, role):
            wrong.append(f"{name_of(route)}: {answer.status} {answer.body}")
    assert wrong == []


def _is_hidden(route: Route, role: str) -> bool:
    """Whether a foreign object of this route must look as if there were none."""
    match scope_of(route):
        case "mine" | "signed":
            return True
        case "team" | "team_list":
            return role not in SEEING_ALL
        case "client":  # who works with clients sees all cards; the light role only met ones
            return role == "light"
    raise AssertionError(first_part(route))


@pytest.mark.parametrize("role", [role for role in ROLES if role not in SEEING_ALL])
async def test_no_list_and_no_search_shows_what_is_foreign(office: Office, role):
    case, wrong = await case_of(office, role), []
    own = await case.teams.talk("sales", case.who.id)
    foreign = [
        await case.teams.talk("claims", case.stranger.id),
        await case.teams.talk("claims", case.stranger.id, state="offered"),
    ]
    closed = await case.teams.talk("claims", case.stranger.id)
    await office.db.execute(
        "UPDATE contacts SET state = 'closed', closed_at = now() WHERE id = $1", closed.contact
    )
    await case.teams.quarantine("claims")
    for route, path in _questions(case, [own, *foreign]):
        if route.permission not in ROLE_PERMISSIONS[role]:
            continue
        answer = await office.ask("GET", path, case.who)
        assert answer.status < 500, path
        leaked = [i for talk in [*foreign, closed] for i in talk.ids() if i in str(answer.body)]
        if leaked or f"{CANARY} claims" in str(answer.body):
            wrong.append(f"{path}: {leaked or 'text'}")
    assert wrong == []


def _questions(case: Case, talks: list[Talk]) -> list[tuple[Route, str]]:
    asked = [(r, r.path + case.filled(q)) for r in LISTS for q in QUESTIONS.get(r.path, [""])]
    for route in WITH_OBJECT:
        if route.method != "GET" or first_part(route) not in ("clients", "contacts"):
            continue
        for talk in talks:
            target = talk.client if first_part(route) == "clients" else talk.contact
            path = route.path.replace("{id}", str(target))
            asked += [(route, path + q) for q in QUESTIONS.get(route.path, [""])]
    return asked


async def test_the_canary_is_shown_to_who_may_see_it(office: Office):
    """Else the test above would pass for lists that show nothing at all."""
    case = await case_of(office, "operator")
    own = await case.teams.talk("sales", case.who.id)
    paths = [
        "/contacts?view=all", "/contacts?view=all&q=client", "/search?q=client",
        f"/clients/{own.client}/contacts", f"/contacts/{own.contact}/messages",
    ]  # fmt: skip
    for path in paths:
        answer = await office.ask("GET", path, case.who)
        assert f"{CANARY} sales" in str(answer.body), path


async def test_what_a_foreign_contact_holds_cannot_be_drawn_into_an_own_one(office: Office):
    case = await case_of(office, "operator")
    own = await case.teams.talk("sales", case.who.id)
    foreign = await case.teams.talk("claims", case.stranger.id)
    path = f"/contacts/{own.contact}/messages"
    drawn: list[Any] = [
        {"attachments": [str(foreign.file)]},
        {"reply_to": str(foreign.message)},
    ]
    for more in drawn:
        body = {"kind": "note", "text": "x", "client_msg_id": uuid4().hex, **more}
        answer = await office.ask("POST", path, case.who, json=body)
        assert answer.status in (404, 409, 422), (more, answer.body)
    shown = await office.ask("GET", path, case.who)
    assert str(foreign.file) not in str(shown.body)
    assert f"{CANARY} claims" not in str(shown.body)


async def test_a_contact_that_leaves_the_team_leaves_the_screen(office: Office):
    case = await case_of(office, "operator")
    own = await case.teams.talk("sales", case.who.id)
    path = f"/contacts/{own.contact}"
    assert (await office.ask("GET", path, case.who)).status == 200
    await office.db.execute(
        "UPDATE contacts SET queue_id = $2, operator_id = $3 WHERE id = $1",
        own.contact, UUID(case.values["claims_queue"]), case.stranger.id,
    )  # fmt: skip
    assert (await office.ask("GET", path, case.who)).status == 404


async def test_no_handler_stands_outside_the_table_but_those_named_here(office: Office):
    """A new way in is a decision: in the table with a permission, or in this list."""
    outside = {
        "GET /healthz", "GET /readyz", "GET /metrics", "GET /api/v1/openapi.json", "GET /api/docs",
        "GET /api/docs.js", "GET /widget.js", "GET /panel.js", "GET /assets/{name}", "GET /{path}",
        "GET /api/v1/live",  # checks cookie and Origin itself
        "GET /hooks/{key}", "POST /hooks/{key}",
        "POST /hooks/{key}/{rest}",  # the provider proves itself to its channel
    }  # fmt: skip
    named = {f"{r.method} /api/v1{r.path}" for r in TABLE}
    found = {
        f"{route.method} {route.resource.canonical}"
        for route in office.app.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }
    chat = {entry for entry in found if entry.split()[1].startswith(("/chat/", "/demo/"))}
    assert found - named - chat == outside & found
    assert found - named - chat - outside == set()
