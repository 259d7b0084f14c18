"""The own record and the directory."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contact_center.kernel.clock import ManualClock
from tests.support.office import Office


async def test_settings_are_merged_key_by_key_and_null_removes_one(office: Office):
    anna = await office.hire("anna")
    settings: dict[str, Any]
    for settings in ({"theme": "dark", "density": "compact"}, {"theme": None, "sounds": {"a": 1}}):
        answer = await office.ask("PATCH", "/me", anna, json={"settings": settings})
    assert answer.body["employee"]["settings"] == {"density": "compact", "sounds": {"a": 1}}


async def test_settings_cannot_grow_for_ever(office: Office):
    anna = await office.hire("anna")
    for n in range(3):
        answer = await office.ask("PATCH", "/me", anna, json={"settings": {f"key{n}": "x" * 4000}})
    assert (answer.status, answer.body["field"]) == (422, "settings")


async def test_nobody_raises_his_own_rights(office: Office):
    anna = await office.hire("anna")
    bodies: list[Any] = [{"role": "administrator"}, {"queues": []}, {"email": "x@y.example"}]
    for body in bodies:
        assert (await office.ask("PATCH", "/me", anna, json=body)).status == 422


async def test_the_directory_names_everything_a_contact_refers_to(office: Office):
    anna = await office.hire("anna")
    await office.db.execute("UPDATE queues SET hours = '{\"mon\": [[\"09:00\",\"18:00\"]]}'"
                            " WHERE id = $1", office.ids["claims_queue"])  # fmt: skip
    from contact_center.employees.service import SERVICE

    office.app[SERVICE].clock = ManualClock(datetime(2026, 1, 4, 12, tzinfo=UTC))  # a Sunday
    answer = await office.ask("GET", "/directory", anna)
    assert answer.status == 200
    body: Any = answer.body
    assert body["employees"][0]["name"] == "anna"
    assert "email" not in body["employees"][0], "addresses are for administration"
    by_name = {queue["name"]: queue for queue in body["queues"]}
    assert (by_name["sales"]["open"], by_name["sales"]["opens_at"]) == (True, None)
    assert by_name["claims"]["open"] is False
    assert by_name["claims"]["opens_at"] == "2026-01-05T06:00:00Z"  # nine in Minsk
    assert {d["name"] for d in body["departments"]} == {"sales", "claims"}
    assert [b["name"] for b in body["brands"]] == ["Shop"]


async def test_the_directory_counts_what_waits_per_queue(office: Office):
    anna = await office.hire("anna")
    for state in ("waiting", "offered", "active", "done"):
        await office.db.execute(
            "INSERT INTO work (id, queue_id, medium, state, operator_id)"
            " VALUES ($1, $2, 'chat', $3, $4)",
            uuid4(), office.ids["sales_queue"], state, anna.id if state != "waiting" else None,
        )  # fmt: skip
    queues = (await office.ask("GET", "/directory", anna)).body["queues"]
    assert {q["name"]: q["waiting"] for q in queues} == {"sales": 2, "claims": 0}
