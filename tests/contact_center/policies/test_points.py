"""Points, ceilings and capacity of the house, and who has his own."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from contact_center.jobs.model import Job
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.policies import running
from contact_center.work.policies.service import Policies
from tests.contact_center.policies.acting import activate, boss_of, draft
from tests.contact_center.web.teams import Teams
from tests.support.office import Office, Person


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


async def test_what_waits_costs_what_the_policy_says_now(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, db, teams = await boss_of(office), office.db, await Teams.of(office)
    anna = await office.hire("anna", "operator")
    await db.execute("DELETE FROM offers")
    await db.execute("DELETE FROM work")
    states = ("offered", "active", "waiting", "parked")
    talks = {state: await teams.talk("sales", anna.id, state="offered") for state in states}
    await db.execute("UPDATE work SET state = 'active' WHERE id = $1", talks["active"].work)
    lying = ", operator_id = NULL, offer_id = NULL, offer_until = NULL, accepted_at = NULL"
    for state, more in (("waiting", ""), ("parked", ", parked_until = now(), preferred_id = $3")):
        ids = [talks[state].work, state, *([anna.id] if more else [])]
        await db.execute(f"UPDATE work SET state = $2{lying}{more} WHERE id = $1", *ids)
    media = (await office.ask("GET", "/policies/current", boss)).body["body"]["media"]
    body = {"media": {name: {**one, "points": one["points"] // 5} for name, one in media.items()}}
    assert (await activate(office, boss, (await draft(office, boss, body))["id"])).status == 200
    job = await db.fetchrow(
        "SELECT id, kind, key, due_at, attempts, payload FROM jobs WHERE kind = $1", running.POINTS
    )
    assert job is not None
    monkeypatch.setattr(running, "SLICE", 2)
    await Policies(db).handlers()[running.POINTS](Job(**dict(job)))
    cost = {row["state"]: row["cost"] for row in await db.fetch("SELECT state, cost FROM work")}
    assert cost == {"offered": 4, "active": 20, "waiting": 4, "parked": 4}
    used = await db.fetchval("SELECT used FROM operators WHERE id = $1", anna.id)
    assert used == 24
    told = [one for state in states for one in await office.events(f"work.{state}")]
    assert {one["subject_id"]: one["data"]["cost"] for one in told} == {
        talks[state].work: 4 for state in ("offered", "waiting", "parked")
    }

    async def hand_on(unit: Unit) -> int:
        """What is handed on begins a turn, which costs what turns do now."""
        former = await works.open_work(unit, talks["active"].contact)
        assert former is not None
        now = datetime.now(UTC)
        await works.end(unit, former, "transferred", now=now, actor="system")
        return (await works.start(
            unit, contact_id=talks["active"].contact, queue_id=former.queue_id, medium="chat",
            origin="transfer", now=now, actor="system", previous=former,
        )).cost  # fmt: skip

    assert await db.run(hand_on) == 4


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
