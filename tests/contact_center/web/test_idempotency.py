"""Idempotency-Key: the same POST twice is done once and answered alike."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asyncpg.transaction import Transaction

from contact_center.access.idempotency import store
from contact_center.access.model import Permission
from contact_center.storage.unit import Unit
from contact_center.web.routes import all_routes
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
    codes = {a.code for a in answers if a.status == 409}
    # The first is at work, or has done its work and is about to answer.
    assert codes <= {"outcome_unknown", "answer_lost"}
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


async def test_a_claim_that_nobody_can_work_on_any_more_is_taken_over(office: Office):
    boss = await office.hire("boss", "administrator")
    await add(office, boss, "k1")
    await office.db.execute("DELETE FROM departments WHERE name = 'Claims EU'")
    await office.db.execute(
        "UPDATE idempotency_keys SET status = NULL, answer = NULL, at = at - interval '3 minutes'"
    )
    answer = await add(office, boss, "k1")
    assert answer.status == 201
    assert "Idempotency-Replayed" not in answer.headers


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The connection is lost in the next commit: `before` it reached the server or `after`."""
    commit = Transaction.commit

    def arm(when: str) -> None:
        async def lost(self: Any) -> None:
            monkeypatch.setattr(Transaction, "commit", commit)
            if when == "after":
                await commit(self)
            self._connection.terminate()
            raise ConnectionResetError(when)

        monkeypatch.setattr(Transaction, "commit", lost)

    return arm


async def departments(office: Office) -> int:
    query = "SELECT count(*) FROM departments WHERE name = 'Claims EU'"
    return int(await office.db.fetchval(query))


async def test_a_connection_lost_after_the_commit_never_does_it_twice(office: Office, lose):
    boss = await office.hire("boss", "administrator")
    lose("after")
    assert (await add(office, boss, "k1")).status == 503
    await office.db.execute("UPDATE departments SET name = 'renamed' WHERE name = 'Claims EU'")
    again = await add(office, boss, "k1")
    assert (again.status, again.code) == (409, "answer_lost")
    assert await departments(office) == 0


async def test_a_connection_lost_before_the_commit_may_be_made_up_for(office: Office, lose):
    boss = await office.hire("boss", "administrator")
    lose("before")
    assert (await add(office, boss, "k1")).status == 503
    assert (await add(office, boss, "k1")).status == 201
    assert await departments(office) == 1


async def test_a_key_is_not_given_back_while_its_commit_is_in_doubt(office: Office):
    now = office.workspace.clock.now()
    await store.claim_key(office.db, "a", "k", b"", now)
    doing, go = asyncio.Event(), asyncio.Event()

    async def work(unit: Unit) -> None:
        await unit.execute("UPDATE brands SET name = 'x'")
        assert await store.mark_done(unit, "a", "k", now)
        doing.set()
        await go.wait()

    working = asyncio.create_task(office.db.run(work))
    await doing.wait()
    releasing = asyncio.create_task(store.release_key(office.db, "a", "k"))
    await asyncio.sleep(0.2)
    assert not releasing.done()
    go.set()
    await asyncio.gather(working, releasing)
    assert await office.db.fetchval("SELECT status FROM idempotency_keys") == 0


async def test_who_lost_his_claim_cannot_commit_any_more(office: Office):
    first = office.workspace.clock.now()
    await store.claim_key(office.db, "a", "k", b"", first)
    await store.claim_key(office.db, "a", "k", b"", first + timedelta(minutes=3))

    async def late(unit: Unit) -> bool:
        await unit.execute("UPDATE brands SET name = 'x'")
        return await store.mark_done(unit, "a", "k", first)

    assert not await office.db.run(late)


async def test_a_unit_that_only_reads_has_done_nothing(office: Office):
    now = office.workspace.clock.now()
    await store.claim_key(office.db, "a", "k", b"", now)

    async def read(unit: Unit) -> bool:
        await unit.fetchval("SELECT count(*) FROM brands")
        return await store.mark_done(unit, "a", "k", now)

    assert await office.db.run(read)
    assert await office.db.fetchval("SELECT status FROM idempotency_keys") is None


async def test_a_success_without_a_body_is_kept_too(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    key = {"Idempotency-Key": str(uuid4())}
    path = f"/employees/{anna.id}/sign-out"
    answers = [await office.ask("POST", path, boss, headers=key) for _ in range(2)]
    assert [a.status for a in answers] == [204, 204]
    told = [e for e in await office.events("employee.changed") if e["cause"] == "signed_out"]
    assert len(told) == 1


async def test_an_answer_that_holds_a_secret_is_kept_nowhere_and_its_work_is_done_once(
    office: Office,
):
    boss = await office.hire("boss", "administrator")
    with_key = {"headers": {"Idempotency-Key": "t1"}, "json": {"title": "t", "scopes": ["read"]}}
    made, again = [await office.ask("POST", "/tokens", boss, **with_key) for _ in range(2)]
    assert made.status == 201
    assert (again.status, again.code) == (409, "answer_lost")
    assert await office.db.fetchval("SELECT count(*) FROM api_tokens") == 1
    assert not await office.db.fetchval("SELECT answer FROM idempotency_keys")


def test_every_route_that_gives_out_a_secret_says_so():
    def names(answer: Any) -> set[str]:
        return set(getattr(answer, "model_fields", ()))

    secret = {"token", "csrf", "link", "invitation_link", "made_secrets"}
    given = {
        route.path: route.secret
        for route in all_routes()
        if route.method == "POST" and route.permission is not Permission.PUBLIC
        and names(route.answer) & secret
    }  # fmt: skip
    assert {"/tokens", "/employees", "/employees/{id}/reset-link", "/accounts"} <= given.keys()
    assert [path for path, kept_back in given.items() if not kept_back] == ["/accounts/{id}/check"]
