"""Replies and notes."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.contacts.model import DraftIn
from contact_center.desk.model import NewMessage
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House


def reply(text: str = "hello", **more: object) -> NewMessage:
    given = {"kind": "reply", "text": text, "client_msg_id": str(new_id()), **more}
    return NewMessage.model_validate(given)


async def taken(house: House, by: Actor) -> UUID:
    contact = await house.arrive()
    await house.desk.taking.take(by, contact)
    return contact


async def test_a_reply_is_stored_and_put_into_its_line(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn(text="hel", attachments=[]))
    message_id = await house.desk.talking.write(anna, contact, reply("hello"))
    message = await house.contacts.message(message_id)
    assert (message.text, message.kind, message.delivery.state) == ("hello", "outbound", "pending")
    assert message.author.name == "Anna"
    row = await house.row(contact)
    assert (row["awaiting"], row["waiting_since"], row["last_text"]) == ("client", None, "hello")
    assert row["first_reply_at"] is not None
    assert (await house.contacts.contact(anna, contact)).drafts.reply is None


async def test_the_same_click_twice_is_one_message(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    new = reply()
    ids = await asyncio.gather(*(house.desk.talking.write(anna, contact, new) for _ in range(8)))
    assert len(set(ids)) == 1
    count = "SELECT count(*) FROM messages WHERE contact_id = $1 AND kind = 'outbound'"
    assert await house.database.fetchval(count, contact) == 1


async def test_the_same_id_in_another_contact_is_refused(house: House) -> None:
    anna = await house.hire("Anna")
    one, two = await taken(house, anna), await taken(house, anna)
    new = reply()
    results = await asyncio.gather(
        *(house.desk.talking.write(anna, contact, new) for contact in (one, two)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "UUID"]


async def test_only_who_has_the_contact_replies_and_others_learn_who_it_is(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await taken(house, anna)
    with pytest.raises(Conflict) as caught:
        await house.desk.talking.write(boris, contact, reply())
    assert caught.value.code == "not_yours"
    assert caught.value.extra["taken_by"]["name"] == "Anna"


async def test_anybody_who_sees_the_contact_may_leave_a_note(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    light = await house.hire("Lev", role="light")
    note = NewMessage(kind="note", text="a good client", client_msg_id="1", attachments=[])
    message = await house.contacts.message(await house.desk.talking.write(light, contact, note))
    assert (message.kind, message.delivery.state) == ("note", None)
    assert (await house.row(contact))["last_text"] == "hello"


async def test_an_empty_reply_is_refused(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    with pytest.raises(Invalid):
        await house.desk.talking.write(anna, contact, reply("  \n"))


async def test_a_reply_may_quote_only_what_was_said_in_its_contact(house: House) -> None:
    anna = await house.hire("Anna")
    one, two = await taken(house, anna), await taken(house, anna)
    said = await house.desk.talking.write(anna, one, reply())
    with pytest.raises(Invalid):
        await house.desk.talking.write(anna, two, reply(reply_to=str(said)))
    await house.desk.talking.write(anna, one, reply(reply_to=str(said)))


async def test_a_reply_can_close_the_contact_behind_it(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    new = reply("bye", close=True)
    first = await house.desk.talking.write(anna, contact, new)
    assert await house.desk.talking.write(anna, contact, new) == first
    assert (await house.row(contact))["state"] == "closed"
    assert (await house.work(contact))["state"] == "wrap_up"
    with pytest.raises(Conflict) as caught:
        await house.desk.talking.write(anna, contact, reply())
    assert caught.value.code == "contact_closed"


async def test_a_held_reply_leaves_as_soon_as_its_operator_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.contact_center.desk.house.UNDO_SECONDS", 15)
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    first = await house.desk.talking.write(anna, contact, reply("one"))
    assert (await house.contacts.message(first)).delivery.state == "held"
    second = await house.desk.talking.write(anna, contact, reply("two"))
    assert (await house.contacts.message(first)).delivery.state == "pending"
    assert (await house.contacts.message(second)).delivery.state == "held"


async def test_an_upload_is_sent_once_and_only_by_who_made_it(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    mine, his = new_id(), new_id()
    for upload, owner in ((mine, anna), (his, boris)):
        await house.database.execute(
            "INSERT INTO attachments (id, owner, name, state) VALUES ($1, $2, 'a.png', 'stored')",
            upload, owner.label,
        )  # fmt: skip
    contact = await taken(house, anna)
    with pytest.raises(Invalid):
        await house.desk.talking.write(anna, contact, reply(attachments=[str(his)]))
    message_id = await house.desk.talking.write(anna, contact, reply("", attachments=[str(mine)]))
    message = await house.contacts.message(message_id)
    assert [one.url for one in message.attachments] == [f"/files/{mine}"]
    with pytest.raises(Invalid):
        await house.desk.talking.write(anna, contact, reply(attachments=[str(mine)]))
