"""Queues a policy brings along: made when it runs, or found by their name and given its code."""

from __future__ import annotations

from typing import Any

from contact_center.work.policies.service import Policies
from tests.support.office import Office, Person

NEW: dict[str, Any] = {
    "code": "vip", "title": "Important clients", "department": "Sales", "strategy": "pack",
    "ladder": [{"after_seconds": 60, "overflow": "queue:s"}],
}  # fmt: skip
FOUND = {"code": "s", "title": "SALES", "offer_seconds": 30}


async def draft(office: Office, boss: Person, *queues: dict[str, Any]) -> Any:
    body = {"queues": list(queues)}
    made = await office.ask("POST", "/policies", boss, json={"body": body})
    assert made.status == 201, made.body
    return made.body


async def test_a_new_queue_is_told_as_such_and_made_when_the_draft_runs(office: Office) -> None:
    boss = await office.hire("boss", "administrator")
    made = await draft(office, boss, NEW, FOUND)
    assert made["problems"] == []
    assert made["adopted"] == {"s": str(office.ids["sales_queue"])}
    told = {one["place"]: (one["before"], one["after"]) for one in made["changes"]}
    assert told["queues.vip"] == (None, "Important clients")
    assert told["queues.vip.strategy"] == (None, "pack")
    assert told["queues.s.code"] == (None, "s")
    assert told["queues.s.offer_seconds"] == (45, 30)
    assert "queues.vip.offer_seconds" not in told  # as usual
    assert await office.db.fetchval("SELECT count(*) FROM queues") == 2
    done = await office.ask("POST", f"/policies/{made['id']}/activate", boss, json={"edition": 1})
    assert done.status == 200, done.body
    row = await office.db.fetchrow("SELECT * FROM queues WHERE code = 'vip'")
    assert (row["name"], row["department_id"]) == ("Important clients", office.ids["sales"])
    assert row["rules"]["ladder"][0]["overflow"] == f"queue:{office.ids['sales_queue']}"
    sold = await office.db.fetchrow("SELECT * FROM queues WHERE name = 'sales'")
    assert (sold["id"], sold["code"], sold["offer_seconds"]) == (office.ids["sales_queue"], "s", 30)
    heard = {one["subject_id"] for one in await office.events("queue.changed")}
    assert heard == {row["id"], sold["id"]}
    running = (await office.ask("GET", "/policies/current", boss)).body
    assert {one["code"] for one in running["body"]["queues"]} >= {"vip", "s"}


async def test_what_cannot_be_made_or_found_is_a_fault_of_the_draft(office: Office) -> None:
    boss = await office.hire("boss", "administrator")
    await office.db.execute("UPDATE queues SET archived_at = now() WHERE name = 'claims'")
    bad = [
        ({**NEW, "department": "Moon"}, "queues.vip.department", "there is no department 'Moon'"),
        ({**NEW, "title": "Claims"}, "queues.vip", "in the archive"),
        ({**NEW, "department": None}, "queues.vip.department", "is a new queue"),
        ({**NEW, "code": str(office.ids["claims_queue"])},
         f"queues.{office.ids['claims_queue']}", "in the archive"),
    ]  # fmt: skip
    for queue, place, reason in bad:
        made = await draft(office, boss, queue, FOUND)
        found = {one["place"]: one["reason"] for one in made["problems"]}
        assert reason in found.get(place, ""), found
        path = f"/policies/{made['id']}/activate"
        refused = await office.ask("POST", path, boss, json={"edition": 1})
        assert (refused.status, refused.code) == (422, "bad_policy")
    assert await office.db.fetchval("SELECT count(*) FROM queues") == 2
    await office.db.execute("DELETE FROM queues WHERE name = 'claims'")
    await office.db.execute("DELETE FROM departments WHERE name = 'claims'")
    alone = {name: value for name, value in NEW.items() if name != "department"}
    assert (await Policies(office.db).judge({"queues": [alone, FOUND]}))["problems"] == []


async def test_of_two_queues_one_brings_along_each_has_a_name_and_what_it_changes(
    office: Office,
) -> None:
    boss = await office.hire("boss", "administrator")
    for title, has_it in (("important CLIENTS", "vip"), ("Sales", "s")):
        other = {"code": "late", "title": title, "department": "Sales"}
        made = await draft(office, boss, NEW, FOUND, other)
        assert made["problems"] == [{
            "place": "queues.late",
            "reason": f"would be a second queue named {title!r}: that one's code is {has_it!r}",
        }]  # fmt: skip
    gold = {"code": "vip.gold", "title": "Gold", "department": "Sales", "strategy": "best_level"}
    made = await draft(office, boss, NEW, FOUND, gold)
    told = {one["place"]: one["after"] for one in made["changes"]}
    assert told["queues.vip.gold"] == "Gold"
    assert (told["queues.vip.strategy"], told["queues.vip.gold.strategy"]) == ("pack", "best_level")


async def test_a_countrys_holidays_are_offered_in_the_readers_language(office: Office) -> None:
    boss = await office.hire("boss", "administrator")
    for locale, name in (("ru", "Новый год"), ("en", "New Year's Day")):
        path = f"/holidays?country=BY&year=2027&locale={locale}"
        items = (await office.ask("GET", path, boss)).body["items"]
        assert items[0] == {"date": "2027-01-01", "name": name}
    assert (await office.ask("GET", "/holidays?country=XX&year=2027", boss)).body["items"] == []
    assert (await office.ask("GET", "/holidays?country=belarus", boss)).status == 422
    assert "BY" in (await office.ask("GET", "/holidays/countries", boss)).body["items"]
