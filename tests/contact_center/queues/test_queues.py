"""Queues as an administrator keeps them, and what the router hears of it."""

from uuid import uuid4

from tests.support.office import Office


async def test_members_change_reaches_the_router_for_exactly_those_who_moved(office: Office):
    boss = await office.hire("boss", "administrator", team=None)
    anna, bela = await office.hire("anna"), await office.hire("bela")
    carl = await office.hire("carl", team=None)
    path = f"/queues/{office.ids['sales_queue']}"
    members = [str(anna.id), str(carl.id)]
    answer = await office.ask("PATCH", path, boss, json={"members": members})
    assert set(answer.body["members"]) == set(members)
    told = await office.events("operator.changed")
    assert {e["subject_id"] for e in told} == {bela.id, carl.id}
    by_id = {e["subject_id"]: e["data"]["queues"] for e in told}
    assert by_id == {bela.id: [], carl.id: [str(office.ids["sales_queue"])]}


async def test_a_change_carries_the_snapshot_of_the_queue(office: Office):
    boss = await office.hire("boss", "administrator")
    path = f"/queues/{office.ids['sales_queue']}"
    body = {"offer_seconds": 20, "priority_seconds": 300, "preferred_hold_seconds": 5}
    assert (await office.ask("PATCH", path, boss, json=body)).status == 200
    event = (await office.events("queue.changed"))[-1]
    assert {name: event["data"][name] for name in body} == body
    assert event["version"] == event["data"]["version"] == 2


async def test_a_queue_is_made_with_hours_and_members(office: Office):
    boss = await office.hire("boss", "administrator")
    body = {
        "name": "Evening", "department_id": str(office.ids["sales"]), "zone": "Europe/Warsaw",
        "hours": {"mon": [["18:00", "22:00"]]}, "offline_text": {"en": "Come back at six"},
        "members": [str(boss.id)],
    }  # fmt: skip
    made = await office.ask("POST", "/queues", boss, json=body)
    assert made.status == 201
    assert {name: made.body[name] for name in body} == body
    one = await office.ask("GET", f"/queues/{made.body['id']}", boss)
    assert one.body == made.body
    twice = await office.ask("POST", "/queues", boss, json=body)
    assert (twice.status, twice.code) == (409, "duplicate")


async def test_a_stale_version_changes_nothing(office: Office):
    boss = await office.hire("boss", "administrator")
    path = f"/queues/{office.ids['sales_queue']}"
    for status in (200, 409):
        answer = await office.ask(
            "PATCH", path, boss, json={"wrap_up_seconds": status}, headers={"If-Match": '"1"'}
        )
        assert answer.status == status
    assert answer.body["current"]["wrap_up_seconds"] == 200


async def test_a_queue_only_takes_what_makes_sense(office: Office):
    boss = await office.hire("boss", "administrator")
    for body, status in [
        ({"hours": {"mon": [["18:00", "09:00"]]}}, 422),
        ({"hours": {"someday": []}}, 422),
        ({"zone": "Nowhere"}, 422),
        ({"offer_seconds": 1}, 422),
        ({"department_id": str(uuid4())}, 422),
        ({"members": [str(uuid4())]}, 422),
        ({"name": "claims"}, 409),
        ({"archived": False}, 200),
    ]:
        answer = await office.ask("PATCH", f"/queues/{office.ids['sales_queue']}", boss, json=body)
        assert answer.status == status, answer.body


async def test_a_supervisor_sees_the_queues_of_his_departments_only(office: Office):
    chief = await office.hire("chief", "supervisor", team=None)
    await office.db.execute(
        "INSERT INTO department_members (department_id, employee_id) VALUES ($1, $2)",
        office.ids["sales"], chief.id,
    )  # fmt: skip
    listed = await office.ask("GET", "/queues", chief)
    assert [queue["name"] for queue in listed.body["items"]] == ["sales"]
    foreign = await office.ask("GET", f"/queues/{office.ids['claims_queue']}", chief)
    assert foreign.status == 404


async def test_an_unused_queue_is_archived_and_brought_back(office: Office):
    boss = await office.hire("boss", "administrator")
    path = f"/queues/{office.ids['claims_queue']}"
    gone = await office.ask("PATCH", path, boss, json={"archived": True})
    assert gone.body["archived_at"]
    assert len((await office.ask("GET", "/queues", boss)).body["items"]) == 1
    back = await office.ask("PATCH", path, boss, json={"archived": False})
    assert back.body["archived_at"] is None


async def test_a_queue_does_not_come_back_before_what_it_needs(office: Office):
    boss, ids = await office.hire("boss", "administrator"), office.ids
    queue, department = f"/queues/{ids['claims_queue']}", f"/departments/{ids['claims']}"

    async def archived(path: str, archive: bool):
        return await office.ask("PATCH", path, boss, json={"archived": archive})

    for path in (queue, department):
        assert (await archived(path, True)).status == 200
    refused = await archived(queue, False)
    assert (refused.status, refused.code) == (409, "needs_archived")
    assert (refused.body["name"], refused.body["field"]) == ("claims", "department_id")
    moved = {"archived": False, "department_id": str(ids["sales"])}
    assert (await office.ask("PATCH", queue, boss, json=moved)).status == 200
    await archived(queue, True)
    assert (await archived(department, False)).status == 200
    # What it would send its contacts to is archived after it.
    rules = {"ladder": [{"overflow": f"queue:{ids['sales_queue']}", "after_seconds": 9}]}
    await office.db.execute(
        "UPDATE queues SET rules = $2 WHERE id = $1", ids["claims_queue"], rules
    )
    assert (await archived(f"/queues/{ids['sales_queue']}", True)).status == 200
    refused = await archived(queue, False)
    assert (refused.code, refused.body["name"]) == ("needs_archived", "sales")
    assert (await archived(f"/queues/{ids['sales_queue']}", False)).status == 200
    assert (await archived(queue, False)).status == 200
