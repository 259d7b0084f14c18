"""Editions over the API: what is activated, what the rows say then, and who was first."""

from __future__ import annotations

from typing import Any

from tests.contact_center.policies.acting import HOURS, activate, boss_of, draft, row, sales
from tests.support.office import Office


async def test_an_activated_draft_is_in_the_rows_and_in_the_log_at_once(office: Office) -> None:
    boss = await boss_of(office)
    ladder = [
        {"after_seconds": 30, "needs": {"tax": 1}},
        {"after_seconds": 90, "overflow": "queue:claims"},
    ]
    made = await draft(office, boss, sales(
        needs={"tax": 3}, ladder=ladder, strategy="pack", offer_seconds=20, priority_seconds=60,
        hours=HOURS, zone="Europe/Warsaw", closed="queue:claims", offer_seconds_by={"mail": 200},
    ))  # fmt: skip
    places = {one["place"] for one in made["changes"]}
    assert {"queues.sales.needs", "queues.sales.ladder", "queues.sales.hours"} <= places
    assert (await row(office, "sales"))["rules"] == {}
    done = await activate(office, boss, made["id"])
    assert (done.status, done.body["edition"]) == (200, 2)
    sold = await row(office, "sales")
    claims = f"queue:{office.ids['claims_queue']}"
    assert sold["rules"]["ladder"][1] == {"after_seconds": 90, "overflow": claims}
    assert (sold["offer_seconds"], sold["hours"], sold["version"]) == (20, HOURS, 2)
    (told,) = await office.events("queue.changed")
    assert told["data"]["rules"]["closed"] == claims
    event = (await office.events("policy.changed"))[-1]
    assert (event["version"], event["actor"]) == (2, f"employee:{boss.id}")
    states = [
        (one["edition"], one["state"])
        for one in (await office.ask("GET", "/policies", boss)).body["items"]
    ]
    assert states == [(2, "current"), (1, "past")]


async def test_of_two_who_activate_on_the_same_edition_one_is_told_so(office: Office) -> None:
    boss = await boss_of(office)
    one = await draft(office, boss, sales(offer_seconds=20))
    other = await draft(office, boss, sales(offer_seconds=30))
    assert (await activate(office, boss, one["id"])).status == 200
    late = await activate(office, boss, other["id"])
    assert (late.status, late.body["current"]) == (409, {"edition": 2})
    assert (await row(office, "sales"))["offer_seconds"] == 20
    stale = await office.ask(
        "PUT", f"/policies/{other['id']}", boss, json={"body": {}}, headers={"If-Match": '"9"'}
    )
    assert stale.status == 409


async def test_what_the_queue_page_changes_is_an_edition_too(office: Office) -> None:
    boss = await boss_of(office)
    path = f"/queues/{office.ids['sales_queue']}"
    await office.ask("PATCH", path, boss, json={"offer_seconds": 25})
    running = (await office.ask("GET", "/policies/current", boss)).body
    assert running["edition"] == 2
    assert running["body"]["queues"][0]["offer_seconds"] == 25
    await office.ask("PATCH", path, boss, json={"name": "sales"})
    assert (await office.ask("GET", "/policies/current", boss)).body["edition"] == 2


async def test_the_queue_page_cannot_bring_about_what_a_policy_must_not_say(office: Office) -> None:
    boss = await boss_of(office)
    path = f"/queues/{office.ids['sales_queue']}"
    refused = await office.ask("PATCH", path, boss, json={"wrap_up_seconds": 1800})
    assert (refused.status, refused.code) == (422, "bad_policy")
    assert refused.body["field"] == "wrap_up_seconds"
    assert refused.body["problems"] == [{
        "place": "queues.sales.wrap_up_seconds",
        "reason": "is more than the house.wrap_up_limit_seconds of 900",
    }]  # fmt: skip
    running = (await office.ask("GET", "/policies/current", boss)).body
    assert (running["edition"], running["problems"]) == (1, [])
    # What an earlier release let in keeps nobody from changing something else, or mending it.
    await office.db.execute("UPDATE queues SET wrap_up_seconds = 1800 WHERE name = 'sales'")
    new = {"name": "New", "department_id": str(office.ids["sales"])}
    made = await office.ask("POST", "/queues", boss, json=new)
    assert made.status == 201
    await office.db.execute("UPDATE queues SET wrap_up_seconds = 1801 WHERE name = 'New'")
    for change in ({"code": "first"}, {"code": "next"}, {"archived": True}, {"archived": False}):
        told = await office.ask("PATCH", f"/queues/{made.body['id']}", boss, json=change)
        assert told.status == 200, change
    await office.db.execute("UPDATE queues SET wrap_up_seconds = 9 WHERE name = 'New'")
    mended = await office.ask("PATCH", path, boss, json={"wrap_up_seconds": 900})
    assert mended.status == 200
    assert (await office.ask("GET", "/policies/current", boss)).body["problems"] == []


async def test_a_past_edition_runs_again_as_a_new_one(office: Office) -> None:
    boss = await boss_of(office)
    made = await draft(office, boss, sales(offer_seconds=20))
    await activate(office, boss, made["id"])
    first = (await office.ask("GET", "/policies", boss)).body["items"][-1]
    changed = await office.ask("PUT", f"/policies/{first['id']}", boss, json={"body": {}})
    assert (changed.status, changed.code) == (409, "not_a_draft")
    second = (await office.ask("GET", "/policies/current", boss)).body
    made = await draft(office, boss, sales(offer_seconds=90))
    assert (await activate(office, boss, made["id"], 2)).status == 200
    again = await activate(office, boss, second["id"], 3)
    assert (again.status, again.body["edition"]) == (200, 4)
    assert (await row(office, "sales"))["offer_seconds"] == 20


async def test_an_overflow_keeps_its_queue_from_the_archive(office: Office) -> None:
    boss = await boss_of(office)
    ladder = [{"after_seconds": 9, "overflow": "queue:claims"}]
    made = await draft(office, boss, sales(ladder=ladder))
    await activate(office, boss, made["id"])
    path = f"/queues/{office.ids['claims_queue']}"
    refused = await office.ask("PATCH", path, boss, json={"archived": True})
    assert (refused.status, refused.body["needed_by"]) == (409, "policy")


async def test_an_archived_skill_is_nobodys_for_the_router_until_it_returns(office: Office) -> None:
    boss, anna = await boss_of(office), await office.hire("anna")
    skills = (await office.ask("GET", "/skills", boss)).body["items"]
    tax = next(one["id"] for one in skills if one["code"] == "tax")
    given = {"skills": [{"skill_id": one["id"], "level": 3} for one in skills]}
    await office.ask("PATCH", f"/employees/{anna.id}", boss, json=given)

    async def told(archived: bool) -> Any:
        answer = await office.ask("PATCH", f"/skills/{tax}", boss, json={"archived": archived})
        assert answer.status == 200
        event = (await office.events("operator.changed"))[-1]
        assert event["subject_id"] == anna.id
        return event["data"]["skills"]

    assert await told(True) == {"fr": 3}
    seen = (await office.ask("GET", f"/employees/{anna.id}", boss)).body
    assert len(seen["skills"]) == 1
    await office.ask("PATCH", f"/employees/{anna.id}", boss, json={"skills": []})
    assert await told(False) == {"tax": 3}
    dropped = {"needs": {"fr": 1}, "ladder": [{"after_seconds": 9, "drop": ["tax"]}]}
    for edition, rules in enumerate((dropped, {"needs": {"tax": 2}}), 1):
        made = await draft(office, boss, sales(**rules))
        await activate(office, boss, made["id"], edition)
        refused = await office.ask("PATCH", f"/skills/{tax}", boss, json={"archived": True})
        assert (refused.status, refused.code) == (409, "in_use")
