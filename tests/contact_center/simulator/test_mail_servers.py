"""The simulator's servers, met by the real mailbox and the real sender of the mail channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.errors import Misconfigured, Rejected, Temporary, Uncertain
from channels.mail.automatic import Own
from channels.mail.imap import Mailbox, MailboxSettings
from channels.mail.parser import parse
from channels.mail.servers import MailServer
from channels.mail.smtp import Sender, SmtpSettings
from contact_center.simulator import company
from contact_center.simulator.mailbox import imap, mails
from contact_center.simulator.mailbox.mails import OUR_SERVER, Draft, File, Stamp, Writer
from contact_center.simulator.mailbox.post import PASSWORD, Person, Post
from tests.support.mailbox import Kept
from tests.support.waiting import eventually


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    given = company.load()
    made = Post(given.names, given.mailbox)
    await made.start({})
    yield made
    await made.stop()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def server(post: Post, port: int, **more: Any) -> MailServer:
    given: dict[str, Any] = {"user": post.house.address, "password": PASSWORD, "timeout": 0.5}
    return MailServer(host="127.0.0.1", port=port, security="plain", **given | more)


def mailbox(post: Post, **more: Any) -> MailboxSettings:
    given: dict[str, Any] = {"start": "all", "handled": "seen", "idle_seconds": 1.0} | more
    return MailboxSettings(server=server(post, post.imap.port), **given)


async def send(post: Post, *recipients: str, raw: bytes = b"Subject: hi\r\n\r\nhello\r\n") -> Any:
    assert post.smtp is not None
    sender = Sender(SmtpSettings(server=server(post, post.smtp.port, timeout=5.0)))
    try:
        return await sender.send(post.house.address, recipients, raw)
    finally:
        await sender.close()


def inbox(post: Post) -> list[imap.Stored]:
    return post.imap.folders[imap.INBOX].mails


# --- reading ---------------------------------------------------------------------------------


async def test_what_waits_and_what_comes_is_read_and_marked(post: Post, kept: Kept) -> None:
    person = post.invite()
    post.write(person.id, Draft("First", "one"))
    async with kept.listening(mailbox(post)):
        await eventually(lambda: len(kept.mails) == 1)
        post.write(person.id, Draft("Second", "two\n.\n..three"))
        await eventually(lambda: len(kept.mails) == 2)
        await eventually(lambda: all("\\Seen" in mail.flags for mail in inbox(post)))
    assert [mail.raw for mail in kept.mails] == [mail.raw for mail in inbox(post)]
    assert kept.states == [("green", None)]


async def test_handled_mail_is_moved_to_a_folder_that_is_made_for_it(
    post: Post, kept: Kept
) -> None:
    post.write(post.invite().id, Draft("First", "one"))
    async with kept.listening(mailbox(post, handled="move", move_to="Done")):
        await eventually(lambda: "Done" in post.imap.folders and not inbox(post))
    assert len(post.imap.folders["Done"].mails) == 1


@pytest.mark.parametrize(
    ("fault", "words"), [("drop", "hung up"), ("bye", "maintenance"), ("silent", "no answer")]
)
async def test_a_fault_turns_the_account_red_and_its_end_green(
    post: Post, kept: Kept, fault: imap.Fault, words: str
) -> None:
    async with kept.listening(mailbox(post)):
        await eventually(lambda: kept.states == [("green", None)])
        post.imap.fail(fault)
        post.write(post.invite().id, Draft("While it was down", "one"))
        await eventually(lambda: kept.states[-1][0] == "red")
        assert words in str(kept.states[-1][1])
        post.imap.fail("none")
        await eventually(lambda: kept.states[-1] == ("green", None))
        await eventually(lambda: len(kept.mails) == 1)


async def test_a_refused_password_stops_the_account(post: Post, kept: Kept) -> None:
    post.imap.fail("password")
    with pytest.raises(Misconfigured, match="Invalid user name or password"):
        await Mailbox(mailbox(post)).check()
    with pytest.raises(Misconfigured):
        await Mailbox(mailbox(post), on_state=kept.state).listen(None, kept.deliver)
    assert kept.states[-1][0] == "red"


# --- sending -----------------------------------------------------------------------------------


async def test_a_mail_reaches_whomever_it_names(post: Post) -> None:
    anna, boris = post.invite(), post.invite()
    raw = b"Subject: hi\r\nMessage-ID: <1@us>\r\n\r\nhello\r\n.\r\n"
    sent = await send(post, anna.writer.address, boris.writer.address, raw=raw)
    assert sent.accepted == (anna.writer.address, boris.writer.address)
    for person in (anna, boris):
        assert [item.raw for item in person.items] == [raw]
        assert (person.unread, person.items[0].mine) == (1, False)


async def test_later_is_temporary_and_arrives_nowhere(post: Post) -> None:
    anna = post.invite()
    post.fail("smtp", "later")
    with pytest.raises(Temporary, match="451"):
        await send(post, anna.writer.address)
    assert anna.items == []


async def test_the_first_recipient_is_refused_for_good(post: Post) -> None:
    anna, boris = post.invite(), post.invite()
    post.fail("smtp", "refused")
    with pytest.raises(Rejected, match="550"):
        await send(post, anna.writer.address)
    sent = await send(post, anna.writer.address, boris.writer.address)
    assert sent.accepted == (boris.writer.address,)
    assert sent.refused[anna.writer.address][0] == 550


async def test_a_lost_last_word_is_uncertain_and_the_mail_is_there(post: Post) -> None:
    anna = post.invite()
    post.fail("smtp", "drop")
    with pytest.raises(Uncertain):
        await send(post, anna.writer.address)
    assert len(anna.items) == 1


async def test_a_slow_server_is_waited_for(post: Post) -> None:
    anna = post.invite()
    assert post.smtp is not None
    post.smtp.slow_seconds = 1.0
    post.fail("smtp", "slow")
    loop = asyncio.get_running_loop()
    began = loop.time()
    await send(post, anna.writer.address)
    assert loop.time() - began >= 1.0


async def test_nobody_sends_without_the_password(post: Post) -> None:
    assert post.smtp is not None
    wrong = Sender(SmtpSettings(server=server(post, post.smtp.port, password="wrong")))
    with pytest.raises(Misconfigured):
        await wrong.check()
    unknown = Sender(SmtpSettings(server=server(post, post.smtp.port, user="", password="")))
    with pytest.raises((Misconfigured, Rejected)):
        await unknown.send("a@b.example", ["c@d.example"], b"Subject: x\r\n\r\n")
    await unknown.close()


# --- what is written -----------------------------------------------------------------------------

OLGA = Writer("Ольга Соколова", "olga@client.example", "ru")
STAMP = Stamp(datetime(2026, 1, 5, 9, tzinfo=UTC), "unique")
HOUSE = "help@vasilek.example"
OURS = mails.read(
    b"From: Help <help@vasilek.example>\r\nTo: olga@client.example\r\nSubject: Re: Order\r\n"
    b"Reply-To: help+token@vasilek.example\r\nMessage-ID: <ours@vasilek.example>\r\n"
    b"References: <hers@client.example>\r\n\r\nIt is on its way.\r\n"
)


def seen(raw: bytes, *, forged: bool = False) -> Any:
    """As the house reads it."""
    return parse(
        mails.received(raw, HOUSE, OLGA, STAMP, forged=forged), own=Own.of((), (HOUSE,)),
        servers=(OUR_SERVER,),
    )  # fmt: skip


def test_an_answer_quotes_and_refers_to_what_it_answers() -> None:
    assert mails.sender_of(OURS) == "help+token@vasilek.example"
    draft = Draft("", "Спасибо!", html=True, file=File("фото.png", "image/png", b"\x89PNG"))
    found = seen(mails.mail(OLGA, HOUSE, draft, STAMP, OURS).as_bytes())
    assert found.reply == "Спасибо!"
    assert (found.subject, found.in_reply_to) == ("Re: Order", "<ours@vasilek.example>")
    assert found.references == ("<hers@client.example>", "<ours@vasilek.example>")
    assert [file.name for file in found.files] == ["фото.png"]
    assert found.html is not None
    assert found.authentication.aligned
    assert found.automatic is None


def test_a_forged_sender_fails_the_check() -> None:
    draft = Draft("Urgent", "Pay", forged="Bank <bank@bank.example>")
    found = seen(mails.mail(OLGA, HOUSE, draft, STAMP).as_bytes(), forged=True)
    assert found.author.address == "bank@bank.example"
    assert found.authentication.aligned is False


def test_an_absence_note_is_automatic() -> None:
    found = seen(mails.absence(OLGA, OURS, STAMP).as_bytes())
    assert found.automatic in ("out-of-office", "auto-reply")
    assert found.in_reply_to == "<ours@vasilek.example>"


def test_a_bounce_names_the_mail_that_came_back() -> None:
    found = seen(mails.bounce(OLGA, HOUSE, OURS, STAMP).as_bytes())
    assert found.automatic == "bounce"
    assert [(b.action, b.status, b.recipient) for b in found.bounces] == [
        ("failed", "5.2.2", "olga@client.example")
    ]
    assert found.original_id == "<ours@vasilek.example>"


def test_a_long_name_in_two_encoded_words_is_one_name() -> None:
    raw = (
        b"From: =?utf-8?b?0J7Qu9GM0LPQsCDQlNGD0LHRgNC+0LLRgdC60LDRjywg0JvQsNCy?=\r\n"
        b" =?utf-8?b?0LrQsCDCq9CS0LDRgdC40LvRkdC6wrs=?=\r\n <help@vasilek.example>\r\n\r\n"
    )
    assert "Ольга Дубровская, Лавка «Василёк»" in str(mails.read(raw)["From"])


def test_threads_are_told_by_references() -> None:
    person = Person("1", OLGA)
    first = person.keep(mails.mail(OLGA, HOUSE, Draft("A", "a"), STAMP).as_bytes(), mine=True)
    answer = (
        b"Message-ID: <2@us>\r\nIn-Reply-To: <unique@client.example>\r\n"
        b"References: <unique@client.example>\r\n\r\nb\r\n"
    )
    other = b"Message-ID: <3@us>\r\nSubject: A\r\n\r\nc\r\n"
    assert person.keep(answer, mine=False).thread == first.thread
    assert person.keep(other, mine=False).thread != first.thread
