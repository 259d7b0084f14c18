"""What reaches a visitor at once: answers, typing and waits, by socket and by long poll."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import orjson
import pytest

from contact_center.storage.events import Event
from contact_center.web.chat.talk import Key, Talk
from contact_center.web.live.ephemera import typing_payload, typing_topic
from tests.contact_center.web_chat.site import ORIGIN, Site, signed, until
from tests.support.waiting import eventually


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
