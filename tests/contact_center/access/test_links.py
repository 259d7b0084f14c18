"""One-time links: the first administrator, invitations, new passwords."""

import asyncio

from contact_center.kernel.clock import ManualClock
from tests.support.office import PASSWORD, Office

NEW = "seven quiet harbours"


def token_of(link: str | None) -> str:
    assert link is not None
    return link.partition("#token=")[2]


async def become_first(office: Office, link: str | None, email: str = "boss@shop.example", **more):
    body = {"token": token_of(link), "email": email, "name": "Boss", "password": PASSWORD}
    return await office.ask("POST", "/auth/first", json=body | more)


async def test_the_first_administrator_comes_by_the_link_and_is_signed_in(office: Office):
    link = await office.workspace.access.first_administrator_link()
    assert link is not None
    state = await office.ask("GET", "/auth/state")
    assert state.body["needs_first_admin"] is True
    assert state.body["demo_accounts"] == []
    looked = await office.ask("POST", "/auth/link", json={"token": token_of(link)})
    assert looked.body == {"purpose": "first", "email": None, "name": None, "locale": None}
    answer = await become_first(office, link, locale="en")
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    me = await office.ask("GET", "/me", headers={"Cookie": cookie})
    assert me.body["employee"]["role"] == "administrator"
    assert "administer" in me.body["permissions"]
    state = await office.ask("GET", "/auth/state")
    assert state.body["needs_first_admin"] is False
    assert await office.workspace.access.first_administrator_link() is None


async def test_no_link_works_twice_and_none_makes_a_second_first_administrator(office: Office):
    access = office.workspace.access
    one, two = await access.first_administrator_link(), await access.first_administrator_link()
    assert one
    assert two
    answers = await asyncio.gather(
        become_first(office, one), become_first(office, two, "other@shop.example")
    )
    assert sorted(a.status for a in answers) in ([200, 404], [200, 409])
    assert (await become_first(office, one)).status == 404
    assert await office.db.fetchval("SELECT count(*) FROM employees") == 1


async def test_the_first_link_lasts_fifteen_minutes(office: Office):
    access = office.workspace.access
    clock = access.clock = ManualClock(office.workspace.clock.now())
    link = await access.first_administrator_link()
    clock.advance(minutes=15, seconds=1)
    answer = await become_first(office, link)
    assert (answer.status, answer.code) == (404, "link_expired")


async def test_a_weak_password_does_not_use_the_link_up(office: Office):
    link = await office.workspace.access.first_administrator_link()
    weak = await become_first(office, link, password="password1234")
    assert (weak.status, weak.code) == (422, "weak_password")
    assert (await become_first(office, link)).status == 200


async def test_an_invited_employee_chooses_a_password_and_is_in(office: Office):
    boss = await office.hire("boss", "administrator")
    body = {"email": "new@shop.example", "name": "Nw", "queues": [str(office.ids["sales_queue"])],
            "departments": [str(office.ids["sales"])]}  # fmt: skip
    made = await office.ask("POST", "/employees", boss, json=body)
    assert made.status == 201
    assert made.body["state"] == "invited"
    token = token_of(made.body["invitation_link"])
    looked = await office.ask("POST", "/auth/link", json={"token": token})
    assert looked.body["email"] == "new@shop.example"
    joined = await office.ask(
        "POST", "/auth/invitation", json={"token": token, "name": "Newt", "password": PASSWORD}
    )
    assert joined.status == 200
    cookie = joined.headers["Set-Cookie"].partition(";")[0]
    me = (await office.ask("GET", "/me", headers={"Cookie": cookie})).body
    assert me["employee"]["name"] == "Newt"
    assert me["employee"]["queues"] == [str(office.ids["sales_queue"])]
    again = await office.ask("POST", "/auth/invitation", json={"token": token, "password": NEW})
    assert (again.status, again.code) == (404, "link_expired")


async def test_a_reset_link_sets_another_password_and_ends_old_sessions(office: Office):
    boss = await office.hire("boss", "administrator")
    anna = await office.hire("anna", password=PASSWORD)
    link = (await office.ask("POST", f"/employees/{anna.id}/reset-link", boss)).body["link"]
    other = (await office.ask("POST", f"/employees/{anna.id}/reset-link", boss)).body["link"]
    body = {"token": token_of(link), "password": NEW}
    old = await office.ask("POST", "/auth/invitation", json=body)
    assert old.status == 404, "a newer link replaces the older one"
    body = {"token": token_of(other), "password": NEW, "name": "Somebody else"}
    assert (await office.ask("POST", "/auth/invitation", json=body)).status == 200
    name = await office.db.fetchval("SELECT name FROM employees WHERE id = $1", anna.id)
    assert name == "anna", "a reset renames nobody"
    assert (await office.ask("GET", "/me", anna)).status == 401
    body = {"email": anna.email, "password": NEW}
    assert (await office.ask("POST", "/auth/sign-in", json=body)).status == 200


async def test_an_invitation_of_somebody_disabled_meanwhile_is_worth_nothing(office: Office):
    boss = await office.hire("boss", "administrator")
    made = await office.ask(
        "POST", "/employees", boss, json={"email": "new@shop.example", "name": "New"}
    )
    await office.ask("PATCH", f"/employees/{made.body['id']}", boss, json={"state": "disabled"})
    body = {"token": token_of(made.body["invitation_link"]), "password": PASSWORD}
    assert (await office.ask("POST", "/auth/invitation", json=body)).status == 404


async def test_guessing_links_is_limited_per_address(office: Office):
    statuses = [
        (await office.ask("POST", "/auth/link", json={"token": f"guess-number-{n:020}"})).status
        for n in range(33)
    ]
    assert statuses[:30] == [404] * 30
    assert statuses[30:] == [429] * 3


async def test_demo_sign_ins_are_shown_only_where_the_workspace_is_a_demo(office: Office):
    accounts = [{"email": "d@x.example", "name": "D", "role": "operator", "password": "demo"}]
    await office.db.execute("UPDATE workspace SET settings = $1", {"demo_accounts": accounts})
    assert (await office.ask("GET", "/auth/state")).body["demo_accounts"] == []
    await office.db.execute("UPDATE workspace SET demo = true")
    state = (await office.ask("GET", "/auth/state")).body
    assert state["demo"] is True
    assert state["demo_accounts"] == accounts
