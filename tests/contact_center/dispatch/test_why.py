"""Explanations over the API: of now from the rows, of then from the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contact_center.dispatch.service import Dispatcher
from contact_center.dispatch.why.telling import timeline
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit
from tests.contact_center.dispatch.house import log_operator, log_work
from tests.contact_center.web.teams import Teams
from tests.support.office import Office, Person, office
from tests.support.waiting import eventually

__all__ = ["office"]


@dataclass(slots=True)
class Desk:
    """Sales with a supervisor and two operators, and a contact that waits for somebody."""

    office: Office
    boss: Person
    anna: Person
    boris: Person
    contact: UUID
    work: UUID

    async def get(self, path: str, who: Person | None = None, status: int = 200) -> Any:
        answer = await self.office.ask("GET", path, who or self.boss)
        assert answer.status == status, answer.body
        return answer.body

    async def routing(self, who: Person | None = None) -> Any:
        return await self.get(f"/contacts/{self.contact}/routing", who)

    async def why_not(self, employee: Person, query: str = "") -> Any:
        return await self.get(f"/contacts/{self.contact}/routing/why-not/{employee.id}{query}")

    async def set(self, who: Person, **columns: object) -> None:
        """Change an operator's row as the house does: with a version and a line in the log."""
        names = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))

        async def step(unit: Unit) -> None:
            await unit.execute(
                f"UPDATE operators SET {names}, version = version + 1 WHERE id = $1",
                who.id, *columns.values(),
            )  # fmt: skip
            await log_operator(unit, who.id)

        await self.office.db.run(step)

    async def skilled(self, code: str, **levels: int) -> None:
        skill = new_id()
        await self.office.db.execute(
            "INSERT INTO skills (id, code, title) VALUES ($1, $2, $3)",
            skill, code, {"ru": "Налоги", "en": "Taxes"},
        )  # fmt: skip
        for name, level in levels.items():
            await self.office.db.execute(
                "INSERT INTO employee_skills (employee_id, skill_id, level) VALUES ($1, $2, $3)",
                self.office.ids[name], skill, level,
            )  # fmt: skip
        rules = {"needs": {code: 3}, "ladder": [{"after_seconds": 3600, "needs": {code: 1}}]}
        await self.office.db.execute(
            "UPDATE queues SET rules = $2 WHERE id = $1", self.office.ids["sales_queue"], rules
        )

    @asynccontextmanager
    async def decided(self) -> AsyncIterator[UUID]:
        """With a router at work, once it has offered the contact; the offer."""
        dispatcher = Dispatcher(self.office.db, None, SystemClock(), "one")
        task = asyncio.create_task(dispatcher.run())
        query = (
            "SELECT o.id FROM offers o JOIN work w ON w.id = o.work_id"
            " WHERE w.contact_id = $1 AND o.state = 'live'"
        )
        try:
            await eventually(lambda: self.office.db.fetchval(query, self.contact))
            yield await self.office.db.fetchval(query, self.contact)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def desk(office: Office) -> Desk:
    boss, anna, boris = [
        await office.hire(name, role)
        for name, role in (("boss", "supervisor"), ("anna", "operator"), ("boris", "operator"))
    ]
    talk = await (await Teams.of(office)).talk("sales", anna.id)
    for query in (
        "DELETE FROM offers", "UPDATE contacts SET operator_id = NULL",
        "UPDATE operators SET idle_since = now() - interval '1 hour'",
        ("UPDATE work SET state = 'waiting', operator_id = NULL, offer_id = NULL,"
        " offer_until = NULL, accepted_at = NULL"),
    ):  # fmt: skip
        await office.db.execute(query)
    return Desk(office, boss, anna, boris, talk.contact, talk.work)


async def test_a_waiting_contact_says_why_and_what_is_next(desk: Desk) -> None:
    await desk.skilled("tax", anna=2, boris=4)
    await desk.set(desk.anna, presence="ready")
    said = await desk.routing()
    waits = said["waiting"]
    assert (said["here"], waits["reason"], waits["ahead"]) == (None, "none_ready", 0)
    assert (waits["needs"], waits["lacking"]) == ({"tax": 3}, {"tax": 2})
    assert waits["away"] == {"offline": 1}
    assert (waits["step"]["rung"], waits["step"]["needs"]) == (1, {"tax": 1})
    assert said["skills"] == [{"code": "tax", "title": {"ru": "Налоги", "en": "Taxes"}}]
    assert [step["code"] for step in said["timeline"]] == ["arrived"]
    anna, boris = [await desk.why_not(one) for one in (desk.anna, desk.boris)]
    assert anna["gates"] == [{"code": "skill", "values": {"skill": "tax", "asked": 3, "has": 2}}]
    assert [gate["code"] for gate in boris["gates"]] == ["presence"]
    assert (anna["as_of"], boris["people"]) == (
        "now",
        [{"id": str(desk.boris.id), "name": "boris"}],
    )


async def test_a_parked_contact_says_who_laid_it_aside_and_how_it_came_back(desk: Desk) -> None:
    await desk.set(desk.anna, presence="ready")
    await desk.set(desk.boris, presence="ready")
    path, until = f"/contacts/{desk.contact}", datetime.now(UTC) + timedelta(hours=1)
    assert (await desk.office.ask("POST", f"{path}/take", desk.anna)).status == 200
    asked = {"until": until.isoformat()}
    parked = await desk.office.ask("POST", f"{path}/park", desk.anna, json=asked)
    assert (parked.status, parked.body["work"]["state"]) == (200, "parked")
    said = await desk.routing(desk.anna)
    until_ms = int(until.timestamp() * 1000)
    aside = {"by": str(desk.anna.id), "until_ms": until_ms}
    assert (said["waiting"]["reason"], said["waiting"]["values"]) == ("parked", aside)
    assert {"id": str(desk.anna.id), "name": "anna"} in said["people"]
    for one in (desk.anna, desk.boris):
        assert (await desk.why_not(one))["gates"] == [{"code": "parked", "values": aside}]
    await desk.office.db.execute("UPDATE work SET parked_until = now() WHERE state = 'parked'")
    async with desk.decided():
        said = await desk.routing(desk.anna)
    steps = [(step["code"], step["detail"]) for step in said["timeline"]]
    assert steps[-3:] == [("parked", None), ("returned", "park_over"), ("offered", None)]
    here = said["here"]
    assert (here["operator_id"], here["reason"]["rule"]) == (str(desk.anna.id), "preferred")


async def test_an_offered_contact_says_why_here_and_why_not_others_as_of_then(desk: Desk) -> None:
    await desk.skilled("tax", anna=3, boris=3)
    await desk.set(desk.anna, presence="ready")
    await desk.set(desk.boris, presence="ready", used=40, load={"chat": 2})
    async with desk.decided() as offer:
        said = await desk.routing()
        here = said["here"]
        reason = here["reason"]
        assert (here["offer_id"], here["operator_id"]) == (str(offer), str(desk.anna.id))
        assert (reason["needs"], reason["eligible"], reason["ready"]) == ({"tax": 3}, 2, 2)
        assert reason["runner_up"]["id"] == str(desk.boris.id)
        assert 3_500_000 < reason["chosen"]["idle_ms"] < 4_500_000
        assert {one["name"] for one in said["people"]} == {"anna", "boris"}
        assert [step["code"] for step in said["timeline"]] == ["arrived", "offered"]
        first = await desk.why_not(desk.boris)
        assert first["as_of"] == "then"
        (gate,) = first["gates"]
        assert gate["code"] == "outranked"
        assert gate["values"]["by"] == str(desk.anna.id)
        assert (gate["values"]["key"][:2], gate["values"]["by_key"][:2]) == ([0, 40], [0, 0])
        assert (await desk.why_not(desk.anna))["gates"][0]["code"] == "chosen"
        await desk.set(desk.boris, presence="break")  # what is now does not change what was then
        assert await desk.why_not(desk.boris, f"?offer_id={offer}") == first


async def test_a_missed_offer_stands_in_the_timeline_and_in_the_next_answer(desk: Desk) -> None:
    await desk.set(desk.anna, presence="ready")
    async with desk.decided() as missed:

        async def step(unit: Unit) -> None:
            await unit.lock("work", [desk.work], columns="id")
            await unit.execute(
                "UPDATE work SET offer_until = clock_timestamp(), version = version + 1"
                " WHERE id = $1", desk.work,
            )  # fmt: skip
            await log_work(unit, desk.work, "work.offered", "system")

        await desk.office.db.run(step)
        await eventually(lambda: _waits(desk))
        said = await desk.routing()
    codes = [(step["code"], step["offer_id"]) for step in said["timeline"]]
    assert codes == [("arrived", None), ("offered", str(missed)), ("missed", str(missed))]
    assert (said["waiting"]["reason"], said["waiting"]["misses"]) == ("excluded", 1)
    assert [gate["code"] for gate in (await desk.why_not(desk.anna))["gates"]] == ["excluded"]


async def test_the_reason_of_who_declined_is_told_with_his_name_and_the_wait_with_it(
    desk: Desk,
) -> None:
    await desk.set(desk.anna, presence="ready")
    async with desk.decided() as offer:
        path, reason = f"/offers/{offer}/decline", {"reason": "on lunch"}
        assert (await desk.office.ask("POST", path, desk.anna, json=reason)).status == 204
    await desk.office.db.execute(
        "INSERT INTO wait_promises SELECT id, queue_id, medium, '', 1, 0, 1, 60000, 240000, 0,"
        " 'arrived', true, 0, 0 FROM work WHERE id = $1"
        " ON CONFLICT (work_id) DO UPDATE SET (ahead, low_ms, high_ms) = (1, 60000, 240000)",
        desk.work,
    )
    said = await desk.routing()
    assert said["timeline"][-1]["code"] == "declined"
    assert said["timeline"][-1]["detail"] == "on lunch"
    (kept,) = said["waiting"]["kept_from"]
    assert (kept["operator_id"], kept["cause"]) == (str(desk.anna.id), "declined")
    assert kept["reason"] == "on lunch"
    assert said["people"] == [{"id": str(desk.anna.id), "name": "anna"}]
    assert said["waiting"]["estimate"] == {"position": 2, "low": 1, "high": 4}
    (gate,) = (await desk.why_not(desk.anna))["gates"]
    assert (gate["values"]["cause"], gate["values"]["reason"]) == ("declined", "on lunch")
    mine = await desk.get("/me/routing/why-idle", desk.anna)
    assert (mine["code"], mine["nearest"]["gates"][0]["values"]["reason"]) == ("kept", "on lunch")


def test_an_offer_ends_before_the_next_one_although_one_transaction_dates_it_later() -> None:
    def offer(state: str, begun: int, ended: int | None) -> dict[str, Any]:
        return {
            "id": new_id(), "work_id": work, "operator_id": new_id(), "state": state,
            "reason": None, "explanation": {}, "created_at": at(begun),
            "ended_at": None if ended is None else at(ended),
        }  # fmt: skip

    def at(second: int) -> datetime:
        return datetime(2026, 3, 2, 10, 0, second, tzinfo=UTC)

    work = new_id()
    made = [offer("live", 45, None), offer("missed", 0, 46)]
    steps = timeline([], made, [])
    assert [(step.code, step.at) for step in steps] == [
        ("offered", at(0)), ("missed", at(45)), ("offered", at(45)),
    ]  # fmt: skip


async def _waits(desk: Desk) -> bool:
    query = "SELECT state = 'waiting' FROM work WHERE id = $1"
    return bool(await desk.office.db.fetchval(query, desk.work))


async def test_who_is_idle_learns_what_waits_and_what_it_needs(desk: Desk) -> None:
    await desk.skilled("tax", anna=1)
    await desk.set(desk.anna, presence="ready")
    said = await desk.get(f"/employees/{desk.anna.id}/routing/why-idle")
    assert (said["code"], said["waiting"]) == ("none", 1)
    near = said["nearest"]
    assert (near["contact_id"], near["queue_id"]) == (
        str(desk.contact), str(desk.office.ids["sales_queue"]),
    )  # fmt: skip
    assert near["gates"][0]["values"] == {"skill": "tax", "asked": 3, "has": 1}
    mine = await desk.get("/me/routing/why-idle", desk.anna)
    assert {**mine, "at": 0, "idle_ms": 0, "nearest": 0} == {
        **said, "at": 0, "idle_ms": 0, "nearest": 0
    }  # fmt: skip
    stranger = await desk.office.hire("stranger", "supervisor", team="claims")
    seen = await desk.get(f"/employees/{desk.anna.id}/routing/why-idle", stranger)
    assert (seen["code"], seen["nearest"]) == ("empty", None)


async def test_an_operator_asks_about_his_own_contacts_only(desk: Desk) -> None:
    await desk.get(f"/contacts/{desk.contact}/routing", desk.boris, status=403)
    await desk.office.db.execute("UPDATE contacts SET operator_id = $1", desk.boris.id)
    assert (await desk.routing(desk.boris))["waiting"]["reason"] == "none_ready"
    path = f"/contacts/{desk.contact}/routing/why-not/"
    await desk.get(f"{path}{uuid4()}", desk.boss, status=404)
    await desk.get(f"{path}{desk.anna.id}?offer_id={uuid4()}", desk.boss, status=404)


async def test_a_decision_whose_log_is_gone_is_answered_as_of_now(desk: Desk) -> None:
    await desk.set(desk.anna, presence="ready")
    async with desk.decided():
        pass
    await desk.office.db.execute("DELETE FROM events")
    boris, anna = [await desk.why_not(one) for one in (desk.boris, desk.anna)]
    assert (boris["as_of"], boris["gates"][0]["code"]) == ("now", "presence")
    assert (anna["as_of"], anna["gates"][0]["code"]) == ("then", "chosen")
