import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest

from contact_center.kernel.errors import Unavailable
from contact_center.storage.events import Event
from contact_center.web import bodies
from contact_center.web.chat import Limits
from contact_center.web.chat.talk import Key, Talk
from contact_center.web.live.ephemera import typing_payload, typing_topic
from tests.contact_center.web_chat.site import ORIGIN, Site, Visitor, opened, signed, until
from tests.support.waiting import eventually


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    async with opened(database_url) as one:
        yield one


async def test_a_session_tells_all_the_panel_shows(site: Site) -> None:
    visitor = await site.visitor(locale="en-GB")
    session = visitor.session
    assert session["texts"]["title"] == "Write to us"
    assert session["texts"]["send"] == "Send"
    assert session["prechat"] == [
        {"name": "email", "label": "E-mail", "type": "text", "required": False}
    ]
    assert (session["open"], session["ready"], session["opens_at"]) == (True, False, None)
    assert session["contact"] is session["cursor"] is None
    assert session["limits"]["text"] == 4000
    assert session["expires_at"].endswith("Z")
    assert (await Visitor(site).begin(locale="fr"))["texts"]["send"] == "Отправить"


async def test_hours_and_readiness_are_told(site: Site) -> None:
    db = site.house.database
    await db.execute("""UPDATE queues SET hours = '{"mon": [["00:00", "00:01"]]}'""")
    closed = (await site.visitor()).session
    assert closed["open"] is False
    assert closed["opens_at"]
    await db.execute("UPDATE queues SET hours = '{}'")
    await site.house.employee("ivan")
    await db.execute("UPDATE operators SET presence = 'ready'")
    present = (await site.visitor()).session
    assert (present["open"], present["ready"]) == (True, True)
    await db.execute("UPDATE operators SET presence_next = 'break'")
    assert (await site.visitor()).session["ready"] is False


async def test_an_unknown_key_is_404_without_a_hint(site: Site) -> None:
    async with site.http.post(f"{site.base}/chat/v1/other/session", json={}) as answer:
        assert answer.status == 404
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_page_of_another_site_is_refused_everywhere(site: Site) -> None:
    visitor = await site.visitor()
    foreign = {"Origin": "https://evil.example", "Authorization": f"Bearer {visitor.token}"}
    for method, part in (
        ("POST", "/session"), ("POST", "/events"), ("GET", "/messages"), ("GET", "/live"),
        ("POST", "/files"), ("OPTIONS", "/events"),
    ):  # fmt: skip
        async with site.http.request(method, visitor.url(part), headers=foreign) as answer:
            assert answer.status == 403, part
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_an_allowed_page_may_read_answers_and_errors(site: Site) -> None:
    visitor = Visitor(site)
    async with site.http.options(visitor.url("/events"), headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "x-file-name" in answer.headers["Access-Control-Allow-Headers"]
    async with site.http.get(visitor.url("/messages"), headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 401
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_a_message_is_there_when_it_was_confirmed_and_twice_makes_one(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("Здравствуйте", "a-1")
    await visitor.write("Здравствуйте", "a-1")
    page = await visitor.read()
    assert [item["text"] for item in page["items"]] == ["Здравствуйте"]
    (item,) = page["items"]
    assert (item["from"], item["client_id"], item["status"]) == ("visitor", "a-1", "delivered")
    assert page["contact"]["state"] == "open"
    assert set(page["contact"]) == {"number", "state", "operator", "wait"}
    assert page["contact"]["wait"] is None  # nothing is told that nobody knows


async def test_reading_goes_on_from_the_cursor_over_several_contacts(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("one", "1")
    cursor = (await visitor.read())["items"][-1]["cursor"]
    await site.answer("two", state="sent")
    await site.house.database.execute("UPDATE contacts SET state = 'closed'")
    await visitor.write("three", "2")
    page = await visitor.read(cursor)
    assert [item["text"] for item in page["items"]] == ["two", "three"]
    assert (await visitor.read(page["cursor"]))["items"] == []


async def test_earlier_messages_come_a_page_at_a_time_over_all_contacts(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(55):
        await visitor.write(str(number), str(number))
        if number == 3:
            await site.house.database.execute("UPDATE contacts SET state = 'closed'")
    seen = (await visitor.read())["items"]
    assert len(seen) == 50
    while earlier := (await visitor.call("/messages", before=seen[0]["cursor"]))[1]["items"]:
        seen = [*earlier, *seen]
    assert [item["text"] for item in seen] == [str(number) for number in range(55)]


async def test_what_comes_in_meanwhile_does_not_move_the_earlier_pages(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(3):
        await visitor.write(str(number), str(number))
    last = (await visitor.read())["items"][-1]["cursor"]
    await visitor.write("new", "new")
    _, page = await visitor.call("/messages", before=last)
    assert [item["text"] for item in page["items"]] == ["0", "1"]
    assert page["contact"]["state"] == "open"


async def test_nobody_reads_another_s_earlier_messages_by_his_cursor(site: Site) -> None:
    ann, ben = await site.visitor(), await site.visitor()
    await ann.write("mine", "1")
    await ann.write("mine, too", "2")
    cursor = (await ann.read())["items"][-1]["cursor"]
    assert (await ben.call("/messages", before=cursor))[1]["items"] == []
    status, answer = await ben.call("/messages", before="yesterday")
    assert (status, answer["field"]) == (422, "before")


async def test_notes_held_cancelled_and_failed_answers_are_never_shown(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    ivan = site.house.ids
    await site.house.employee("ivan")
    await site.answer("secret note", kind="note")
    await site.answer("taken", kind="system", data={"code": "taken"})
    await site.answer("never", state="cancelled")
    await site.answer("broken", state="failed")
    await site.answer("sent", state="sent", employee=ivan["ivan"])
    await site.answer("held", state="held")
    await site.answer("behind the held one", state="pending")
    page = await visitor.read()
    assert [item["text"] for item in page["items"]] == ["hello", "sent"]
    assert page["items"][-1]["name"] == "ivan"
    await site.house.database.execute("UPDATE outbox SET state = 'sent' WHERE state = 'held'")
    rest = await visitor.read(page["items"][-1]["cursor"])
    assert [item["text"] for item in rest["items"]] == ["held", "behind the held one"]


async def test_no_visitor_reads_what_another_wrote(site: Site) -> None:
    visitor, other = await site.visitor(), await site.visitor()
    await visitor.write("mine")
    cursor = (await visitor.read())["cursor"]
    assert (await other.read())["items"] == []
    assert (await other.read(cursor.replace(":1", ":0")))["items"] == []


async def test_a_reading_receipt_names_our_last_message(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    await site.answer("answer", state="sent")
    await visitor.write("thanks", "2")
    cursor = (await visitor.read())["items"][-1]["cursor"]
    outbox = await site.house.database.fetchval("SELECT id FROM outbox")
    assert cursor.endswith(f":3:{outbox}")
    assert (await visitor.call("/events", {"type": "read", "cursor": cursor}))[0] == 200


async def test_what_an_employee_has_read_is_shown_as_read(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    await site.house.database.execute(
        "INSERT INTO contact_reads (contact_id, reader, seq) SELECT id, 'employee:x', 1"
        " FROM contacts"
    )
    assert (await visitor.read())["items"][0]["status"] == "read"


async def test_who_comes_back_with_his_token_is_the_same_visitor(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    first = visitor.session["visitor"]
    again = await visitor.begin()
    assert again["visitor"] == first
    assert again["contact"]["state"] == "open"
    assert again["cursor"]
    visitor.token = visitor.token[:-3] + "AAA"
    assert (await visitor.begin())["visitor"] != first


async def test_a_signed_in_user_has_his_talk_on_every_device_and_nobody_else_has(
    site: Site,
) -> None:
    phone = await site.visitor(identity=signed("42"))
    desk = await site.visitor(identity=signed("42"))
    assert phone.session["visitor"] == desk.session["visitor"]
    assert (await site.visitor(identity=signed("43"))).session["visitor"] != (
        desk.session["visitor"]
    )
    # The next person at the same computer, signed out or signed in as another:
    assert (await phone.begin())["visitor"] != desk.session["visitor"]
    assert (await desk.begin(identity=signed("44")))["visitor"] != phone.session["visitor"]


async def test_who_signs_in_while_talking_keeps_his_talk(site: Site) -> None:
    visitor = await site.visitor()
    before = visitor.session["visitor"]
    assert (await visitor.begin(identity=signed("42")))["visitor"] == before


async def test_a_forged_identity_is_refused(site: Site) -> None:
    forged = signed("42") | {"user_id": "43"}
    status, answer = await Visitor(site).call("/session", {"identity": forged})
    assert (status, answer["code"]) == (403, "identity")


async def test_a_socket_hears_of_answers_and_who_types_them_but_not_of_notes(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    wire = await visitor.socket()
    assert (await until(wire, "contact"))["contact"]["state"] == "open"
    contact = await site.house.database.fetchval("SELECT id FROM contacts")
    await site.answer("note", kind="note")
    await site.answer("hi", state="sent")
    heard = {(await until(wire, "new"))["cursor"]}
    while f"{contact}:3" not in heard:
        heard.add((await until(wire, "new"))["cursor"])
    assert f"{contact}:2" not in heard, "that was the note"
    hints = site.house.hints
    await hints.publish(typing_topic(contact), typing_payload("employee", "e", "Ivan", "note"))
    await hints.publish(typing_topic(contact), typing_payload("client", "v", ""))
    await hints.publish(typing_topic(contact), typing_payload("employee", "e", "Ivan"))
    assert await until(wire, "typing") == {"t": "typing"}
    async with asyncio.timeout(60):
        while (await until(wire, "beat"))["cursor"] != f"{contact}:3":
            pass  # whoever missed the news hears of it by the next beat
    await wire.close()


async def test_news_that_waited_for_a_look_up_does_not_turn_the_beat_back(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    wire = await visitor.socket()
    await until(wire, "ready")
    contact = await site.house.database.fetchval("SELECT id FROM contacts")
    for seq in (3, 1):
        site.chat.note([
            Event(seq, seq, "message.added", "contact", contact, seq, None, "system", "",
                  {"seq": seq, "kind": "outbound"}, datetime.now(UTC))
        ])  # fmt: skip
    told = [(await until(wire, "beat"))["cursor"] for _ in range(4)]
    assert told[-2:] == [f"{contact}:3"] * 2  # the first may have been on its way
    await wire.close()


async def test_a_socket_opened_before_the_first_message_hears_of_the_contact(site: Site) -> None:
    visitor = await site.visitor()
    wire = await visitor.socket()
    await until(wire, "ready")
    await visitor.write("hello")
    assert (await until(wire, "contact"))["contact"]["state"] == "open"
    await site.answer("hi", state="sent")
    await until(wire, "new")
    await wire.close()


WAITING = """
INSERT INTO work (id, contact_id, queue_id, medium)
SELECT gen_random_uuid(), id, queue_id, 'chat' FROM contacts
"""
PROMISED = """
INSERT INTO wait_promises (work_id, queue_id, medium, asked, ahead, senior, room, low_ms, high_ms,
                           told_ms, cause, first_low_ms, first_high_ms)
SELECT id, queue_id, 'chat', '', 2, 2, 1, 130000, 290000, 0, 'arrived', 0, 0 FROM work
"""


async def test_who_waits_is_told_how_long_and_again_only_when_it_looks_otherwise(
    site: Site,
) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    db = site.house.database
    await db.execute(WAITING)
    wire = await visitor.socket()
    assert (await until(wire, "contact"))["contact"]["wait"] is None
    await db.execute(PROMISED)
    told = (await until(wire, "contact"))["contact"]["wait"]
    assert told == {
        "en": "You are number 3 in line: 3–5 min",
        "ru": "Ваш номер в очереди — 3, ждать 3–5 мин",
    }
    await db.execute("UPDATE wait_promises SET high_ms = 285000")
    await db.execute("UPDATE wait_promises SET ahead = 0, low_ms = 50000, high_ms = 110000")
    told = (await until(wire, "contact"))["contact"]["wait"]
    assert told["en"] == "You are number 1 in line: up to 2 min"
    await db.execute("UPDATE wait_promises SET shown = false")
    assert (await until(wire, "contact"))["contact"]["wait"] is None
    assert (await visitor.read())["contact"]["wait"] is None
    await wire.close()


async def test_typing_of_the_visitor_reaches_the_operators(site: Site) -> None:
    visitor = await site.visitor(identity=signed("42"))
    await visitor.write("hello")
    contact: UUID = await site.house.database.fetchval("SELECT id FROM contacts")
    async with site.house.hints.subscribe(typing_topic(contact)) as heard:
        assert (await visitor.call("/events", {"type": "typing"}))[0] == 200
        _, payload = await asyncio.wait_for(anext(heard), 5)
        assert orjson.loads(payload)["who"] == {
            "type": "client", "id": visitor.session["visitor"], "name": "Ann",
        }  # fmt: skip
        wire = await visitor.socket()
        await wire.send_str('{"t":"typing"}')
        _, payload = await asyncio.wait_for(anext(heard), 5)
        assert orjson.loads(payload)["who"]["type"] == "client"
        await wire.close()


@pytest.mark.parametrize("protocols", [(), ("cc.chat",), ("cc.chat", "x.y"), ("x", "cc.chat")])
async def test_a_socket_needs_the_token(site: Site, protocols: tuple[str, ...]) -> None:
    visitor = await site.visitor()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await site.http.ws_connect(
            visitor.url("/live"), protocols=protocols, headers={"Origin": ORIGIN}
        )
    assert refusal.value.status == 401


async def test_the_long_poll_wakes_when_an_answer_comes(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    cursor = (await visitor.read())["cursor"]
    waiting = asyncio.create_task(visitor.read(cursor, wait="25"))
    chat = _chat(site)
    await eventually(lambda: any(talk.waiters for talk in chat.values()))
    await site.answer("hi", state="sent")
    page = await asyncio.wait_for(waiting, 10)
    assert [item["text"] for item in page["items"]] == ["hi"]
    await eventually(lambda: not chat)


def _chat(site: Site) -> dict[Key, Talk]:
    talks: dict[Key, Talk] = site.chat._talks
    return talks


async def test_a_poll_without_news_ends_with_nothing(site: Site) -> None:
    visitor = await site.visitor()
    assert (await visitor.read(wait="0.2"))["items"] == []


@pytest.mark.parametrize(("after", "wait"), [("x", "0"), ("", "soon")])
async def test_a_bad_question_is_answered_with_the_field(site: Site, after: str, wait: str) -> None:
    visitor = await site.visitor()
    status, answer = await visitor.call("/messages", after=after, wait=wait)
    assert (status, answer["code"]) == (422, "invalid")


async def _upload(visitor: Visitor, body: bytes, name: str = "a.png") -> tuple[int, dict[str, Any]]:
    headers = visitor.headers(**{"X-File-Name": name, "Content-Type": "image/png"})
    async with visitor.site.http.post(
        visitor.url("/files"), data=BytesIO(body), headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def test_a_file_is_what_its_content_says_whatever_it_is_called(site: Site) -> None:
    visitor = await site.visitor()
    status, file = await _upload(visitor, b"<html><script>alert(1)</script>", "..%2F..%2Fa.png")
    assert status == 200
    assert (file["type"], file["name"], file["size"]) == ("text/html", "a.png", 31)
    row = await site.house.database.fetchrow("SELECT kind, owner, state FROM attachments")
    assert row
    assert tuple(row.values()) == ("file", visitor.session["visitor"], "stored")
    await visitor.write("", attachments=[file["id"]])
    (item,) = (await visitor.read())["items"]
    assert [one["id"] for one in item["attachments"]] == [file["id"]]
    assert item["attachments"][0]["url"].endswith(f"/files/{file['id']}")


async def test_a_file_too_large_for_its_kind_is_413_with_the_limit(site: Site) -> None:
    visitor = await site.visitor()
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * (10 * 1024 * 1024)
    status, answer = await _upload(visitor, picture)
    assert (status, answer["limit"]) == (413, 10 * 1024 * 1024)
    assert await site.house.database.fetchval("SELECT count(*) FROM attachments") == 0
    assert (await _upload(visitor, b""))[0] == 422


async def test_too_many_of_anything_is_429(database_url: str) -> None:
    limits = Limits(sessions=2, uploads=1, events=2, sockets=1)
    async with opened(database_url, limits=limits) as site:
        visitor = await site.visitor()
        await site.visitor()
        status, answer = await Visitor(site).call("/session", {})
        assert (status, answer["code"]) == (429, "too_many")
        await visitor.begin()  # who comes back is not counted
        await visitor.write("1", "1")
        await visitor.write("2", "2")
        assert (await visitor.call("/events", {"type": "typing"}))[0] == 429
        assert (await _upload(visitor, b"text"))[0] == 200
        assert (await _upload(visitor, b"text"))[0] == 429
        wire = await visitor.socket()
        await until(wire, "ready")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.socket()
        assert refusal.value.status == 429
        await wire.close()


async def test_new_sessions_do_not_buy_an_address_more_uploads(database_url: str) -> None:
    async with opened(database_url, limits=Limits(uploads=2, address_uploads=3)) as site:
        one, other = await site.visitor(), await site.visitor()
        assert [(await _upload(one, b"text"))[0] for _ in range(2)] == [200, 200]
        assert [(await _upload(other, b"text"))[0] for _ in range(2)] == [200, 429]
        assert len(site.blobs) == 3


async def test_an_upload_that_takes_too_long_ends_and_keeps_nothing(database_url: str) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"x" * 600
        await asyncio.sleep(600)

    async with opened(database_url, limits=Limits(upload_seconds=0.3)) as site:
        visitor = await site.visitor()
        async with asyncio.timeout(60), site.http.post(
            visitor.url("/files"), data=trickle(), headers=visitor.headers()
        ) as answer:  # fmt: skip
            assert (answer.status, (await answer.json())["code"]) == (503, "deadline")
            assert "Retry-After" in answer.headers
        assert site.blobs == {}
        assert await site.house.database.fetchval("SELECT count(*) FROM attachments") == 0


async def test_a_body_that_does_not_come_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(600)

    monkeypatch.setattr(bodies, "READ_SECONDS", 0.3)
    visitor = await site.visitor()
    async with asyncio.timeout(60), site.http.post(
        visitor.url("/session"), data=never(), headers=visitor.headers()
    ) as answer:  # fmt: skip
        assert (answer.status, (await answer.json())["code"]) == (503, "deadline")


async def test_the_whole_page_may_be_framed_by_the_allowed_sites_only(site: Site) -> None:
    async with site.http.get(f"{site.base}/chat/key", params={"lang": "en"}) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors 'self' {ORIGIN}" in policy
        assert "unsafe-inline" not in policy
        assert "X-Frame-Options" not in answer.headers
        text = await answer.text()
    assert 'data-key="key"' in text
    assert "<title>Write to us</title>" in text
    async with site.http.get(f"{site.base}/chat/other") as answer:
        assert answer.status == 404


async def test_windows_that_met_no_database_are_not_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await site.visitor()

    async def away(*_: object) -> None:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as broken:
        broken.setattr("contact_center.web.chat.store.contact", away)
        wire = await visitor.socket()
        assert (await wire.receive(5)).data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
        key = (site.account.id, visitor.session["visitor"])
        with pytest.raises(Unavailable):
            await site.chat.join(key, waiter=asyncio.Event())
    await eventually(lambda: site.chat.sockets_of(key) == 0)
    assert key not in site.chat._talks
