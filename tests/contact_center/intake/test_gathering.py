"""How few calls it takes: what is guessed before it is asked, and who waits for whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from channels.contract import Received, Reply
from contact_center.contacts.triage import Rule
from contact_center.intake import writer
from contact_center.intake.carried import Carried
from contact_center.intake.judging import Met
from contact_center.kernel.ids import new_id
from tests.support.intake import House, message
from tests.support.waiting import eventually

SPAM = (Rule("s", words=frozenset({"casino"}), spam=True),)


async def test_what_begins_a_talk_is_stored_in_one_call(house: House) -> None:
    await house.submit(message("m1"), message("m2"), message("m3", who="v2"))

    assert house.intake.batches == 1
    assert await house.count("contacts") == 2


async def test_a_wrong_guess_changes_nothing_of_a_talk_that_is_open(house: House) -> None:
    await house.submit(message("m1"))
    stranger = house.start(rules=SPAM)  # another process: it has not met the talk

    result = await stranger.submit(house.account, [message("m2", "casino")])

    assert (result.stored, stranger.batches) == (1, 1)
    contact = await house.one("SELECT * FROM contacts")
    assert (contact["state"], contact["spam"], contact["last_seq"]) == ("open", False, 2)


@pytest.mark.parametrize("minutes", [0, 60])
async def test_a_wrong_guess_about_a_closed_talk_is_judged_by_what_is_known(
    house: House, minutes: int
) -> None:
    await house.database.execute("UPDATE queues SET follow_up_minutes = $1", minutes)
    await house.submit(message("m1"))
    first = await house.one("SELECT * FROM contacts")
    await house.close_contact(first["id"], spam=minutes == 0)
    stranger = house.start()

    await stranger.submit(house.account, [message("m2"), message("m3")])

    if minutes == 0:  # somebody had called it spam
        (kept,) = await house.rows("SELECT * FROM contacts")
        assert (kept["state"], kept["last_seq"]) == ("closed", 3)
    else:
        (later,) = await house.rows("SELECT * FROM contacts WHERE state = 'open'")
        work = await house.one("SELECT * FROM work WHERE state = 'waiting'")
        assert later["last_seq"] == 2
        assert work["preferred_id"] == house.employee_id


EXPECT = """
INSERT INTO expectations (id, account_id, conversation_key, kind, contact_id, until)
VALUES ($1, $2, 'v1', $3, $4, now() + interval '1 hour')
"""


@pytest.mark.parametrize("met", [True, False])
async def test_what_follows_a_wrong_guess_is_judged_as_it_is(house: House, *, met: bool) -> None:
    await house.submit(message("m1"))
    first = await house.one("SELECT * FROM contacts")
    await house.close_contact(first["id"])
    await house.submit(message("m2"))
    await house.database.execute(EXPECT, new_id(), house.account.id, "survey", first["id"])
    intake = house.intake if met else house.start()

    await intake.submit(house.account, [message("m3", "5"), message("m4", "thanks")])

    rows = await house.rows(
        "SELECT external_id, kind FROM messages WHERE contact_id = $1 ORDER BY seq", first["id"]
    )
    told = [(row["external_id"], row["kind"]) for row in rows]
    assert told == [("m1", "inbound"), ("m3", "survey"), ("m4", "survey")]


async def test_what_was_expected_in_an_open_talk_keeps_its_order(house: House) -> None:
    await house.submit(message("m1"))
    first = await house.one("SELECT * FROM contacts")
    await house.database.execute(EXPECT, new_id(), house.account.id, "callback", first["id"])
    stranger = house.start()

    await stranger.submit(house.account, [message(name) for name in ("a", "b", "c")])

    rows = await house.rows("SELECT external_id FROM messages ORDER BY seq")
    assert [row["external_id"] for row in rows] == ["m1", "a", "b", "c"]


class Slow(Carried):
    """Keeps the files of a request when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def kept(self, account_id: Any, received: Received) -> tuple[Any, ...]:
        await self.go.wait()
        return tuple(received.events)


async def test_letters_wait_for_those_with_files_and_nothing_else_does(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GATHER_SECONDS", 60.0)
    carried = Slow()
    intake = house.start(carried=carried)
    letters = replace(house.account, medium="mail")
    given = Received((message("with", who="v1"),), Reply(), {"part": b"picture"})

    async def filed() -> Any:
        events = await intake.with_files(letters, given)
        return await intake.submit(letters, events)

    one = asyncio.create_task(filed())
    await asyncio.sleep(0)
    two = asyncio.ensure_future(intake.submit(letters, [message("without", who="v2")]))
    await eventually(lambda: intake.numbers()["intake_queue_length"] == 1)
    await asyncio.sleep(0)
    assert not two.done()
    carried.go.set()
    await asyncio.gather(one, two)
    assert intake.batches == 1

    carried.go.clear()
    three = asyncio.create_task(filed())
    await asyncio.sleep(0)
    chat = await intake.submit(house.account, [message("chat", who="v3")])
    assert chat.stored == 1
    carried.go.set()
    await three


def test_what_was_met_lately_is_known_and_the_rest_is_forgotten() -> None:
    met = Met(limit=3)
    keys = [new_id() for _ in range(7)]
    assert [met.is_new(key) for key in keys] == [True] * 7
    assert not any(met.is_new(key) for key in keys[-3:])
    assert met.is_new(keys[0])
