"""Presence: history without gaps, a break after the present contact, sessions that were lost."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from contact_center.employees import presence
from contact_center.kernel.clock import ManualClock
from contact_center.storage.unit import Unit
from tests.support.office import Answer, Office, Person


async def choose(office: Office, who: Person, wish: str, **more) -> Answer:
    return await office.ask("PUT", "/me/presence", who, json={"presence": wish, **more})


async def add_reason(office: Office, code: str = "lunch") -> None:
    await office.db.execute(
        "INSERT INTO break_reasons (id, code, title) VALUES (gen_random_uuid(), $1, '{}')", code
    )


async def busy(office: Office, who: Person, used: int = 20) -> None:
    await office.db.execute("UPDATE operators SET used = $2 WHERE id = $1", who.id, used)


async def history(office: Office, who: Person) -> list[tuple[Any, ...]]:
    rows = await office.db.fetch(
        "SELECT * FROM presence_history WHERE employee_id = $1 ORDER BY started_at, id", who.id
    )
    return [(r["presence"], r["reason"], r["cause"], r["ended_at"] is None) for r in rows]


async def row(office: Office, who: Person):
    return await office.db.fetchrow("SELECT * FROM operators WHERE id = $1", who.id)


async def last_snapshot(office: Office, who: Person) -> Any:
    told = [e for e in await office.events("operator.changed") if e["subject_id"] == who.id]
    return told[-1]["data"]


async def settle(office: Office, ids: list[UUID]) -> None:
    async def step(unit: Unit) -> None:
        await unit.lock("operators", ids)
        await presence.settle(unit, ids, now=office.workspace.clock.now(), actor="system")

    await office.db.run(step)


async def test_each_change_is_history_a_newer_version_and_news_for_the_router(office: Office):
    anna = await office.hire("anna")
    await add_reason(office)
    assert (await choose(office, anna, "ready")).body["presence"] == "ready"
    paused = await choose(office, anna, "break", reason="lunch")
    assert (paused.body["presence"], paused.body["presence_reason"]) == ("break", "lunch")
    assert await history(office, anna) == [
        ("ready", None, "chosen", False),
        ("break", "lunch", "chosen", True),
    ]
    assert (await row(office, anna))["version"] == 3
    snapshot = await last_snapshot(office, anna)
    assert (snapshot["presence"], snapshot["version"]) == ("break", 3)


async def test_intervals_of_history_touch_each_other(office: Office):
    anna = await office.hire("anna")
    for wish in ("ready", "break", "ready", "offline"):
        await choose(office, anna, wish)
    rows = await office.db.fetch("SELECT * FROM presence_history ORDER BY started_at, id")
    for earlier, later in pairwise(rows):
        assert earlier["ended_at"] == later["started_at"]


async def test_the_same_wish_twice_changes_nothing(office: Office):
    anna = await office.hire("anna")
    for _ in range(2):
        await choose(office, anna, "ready")
    assert len(await history(office, anna)) == 1
    assert (await row(office, anna))["version"] == 2


async def test_a_break_after_the_contact_waits_for_its_end_and_stops_new_offers(office: Office):
    anna = await office.hire("anna")
    await add_reason(office)
    await choose(office, anna, "ready")
    await busy(office, anna)
    answer = await choose(office, anna, "break", reason="lunch", after_contact=True)
    assert (answer.body["presence"], answer.body["presence_next"]) == ("ready", "break:lunch")
    assert (await last_snapshot(office, anna))["presence"] == "break", "as the router sees it"
    await settle(office, [anna.id])
    assert (await row(office, anna))["presence"] == "ready", "there still is work"
    await busy(office, anna, 0)
    await settle(office, [anna.id])
    now = await row(office, anna)
    assert (now["presence"], now["presence_reason"], now["presence_next"]) == (
        "break",
        "lunch",
        None,
    )
    assert (await history(office, anna))[-1] == ("break", "lunch", "chosen", True)


async def test_without_work_a_break_after_the_contact_begins_at_once(office: Office):
    anna = await office.hire("anna")
    await choose(office, anna, "ready")
    assert (await choose(office, anna, "break", after_contact=True)).body["presence"] == "break"


async def test_choosing_ready_takes_the_wish_for_a_break_back(office: Office):
    anna = await office.hire("anna")
    await choose(office, anna, "ready")
    await busy(office, anna)
    await choose(office, anna, "break", after_contact=True)
    assert (await choose(office, anna, "ready")).body["presence_next"] is None
    assert (await last_snapshot(office, anna))["presence"] == "ready"


async def test_the_wait_for_work_starts_anew_when_one_becomes_ready_idle(office: Office):
    anna = await office.hire("anna")
    app_clock = ManualClock(office.workspace.clock.now())
    from contact_center.employees.service import SERVICE

    office.app[SERVICE].clock = app_clock
    await choose(office, anna, "ready")
    since = (await row(office, anna))["idle_since"]
    assert since == app_clock.now()
    await busy(office, anna)
    app_clock.advance(minutes=5)
    await choose(office, anna, "break")
    await choose(office, anna, "ready")
    assert (await row(office, anna))["idle_since"] == since, "still at work, so not idle anew"


async def test_ready_forgives_the_offers_that_were_missed(office: Office):
    anna = await office.hire("anna")
    await choose(office, anna, "ready")
    missed = "UPDATE operators SET misses = 3, presence = 'not_answering' WHERE id = $1"
    await office.db.execute(missed, anna.id)
    await choose(office, anna, "ready")
    assert (await row(office, anna))["misses"] == 0


async def test_a_lost_session_takes_only_those_offline_who_were_there(office: Office):
    anna, bela = await office.hire("anna"), await office.hire("bela")
    await choose(office, anna, "ready")
    await busy(office, anna)
    lost = await office.db.run(
        lambda unit: presence.presence_lost(unit, [anna.id, bela.id], "session_lost")
    )
    assert lost == [anna.id]
    assert (await history(office, anna))[-1] == ("offline", None, "session_lost", True)
    assert (await row(office, anna))["used"] == 20, "what he works on stays his"
    assert await history(office, bela) == []


async def test_a_presence_nobody_can_choose_is_refused(office: Office):
    anna = await office.hire("anna")
    for body in [
        {"presence": "dancing"},
        {"presence": "not_answering"},
        {},
        {"presence": "break", "reason": "unheard of"},
    ]:
        assert (await office.ask("PUT", "/me/presence", anna, json=body)).status == 422


async def test_a_light_employee_has_no_presence(office: Office):
    light = await office.hire("lena", "light")
    assert (await choose(office, light, "ready")).status == 403
