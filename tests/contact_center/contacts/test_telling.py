"""What a thread tells beside its texts: files, quotes, half-written buttons, a client's wish."""

from __future__ import annotations

from uuid import UUID, uuid4

from contact_center.contacts import shapes
from contact_center.contacts.model import DraftIn, MessageQuery
from contact_center.desk.model import NewMessage
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House

FILE = {"kind": "voice", "name": "", "type": "audio/ogg", "size": 9, "state": "stored"}


def file(**told: object) -> dict[str, object]:
    row = {**FILE, "id": uuid4(), "data": {}, **told}
    return shapes.attachment(row, lambda one: f"/files/{one}")


def test_a_file_tells_what_its_provider_told_and_nothing_more() -> None:
    told = {"duration": 4, "emoji": "", "title": 7, "round": True, "piece": "1:2", "upload": "x"}
    assert file(data=told)["about"] == {"duration": 4, "round": True}
    assert file()["about"] is None
    assert file(state="gone")["can_retry"]
    assert not file(state="gone", data={"upload": "x"})["can_retry"], "nobody else holds it"


def test_what_stands_in_the_place_of_a_file_has_no_address() -> None:
    assert str(file()["url"]).startswith("/files/")
    assert file(kind="location", data={"latitude": 53.9, "longitude": 27.5})["url"] is None


async def test_the_message_that_is_answered_is_told_of_however_far_above_it_stands(
    house: House,
) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive("Where is order 48101?")
    await house.desk.taking.take(anna, contact)
    (asked,) = (await house.contacts.thread(anna, contact, MessageQuery(limit=1, after=0))).items
    new = NewMessage(kind="reply", text="On its way", client_msg_id=str(new_id()), attachments=[],
                     buttons=[], reply_to=asked.id)  # fmt: skip
    await house.desk.talking.write(anna, contact, new)
    *_, answer = (await house.contacts.thread(anna, contact, MessageQuery())).items
    assert answer.quoted is not None
    assert (answer.quoted.seq, answer.quoted.kind) == (asked.seq, "inbound")
    assert answer.quoted.text == "Where is order 48101?"
    assert asked.quoted is None
    await house.database.execute("UPDATE messages SET deleted_at = now() WHERE id = $1", asked.id)
    *_, answer = (await house.contacts.thread(anna, contact, MessageQuery())).items
    assert answer.quoted is not None
    assert answer.quoted.text == ""


async def test_a_draft_keeps_half_written_buttons_and_what_it_answers(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    answered = uuid4()
    given = {"text": "", "buttons": [{"text": "Yes"}, {"text": "", "url": "https://"}],
             "reply_to": answered}  # fmt: skip
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn.model_validate(given))
    draft = (await house.contacts.contact(anna, contact)).drafts.reply
    assert draft is not None
    assert draft.reply_to == answered
    assert [(one.text, one.url) for one in draft.buttons] == [("Yes", None), ("", "https://")]
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn.model_validate({"text": ""}))
    assert (await house.contacts.contact(anna, contact)).drafts.reply is None


async def test_a_client_who_wants_no_messages_is_known_until_he_wants_them_again(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()

    async def says(*, granted: bool) -> UUID:
        clock.advance(1)
        identity: UUID = (await house.row(contact))["identity_id"]
        await house.database.execute(
            "INSERT INTO consents (id, identity_id, purpose, granted, text_version, source, at)"
            " VALUES ($1, $2, 'messages', $3, '', '', $4)",
            new_id(), identity, granted, clock.now(),
        )  # fmt: skip
        return identity

    assert (await house.contacts.contact(anna, contact)).refused_at is None
    await says(granted=False)
    assert (await house.contacts.contact(anna, contact)).refused_at == clock.now()
    await says(granted=True)
    assert (await house.contacts.contact(anna, contact)).refused_at is None
