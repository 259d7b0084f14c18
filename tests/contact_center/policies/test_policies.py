"""The routing policy over the API: drafts, faults with places, editions, and the rows they make."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from contact_center import policies
from contact_center.jobs.model import Job
from contact_center.kernel.errors import SettingsError
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.policies import file, running, store
from contact_center.work.policies.service import Policies
from tests.contact_center.web.teams import Teams
from tests.support.office import Office, Person
from tests.support.policy_words import unworded

HOURS = {"mon": [["09:00", "18:00"]]}


async def boss_of(office: Office) -> Person:
    await office.db.execute("UPDATE queues SET code = name")
    await office.db.execute(
        "INSERT INTO skills (id, code, title) SELECT gen_random_uuid(), c,"
        " jsonb_build_object('ru', c, 'en', c) FROM unnest('{fr,tax}'::text[]) AS c"
    )
    return await office.hire("boss", "administrator")


def sales(**rules: Any) -> dict[str, Any]:
    return {"queues": [{"code": "sales", "members_only": True, **rules}]}


async def draft(office: Office, boss: Person, body: dict[str, Any]) -> Any:
    made = await office.ask("POST", "/policies", boss, json={"body": body, "note": "try"})
    assert made.status == 201, made.body
    return made.body


async def activate(office: Office, boss: Person, policy_id: str, edition: int = 1) -> Any:
    return await office.ask(
        "POST", f"/policies/{policy_id}/activate", boss, json={"edition": edition}
    )


async def row(office: Office, name: str) -> Any:
    return await office.db.fetchrow("SELECT * FROM queues WHERE name = $1", name)


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


BAD = [
    (sales(needs={"chess": 1}), "queues.sales.needs.chess", "there is no skill 'chess'"),
    (
        sales(needs={"tax": 1}, ladder=[{"after_seconds": 9, "needs": {"tax": 2}}]),
        "queues.sales.ladder[1]",
        "a rung may only ask for less",
    ),
    (
        sales(hours={"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}),
        "queues.sales.hours.mon",
        "overlaps",
    ),
    (sales(closed="queue:sales"), "queues.sales.closed", "contacts go round"),
    (sales(closed="voicemail"), "queues.sales.closed", "voicemail is for queues of calls alone"),
    (sales(zone="Mars/Olympus"), "queues.sales.zone", "there is no time zone"),
    (
        sales(offer_seconds=4, needs={"chess": 1}),
        "queues.sales.offer_seconds",
        "is between 5 and 3600",
    ),
    ({"queues": [{"code": "new"}]}, "queues.new.department", "name its department (claims, sales)"),
    (
        {"queues": [{"code": "new", "title": "Sales"}]},
        "queues.new",
        "a second queue named 'Sales': that one's code is 'sales'",
    ),
    (sales(closed="queue:nobody"), "queues.sales.closed", "there is no queue 'nobody'"),
    ({"queues": 5}, "queues", "must be a list, not 5"),
    ({"house": {"capacity": 0}}, "house.capacity", "must be at least 1"),
    (
        {"media": {"chat": {"points": 30}}, "house": {"capacity": 20}},
        "media.chat.points",
        "is more than the house.capacity of 20",
    ),
    ({"media": {"chat": {"points": 0}}}, "media.chat.points", "must be at least 1"),
    ({"media": {"chat": {"points": 9, "ceiling": 0}}}, "media.chat.ceiling", "must be at least 1"),
    ({"house": {"grace_seconds": 0}}, "house.grace_seconds", "must be at least 1"),
    (
        sales(wrap_up_seconds=901),
        "queues.sales.wrap_up_seconds",
        "is more than the house.wrap_up_limit_seconds of 900",
    ),
    ({"wishes": 1}, "wishes", "means nothing here"),
]


async def test_a_bad_policy_is_refused_with_its_place_and_what_runs_stays(office: Office) -> None:
    boss = await boss_of(office)
    for body, place, reason in BAD:
        verdict = (await office.ask("POST", "/policies/check", boss, json={"body": body})).body
        found = {one["place"]: one["reason"] for one in verdict["problems"]}
        assert reason in found.get(place, ""), found
        assert unworded(list(found.values())) == []
    made = await draft(office, boss, BAD[0][0])
    assert [one["place"] for one in made["problems"]] == ["queues.sales.needs.chess"]
    refused = await activate(office, boss, made["id"])
    assert (refused.status, refused.code) == (422, "bad_policy")
    assert refused.body["problems"] == made["problems"]
    assert (await office.ask("GET", "/policies/current", boss)).body["edition"] == 1


async def test_a_way_out_of_the_line_is_only_for_queues_whose_media_can_take_it(
    office: Office,
) -> None:
    boss = await boss_of(office)

    async def fault(closed: str, *media: str) -> str:
        await office.db.execute("DELETE FROM accounts")
        for medium in media:
            await office.db.execute(
                "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
                " SELECT gen_random_uuid(), 'x', 'x', $1, (SELECT id FROM brands LIMIT 1), $2,"
                " gen_random_uuid()::text", medium, office.ids["sales_queue"],
            )  # fmt: skip
        body = {"body": sales(closed=closed)}
        found = (await office.ask("POST", "/policies/check", boss, json=body)).body["problems"]
        return found[0]["reason"] if found else ""

    assert await fault("voicemail", "voice") == ""
    assert await fault("voicemail", "voice", "chat") == (
        "voicemail is for queues of calls alone, and this queue takes chat"
    )
    assert await fault("mail_form", "chat", "messenger") == ""
    assert await fault("bot", "chat", "mail") == ""  # letters wait on
    assert await fault("bot", "mail") == "bot cannot be told by mail: let them wait"
    assert await fault("mail_form", "voice") == "mail_form cannot be told by voice: let them wait"
    body = {
        "body": {"media": {"chat": {"points": 20}}}
    }  # without calls, of which there is an account
    verdict = (await office.ask("POST", "/policies/check", boss, json=body)).body
    assert verdict["problems"] == [{
        "place": "media.voice", "reason": "contacts come by it to queue 'sales': it must stay",
    }]  # fmt: skip
    assert unworded([verdict["problems"][0]["reason"]]) == []


async def test_points_ceilings_and_capacity_of_the_policy_hold_for_who_has_nothing_of_his_own(
    office: Office,
) -> None:
    boss = await boss_of(office)
    anna, boris = [await office.hire(name, "operator") for name in ("anna", "boris")]
    for who, budget, ceilings in (
        (anna, 100, {"chat": 4, "messenger": 5, "mail": 8}), (boris, 70, {"chat": 1, "mail": 8})
    ):  # fmt: skip
        await office.db.execute(
            "UPDATE operators SET budget = $2, ceilings = $3 WHERE id = $1",
            who.id, budget, ceilings,
        )  # fmt: skip
    media = (await office.ask("GET", "/policies/current", boss)).body["body"]["media"]
    media["chat"] |= {"points": 25, "ceiling": 6}
    media["mail"]["ceiling"] = None
    body = {"house": {"capacity": 120, "grace_seconds": 40}, "media": media}
    done = await activate(office, boss, (await draft(office, boss, body))["id"])
    assert done.status == 200, done.body
    assert done.body["body"]["house"]["visitor_grace_seconds"] == 60  # unsaid: as it ran
    usual = {"chat": 6, "messenger": 5}
    assert await capacity(office, anna) == (120, usual)
    assert await capacity(office, boris) == (70, {"chat": 1})
    told = [one["data"] for one in await office.events("operator.changed")]
    assert [one["budget"] for one in told if one["id"] == str(anna.id)] == [120]
    invited = await office.ask(
        "POST", "/employees", boss, json={"email": "clara@shop.example", "name": "Clara"}
    )
    clara = invited.body.get("employee") or invited.body
    assert (clara["budget"], clara["ceilings"]) == (120, usual)
    assert (await office.db.fetchval(
        "SELECT (body -> 'house' ->> 'grace_seconds')::int FROM policies WHERE state = 'current'"
    )) == 40  # fmt: skip
    assert await costs(office, boss) == [25, 25, 10]
    # what was a policy before these words were known says nothing of them
    past = await activate(office, boss, str(await office.db.fetchval(
        "UPDATE policies SET body = body #- '{house,capacity}' #- '{media,chat,ceiling}'"
        " WHERE edition = 1 RETURNING id")), edition=2)  # fmt: skip
    assert past.status == 200, past.body
    assert (await capacity(office, anna))[0] == 120
    assert (await capacity(office, anna))[1]["chat"] == 6


async def test_of_many_operators_the_router_is_told_slice_by_slice_after_the_edition_runs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await boss_of(office)
    people = {(await office.hire(name, "operator")).id for name in ("anna", "boris", "clara")}
    monkeypatch.setattr(running, "SLICE", 2)
    done = await activate(
        office, boss, (await draft(office, boss, {"house": {"capacity": 120}}))["id"]
    )
    assert done.status == 200, done.body
    assert await office.events("operator.changed") == []
    job = await office.db.fetchrow(
        "SELECT id, kind, key, due_at, attempts, payload FROM jobs WHERE kind = $1", running.TELL
    )
    assert job is not None
    await Policies(office.db).tell_operators(Job(**dict(job)))
    told = await office.events("operator.changed")
    assert {one["subject_id"] for one in told} >= people
    assert {(one["data"]["budget"], one["actor"]) for one in told} == {(120, f"employee:{boss.id}")}
    rows = await office.db.fetch("SELECT id, version FROM operators")
    assert {one["subject_id"]: one["version"] for one in told} == {
        r["id"]: r["version"] for r in rows
    }


async def capacity(office: Office, who: Person) -> tuple[int, dict[str, int]]:
    row = await office.db.fetchrow("SELECT budget, ceilings FROM operators WHERE id = $1", who.id)
    assert row is not None
    return row["budget"], row["ceilings"]


async def costs(office: Office, boss: Person) -> list[int]:
    """Of a turn that intake begins, of a chat that returns, and of a medium no policy names."""
    talk = await (await Teams.of(office)).talk("sales", boss.id)
    db, queue = office.db, office.ids["sales_queue"]
    await db.execute("DELETE FROM offers")
    await db.execute("UPDATE work SET state = 'done', operator_id = NULL, offer_id = NULL")
    await db.execute("DELETE FROM work")
    await db.execute("SELECT cc_intake_wait($1, $2::jsonb[])", [talk.contact], [{"cost": 20}])
    first = await db.fetchval("UPDATE work SET state = 'done' WHERE state <> 'done' RETURNING cost")

    async def start(medium: str, unit: Unit) -> int:
        work = await works.start(
            unit, contact_id=talk.contact, queue_id=queue, medium=medium, origin="return",
            now=datetime.now(UTC), actor="system",
        )  # fmt: skip
        await unit.execute("UPDATE work SET state = 'done'")
        return work.cost

    others = [await db.run(partial(start, medium)) for medium in ("chat", "pigeon")]
    return [first, *others]


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


NONSENSE: list[dict[str, Any]] = [
    {"queues": [5, None, {}, {"code": {"a": 1}}, {"code": [1]}, {"code": 7}]},
    {"queues": [{"code": "sales", "ladder": [[]], "hours": {"mon": [["x"]]}, "needs": [1]}]},
    {"queues": {"code": "sales"}, "media": [], "house": 5, "skills": ["fr"]},
    {"queues": [{"code": "sales\x00", "zone": "\x00", "closed": "queue:\x00"}]},
    {"media": {"chat": {"points": 20, "offer_seconds": 10**30}}, "version": {"a": [1]}},
    {"skills": {"a\x00b": "\x00"}},
]


async def test_nonsense_is_told_apart_and_breaks_nothing(office: Office) -> None:
    boss = await boss_of(office)
    for body in NONSENSE:
        for path in ("/policies/check", "/policies"):
            answer = await office.ask("POST", path, boss, json={"body": body})
            assert answer.status in (200, 201, 400, 422), (body, answer.body)
            assert answer.status >= 400 or answer.body["problems"], body
    drafts = [one for one in (await office.ask("GET", "/policies", boss)).body["items"]
              if one["state"] == "draft"]  # fmt: skip
    for one in drafts:
        assert (await office.ask("GET", f"/policies/{one['id']}", boss)).status == 200
        assert (await activate(office, boss, one["id"])).status == 422


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
    assert tomllib.loads(text) == exported
    assert [queue["title"] for queue in exported["queues"]] == ["sales", "claims"]
    judged = await policies.judge(tomllib.loads(text))
    assert (judged["problems"], judged["changes"], judged["adopted"]) == ([], [], {})
    assert judged["names"] == {"sales": "sales", "claims": "claims"}
    exported["skills"]["chess"] = "Шахматы"
    exported["queues"][0]["needs"] = {"chess": 2}
    exported["queues"][0]["ladder"] = []
    shown = await policies.install("command_line", exported, "by hand")
    assert shown["edition"] == 3
    assert await office.db.fetchval("SELECT title FROM skills WHERE code = 'chess'") == {
        "ru": "Шахматы"
    }


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
    made = await draft(office, boss, sales(needs={"tax": 2}))
    await activate(office, boss, made["id"])
    refused = await office.ask("PATCH", f"/skills/{tax}", boss, json={"archived": True})
    assert (refused.status, refused.code) == (409, "in_use")


def test_a_database_that_was_never_prepared_is_told_of_in_a_sentence(
    empty_database_url: str,
) -> None:
    with pytest.raises(SettingsError, match="run `contact-center migrate` first"):
        policies.export(empty_database_url)
