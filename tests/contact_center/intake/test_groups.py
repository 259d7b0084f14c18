"""What is told in pieces is one message, in whatever order and wherever its pieces arrive."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest

from channels.messages import Attachment, MessageReceived
from tests.support.intake import House, deletion, edit, message

SHOWN = "SELECT * FROM messages ORDER BY seq"
FILES = "SELECT * FROM attachments WHERE NOT data ? 'deleted' ORDER BY data -> 'place', id"


def piece(number: int, text: str = "", group: str = "album", **more: Any) -> MessageReceived:
    file = Attachment("image", f"ref{number}", f"{number}.jpg", "image/jpeg", 10)
    return message(f"p{number}", text, group=group, place=number, attachments=(file,), **more)


async def whole(house: House, number: int = 3) -> dict[str, Any]:
    """The one message, with all its files in their order."""
    shown = await house.one(SHOWN)
    files = await house.rows(FILES)
    assert [row["ref"] for row in files] == [f"ref{one}" for one in range(1, number + 1)]
    assert {row["message_id"] for row in files} == {shown["id"]}
    assert await house.count("work") == 1
    contact = await house.one("SELECT * FROM contacts")
    assert (contact["last_seq"], contact["awaiting"]) == (1, "us")
    return shown


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_pieces_one_by_one_in_any_order_are_one_message(
    house: House, order: tuple[int, ...]
) -> None:
    for number in order:
        await house.submit(piece(number, "Вот брак" if number == 2 else ""))
    assert (await whole(house))["text"] == "Вот брак"
    assert (await house.one("SELECT * FROM contacts"))["last_text"] == "Вот брак"
    told = await house.rows("SELECT * FROM events WHERE kind LIKE 'message.%' ORDER BY seq")
    assert [row["kind"] for row in told] == ["message.added", "message.changed", "message.changed"]
    assert [row["version"] for row in told] == [2, 3, 4]


async def test_pieces_of_one_batch_are_one_message_and_one_event(house: House) -> None:
    pieces = [piece(3), piece(1, "Вот"), piece(2, "брак")]
    result = await house.submit(*pieces)
    assert result.stored == 3
    assert (await whole(house))["text"] == "Вот\nбрак"
    assert len(await house.rows("SELECT 1 FROM events WHERE kind LIKE 'message.%'")) == 1
    again = await house.submit(*pieces, piece(2, "чужое"))
    assert (again.stored, again.duplicates) == (0, 4)
    assert (await whole(house))["text"] == "Вот\nбрак"


async def test_pieces_that_reach_two_intakes_at_once_are_one_message(house: House) -> None:
    other = house.start()
    chance = random.Random(7)
    for round_ in range(6):
        who, pieces = f"w{round_}", []
        for number in range(1, 7):
            one = piece(round_ * 10 + number, conversation_key=who, group="g")
            pieces += [one, one]
        chance.shuffle(pieces)
        await asyncio.gather(*(
            intake.submit(house.account, [one], b"{}")
            for one, intake in zip(pieces, itertools.cycle((house.intake, other)), strict=False)
        ))  # fmt: skip
    rows = await house.rows(
        "SELECT c.conversation_key, count(DISTINCT m.id) AS messages, count(*) AS files"
        " FROM contacts c JOIN messages m ON m.contact_id = c.id"
        " JOIN attachments a ON a.message_id = m.id GROUP BY 1"
    )
    assert len(rows) == 6
    assert {(row["messages"], row["files"]) for row in rows} == {(1, 6)}
    assert {row["last_seq"] for row in await house.rows("SELECT last_seq FROM contacts")} == {1}


async def test_other_messages_between_pieces_stay_where_they_are(house: House) -> None:
    await house.submit(message("m1", "Здравствуйте"), piece(1), message("m2", "сейчас"))
    await house.submit(piece(2), piece(4, group="another"), piece(3, "подпись"))
    rows = await house.rows(SHOWN)
    assert [row["text"] for row in rows] == ["Здравствуйте", "подпись", "сейчас", ""]
    contact = await house.one("SELECT * FROM contacts")
    assert (contact["last_seq"], contact["last_text"]) == (4, "4.jpg")


async def test_the_same_group_in_another_conversation_is_another_message(house: House) -> None:
    await house.submit(piece(1), piece(2, conversation_key="v2"))
    await house.submit(piece(3), piece(4, conversation_key="v2"))
    assert await house.count("messages") == 2


async def test_edits_by_the_name_of_any_piece_change_its_own_words(house: House) -> None:
    await house.submit(piece(1, "первая"), piece(2))
    await house.submit(piece(3, "третья"))
    await house.submit(edit("e1", "p2", "вторая", minutes=1))
    await house.submit(edit("e3", "p3", "последняя", minutes=5))
    await house.submit(edit("e2", "p1", "начало", minutes=2))
    await house.submit(edit("e0", "p1", "раньше", minutes=1))  # older than what was told
    assert (await whole(house))["text"] == "начало\nвторая\nпоследняя"
    await house.submit(edit("e4", "p2", "", minutes=6))
    shown = await whole(house)
    assert shown["text"] == "начало\nпоследняя"
    assert shown["edited_at"] is not None


async def test_an_edit_before_its_piece_waits_for_it(house: House) -> None:
    await house.submit(piece(1, "первая"))
    await house.submit(edit("e1", "p2", "исправлена"))
    await house.submit(piece(2, "вторая"), piece(3))
    assert (await whole(house))["text"] == "первая\nисправлена"
    assert await house.count("parked_changes") == 0


async def test_pieces_are_deleted_one_by_one_and_the_message_with_the_last(house: House) -> None:
    await house.submit(piece(1, "подпись"), piece(2))
    await house.submit(deletion("d1", "p1"))
    (left,) = await house.rows(FILES)
    assert left["ref"] == "ref2"
    shown = await house.one(SHOWN)
    assert (shown["text"], shown["deleted_at"]) == ("", None)
    await house.submit(deletion("d2", "p2"))
    assert (await house.one(SHOWN))["deleted_at"]


async def test_a_reply_to_any_piece_is_one_to_the_message(house: House) -> None:
    await house.submit(piece(1))
    await house.submit(piece(2))
    await house.submit(message("m1", "вот это", reply_to="p2"))
    first, reply = await house.rows(SHOWN)
    assert reply["reply_to"] == first["id"]


async def test_a_piece_after_the_closing_begins_a_message_of_the_next_contact(
    house: House,
) -> None:
    await house.submit(piece(1))
    await house.close_contact((await house.one("SELECT id FROM contacts"))["id"])
    await house.submit(piece(2))
    await house.submit(piece(3))
    rows = await house.rows(SHOWN)
    assert len({row["contact_id"] for row in rows}) == len(rows) == 2
    files = await house.rows("SELECT ref, message_id FROM attachments ORDER BY ref")
    assert files[1]["message_id"] == files[2]["message_id"] != files[0]["message_id"]


async def test_what_the_owner_tells_in_pieces_himself_is_one_message_of_ours(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(piece(1, outgoing=True), piece(2, "вот", outgoing=True))
    _, ours = await house.rows(SHOWN)
    assert (ours["kind"], ours["text"]) == ("outbound", "вот")
    assert (await house.one("SELECT * FROM contacts"))["awaiting"] == "client"


async def test_what_the_owner_says_first_is_ours_too(house: House) -> None:
    await house.submit(message("m1", outgoing=True))
    assert (await house.one(SHOWN))["kind"] == "outbound"
