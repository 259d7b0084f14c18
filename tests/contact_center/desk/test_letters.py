"""Letters at the desk: what they begin with, drafts of them, passing one on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from channels.contract import Capabilities
from contact_center.contacts.letters.model import DraftLetter
from contact_center.contacts.model import DraftIn
from contact_center.kernel.errors import Invalid, NotFound
from tests.contact_center.desk.house import House
from tests.contact_center.desk.test_talking import reply

VERA = {"address": "vera@client.example", "name": "Вера"}


@pytest.fixture(autouse=True)
def letters(house: House) -> None:
    house.contacts.carries = lambda *_: Capabilities(authentication="secret", letters=True)


async def a_letter(house: House, text: str = "Где накладная?") -> UUID:
    """A contact that began with a mail."""
    contact = await house.arrive(text)
    db = house.database
    await db.execute(
        "UPDATE identities SET medium = 'email', value = $2, name = 'Вера' WHERE id ="
        " (SELECT identity_id FROM contacts WHERE id = $1)", contact, VERA["address"],
    )  # fmt: skip
    await db.execute(
        "UPDATE messages SET identity_id = (SELECT identity_id FROM contacts WHERE id = $1),"
        " data = $2 WHERE contact_id = $1 AND kind = 'inbound'",
        contact, {"mail": {"message_id": "<1@client.example>"}},
    )  # fmt: skip
    await db.execute("UPDATE contacts SET subject = 'Накладная' WHERE id = $1", contact)
    return contact


async def test_a_letter_begins_with_subject_signature_and_what_it_answers(house: House) -> None:
    anna, contact = await house.hire("Anna"), await a_letter(house)
    await house.database.execute(
        "UPDATE accounts SET settings = $1",
        {"address": "Help@shop.example", "aliases": ["info@shop.example"]},
    )
    signature: dict[str, Any] = {"signature": {"ru": "{employee}, {brand}"}}
    await house.database.execute("UPDATE queues SET letters = $1", signature)
    begun = await house.desk.beginning.letter(anna, contact)
    assert (begun.subject, begun.answers) == ("Накладная", True)
    assert begun.signature == "Anna, Shop"
    assert begun.own == ["help@shop.example", "info@shop.example"]
    assert begun.quoted is not None
    assert (begun.quoted.author, begun.quoted.text) == ("Вера", "Где накладная?")


async def test_a_letter_to_nobody_begins_empty(house: House) -> None:
    anna, contact = await house.hire("Anna"), await house.arrive("чат")
    begun = await house.desk.beginning.letter(anna, contact)
    assert (begun.subject, begun.answers, begun.quoted) == ("", False, None)


async def test_what_one_may_not_see_begins_nothing(house: House) -> None:
    stranger = await house.hire("Stranger", await house.elsewhere())
    with pytest.raises(NotFound):
        await house.desk.beginning.letter(stranger, await a_letter(house))


async def test_where_no_letters_are_carried_none_begins(house: House) -> None:
    anna, contact = await house.hire("Anna"), await house.arrive()
    house.contacts.carries = lambda *_: Capabilities(authentication="secret")
    with pytest.raises(Invalid):
        await house.desk.beginning.letter(anna, contact)


async def test_a_draft_keeps_the_whole_letter_and_nothing_harmful(house: House) -> None:
    anna, contact = await house.hire("Anna"), await a_letter(house)
    given = {"to": [VERA], "subject": "Re: Накладная", "quote": False,
             "html": "<div>Вот <b>она</b><script>alert(1)</script></div>"}  # fmt: skip
    draft = DraftIn.model_validate({"text": "Вот она", "letter": given})
    await house.contacts.keep_draft(anna, contact, "reply", draft)
    kept = (await house.contacts.contact(anna, contact)).drafts.reply
    assert kept is not None
    assert kept.letter == DraftLetter.model_validate(
        {**given, "html": "<div>Вот <b>она</b></div>"}
    )  # fmt: skip
    recipients_alone = DraftIn.model_validate({"text": "", "letter": {"to": [VERA]}})
    await house.contacts.keep_draft(anna, contact, "reply", recipients_alone)
    assert (await house.contacts.contact(anna, contact)).drafts.reply is not None
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn(text="", attachments=[]))
    assert (await house.contacts.contact(anna, contact)).drafts.reply is None


async def test_passing_a_letter_on_is_no_answer_to_the_client(house: House) -> None:
    anna, contact = await house.hire("Anna"), await a_letter(house)
    await house.desk.taking.take(anna, contact)
    first = await house.database.fetchval("SELECT id FROM messages WHERE contact_id = $1", contact)
    passed = {"to": [{"address": "stock@shop.example"}], "forwards": str(first)}
    message = await house.desk.talking.write(anna, contact, reply("Посмотрите", letter=passed))
    row = await house.row(contact)
    assert (row["awaiting"], row["first_reply_at"]) == ("us", None)
    told = (await house.contacts.message(message)).data["letter"]
    assert told["forwards"] == str(first)
    assert told["to"][0]["address"] == "stock@shop.example"


async def test_only_a_letter_of_the_contact_itself_is_passed_on(house: House) -> None:
    anna = await house.hire("Anna")
    contact, other = await a_letter(house), await house.arrive()
    await house.desk.taking.take(anna, contact)
    foreign = await house.database.fetchval("SELECT id FROM messages WHERE contact_id = $1", other)
    passed = {"to": [VERA], "forwards": str(foreign)}
    with pytest.raises(Invalid):
        await house.desk.talking.write(anna, contact, reply("Вот", letter=passed))
