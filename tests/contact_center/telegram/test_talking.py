"""A client writes to the bot, the operator answers with a button, and its press comes back."""

from __future__ import annotations

import asyncio

import pytest

from contact_center.simulator.telegram_wire import Refusal
from tests.contact_center.telegram.conftest import Shop
from tests.support.waiting import eventually


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_a_talk_with_a_button(shop: Shop) -> None:
    asked = await shop.fake.say(text="/start spring-26")
    contact = await shop.take()
    (message,) = await shop.messages(1)
    assert message["external_id"] == f"4242:{asked['message_id']}"
    sent = await shop.reply(
        contact, "Заказ 48101 верен?", reply_to=str(message["id"]),
        buttons=[{"text": "Да", "value": "yes"}],
    )  # fmt: skip
    said = await shop.said()
    assert said["text"] == "Заказ 48101 верен?"
    assert said["reply_to_message"]["message_id"] == asked["message_id"]
    await shop.delivery(sent, "sent")
    query = await shop.fake.press(said, "yes")
    _, _, pressed = await shop.messages(3)
    assert (pressed["kind"], pressed["text"]) == ("inbound", "Да")
    name = f"4242:{said['message_id']}"
    assert pressed["data"]["button"] == {"value": "yes", "target": name}
    assert pressed["reply_to"] == sent
    await shop.fake.say(text="Именно этот", reply_to_message=said)
    *_, answer = await shop.messages(4)
    assert (answer["text"], answer["reply_to"]) == ("Именно этот", sent)
    async with asyncio.timeout(60):
        while shop.fake.answered != [query]:
            await asyncio.sleep(0.05)
    assert shop.fake.pending == [] or shop.fake.webhook.url == ""
    assert (await shop.contact())["state"] == "open"


async def test_a_start_link_tells_what_brought_the_client(shop: Shop) -> None:
    await shop.fake.say(text="/start spring-26")
    await shop.contact()
    (touchpoint,) = await shop.rows(
        "SELECT t.kind, t.key FROM contacts c JOIN touchpoints t ON t.id = c.touchpoint_id"
        " WHERE c.account_id = $1"
    )
    assert touchpoint == {"kind": "campaign", "key": "spring-26"}


async def test_buttons_go_only_where_they_are_carried(shop: Shop) -> None:
    await shop.fake.say(text="Где заказ?")
    contact = await shop.take()
    many = [{"text": str(number)} for number in range(21)]
    body = {"kind": "reply", "text": "?", "client_msg_id": "m", "buttons": many}
    path = f"/contacts/{contact}/messages"
    assert (await shop.office.ask("POST", path, shop.olga, json=body)).status == 422


async def test_the_same_update_twice_is_one_message_and_an_edit_changes_it(shop: Shop) -> None:
    asked = await shop.fake.say(text="Где заказ 48101?")
    await shop.fake.tell(message=asked)
    await shop.fake.edit(asked, text="Где заказ 48102?")
    (message,) = await shop.messages(1)
    async with asyncio.timeout(60):
        while message["text"] != "Где заказ 48102?":
            (message,) = await shop.messages(1)
    assert shop.fake.pending == []


async def test_a_photo_is_fetched_through_the_bot(shop: Shop) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    photo = {"file_id": shop.fake.file(png), "file_unique_id": "u", "width": 9, "height": 9}
    await shop.fake.say(photo=[photo], caption="Вот брак")
    await shop.messages(1)
    query = """SELECT a.* FROM attachments a JOIN messages m ON m.id = a.message_id
               JOIN contacts c ON c.id = m.contact_id WHERE c.account_id = $1"""
    async with asyncio.timeout(60):
        while (await shop.rows(query))[0]["state"] != "stored":
            await asyncio.sleep(0.05)
    (stored,) = await shop.rows(query)
    assert (stored["size"], stored["type"]) == (len(png), "image/png")


async def test_who_has_blocked_the_bot_is_not_written_to_and_the_reason_is_shown(
    shop: Shop,
) -> None:
    await shop.fake.say(text="Где заказ?")
    contact = await shop.take()
    shop.fake.chat().refuses = Refusal(403, "Forbidden: bot was blocked by the user")
    sent = await shop.reply(contact, "Уже едет")
    assert "has blocked the bot" in (await shop.delivery(sent, "failed"))["error_text"]


async def test_an_update_with_another_secret_is_refused(shop: Shop) -> None:
    shop.fake.webhook.secret = "another"
    await shop.fake.say(text="Где заказ?")
    assert "401" in shop.fake.webhook.error
    assert await shop.rows("SELECT 1 FROM contacts WHERE account_id = $1") == []


async def test_a_group_is_one_contact_with_participants(shop: Shop) -> None:
    group = shop.fake.chat(-1001, type="supergroup", name="Дом 5")
    for number, name in ((1, "Ольга"), (2, "Пётр")):
        author = {"id": number, "is_bot": False, "first_name": name}
        told = {"message_id": number, "from": author, "chat": group.shown(), "date": 1_767_603_599}
        await shop.fake.tell(message={**told, "text": f"@shop_bot это {name}"})
    await shop.messages(2)
    contact = await shop.contact()
    assert contact["conversation_key"] == "-1001"
    query = """SELECT i.value FROM messages m JOIN contacts c ON c.id = m.contact_id
               JOIN identities i ON i.id = m.identity_id WHERE c.account_id = $1 ORDER BY m.seq"""
    assert [row["value"] for row in await shop.rows(query)] == ["1", "2"]


async def test_a_group_that_becomes_a_supergroup_goes_on_as_the_same_contact(shop: Shop) -> None:
    group = shop.fake.chat(-5, type="group", name="Дом 5")
    author = {"id": 1, "is_bot": False, "first_name": "Пётр"}
    told = {"message_id": 1, "from": author, "chat": group.shown(), "date": 1_767_603_599}
    await shop.fake.tell(message={**told, "text": "Где лифт?"})
    contact = await shop.take()
    grown = shop.fake.chat(-100777, type="supergroup", name="Дом 5")
    group.refuses = Refusal(
        400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777
    )
    late = await shop.reply(contact, "Едет")  # before we hear of it
    await shop.delivery(late, "sent")
    moved = {**told, "message_id": 2, "migrate_to_chat_id": -100777}
    await shop.fake.tell(message=moved)
    back = {**told, "message_id": 1, "chat": grown.shown()}
    await shop.fake.tell(message={**back, "migrate_from_chat_id": -5})
    await shop.fake.tell(message={**back, "message_id": 2, "text": "Спасибо"})
    *_, last = await shop.messages(3)
    assert (last["text"], last["contact_id"]) == ("Спасибо", contact)
    await shop.delivery(await shop.reply(contact, "Пожалуйста"), "sent")
    assert [one["text"] for one in shop.fake.sent(-100777)] == ["Едет", "Пожалуйста"]
    assert shop.fake.sent(-5) == []


async def test_what_is_deleted_of_ours_in_a_business_chat_is_shown_as_deleted(shop: Shop) -> None:
    chat = shop.fake.chat(4242).shown()
    told = {"message_id": 5, "from": {"id": 4242, "is_bot": False, "first_name": "Ольга"},
            "chat": chat, "date": 1_767_603_599, "business_connection_id": "AbC"}  # fmt: skip
    await shop.fake.tell(business_message={**told, "text": "Где заказ?"})
    contact = await shop.take()
    sent = await shop.reply(contact, "Уже едет")
    name = (await shop.delivery(sent, "sent"))["provider_id"]
    await shop.fake.tell(
        deleted_business_messages={
            "business_connection_id": "AbC", "chat": chat,
            "message_ids": [int(name.rpartition(":")[2])],
        }
    )  # fmt: skip

    async def deleted() -> bool:
        return (await shop.messages(2))[1]["deleted_at"] is not None

    await eventually(deleted)
    page = (await shop.ask("GET", f"/contacts/{contact}/messages")).body["items"]
    assert [one["text"] for one in page if one["kind"] == "outbound"] == [""]


async def test_an_album_is_one_message_with_its_pictures_in_their_order(shop: Shop) -> None:
    updates, author = [], {"id": 4242, "is_bot": False, "first_name": "Ольга"}
    for number in range(3):
        photo = {"file_id": shop.fake.file(b"\x89PNG"), "file_unique_id": f"u{number}",
                 "width": 9, "height": 9}  # fmt: skip
        more = {"caption": "Вот брак"} if number == 0 else {}
        content = {"photo": [photo], "media_group_id": "77", **more}
        updates.append(shop.fake.message(shop.fake.chat(), author, content))
    for number in (2, 0, 1):
        await shop.fake.tell(message=updates[number])
    contact = await shop.take()
    page = (await shop.ask("GET", f"/contacts/{contact}/messages")).body["items"]
    (message,) = [one for one in page if one["kind"] == "inbound"]
    assert message["text"] == "Вот брак"
    rows = await shop.rows(
        "SELECT a.ref FROM attachments a JOIN contacts c ON c.id = a.contact_id"
        " WHERE c.account_id = $1 ORDER BY a.data -> 'place'"
    )
    assert [row["ref"] for row in rows] == [one["photo"][0]["file_id"] for one in updates]
    assert len(message["attachments"]) == 3
    await shop.fake.say(text="этот", reply_to_message=updates[2])
    *_, reply = await shop.messages(2)
    assert str(reply["reply_to"]) == message["id"]
    await shop.fake.edit(updates[0], caption="Вот брак!")

    async def edited() -> bool:
        return bool((await shop.messages(2))[0]["text"] == "Вот брак!")

    await eventually(edited)


async def test_a_business_chat_is_heard_and_what_is_deleted_there_is_marked(shop: Shop) -> None:
    chat = shop.fake.chat(4242).shown()
    told = {"message_id": 5, "from": {"id": 4242, "is_bot": False, "first_name": "Ольга"},
            "chat": chat, "date": 1_767_603_599, "business_connection_id": "AbC"}  # fmt: skip
    await shop.fake.tell(business_message={**told, "text": "Где заказ?"})
    owner = {"id": 1000, "is_bot": False, "first_name": "Лавка"}
    await shop.fake.tell(
        business_message={**told, "message_id": 6, "from": owner, "text": "Уже едет"}
    )
    await shop.fake.tell(
        deleted_business_messages={
            "business_connection_id": "AbC", "chat": chat, "message_ids": [5]
        }
    )  # fmt: skip
    asked, answered = await shop.messages(2)
    assert (asked["kind"], answered["kind"]) == ("inbound", "outbound")
    async with asyncio.timeout(60):
        while not (await shop.messages(2))[0]["deleted_at"]:
            await asyncio.sleep(0.05)


async def test_an_unknown_kind_is_shown_and_an_unknown_update_is_put_aside(shop: Shop) -> None:
    await shop.fake.say(dice={"emoji": "🎲", "value": 5})
    (message,) = await shop.messages(1)
    assert message["data"]["unsupported"] == "dice"
    shop.fake.webhook.allowed.clear()
    await shop.fake.tell(teleported={})
    assert shop.fake.pending == []
    query = "SELECT error FROM quarantine WHERE account_id = $1"
    async with asyncio.timeout(60):
        while len(kept := await shop.rows(query)) < 2:
            await asyncio.sleep(0.05)
    assert "unknown kind of update: teleported" in {row["error"] for row in kept}
