"""The demo company: the same from the same seed, consistent, and never mixed with earnest."""

from __future__ import annotations

import time

import pytest

from channels import registry
from contact_center.access.passwords import Passwords
from contact_center.accounts.service import Accounts
from contact_center.employees.store import EVERYTHING, employees
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import SettingsError
from contact_center.kernel.secrets import Sealer
from contact_center.simulator import company
from contact_center.simulator.seed import prepare
from contact_center.storage.database import Database

DIGEST = """
SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (
  SELECT m.id::text || m.text || m.seq AS t FROM messages m
  UNION ALL SELECT c.id::text || c.name FROM clients c) AS x
"""


async def make(database: Database, clock: ManualClock, *, demo: bool = True) -> None:
    accounts = Accounts(database, registry, Sealer(b"k" * 32), clock)
    await prepare(database, accounts, clock, demo=demo)
    await accounts.close()


async def test_an_empty_database_becomes_a_company_with_a_history(
    database: Database, clock: ManualClock
) -> None:
    began = time.perf_counter()
    await make(database, clock)
    print(f"{time.perf_counter() - began:.2f} s")
    counts = await database.fetchrow(
        "SELECT (SELECT count(*) FROM clients) AS clients, "
        "(SELECT count(*) FROM contacts WHERE state = 'closed') AS closed, "
        "(SELECT count(*) FROM work WHERE state = 'waiting') AS waiting, "
        "(SELECT count(*) FROM work WHERE state = 'active') AS active, "
        "(SELECT max(last_seq) FROM contacts) AS longest, "
        "(SELECT count(DISTINCT brand_id) FROM accounts) AS brands, "
        "(SELECT count(DISTINCT role) FROM employees) AS roles"
    )
    assert counts is not None
    assert counts["clients"] >= 300
    assert counts["closed"] >= 700
    assert (counts["waiting"], counts["active"]) == (7, 5)
    letters = await database.fetchrow(
        "SELECT count(*) AS all, count(*) FILTER (WHERE state = 'open') AS open, "
        "count(*) FILTER (WHERE subject <> '') AS named FROM contacts WHERE medium = 'mail'"
    )
    assert letters is not None
    assert (letters["all"], letters["open"], letters["named"]) == (26, 2, 26)
    assert counts["longest"] >= 200
    assert (counts["brands"], counts["roles"]) == (2, 4)


async def test_what_is_made_up_keeps_the_invariants_of_the_house(
    database: Database, clock: ManualClock
) -> None:
    await make(database, clock)
    wrong = {
        "seq": "SELECT count(*) FROM contacts c WHERE last_seq <> "
        "(SELECT count(*) FROM messages m WHERE m.contact_id = c.id)",
        "future": "SELECT count(*) FROM messages WHERE created_at > $1",
        "order": "SELECT count(*) FROM messages a JOIN messages b ON b.contact_id = a.contact_id "
        "AND b.seq = a.seq + 1 WHERE b.created_at < a.created_at",
        "load": "SELECT count(*) FROM operators o WHERE used <> (SELECT coalesce(sum(cost), 0) "
        "FROM work w WHERE w.operator_id = o.id AND w.state IN ('offered', 'active', 'wrap_up'))",
        "before work": "SELECT count(*) FROM work WHERE accepted_at < arrived_at",
        "numbers": "SELECT count(*) FROM contacts a JOIN contacts b ON b.number = a.number + 1 "
        "WHERE b.opened_at < a.opened_at",
    }
    for name, query in wrong.items():
        args = [clock.now()] if "$1" in query else []
        assert await database.fetchval(query, *args) == 0, name


async def test_the_same_seed_makes_the_same_company(
    database: Database, empty_database_url: str, clock: ManualClock
) -> None:
    from contact_center.storage.migrate import migrate

    await make(database, clock)
    await migrate(empty_database_url)
    other = await Database.connect(empty_database_url)
    await make(other, clock)
    first, second = await database.fetchval(DIGEST), await other.fetchval(DIGEST)
    await other.close()
    assert first == second


async def test_demo_and_earnest_never_mix(database: Database, clock: ManualClock) -> None:
    await make(database, clock, demo=False)
    assert await database.fetchval("SELECT count(*) FROM employees") == 0
    await make(database, clock)
    await make(database, clock)
    with pytest.raises(SettingsError, match="passwords everybody knows"):
        await make(database, clock, demo=False)
    await database.execute("UPDATE workspace SET demo = false")
    with pytest.raises(SettingsError, match="no demo"):
        await make(database, clock)


async def test_the_sign_ins_shown_are_true(database: Database, clock: ManualClock) -> None:
    await make(database, clock)
    shown = await database.fetchval("SELECT settings->'demo_accounts' FROM workspace")
    assert {one["role"] for one in shown} == {"administrator", "supervisor", "operator", "light"}
    stored = await database.fetchval(
        "SELECT password_hash FROM employees WHERE email = $1", shown[0]["email"]
    )
    assert await Passwords().verify(stored, shown[0]["password"])
    listed = {row["email"] for row in await employees(database, EVERYTHING)}
    assert listed == {one["email"] for one in shown}


def test_names_phones_and_addresses_are_nobodys() -> None:
    given = company.load()
    for employee in given.employees:
        assert employee.email.rpartition(".")[2] == "example"
