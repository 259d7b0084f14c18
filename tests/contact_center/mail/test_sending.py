"""The operator's reply on its way out, and what its recipients' servers say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from channels.mail import threads
from tests.contact_center.mail.post import Box, Post
from tests.contact_center.mail.replying import failure, talk, undelivered
from tests.support.scripted_smtp import CUT

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    if not cured:
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
