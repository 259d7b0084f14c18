"""Who is at the desk while the house, or a node of it, could hear nobody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from uuid import UUID

import pytest

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.web.live import attendance
from contact_center.web.live.attendance import Attendance
from tests.contact_center.web_live.house import Served, served
from tests.support.waiting import eventually


async def presence(here: Served, name: str) -> str:
    return str(await here.house.database.fetchval(
        "SELECT presence FROM operators WHERE id = $1", here.house.ids[name]
    ))  # fmt: skip


async def an_hour_ago(here: Served, name: str) -> UUID:
    """The screen, last heard of an hour ago, of one who is ready."""
    await here.house.employee(name)
    employee, screen = here.house.ids[name], new_id()
    await here.house.database.execute(
        "UPDATE operators SET presence = 'ready', presence_since = now() - interval '2 hours'"
        " WHERE id = $1", employee,
    )  # fmt: skip
    await here.house.database.execute(
        "INSERT INTO operator_sessions (id, employee_id, node, opened_at, seen_at)"
        " VALUES ($1, $2, 'b', now() - interval '2 hours', now() - interval '1 hour')",
        screen, employee,
    )  # fmt: skip
    return screen


async def grace(here: Served, seconds: int) -> None:
    await here.house.database.execute(
        "UPDATE policies SET body = jsonb_set(body, '{house,grace_seconds}', to_jsonb($1::int))",
        seconds,
    )


@asynccontextmanager
async def away() -> AsyncIterator[None]:
    raise Unavailable("the database does not answer")
    yield


async def test_a_house_that_starts_after_a_long_stop_gives_everybody_the_grace_to_come_back(
    database_url: str,
) -> None:
    async with served(database_url, beat=0.1, grace=60) as here:
        await an_hour_ago(here, "ivan")
        await an_hour_ago(here, "olga")
        boss = await here.screen(await here.house.employee("boss"))
        for _ in range(3):
            await boss.until("beat")
        assert [await presence(here, name) for name in ("ivan", "olga")] == ["ready", "ready"]


async def test_who_comes_back_within_the_grace_after_an_outage_stays_and_others_go(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(database_url, beat=600, grace=600) as here:
        database = here.house.database
        time = SimpleNamespace(now=0.0)
        monkeypatch.setattr(attendance, "monotonic", lambda: time.now)
        a, b = Attendance(database, "a", silence=7), Attendance(database, "b", silence=7)
        screen = await an_hour_ago(here, "ivan")
        await an_hour_ago(here, "olga")
        now = here.live.clock.now()
        await a.renew([])
        since = a.since
        time.now = 5
        await a.renew([])
        assert a.since == since, "it has listened all the time"
        # Nothing was heard for a minute; A is back first, B's screens were open all the time.
        with monkeypatch.context() as outage:
            outage.setattr(database, "connection", away)
            time.now = 60
            with pytest.raises(Unavailable):
                await a.renew([])
        await a.renew([])
        assert a.since > since
        await grace(here, 30)
        assert await a.sweep(now) == []
        await b.renew([screen])
        await database.execute("UPDATE operator_sessions SET seen_at = now() + interval '1 hour'"
                               " WHERE id = $1", screen)  # fmt: skip
        await grace(here, 1)

        async def swept() -> bool:
            return await a.sweep(now) == [here.house.ids["olga"]]

        await eventually(swept)
        assert await presence(here, "ivan") == "ready"


async def test_a_beat_that_failed_is_tried_again_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def tick(_: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("the database does not answer")

    monkeypatch.setattr("contact_center.web.live.setup.Live.tick", tick)
    async with served(database_url, beat=600):
        await eventually(lambda: len(tries) == 3)
