"""What comes back of a letter, and whom it did not reach."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.contact_center.mail.post import Box, Post, bounce
from tests.contact_center.mail.replying import failure, talk, undelivered

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
