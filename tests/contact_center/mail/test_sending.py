"""The operator's reply on its way out, and what its recipients' servers say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from channels.mail import threads
from contact_center.kernel.ids import new_id
from tests.contact_center.mail.post import Box, Post, bounce, results
from tests.support.scripted_smtp import CUT

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def talk(box: Box) -> UUID:
    """A contact that Olga has."""
    box.write()
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    return contact


async def failure(box: Box, message: UUID) -> tuple[str, str]:
    """What the operator sees of it."""
    contact = await box.contact()
    answer = await box.ask("GET", f"/contacts/{contact['id']}/messages")
    (seen,) = [one for one in answer.body["items"] if one["id"] == str(message)]
    return seen["delivery"]["state"], seen["delivery"]["reason"] or ""


async def test_a_reply_arrives_threaded_with_what_it_answers_and_the_queues_signature(
    post: Post,
) -> None:
    box = await post.box()
    await box.letters(signature={"ru": "{employee}, {brand}", "en": "x"})
    await box.rows(  # 5 h 45 min ahead
        "UPDATE queues q SET zone = 'Asia/Kathmandu' FROM accounts a "
        "WHERE a.id = $1 AND q.id = a.queue_id"
    )
    await box.reply(await talk(box), "Уже едет")
    found = await box.arrived()
    (said,) = await box.rows(
        "SELECT coalesce(m.provider_at, m.created_at) AS at FROM messages m JOIN contacts c "
        "ON c.id = m.contact_id WHERE c.account_id = $1 AND m.seq = 1"
    )
    assert f"\n{said['at'] + timedelta(hours=5, minutes=45):%d.%m.%Y, %H:%M}, " in found.text
    assert found.in_reply_to == f"<1.{box.number}@client.example>"
    assert found.references == (found.in_reply_to,)
    assert found.subject == "Re: Заказ 48101"
    assert found.reply == "Уже едет"
    assert "-- \nolga, Shop" in found.text
    assert "> Где заказ?" in found.text
    assert found.author is not None
    assert (found.author.address, found.author.name) == (box.address, "olga, Shop")
    assert threads.key_of_token(await secret(box), str(box.account), [found.message_id])
    assert found.automatic is None


async def test_the_next_reply_follows_the_one_before(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    await box.reply(contact, "Первое")
    first = await box.arrived()
    box.answer(first, "А второе?")
    await box.messages(3)
    await box.reply(contact, "Второе")
    second = await box.arrived(2)
    assert second.references == (
        f"<1.{box.number}@client.example>", first.message_id, f"<2.{box.number}@client.example>",
    )  # fmt: skip
    assert "> А второе?" in second.text


async def test_without_a_signature_of_the_queue_the_brands_is_taken(post: Post) -> None:
    await post.db.execute("UPDATE brands SET letters = $1", {"signature": {"ru": "Лавка"}})
    box = await post.box()
    await box.reply(await talk(box))
    assert "-- \nЛавка" in (await box.arrived()).text


@pytest.mark.parametrize("cured", [True, False], ids=["works again", "refused again"])
async def test_a_refused_password_lets_letters_wait_until_a_check_goes_well(
    post: Post, cured: bool
) -> None:
    box = await post.box()
    contact = await talk(box)
    box.smtp.password = "changed"
    message = await box.reply(contact)
    assert "Bad credentials" in await box.turns("red")
    await asyncio.sleep(5)  # longer than the first pauses of the outbox
    assert (box.smtp.count("AUTH"), box.smtp.arrived) == (1, [])
    assert await failure(box, message) == ("pending", await box.turns("red"))
    if cured:
        box.smtp.password = "secret"
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    checked = await post.office.ask("POST", f"/accounts/{box.account}/check", chief)
    assert checked.body["health"] == ("green" if cured else "red")
    if cured:
        await box.delivery(message, "sent")
        assert await box.turns("green") == ""
    else:
        await asyncio.sleep(1)
        assert box.smtp.count("AUTH") == 2  # ours and the one a person asked for


async def test_a_refused_recipient_fails_the_message_with_the_servers_words(post: Post) -> None:
    box = await post.box()
    box.smtp.recipients[box.client] = "550 5.1.1 No such user here"
    message = await box.reply(await talk(box))
    await box.delivery(message, "failed")
    state, words = await failure(box, message)
    assert state == "failed"
    assert "No such user here" in words
    assert not box.smtp.arrived


async def test_one_of_two_refused_is_sent_and_says_which(post: Post) -> None:
    box = await post.box()
    box.smtp.recipients["boss@client.example"] = "550 5.7.1 Not for you"
    letter = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    message = await box.reply(await talk(box), letter=letter)
    await box.delivery(message, "sent")
    state, words = await failure(box, message)
    assert state == "sent"
    assert "boss@client.example: 550 5.7.1 Not for you" in words
    assert (await box.envelope()).recipients == [box.client]


async def test_a_recipient_refused_for_now_alone_gets_the_letter_later(post: Post) -> None:
    box = await post.box()
    box.smtp.recipients["boss@client.example"] = "450 4.7.1 Greylisted"
    box.smtp.recipients["late@client.example"] = "550 5.1.1 No such user"
    copies = [{"address": "boss@client.example"}, {"address": "late@client.example"}]
    letter = {"to": [{"address": box.client}], "cc": copies}
    message = await box.reply(await talk(box), letter=letter)
    first = await box.envelope()
    await box.delivery(message, "pending")
    state, words = await failure(box, message)
    assert (state, words) == ("pending", "boss@client.example: 450 4.7.1 Greylisted")
    del box.smtp.recipients["boss@client.example"]
    second = await box.envelope(2)
    assert (first.recipients, second.recipients) == ([box.client], ["boss@client.example"])
    assert first.raw == second.raw  # the same letter: all its recipients in its head, one name
    await box.delivery(message, "sent")
    assert list(await undelivered(box, message)) == ["late@client.example"]


async def defaults(box: Box, contact: UUID) -> list[str]:
    """Whom the composer shows before anything is chosen."""
    start = await box.ask("GET", f"/contacts/{contact}/letter")
    return [one["address"] for one in start.body["to"]]


async def test_an_answer_goes_where_the_client_wants_it_and_the_composer_says_so_before(
    post: Post,
) -> None:
    box = await post.box()
    box.write(Reply_To=f"Бухгалтерия <books@client.example>, {box.address}")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await defaults(box, contact) == ["books@client.example"]
    await box.reply(contact)
    assert (await box.envelope()).recipients == ["books@client.example"]
    chosen = {"to": [{"address": box.client}]}
    await box.reply(contact, letter=chosen)
    assert (await box.envelope(2)).recipients == [box.client]


@pytest.mark.parametrize(
    "headers",
    [
        {"Reply_To": "help{n}+list@SHOP.example"},
        {"Reply_To": "unknown@nowhere.invalid"},
        {"Reply_To": "x@evil.example", "Authentication_Results": results("fail")},
        {"Reply_To": "x@evil.example", "Authentication_Results": results("pass", "evil.example")},
        {"Reply_To": "all@list.example", "List_Id": "<all.list.example>"},
    ],
    ids=["ourselves", "nobody", "forged", "proven for another", "a list"],
)
async def test_a_reply_to_that_is_not_the_clients_to_choose_is_passed_over(
    post: Post, headers: dict[str, str]
) -> None:
    box = await post.box()
    contact = await talk(box)
    first = f"<1.{box.number}@client.example>"
    box.write("Ещё", References=first,
              **{name: value.format(n=box.number) for name, value in headers.items()})  # fmt: skip
    await box.messages(2)
    assert await defaults(box, contact) == [box.client]
    await box.reply(contact)
    assert (await box.envelope()).recipients == [box.client]


async def test_an_address_of_another_mailbox_of_the_house_is_no_place_for_answers(
    post: Post,
) -> None:
    box, other = await post.box(), await post.box(aliases=["sales@Лавка.example"])
    box.write(Reply_To=f"{other.address}, sales@xn--80aaf6ac.example")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await defaults(box, contact) == [box.client]


async def test_a_stranger_on_the_thread_does_not_say_where_answers_go(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    box.write("Пишите мне", sender="boris@other.example", Reply_To="x@evil.example",
              References=f"<1.{box.number}@client.example>")  # fmt: skip
    await box.messages(2)
    assert await defaults(box, contact) == [box.client]


async def copies(box: Box, contact: UUID) -> list[str]:
    """Who the composer shows to get a copy before anything is chosen."""
    start = await box.ask("GET", f"/contacts/{contact}/letter")
    return [one["address"] for one in start.body["cc"]]


async def test_who_was_written_to_before_and_stands_on_the_letter_gets_a_copy_of_the_answer(
    post: Post,
) -> None:
    box = await post.box(aliases=["sales@shop.example"])
    on_it = f"Босс <Boss@client.example>, other@client.example, sales@shop.example, {box.address}"
    box.write(Cc=on_it)
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await copies(box, contact) == []  # the client alone names them
    chosen = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    await box.reply(contact, letter=chosen)
    box.answer(await box.arrived(), Cc=on_it)
    await box.messages(3)
    assert await copies(box, contact) == ["Boss@client.example"]
    await box.reply(contact)
    assert (await box.envelope(2)).recipients == [box.client, "Boss@client.example"]
    await box.reply(contact, letter={"to": [{"address": box.client}]})  # taken away by hand
    assert (await box.envelope(3)).recipients == [box.client]
    box.answer(await box.arrived(3))  # and the client wants it no more
    await box.messages(6)
    assert await copies(box, contact) == []


async def test_a_proven_address_of_the_clients_gets_a_copy_and_a_claimed_one_does_not(
    post: Post,
) -> None:
    box = await post.box()
    box.write(Cc="home@client.example, typed@client.example")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    for value, proof in (("home", "confirmed"), ("typed", "claimed")):
        await post.db.execute(
            "INSERT INTO identities (id, client_id, medium, value, proof) SELECT $1, i.client_id,"
            " 'email', $2, $3 FROM contacts c JOIN identities i ON i.id = c.identity_id"
            " WHERE c.id = $4",
            new_id(), f"{value}@client.example", proof, contact,
        )  # fmt: skip
    assert await copies(box, contact) == ["home@client.example"]
    await box.reply(contact)
    assert (await box.envelope()).recipients == [box.client, "home@client.example"]


async def test_a_stranger_who_wrote_himself_into_the_thread_gets_no_copy(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    stranger = "stranger@other.example"
    chosen = {"to": [{"address": box.client}], "cc": [{"address": stranger}]}
    await box.reply(contact, letter=chosen)
    first = await box.arrived()
    box.answer(first, sender=stranger)
    box.answer(first, Cc=stranger)
    await box.messages(4)
    assert await copies(box, contact) == []


async def test_a_forged_letter_does_not_say_who_gets_copies(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    chosen = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    await box.reply(contact, letter=chosen)
    forged = results("fail")
    box.answer(await box.arrived(), Cc="boss@client.example", Authentication_Results=forged)
    await box.messages(3)
    assert await copies(box, contact) == []


async def test_silence_after_the_last_word_is_uncertain_and_nothing_is_sent_twice(
    post: Post,
) -> None:
    box = await post.box()
    box.smtp.answers["dot"] = [CUT]
    message = await box.reply(await talk(box))
    row = await box.delivery(message, "uncertain", "sent")
    assert (row["state"], row["attempts"]) == ("uncertain", 1)
    assert box.smtp.count("DATA") == 1


async def test_a_line_that_is_cut_before_the_last_word_is_tried_again(post: Post) -> None:
    box = await post.box()
    box.smtp.answers["DATA"] = ["421 4.3.0 busy"]
    message = await box.reply(await talk(box))
    row = await box.delivery(message, "sent")
    assert row["attempts"] == 2
    assert len(box.smtp.arrived) == 1


@pytest.mark.parametrize("learnt", [False, True])
async def test_a_bounce_fails_the_message_with_its_reason(
    post: Post, monkeypatch: pytest.MonkeyPatch, learnt: bool
) -> None:
    if learnt:
        name = "<0100-bounce@email.example>"
        monkeypatch.setattr("channels.mail.smtp.learnt", lambda _settings, _words: name)
    box = await post.box()
    contact = await talk(box)
    message = await box.reply(contact)
    await box.delivery(message, "sent")
    sent = name if learnt else (await box.arrived()).message_id
    box.imap.add(bounce(box.mail(sender="MAILER-DAEMON@mx.client.example"), sent, box.client))
    await box.delivery(message, "failed")
    state, words = await failure(box, message)
    assert state == "failed"
    assert "550 5.1.1 no such user" in words
    *_, told = await box.messages(3)
    assert (told["contact_id"], told["data"]["mail"]["automatic"]) == (contact, "bounce")
    (still,) = await box.contacts()
    assert still["awaiting"] == "client"  # a machine's word is no answer


async def to_two(box: Box) -> tuple[UUID, UUID, str]:
    """A letter to the client with a copy for his boss, who both took it: contact, message, name."""
    contact = await talk(box)
    letter = {"to": [{"address": box.client}], "cc": [{"address": "Boss@client.example"}]}
    message = await box.reply(contact, letter=letter)
    await box.delivery(message, "sent")
    return contact, message, (await box.arrived()).message_id


async def undelivered(box: Box, message: UUID) -> dict[str, str]:
    contact = await box.contact()
    answer = await box.ask("GET", f"/contacts/{contact['id']}/messages")
    (seen,) = [one for one in answer.body["items"] if one["id"] == str(message)]
    return {one["address"]: one["reason"] for one in seen["delivery"]["undelivered"]}


async def test_a_bounce_of_a_copy_names_whom_it_did_not_reach_and_the_letter_stays_sent(
    post: Post,
) -> None:
    box = await post.box()
    _, message, name = await to_two(box)
    daemon = "MAILER-DAEMON@mx.client.example"
    box.imap.add(bounce(box.mail(sender=daemon), name, "boss@client.example"))
    await box.messages(3)
    assert (await failure(box, message))[0] == "sent"
    told = await undelivered(box, message)
    assert list(told) == ["boss@client.example"]
    assert "550 5.1.1 no such user" in told["boss@client.example"]
    box.imap.add(bounce(box.mail(sender=daemon), name, box.client))  # and now the client, too
    await box.delivery(message, "failed")
    assert set(await undelivered(box, message)) == {"boss@client.example", box.client}


async def test_a_bounce_of_the_one_it_was_written_to_fails_it_whoever_got_a_copy(
    post: Post,
) -> None:
    box = await post.box()
    _, message, name = await to_two(box)
    box.imap.add(bounce(box.mail(sender="MAILER-DAEMON@mx.client.example"), name, box.client))
    await box.delivery(message, "failed")
    assert list(await undelivered(box, message)) == [box.client]


async def test_a_bounce_of_an_address_to_which_a_lone_recipient_passes_his_mail_on_is_his(
    post: Post,
) -> None:
    box = await post.box()
    message = await box.reply(await talk(box))
    await box.delivery(message, "sent")
    name = (await box.arrived()).message_id
    box.imap.add(bounce(box.mail(sender="MAILER-DAEMON@x.example"), name, "anna@elsewhere.example"))
    await box.delivery(message, "failed")
    assert list(await undelivered(box, message)) == [box.client]


async def test_a_bounce_that_comes_before_its_letter_is_known_by_its_name_meets_it(
    post: Post,
) -> None:
    box = await post.box()
    _, message, name = await to_two(box)
    await box.db.execute("UPDATE outbox SET provider_id = NULL WHERE message_id = $1", message)
    await box.db.execute("DELETE FROM deliveries WHERE account_id = $1", box.account)
    box.imap.add(bounce(box.mail(sender="MAILER-DAEMON@x.example"), name, "boss@client.example"))
    await box.messages(3)
    assert not await undelivered(box, message)
    await box.db.execute("UPDATE outbox SET provider_id = $2 WHERE message_id = $1", message, name)
    await box.db.execute(
        "SELECT cc_delivery_meets(ARRAY(SELECT id FROM outbox WHERE message_id = $1))", message
    )
    assert list(await undelivered(box, message)) == ["boss@client.example"]


async def test_who_refused_at_once_is_named_and_where_only_copies_went_out_it_failed(
    post: Post,
) -> None:
    box = await post.box()
    box.smtp.recipients[box.client] = "550 5.1.1 Gone"
    letter = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    message = await box.reply(await talk(box), letter=letter)
    await box.delivery(message, "failed")
    assert await undelivered(box, message) == {box.client: "550 5.1.1 Gone"}


async def test_what_brings_no_address_cannot_be_answered_and_says_so(post: Post) -> None:
    box = await post.box()
    box.imap.add(box.mail(sender=""))
    contact = await box.contact()
    await box.take(contact["id"])
    message = await box.reply(contact["id"])
    await box.delivery(message, "failed")
    assert "no address" in (await failure(box, message))[1]
    assert not box.smtp.said


async def test_a_file_of_the_client_is_sent_back_whole(post: Post, tmp_path: Any) -> None:
    box = await post.box()
    contact = await talk(box)
    content = b"%PDF-1.7 " + bytes(range(256))

    async def chunks() -> Any:
        yield content

    files = post.office.workspace.files
    row = await files.upload(chunks(), name="счёт.pdf", owner=f"employee:{post.olga.id}")
    await box.reply(contact, attachments=[str(row["id"])])
    (file,) = (await box.arrived()).files
    assert (file.name, file.size) == ("счёт.pdf", len(content))


async def secret(box: Box) -> str:
    live = box.post.office.workspace.accounts.get(box.account)
    return live.settings.thread_secret  # type: ignore[union-attr, attr-defined, no-any-return]
