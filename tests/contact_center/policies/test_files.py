"""Policies as files: what a house begins with, what a changed one means, what is exported."""

from __future__ import annotations

import tomllib

import pytest

from contact_center import policies
from contact_center.kernel.errors import SettingsError
from contact_center.work.policies import file, store
from contact_center.work.policies.service import Policies
from routing.checks import read
from tests.contact_center.policies.acting import HOURS, activate, boss_of, draft, row, sales
from tests.support.office import Office


async def test_a_new_house_begins_with_the_files_media_and_its_own_queues(office: Office) -> None:
    boss = await boss_of(office)
    running = (await office.ask("GET", "/policies/current", boss)).body
    assert (running["edition"], running["state"], running["from_file"]) == (1, "current", True)
    assert running["body"]["media"]["voice"]["exclusive"] is True
    assert [queue["code"] for queue in running["body"]["queues"]] == ["sales", "claims"]
    assert running["problems"] == running["changes"] == []


async def test_the_file_seeds_an_empty_house_whole_or_is_a_draft_that_says_what_is_missing(
    office: Office,
) -> None:
    await office.db.execute("TRUNCATE policies, queues, departments CASCADE")
    plain = {
        "media": {"chat": {"points": 25}}, "skills": {"tax": "Tax"},
        "queues": [
            {"code": "bills", "title": "Bills", "needs": {"tax": 2}, "offer_seconds": 20},
            {"code": "rest", "closed": "queue:bills"},
        ],
    }  # fmt: skip
    seed = Policies(office.db).seed
    assert await seed(plain, b"plain") == "seeded"
    assert [(one["state"], one["author"]) for one in await store.listed(office.db, 9)] == [
        ("draft", "file"), ("current", "system"),
    ]  # fmt: skip
    await office.db.execute("TRUNCATE policies, queues, departments CASCADE")
    assert await seed(plain, b"demo", whole=False) == "seeded"
    assert await office.db.fetchval("SELECT count(*) FROM policies") == 1
    await office.db.execute("TRUNCATE policies CASCADE")
    named = [{**one, "department": "Service"} for one in plain["queues"]]  # type: ignore[attr-defined]
    assert await seed({**plain, "queues": named}, b"named", grace_seconds=33) == "seeded"
    running = await Policies(office.db).current()
    assert (running["edition"], running["author"], running["problems"]) == (2, "file", [])
    assert running["body"]["house"]["grace_seconds"] == 33
    assert running["body"]["media"]["chat"]["points"] == 25
    made = await office.db.fetch(
        "SELECT q.code, d.name, q.offer_seconds, q.rules ->> 'closed' LIKE 'queue:%' AS on_to"
        " FROM queues q JOIN departments d ON d.id = q.department_id ORDER BY q.code"
    )
    assert [tuple(one.values()) for one in made] == [
        ("bills", "Service", 20, False), ("rest", "Service", 45, True),
    ]  # fmt: skip
    assert await seed({**plain, "queues": named}, b"named") is None


async def test_an_edition_of_an_earlier_release_is_given_the_grace_of_the_settings(
    office: Office,
) -> None:
    await office.db.execute(
        'UPDATE policies SET body = \'{"house": {}, "media": {"chat": {"points": 20}}}\''
    )
    assert await Policies(office.db).seed(None, b"", grace_seconds=33) is None
    body = await office.db.fetchval("SELECT body FROM policies WHERE state = 'current'")
    assert (body["house"]["grace_seconds"], body["media"]["chat"]["ceiling"]) == (33, 4)
    assert await Policies(office.db).seed(None, b"", grace_seconds=44) is None
    assert (await office.db.fetchval("SELECT body FROM policies")) == body


async def test_a_changed_file_is_a_draft_and_never_runs_by_itself(office: Office) -> None:
    boss = await boss_of(office)
    policies = Policies(office.db)
    document = sales(offer_seconds=10)
    assert await policies.seed(document, b"changed") == "draft"
    assert await policies.seed(document, b"changed") is None
    items = (await office.ask("GET", "/policies", boss)).body["items"]
    assert [(one["state"], one["author"]) for one in items] == [
        ("draft", "file"), ("current", "system"),
    ]  # fmt: skip
    assert (await row(office, "sales"))["offer_seconds"] == 45


async def test_what_is_exported_is_what_is_imported(office: Office) -> None:
    boss = await boss_of(office)
    made = await draft(office, boss, sales(
        needs={"tax": 3}, hours=HOURS, closed="wait", holidays={"2027-01-01": []},
        ladder=[{"after_seconds": 30, "needs": {"tax": 1}, "everyone": True}],
    ))  # fmt: skip
    await activate(office, boss, made["id"])
    policies = Policies(office.db)
    exported = await policies.exported()
    text = file.written(exported)
    assert file.read(text.encode(), "routing.toml") == exported
    assert read(tomllib.loads(text)).media["voice"].ceiling is None
    assert [queue["title"] for queue in exported["queues"]] == ["sales", "claims"]
    judged = await policies.judge(exported)
    assert (judged["problems"], judged["changes"], judged["adopted"]) == ([], [], {})
    assert judged["names"] == {"sales": "sales", "claims": "claims"}
    media = {name: {**one, "ceiling": 3} for name, one in exported["media"].items()}
    house = {"exclude_seconds": 600, "grace_seconds": 120, "capacity": 200}
    await policies.install("command_line", {"house": house, "media": media}, "others")
    assert await policies.exported() != exported | {"version": "3"}
    await policies.install("command_line", file.read(text.encode(), "routing.toml"), "back")
    assert await policies.exported() == exported | {"version": "4"}
    await office.db.execute("UPDATE queues SET wrap_up_seconds = 1800 WHERE name = 'claims'")
    assert (await policies.exported())["queues"][1]["wrap_up_seconds"] == 1800  # a fault, but kept
    await office.db.execute("UPDATE queues SET wrap_up_seconds = 60")
    exported["skills"]["chess"] = "Шахматы"
    exported["queues"][0]["needs"] = {"chess": 2}
    exported["queues"][0]["ladder"] = []
    shown = await policies.install("command_line", exported, "by hand")
    assert shown["edition"] == 5
    assert await office.db.fetchval("SELECT title FROM skills WHERE code = 'chess'") == {
        "ru": "Шахматы"
    }


def test_a_database_that_was_never_prepared_is_told_of_in_a_sentence(
    empty_database_url: str,
) -> None:
    with pytest.raises(SettingsError, match="run `contact-center migrate` first"):
        policies.export(empty_database_url)


@pytest.mark.parametrize("text", [b"[house", b"\xff", b"x = " + b"[" * 9999])
def test_what_is_no_toml_is_refused_by_the_name_of_its_file(text: bytes) -> None:
    with pytest.raises(SettingsError, match="is not TOML"):
        file.read(text, "own.toml")
