import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import pytest

from contact_center.access import tokens
from contact_center.access.model import Actor
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.web.live import rights
from contact_center.web.live.protocol import Topic
from tests.contact_center.web_live.house import Screen, Served, served
from tests.support.waiting import eventually

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Served]:
    async with served(database_url, beat=0.2, grace=1) as one:
        yield one


async def test_a_stranger_gets_no_socket(here: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await here.screen("nobody")
    assert refusal.value.status == 401


async def test_a_page_of_another_site_gets_no_socket(here: Served) -> None:
    cookie = await here.house.employee("ivan")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await here.screen(cookie, Origin="https://evil.example")
    assert refusal.value.status == 403


async def test_what_happens_to_a_contact_reaches_who_listens_numbered_without_gap(
    here: Served,
) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    assert (await screen.until("ready"))["n"] == 0
    contact = await here.house.contact()
    told = await screen.subscribe(f"contact:{contact}")
    assert told["contacts"] == [{"id": str(contact), "version": 1}]
    for version in (2, 3, 4):
        await here.house.say(contact, version=version)
    events = [await screen.until("event") for _ in range(3)]
    assert [event["n"] for event in events] == [1, 2, 3]
    assert [event["version"] for event in events] == [2, 3, 4]
    assert events[0]["topic"] == f"contact:{contact}"
    assert events[0]["id"] == str(contact)


async def test_a_screen_on_several_topics_of_one_event_gets_it_once(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact, queue = await here.house.contact(), here.house.ids["sales_queue"]
    await screen.subscribe(f"contact:{contact}", f"queue:{queue}", "me", "directory")
    await here.house.say(contact, version=2, operator_id=str(here.house.ids["ivan"]))
    await here.house.say(contact, version=3)
    assert (await screen.until("event"))["version"] == 2
    assert (await screen.until("event"))["version"] == 3


async def test_a_foreign_contact_and_queue_and_the_floor_are_denied(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    foreign, queue = await here.house.contact("claims"), here.house.ids["claims_queue"]
    topics = [f"contact:{foreign}", f"queue:{queue}", "floor"]
    told = await screen.subscribe(*topics)
    assert told["topics"] == []
    assert {(await screen.until("denied"))["topic"] for _ in topics} == set(topics)
    await here.house.say(foreign, "claims", version=2)
    own = await here.house.contact()
    await screen.subscribe(f"contact:{own}")
    await here.house.say(own, version=7)
    assert (await screen.until("event"))["version"] == 7


async def test_the_offer_that_went_to_another_is_told_to_who_lost_it(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    await screen.until("ready")
    work, ivan = new_id(), str(here.house.ids["ivan"])
    await here.house.log("work.offered", work, version=2, operator_id=ivan)
    assert (await screen.until("event"))["kind"] == "work.offered"
    await here.house.log("work.waiting", work, version=3, operator_id=None)
    lost = await screen.until("event")
    assert (lost["kind"], lost["topic"]) == ("work.waiting", "me")


async def test_resync_tells_what_differs_what_is_gone_and_what_is_offered(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    same, changed, foreign = [
        await here.house.contact(queue) for queue in ("sales", "sales", "claims")
    ]
    await here.house.database.execute("UPDATE contacts SET version = 5 WHERE id = $1", changed)
    known = {str(same): 1, str(changed): 4, str(foreign): 1, str(new_id()): 1}
    await screen.send(t="resync", contacts=known)
    sync = await screen.until("sync")
    assert sync["contacts"] == [{"id": str(changed), "version": 5}]
    assert set(sync["gone"]) == set(known) - {str(same), str(changed)}
    assert sync["offers"] == []
    assert sync["now"].endswith("Z")


async def test_beats_tell_the_last_number(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact = await here.house.contact()
    await screen.subscribe(f"contact:{contact}")
    await here.house.say(contact, version=2)
    await screen.until("event")
    assert (await screen.until("beat", n=1))["now"]


async def test_signing_out_closes_the_socket(here: Served) -> None:
    cookie = await here.house.employee("ivan")
    screen = await here.screen(cookie)
    await screen.until("ready")
    await here.house.access.sign_out(cookie)
    await screen.closed()


async def test_a_session_revoked_without_any_hint_is_closed_by_the_next_beat(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    await screen.until("ready")
    await here.house.database.execute("UPDATE login_sessions SET revoked_at = now()")
    await screen.closed()


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_socket_ends_with_the_token_that_opened_it(here: Served, column: str) -> None:
    await here.house.employee("ivan")
    screens = {}
    for title in ("ending", "good"):
        secret = tokens.new_api_token()
        await here.house.database.execute(
            "INSERT INTO api_tokens (id, hash, employee_id, title, scopes, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, now(), now() + interval '1 day')",
            new_id(), tokens.digest(secret), here.house.ids["ivan"], title, ["read"],
        )  # fmt: skip
        screens[title] = await here.connect({"Authorization": f"Bearer {secret}"})
        await screens[title].until("ready")
    await here.house.database.execute(
        f"UPDATE api_tokens SET {column} = now() WHERE title = 'ending'"
    )
    await screens["ending"].closed()
    for _ in range(3):
        await screens["good"].until("beat")


async def test_who_leaves_a_queue_hears_no_more_of_it(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact = await here.house.contact()
    await screen.subscribe(f"contact:{contact}")
    ivan = here.house.ids["ivan"]
    await here.house.database.execute("DELETE FROM queue_members WHERE employee_id = $1", ivan)
    await here.house.log("operator.changed", ivan, version=2, queues=[])
    assert (await screen.until("denied"))["topic"] == f"contact:{contact}"
    await here.house.say(contact, version=2)
    await here.house.log("operator.changed", ivan, version=3, queues=[])
    await screen.until("event", version=3)
    assert not [item for item in screen.got if item["t"] == "event" and item["version"] == 2
                and item["id"] == str(contact)]  # fmt: skip


@pytest.mark.parametrize("talked", [True, False])
async def test_a_contact_that_moves_to_a_foreign_queue_is_taken_from_the_screen(
    here: Served, talked: bool
) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact = await here.house.contact()
    await screen.subscribe(f"contact:{contact}")
    if talked:
        await here.house.say(contact, version=2)
    claims = here.house.ids["claims_queue"]
    await here.house.database.execute(
        "UPDATE contacts SET queue_id = $2 WHERE id = $1", contact, claims
    )
    await here.house.log("contact.changed", contact, version=3, queue_id=str(claims))
    assert (await screen.until("denied"))["topic"] == f"contact:{contact}"


@pytest.mark.parametrize("end", ["waiting", "done"])
async def test_who_saw_a_contact_by_its_offer_alone_hears_no_more_of_it_when_that_ends(
    here: Served, end: str
) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact, ivan, work = await here.house.contact("claims"), here.house.ids["ivan"], new_id()
    database = here.house.database
    await database.execute(
        "INSERT INTO work (id, contact_id, queue_id, medium, state, operator_id)"
        " VALUES ($1, $2, $3, 'chat', 'offered', $4)",
        work, contact, here.house.ids["claims_queue"], ivan,
    )  # fmt: skip
    assert (await screen.subscribe(f"contact:{contact}"))["topics"]
    holder = None if end == "waiting" else ivan
    await database.execute("UPDATE work SET state = $1, operator_id = $2", end, holder)
    about = {"contact_id": str(contact), "operator_id": str(holder) if holder else None}
    await here.house.log(f"work.{end}", work, version=3, **about)
    assert (await screen.until("denied"))["topic"] == f"contact:{contact}"


async def test_a_contact_that_moved_before_it_is_heard_is_not_subscribed(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    contact = await here.house.contact()
    allowed = rights.allowed

    async def then_moves(database: Database, actor: Actor, topics: Iterable[Topic]) -> set[Topic]:
        found = await allowed(database, actor, topics)
        await database.execute("UPDATE contacts SET queue_id = $1", here.house.ids["claims_queue"])
        return found

    monkeypatch.setattr(rights, "allowed", then_moves)
    topic = f"contact:{contact}"
    assert (await screen.subscribe(topic))["topics"] == []
    assert (await screen.until("denied"))["topic"] == topic
    assert not here.live.hub.listeners(topic)


async def test_colleagues_see_who_looks_and_who_types(here: Served) -> None:
    ivan = await here.screen(await here.house.employee("ivan"))
    olga = await here.screen(await here.house.employee("olga"))
    contact = await here.house.contact()
    for screen in (ivan, olga):
        await screen.subscribe(f"contact:{contact}")
    await ivan.send(t="view", contact=str(contact))
    seen = await olga.until("viewers")
    assert seen["employees"] == [{"id": str(here.house.ids["ivan"]), "name": "ivan"}]
    await ivan.send(t="typing", contact=str(contact), kind="note")
    typing = await olga.until("typing")
    assert (typing["who"]["name"], typing["kind"]) == ("ivan", "note")
    await ivan.wire.close()
    assert (await olga.until("viewers"))["employees"] == []
    assert not [item for item in ivan.got if item["t"] == "typing"]


async def test_nobody_types_into_a_contact_he_may_not_see(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    foreign = await here.house.contact("claims")
    await screen.send(t="typing", contact=str(foreign), kind="reply")
    assert "subscribe" in (await screen.until("error"))["detail"]


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", '{"t":"sub"}', '{"t":"sub","topics":["contact:x"]}',
             '{"t":"dance"}', '{"t":"resync","contacts":{"x":1}}', '{"t":"view","contact":7}',
             '{"t":"sub","topics":[{"a":1}]}'],
)  # fmt: skip
async def test_a_frame_that_cannot_be_followed_is_answered_and_the_socket_lives(
    here: Served, text: str
) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    await screen.wire.send_str(text)
    await screen.until("error")
    await screen.send(t="ping")
    await screen.until("beat")


async def test_the_long_poll_speaks_the_same(here: Served) -> None:
    cookie = await here.house.employee("ivan")
    contact = await here.house.contact()
    row = await here.house.database.fetchrow("SELECT csrf FROM login_sessions")
    assert row
    headers = {"Cookie": f"cc_session={cookie}", "X-CSRF-Token": row["csrf"], "Origin": here.base}
    url = f"{here.base}/api/v1/live/poll"
    async with here.http.get(url, headers=headers) as answer:
        ready = (await answer.json())[0]
    session = ready["session"]
    sub = [{"t": "sub", "topics": [f"contact:{contact}"]}]
    async with here.http.post(f"{url}/{session}", headers=headers, json=sub) as answer:
        assert answer.status == 204
    await here.house.say(contact, version=2)

    async def events(after: int) -> list[int]:
        query = {"session": session, "after": str(after), "wait": "5"}
        async with here.http.get(url, headers=headers, params=query) as answer:
            assert answer.status == 200
            return [item["n"] for item in await answer.json() if item["t"] == "event"]

    await eventually(lambda: events(0))
    assert await events(0) == [1], "what is not confirmed comes again"
    await here.house.say(contact, version=3)

    async def second() -> bool:
        return await events(1) == [2]

    await eventually(second)
    other = await here.house.employee("olga")
    foreign = {"Cookie": f"cc_session={other}"}
    async with here.http.get(url, headers=foreign, params={"session": session}) as answer:
        assert answer.status == 404


async def presence(here: Served, name: str) -> str:
    return str(await here.house.database.fetchval(
        "SELECT presence FROM operators WHERE id = $1", here.house.ids[name]
    ))  # fmt: skip


async def test_an_operator_without_a_screen_goes_offline_after_the_grace(here: Served) -> None:
    screen = await here.screen(await here.house.employee("ivan"))
    other = await here.screen(await here.house.employee("olga"))
    await screen.until("ready")
    await here.house.employee("robot")  # works through the API and never had a screen
    await here.house.database.execute(
        "UPDATE operators SET presence = 'ready', presence_since = now() - interval '1 hour'"
    )
    await screen.wire.close()

    async def gone() -> bool:
        return await presence(here, "ivan") == "offline"

    await eventually(gone)
    assert await presence(here, "olga") == "ready"
    assert await presence(here, "robot") == "ready"
    row = await here.house.database.fetchrow(
        "SELECT version, cause FROM events WHERE kind = 'operator.changed' AND subject_id = $1",
        here.house.ids["ivan"],
    )
    assert row
    assert row["version"] > 1
    await other.wire.close()


async def test_screens_of_other_days_are_forgotten(here: Served) -> None:
    cookie = await here.house.employee("ivan")
    for _ in range(2):
        await (await here.screen(cookie)).until("ready")
    await here.house.database.execute(
        "UPDATE operator_sessions SET seen_at = now() - interval '2 days'"
        " WHERE id = (SELECT min(id::text)::uuid FROM operator_sessions)"
    )
    await (await here.screen(cookie)).until("ready")
    rows = await here.house.database.fetch("SELECT seen_at FROM operator_sessions")
    assert len(rows) == 2


async def test_a_reload_within_the_grace_changes_nothing(database_url: str) -> None:
    async with served(database_url, beat=0.1, grace=30) as here:
        cookie = await here.house.employee("ivan")
        screen = await here.screen(cookie)
        await screen.until("ready")
        await here.house.database.execute(
            "UPDATE operators SET presence = 'ready', presence_since = now() - interval '1 hour'"
        )
        await screen.wire.close()
        back = await here.screen(cookie)
        for _ in range(3):
            await back.until("beat")
        assert await presence(here, "ivan") == "ready"


async def test_a_slow_screen_is_cut_and_delays_nobody(database_url: str) -> None:
    async with served(database_url, buffer=200, beat=60) as here:
        slow = await here.screen(await here.house.employee("slow"))
        quick = await here.screen(await here.house.employee("quick"))
        contact = await here.house.contact()
        for screen in (slow, quick):
            await screen.subscribe(f"contact:{contact}")
        pause_reading(slow)
        quick_out = here.live.hub.of_employee(here.house.ids["quick"])[0].out
        padding = "x" * 4000
        queue = str(here.house.ids["sales_queue"])
        total = 4000
        reader = asyncio.create_task(numbers(quick, total))
        for version in range(2, total + 2):
            here.live.hub.publish([fake(contact, version, queue_id=queue, padding=padding)])
            if version % 50 == 0:  # the quick one keeps up, the slow one reads nothing at all
                await eventually(lambda: quick_out.n == 0 or not quick_out._waiting)
        assert await asyncio.wait_for(reader, 60) == list(range(1, total + 1))
        await eventually(lambda: len(here.live.hub.sessions) == 1)


def pause_reading(screen: Screen) -> None:
    connection = screen.wire._conn
    assert connection
    assert connection.transport
    connection.transport.pause_reading()


async def numbers(screen: Screen, count: int) -> list[int]:
    got: list[int] = []
    while len(got) < count:
        got.append((await screen.until("event"))["n"])
    return got


def fake(contact: UUID, version: int, **data: object) -> Event:
    return Event(version, 1, "message.added", "contact", contact, version, None, "system", "",
                 data, NOW)  # fmt: skip


async def test_a_screen_that_meets_no_database_is_told_to_come_again(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = await here.house.employee("ivan")

    async def away(*_: object) -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr("contact_center.web.live.attendance.Attendance.open", away)
    screen = await here.screen(cookie)
    assert (await screen.wire.receive(5)).data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
