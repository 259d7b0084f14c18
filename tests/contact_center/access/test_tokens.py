"""API tokens: scopes, expiry, revocation, and what a token may never do."""

import asyncio
from datetime import timedelta
from typing import Any

from contact_center.access.service import revoked_topic
from contact_center.kernel.clock import ManualClock
from tests.support.office import PASSWORD, Office, Person
from tests.support.waiting import PATIENCE


async def make(office: Office, boss: Person, *scopes: str, **more) -> Any:
    body = {"title": "script", "scopes": list(scopes), **more}
    answer = await office.ask("POST", "/tokens", boss, json=body)
    assert answer.status == 201, answer.body
    return answer.body


async def test_a_token_needs_no_csrf_and_acts_within_its_scopes(office: Office):
    boss = await office.hire("boss", "administrator")
    token = (await make(office, boss, "supervise"))["token"]
    assert token.startswith("cct_")
    assert (await office.ask("GET", "/employees", token=token)).status == 200
    patch = {"name": "Other"}
    refused = await office.ask("PATCH", f"/employees/{boss.id}", token=token, json=patch)
    assert (refused.status, refused.code) == (403, "forbidden")
    full = (await make(office, boss, "administer"))["token"]
    done = await office.ask("PATCH", f"/employees/{boss.id}", token=full, json=patch)
    assert done.status == 200


async def test_a_token_never_has_more_rights_than_its_owner(office: Office):
    boss = await office.hire("boss", "administrator")
    await office.hire("second", "administrator")
    token = (await make(office, boss, "administer", "supervise"))["token"]
    await office.db.execute("UPDATE employees SET role = 'operator' WHERE id = $1", boss.id)
    assert (await office.ask("GET", "/employees", token=token)).status == 403


async def test_the_secret_is_shown_once_and_stored_nowhere(office: Office):
    boss = await office.hire("boss", "administrator")
    made = await make(office, boss, "read")
    listed = (await office.ask("GET", "/tokens", boss)).body["items"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert made["token"] not in str(listed)
    rows = await office.db.fetch("SELECT * FROM api_tokens")
    assert made["token"] not in str([dict(row) for row in rows])


async def test_a_revoked_an_expired_and_a_made_up_token_are_refused(office: Office):
    boss = await office.hire("boss", "administrator")
    access = office.workspace.access
    clock = access.clock = ManualClock(office.workspace.clock.now())
    made = await make(office, boss, "read")
    short = await make(
        office, boss, "read", expires_at=(clock.now() + timedelta(hours=1)).isoformat()
    )
    assert (await office.ask("GET", "/me", token=short["token"])).status == 200
    clock.advance(hours=2)
    assert (await office.ask("GET", "/me", token=short["token"])).status == 401
    async with office.workspace.hints.subscribe(revoked_topic(boss.id)) as heard:
        assert (await office.ask("DELETE", f"/tokens/{made['id']}", boss)).status == 204
        await asyncio.wait_for(anext(heard), PATIENCE)  # open sockets are told
    assert (await office.ask("GET", "/me", token=made["token"])).status == 401
    assert (await office.ask("GET", "/me", token="cct_" + "x" * 43)).status == 401
    assert (await office.ask("DELETE", f"/tokens/{made['id']}", boss)).status == 404


async def test_a_wrong_token_is_not_helped_out_by_a_cookie(office: Office):
    anna = await office.hire("anna")
    visitor = "eyJhbGciOiJIUzI1NiJ9.eyJ2aXNpdG9yIjoiMSJ9.c2lnbmF0dXJl"
    for token in ("cct_wrong", visitor):
        assert (await office.ask("GET", "/me", anna, token=token)).status == 401


async def test_disabling_the_owner_ends_his_tokens_for_good(office: Office):
    boss = await office.hire("boss", "administrator", password=PASSWORD)
    second = await office.hire("second", "administrator")
    token = (await make(office, boss, "read"))["token"]
    for state in ("disabled", "active"):
        await office.ask("PATCH", f"/employees/{boss.id}", second, json={"state": state})
    assert (await office.ask("GET", "/me", token=token)).status == 401


async def test_a_token_cannot_do_what_needs_a_person(office: Office):
    boss = await office.hire("boss", "administrator", password=PASSWORD)
    for method, path, body in [
        ("POST", "/tokens", {"title": "child", "scopes": ["administer"]}),
        ("POST", "/me/password", {"old": PASSWORD, "new": "seven quiet harbours"}),
        ("POST", "/auth/sign-out-everywhere", {}),
        ("PATCH", "/me", {"name": "Other"}),
    ]:
        token = (await make(office, boss, "administer", "supervise", "work"))["token"]
        answer = await office.ask(method, path, token=token, json=body)
        assert (answer.status, answer.code) == (403, "needs_session")
