"""A conversation whose provider gives it another address goes on there."""

from __future__ import annotations

from datetime import timedelta

from channels.messages import ConversationMoved
from contact_center.kernel.ids import new_id
from contact_center.outbox import store as outbox
from contact_center.storage.unit import Unit
from tests.support.intake import START, House, message, visitor


def moved(key: str = "v1", to: str = "v2") -> ConversationMoved:
    return ConversationMoved(
        external_id=f"m:{key}:{to}", at=START + timedelta(minutes=1), conversation_key=key,
        sender=visitor(key), to=to,
    )  # fmt: skip


async def reply(house: House, key: str, text: str) -> None:
    contact = await house.one("SELECT id FROM contacts WHERE closed_at IS NULL LIMIT 1")

    async def step(unit: Unit) -> None:
        await outbox.enqueue(
            unit, account_id=house.account.id, conversation_key=key, contact_id=contact["id"],
            message_id=None, payload={"text": text},
        )  # fmt: skip

    await house.database.run(step)


async def test_contact_history_and_line_go_on_at_the_new_address(house: House) -> None:
    await house.submit(message("m1"))
    await house.close_contact((await house.one("SELECT id FROM contacts"))["id"])
    await house.submit(message("m2"))
    await reply(house, "v1", "ответ")
    await house.submit(moved())
    await house.submit(moved())
    await house.submit(message("m3", conversation_key="v2"))
    rows = await house.rows("SELECT * FROM contacts ORDER BY id")
    assert [(row["conversation_key"], row["last_seq"]) for row in rows] == [("v2", 1), ("v2", 2)]
    line = await house.one("SELECT * FROM outbox_lines")
    assert line["conversation_key"] == "v2"
    event = await house.one("SELECT * FROM events WHERE cause = 'moved'")
    assert (event["kind"], event["version"]) == ("contact.changed", rows[1]["version"] - 1)


async def test_what_was_opened_at_the_new_address_meanwhile_stays(house: House) -> None:
    await house.submit(message("m1"))
    await reply(house, "v1", "раз")
    await house.submit(message("m2", conversation_key="v2"))
    await reply(house, "v2", "два")
    await house.submit(moved())
    rows = await house.rows("SELECT conversation_key FROM contacts ORDER BY id")
    assert [row["conversation_key"] for row in rows] == ["v1", "v2"]
    waiting = await house.rows(
        "SELECT o.payload ->> 'text' AS text FROM outbox o JOIN outbox_lines l ON l.id = o.line_id"
        " WHERE l.conversation_key = 'v2' ORDER BY o.seq"
    )
    assert [row["text"] for row in waiting] == ["два", "раз"]


async def test_the_move_and_the_first_message_there_may_come_together(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(moved(), message("m2", conversation_key="v2"))
    contact = await house.one("SELECT * FROM contacts")
    assert (contact["conversation_key"], contact["last_seq"]) == ("v2", 2)


async def test_a_move_of_a_stranger_changes_nothing(house: House) -> None:
    result = await house.submit(moved(str(new_id())))
    assert result.stored == 1
    assert await house.count("identities") == 0
