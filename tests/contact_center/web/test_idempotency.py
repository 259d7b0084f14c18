"""Idempotency-Key: the same POST twice is done once and answered alike."""

import asyncio
from uuid import uuid4

from tests.support.office import Office, Person


async def add(office: Office, boss: Person, key: str, name: str = "Claims EU", **more):
    return await office.ask(
        "POST", "/departments", boss, json={"name": name}, headers={"Idempotency-Key": key} | more
    )


async def test_the_second_time_gets_the_first_answer_and_nothing_is_done(office: Office):
    boss = await office.hire("boss", "administrator")
    first, again = [await add(office, boss, "k1") for _ in range(2)]
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    names = await office.db.fetch("SELECT name FROM departments WHERE name = 'Claims EU'")
    assert len(names) == 1


async def test_many_at_once_do_it_once(office: Office):
    boss = await office.hire("boss", "administrator")
    answers = await asyncio.gather(*(add(office, boss, "k1") for _ in range(10)))
    assert {a.status for a in answers} <= {201, 409}
    assert {a.code for a in answers if a.status == 409} <= {"outcome_unknown"}
    fresh = [a for a in answers if a.status == 201 and "Idempotency-Replayed" not in a.headers]
    assert len(fresh) == 1


async def test_the_same_key_with_another_request_is_refused(office: Office):
    boss = await office.hire("boss", "administrator")
    await add(office, boss, "k1")
    other = await add(office, boss, "k1", name="Something else")
    assert (other.status, other.code) == (422, "key_reused")


async def test_a_refused_request_may_be_mended_under_its_key(office: Office):
    boss = await office.hire("boss", "administrator")
    assert (await add(office, boss, "k1", name="sales")).status == 409
    await office.db.execute("UPDATE departments SET name = 'old sales' WHERE name = 'sales'")
    assert (await add(office, boss, "k1", name="sales")).status == 201


async def test_keys_of_two_employees_do_not_meet(office: Office):
    boss = await office.hire("boss", "administrator")
    second = await office.hire("second", "administrator")
    assert (await add(office, boss, "k1", name="One")).status == 201
    assert (await add(office, second, "k1", name="Two")).status == 201


async def test_after_a_crash_in_between_nobody_pretends_to_know(office: Office):
    boss = await office.hire("boss", "administrator")
    await add(office, boss, "k1")
    await office.db.execute("UPDATE idempotency_keys SET status = NULL, answer = NULL")
    answer = await add(office, boss, "k1")
    assert (answer.status, answer.code) == (409, "outcome_unknown")


async def test_a_success_without_a_body_is_kept_too(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    key = {"Idempotency-Key": str(uuid4())}
    path = f"/employees/{anna.id}/sign-out"
    answers = [await office.ask("POST", path, boss, headers=key) for _ in range(2)]
    assert [a.status for a in answers] == [204, 204]
    told = [e for e in await office.events("employee.changed") if e["cause"] == "signed_out"]
    assert len(told) == 1
