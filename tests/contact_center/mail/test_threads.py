"""Who joins which talk: by our mark, by names of mails, and never as somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from channels.mail import smtp
from channels.mail.message import ParsedMail
from tests.contact_center.mail.post import Box, Post, results
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRANGER = "boris@other.example"


async def answered(box: Box, **settings: Any) -> tuple[dict[str, Any], ParsedMail]:
    """The client wrote and was answered: the contact and our mail."""
    box.write(Authentication_Results=results("pass"))
    contact = await box.contact()
    await box.take(contact["id"])
    await box.reply(contact["id"])
    return contact, await box.arrived()


async def test_an_answer_by_its_headers_joins_the_contact(post: Post) -> None:
    box = await post.box(plus_addresses=False)
    contact, ours = await answered(box)
    box.answer(ours)
    *_, last = await box.messages(3)
    assert (last["contact_id"], last["text"]) == (contact["id"], "Спасибо!")


async def test_an_answer_that_lost_its_headers_joins_by_the_plus_address(post: Post) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    (reply_to,) = ours.reply_to
    box.write("Без заголовков", to=reply_to.address, subject="Другая тема")
    *_, last = await box.messages(3)
    assert (last["contact_id"], last["text"]) == (contact["id"], "Без заголовков")


async def test_an_answer_to_the_name_a_relay_gave_our_mail_joins(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "learnt", lambda _settings, _words: "<0100-relay@email.example>")
    box = await post.box(plus_addresses=False)
    contact, _ = await answered(box)
    (row,) = await box.rows("SELECT message_id FROM outbox WHERE account_id = $1")
    assert (await box.delivery(row["message_id"], "sent"))["provider_id"].startswith("<0100")
    box.write("По другому имени", In_Reply_To="<0100-relay@email.example>")
    *_, last = await box.messages(3)
    assert (last["contact_id"], last["text"]) == (contact["id"], "По другому имени")


async def test_a_subject_joins_nothing(post: Post) -> None:
    box = await post.box()
    _, ours = await answered(box)
    box.write("Чужая тема", subject=ours.subject)
    await box.messages(3)
    assert len(await box.contacts()) == 2


async def test_a_mail_and_its_answer_that_come_together_are_one_contact(post: Post) -> None:
    """As after an outage: nothing of them is in the rows when they are placed."""
    box = await post.box(start=False)
    for number, more in enumerate((
        {}, {"In_Reply_To": "<1.{}@client.example>"}, {"In_Reply_To": "<2.{}@client.example>"},
        {"In_Reply_To": "<3.{}@client.example>"},
    )):  # fmt: skip
        box.write(f"{number}", **{key: value.format(box.number) for key, value in more.items()})
    await post.switch(box, "on")
    messages = await box.messages(4)
    assert len(await box.contacts()) == 1
    assert sorted(one["text"] for one in messages) == ["0", "1", "2", "3"]


async def people(box: Box, contact: Any) -> list[tuple[str, str, bool]]:
    """The participants of a contact as the API tells of them."""
    told = await box.ask("GET", f"/contacts/{contact}")
    found = [(one["value"], one["role"], one["verified"]) for one in told.body["participants"]]
    return sorted(found, key=lambda one: one[1])


@pytest.mark.parametrize("proven", [False, True], ids=["not judged", "proven by DMARC"])
async def test_a_stranger_on_a_thread_is_a_participant_and_gets_nothing(
    post: Post, proven: bool
) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    boris = f"{box.number}.{STRANGER}"
    judged = results("pass", "other.example") if proven else ""
    box.answer(ours, "Переведите деньги мне", sender=f"Анна <{boris}>",
               Authentication_Results=judged)  # fmt: skip
    *_, last = await box.messages(3)
    assert (last["contact_id"], last["owner"]) == (contact["id"], contact["identity_id"])
    assert last["data"]["mail"].get("aligned", False) is proven  # the letter's own badge stays
    assert await people(box, contact["id"]) == [
        (boris, "member", False), (box.client, "owner", True),
    ]  # fmt: skip
    await box.reply(contact["id"], "Только вам")
    envelope, again = await box.envelope(2), await box.arrived(2)
    assert envelope.recipients == [box.client]
    assert STRANGER not in again.text
    assert "Переведите" not in again.text
    assert "> Где заказ?" in again.text


async def test_another_address_of_the_same_client_is_no_stranger(post: Post) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    second = f"second.{box.client}"
    box.write("Другая тема", sender=second, Authentication_Results=results("pass"))
    await box.messages(3)
    await box.db.execute(
        "UPDATE identities SET client_id = (SELECT client_id FROM identities WHERE value = $1) "
        "WHERE value = $2", box.client, second,
    )  # fmt: skip
    box.answer(ours, "Это тоже я", sender=second, Authentication_Results=results("pass"))
    await box.messages(4)
    assert await people(box, contact["id"]) == [
        (second, "member", True), (box.client, "owner", True),
    ]  # fmt: skip


async def test_a_strangers_letter_that_is_split_off_is_his_own_again(post: Post) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    boris = f"{box.number}.{STRANGER}"
    judged = results("pass", "other.example")
    box.answer(ours, "А у меня другое", sender=boris, Authentication_Results=judged)
    *_, last = await box.messages(3)
    path = f"/contacts/{contact['id']}/split"
    split = await box.ask("POST", path, json={"message_id": str(last["id"])})
    assert split.status in (200, 201), split.body
    assert await people(box, split.body["contact"]["id"]) == [(boris, "owner", True)]


async def test_strangers_who_answer_a_newsletter_we_do_not_hold_share_no_contact(
    post: Post,
) -> None:
    box = await post.box()
    news = {"In_Reply_To": "<news@away.example>", "References": "<news@away.example>"}
    box.write("Хочу скидку", **news)
    box.write("И я хочу", sender=STRANGER, **news)
    anna, boris = await box.messages(2)
    assert anna["contact_id"] != boris["contact_id"]
    assert len(await box.contacts()) == 2


@pytest.mark.parametrize("first", ["the first", "the second"])
async def test_a_second_mail_of_an_author_joins_his_first_in_whatever_order_they_come(
    post: Post, first: str
) -> None:
    box = await post.box()
    news, name = "<news@away.example>", f"<{box.number}.1@client.example>"
    mails = [
        {"name": name, "References": news},
        {"name": f"<{box.number}.2@client.example>", "References": f"{news} {name}"},
    ]
    for number, given in enumerate(mails if first == "the first" else mails[::-1]):
        box.write(f"Письмо {number}", **given)
        await box.messages(number + 1)
    assert len(await box.contacts()) == 1


async def test_a_second_mail_that_names_only_the_first_joins_what_we_hold(post: Post) -> None:
    box = await post.box()
    name = f"<{box.number}.1@client.example>"
    box.write(name=name, In_Reply_To="<news@away.example>", References="<news@away.example>")
    await box.messages(1)
    box.write("Ещё вот что", name=f"<{box.number}.2@client.example>", In_Reply_To=name)
    await box.messages(2)
    assert len(await box.contacts()) == 1


async def test_a_forged_sender_joins_and_is_shown_as_forged(post: Post) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    box.answer(ours, "Это не я", Authentication_Results=results("fail"))
    *_, last = await box.messages(3)
    assert last["contact_id"] == contact["id"]
    assert last["data"]["mail"]["verdict"] == {"dmarc": "fail"}
    assert last["data"]["mail"]["aligned"] is False


@pytest.mark.parametrize("follow_up", [60, 0])
async def test_an_answer_to_a_closed_contact_follows_it_within_its_time(
    post: Post, follow_up: int
) -> None:
    box = await post.box(follow_up=follow_up)
    contact, ours = await answered(box)
    await box.close(contact["id"])
    box.answer(ours)
    await box.messages(3)
    first, second = await box.contacts()
    assert (first["id"], first["state"], second["state"]) == (contact["id"], "closed", "open")
    assert second["follows_id"] == (contact["id"] if follow_up else None)
    assert second["conversation_key"] == contact["conversation_key"]
    (work,) = await box.db.fetch("SELECT * FROM work WHERE contact_id = $1", second["id"])
    assert work["origin"] == ("follow_up" if follow_up else "arrival")


async def test_an_out_of_office_opens_nothing_again(post: Post) -> None:
    box = await post.box()
    contact, ours = await answered(box)
    await box.close(contact["id"])
    box.answer(ours, "Я в отпуске", Auto_Submitted="auto-replied")
    *_, last = await box.messages(3)
    assert last["contact_id"] == contact["id"]
    assert last["data"]["mail"]["automatic"] == "out-of-office"
    (still,) = await box.contacts()
    assert still["state"] == "closed"
    turns = await box.db.fetch("SELECT state FROM work WHERE contact_id = $1", contact["id"])
    assert "waiting" not in {turn["state"] for turn in turns}


async def test_a_machines_answer_to_nothing_of_ours_waits_for_nobody(post: Post) -> None:
    box = await post.box()
    box.write("Спасибо за письмо", Auto_Submitted="auto-replied")
    contact = await box.contact()
    assert (contact["state"], contact["automatic"]) == ("closed", True)
    assert not await box.db.fetch("SELECT 1 FROM work WHERE contact_id = $1", contact["id"])


@pytest.mark.parametrize(
    "fields",
    [
        {"List_Id": "<sales.client.example>", "Precedence": "list"},
        {"Auto_Submitted": "auto-generated", "Reply_To": "anna@home.example"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=["a group", "a form", "no answers, please"],
)
async def test_a_person_behind_a_program_is_offered_and_answered_by_no_machine(
    post: Post, fields: dict[str, str]
) -> None:
    box = await post.box()
    await box.letters(confirmation={"ru": "Приняли", "en": "Taken in"})
    box.write("Где заказ?", Authentication_Results=results("pass"), **fields)
    contact = await box.contact()
    assert (contact["state"], contact["automatic"]) == ("open", False)
    (work,) = await box.db.fetch("SELECT state FROM work WHERE contact_id = $1", contact["id"])
    assert work["state"] == "waiting"
    asked = "SELECT state FROM jobs WHERE kind = 'letters.confirm' AND key = $1"

    async def settled() -> bool:
        jobs = await box.db.fetch(asked, str(contact["id"]))
        return not any(job["state"] in ("waiting", "running") for job in jobs)

    await eventually(settled)
    assert not await box.rows("SELECT 1 FROM outbox WHERE account_id = $1")
