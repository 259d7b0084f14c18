"""Employees, departments and short lists, as an administrator keeps them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.office import Answer, Office, Person


async def patch(office: Office, boss: Person, path: str, version=None, **values) -> Answer:
    headers = {"If-Match": f'"{version}"'} if version else None
    return await office.ask("PATCH", path, boss, json=values, headers=headers)


async def test_another_queue_reaches_the_router_as_a_newer_snapshot(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    claims = office.ids["claims_queue"]
    answer = await patch(office, boss, f"/employees/{anna.id}", queues=[str(claims)])
    assert answer.body["queues"] == [str(claims)]
    told = [e for e in await office.events("operator.changed") if e["subject_id"] == anna.id]
    assert told[-1]["data"]["queues"] == [str(claims)]
    assert told[-1]["version"] == told[-1]["data"]["version"] == 2
    assert told[-1]["actor"] == f"employee:{boss.id}"


async def test_capacity_and_skills_are_kept(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    skill = await office.ask(
        "POST", "/skills", boss, json={"code": "polish", "title": {"en": "Polish"}}
    )
    assert skill.status == 201
    values = {
        "budget": 60,
        "ceilings": {"chat": 2},
        "skills": [{"skill_id": skill.body["id"], "level": 4}],
    }
    answer = await patch(office, boss, f"/employees/{anna.id}", **values)
    assert {name: answer.body[name] for name in values} == values
    unknown = {"skills": [{"skill_id": str(uuid4()), "level": 1}]}
    refused = await patch(office, boss, f"/employees/{anna.id}", **unknown)
    assert (refused.status, refused.code) == (422, "unknown_reference")


async def test_a_stale_version_gets_the_present_state_and_changes_nothing(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    assert (await patch(office, boss, f"/employees/{anna.id}", 1, name="Anna")).status == 200
    stale = await patch(office, boss, f"/employees/{anna.id}", 1, name="Hanna")
    assert (stale.status, stale.code) == (409, "conflict")
    assert stale.body["current"]["name"] == "Anna"
    assert stale.body["current"]["version"] == 2


async def test_the_last_administrator_can_neither_leave_nor_be_demoted(office: Office):
    boss = await office.hire("boss", "administrator")
    for values in ({"role": "operator"}, {"state": "disabled"}):
        answer = await patch(office, boss, f"/employees/{boss.id}", **values)
        assert (answer.status, answer.code) == (409, "last_administrator")


async def test_two_administrators_who_demote_each_other_leave_one(office: Office):
    boss = await office.hire("boss", "administrator")
    second = await office.hire("second", "administrator")
    answers = await asyncio.gather(
        patch(office, boss, f"/employees/{second.id}", role="operator"),
        patch(office, second, f"/employees/{boss.id}", role="operator"),
    )
    left = await office.db.fetchval("SELECT count(*) FROM employees WHERE role='administrator'")
    assert left == 1
    assert 200 in {a.status for a in answers}


async def test_an_address_belongs_to_one_employee_whatever_its_case(office: Office):
    boss, _ = await office.hire("boss", "administrator"), await office.hire("anna")
    body = {"email": "ANNA@shop.example", "name": "Another"}
    answer = await office.ask("POST", "/employees", boss, json=body)
    assert (answer.status, answer.code, answer.body["field"]) == (409, "duplicate", "email")


async def test_disabling_takes_the_operator_offline_and_out(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    await office.ask("PUT", "/me/presence", anna, json={"presence": "ready"})
    answer = await patch(office, boss, f"/employees/{anna.id}", state="disabled")
    assert answer.body["presence"] == "offline"
    assert (await office.ask("GET", "/me", anna)).status == 401


async def test_an_invited_employee_cannot_be_made_active_without_a_password(office: Office):
    boss = await office.hire("boss", "administrator")
    made = await office.ask(
        "POST", "/employees", boss, json={"email": "new@shop.example", "name": "New"}
    )
    answer = await patch(office, boss, f"/employees/{made.body['id']}", state="active")
    assert (answer.status, answer.body["field"]) == (422, "state")


async def test_a_value_that_makes_no_sense_is_refused_with_its_field(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    cases: list[Any] = [
        {"role": "king"},
        {"zone": "Mars/Olympus"},
        {"email": "no address"},
        {"name": "   "},
        {"ceilings": {"chat": -1}},
        {"queues": [str(uuid4())]},
        {"departments": ["no id"]},
        {"surprise": True},
        {"skills": [{"skill_id": str(uuid4()), "level": 6}]},
    ]
    for values in cases:
        answer = await patch(office, boss, f"/employees/{anna.id}", **values)
        assert answer.status == 422
        assert next(iter(values)) in answer.body["field"]


async def test_departments_form_a_tree_without_circles(office: Office):
    boss = await office.hire("boss", "administrator")
    sales, claims = office.ids["sales"], office.ids["claims"]
    assert (await patch(office, boss, f"/departments/{claims}", parent_id=str(sales))).status == 200
    circle = await patch(office, boss, f"/departments/{sales}", parent_id=str(claims))
    assert (circle.status, circle.body["field"]) == (422, "parent_id")
    free = await patch(office, boss, f"/departments/{claims}", parent_id=None)
    assert free.body["parent_id"] is None
    members = await patch(office, boss, f"/departments/{claims}", members=[str(boss.id)])
    assert members.body["members"] == [str(boss.id)]


async def test_a_department_with_queues_is_not_archived(office: Office):
    boss = await office.hire("boss", "administrator")
    answer = await patch(office, boss, f"/departments/{office.ids['sales']}", archived=True)
    assert (answer.status, answer.code) == (409, "in_use")
    made = await office.ask("POST", "/departments", boss, json={"name": "Archive"})
    gone = await patch(office, boss, f"/departments/{made.body['id']}", archived=True)
    assert gone.body["archived_at"] is not None
    names = [d["name"] for d in (await office.ask("GET", "/departments", boss)).body["items"]]
    assert names == ["claims", "sales"]
    everything = await office.ask("GET", "/departments?archived=true", boss)
    assert len(everything.body["items"]) == 3
    below = await office.ask(
        "POST", "/departments", boss, json={"name": "Shelf", "parent_id": made.body["id"]}
    )
    shelf = f"/departments/{below.body['id']}"
    await patch(office, boss, shelf, archived=True)
    refused = await patch(office, boss, shelf, archived=False)
    assert (refused.code, refused.body["name"]) == ("needs_archived", "Archive")
    assert (await patch(office, boss, shelf, archived=False, parent_id=None)).status == 200


@pytest.mark.parametrize("path", ["/break-reasons", "/skills", "/kinds", "/result-codes"])
async def test_a_short_list_is_added_to_changed_and_archived(office: Office, path):
    boss = await office.hire("boss", "administrator")
    body = {"code": "lunch", "title": {"ru": "Обед", "en": "Lunch"}, "position": 2}
    made = await office.ask("POST", path, boss, json=body)
    assert made.status == 201
    assert made.body["title"] == body["title"]
    twice = await office.ask("POST", path, boss, json=body)
    assert (twice.status, twice.code) == (409, "duplicate")
    address = f"{path}/{made.body['id']}"
    changed = await patch(office, boss, address, title={"ru": "Перерыв"})
    assert changed.body["title"] == {"ru": "Перерыв"}
    await patch(office, boss, address, archived=True)
    assert (await office.ask("GET", path, boss)).body["items"] == []
    await patch(office, boss, address, archived=False)
    assert len((await office.ask("GET", path, boss)).body["items"]) == 1
    assert (await patch(office, boss, f"{path}/{uuid4()}", archived=True)).status == 404
    assert len(await office.events("directory.changed")) == 4


@pytest.mark.parametrize("values", [{"state": "disabled"}, {"role": "light"}])
async def test_what_he_may_not_work_on_any_more_is_handed_back(office: Office, values):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    await patch(office, boss, f"/employees/{anna.id}", role="supervisor")
    kinds = "SELECT payload FROM jobs WHERE kind = 'hand_back' AND key = $1"
    assert await office.db.fetchval(kinds, str(anna.id)) is None
    await office.db.execute(
        "INSERT INTO work (id, queue_id, medium, cost, state, operator_id)"
        " VALUES (gen_random_uuid(), $1, 'chat', 20, 'active', $2)",
        office.ids["claims_queue"], anna.id,
    )  # fmt: skip
    answer = await patch(office, boss, f"/employees/{anna.id}", **values)
    assert (answer.status, answer.body["holds"]) == (200, 1)
    payload = await office.db.fetchval(kinds, str(anna.id))
    assert payload == {"by": str(boss.id), "actor": f"employee:{boss.id}"}
