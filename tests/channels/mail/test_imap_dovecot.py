"""The mailbox against a real Dovecot, and mail through a real Exim into it."""

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from channels.errors import Misconfigured, Rejected
from channels.mail.imap import Mailbox, MailboxSettings, RawMail
from channels.mail.servers import MailServer, Security
from channels.mail.smtp import Sender, SmtpSettings
from tests.support import certificates, mailservers
from tests.support.mailbox import Kept
from tests.support.mailservers import Dovecot, Exim
from tests.support.waiting import eventually

ANNA = "anna@example.org"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    if not mailservers.installed():
        pytest.skip(mailservers.MISSING)
    server = Dovecot()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def exim(dovecot: Dovecot) -> Iterator[Exim]:
    server = Exim(dovecot.lmtp)
    server.start()
    yield server
    server.remove()


def settings(
    dovecot: Dovecot, user: str, *, security: Security = "tls", password: str = "secret",
    timeout: float = 5.0, **more: object,
) -> MailboxSettings:  # fmt: skip
    port = dovecot.imaps if security == "tls" else dovecot.imap
    server = MailServer(
        host="localhost", port=port, security=security, user=user, password=password,
        authority=certificates.local().certificate, timeout=timeout,
    )  # fmt: skip
    return MailboxSettings(server=server, **{"start": "all"} | more)  # type: ignore[arg-type]


async def put(dovecot: Dovecot, user: str, *subjects: str) -> None:
    for subject in subjects:
        raw = f"Subject: {subject}\r\n\r\nhello\r\n".encode()
        await asyncio.to_thread(dovecot.put, user, raw)


def subjects(kept: Kept) -> list[str]:
    mails = [message_from_bytes(mail.raw, policy=policy.default) for mail in kept.mails]
    return [str(mail["Subject"]) for mail in mails]


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
async def test_a_mailbox_is_reached_by_every_kind_of_connection(
    dovecot: Dovecot, security: Security
) -> None:
    await Mailbox(settings(dovecot, ANNA, security=security)).check()


async def test_a_wrong_password_is_told_in_the_servers_words(dovecot: Dovecot) -> None:
    with pytest.raises(Misconfigured, match="Authentication failed"):
        await Mailbox(settings(dovecot, ANNA, password="wrong")).check()


async def test_a_russian_user_name_and_folder_are_no_trouble(dovecot: Dovecot) -> None:
    kept, user = Kept(), "анна@example.org"
    await asyncio.to_thread(dovecot.put, ANNA, b"Subject: x\r\n\r\n")
    moving = settings(dovecot, ANNA, handled="move", move_to="Обработано & готово")
    async with kept.listening(moving):
        await eventually(lambda: kept.mails and kept.color == "green")
    again = Kept()
    async with again.listening(settings(dovecot, ANNA, folder="Обработано & готово")):
        await eventually(lambda: len(again.mails) == len(kept.mails))
    await Mailbox(settings(dovecot, user)).check()


async def test_a_mail_is_pushed_in_idle(dovecot: Dovecot) -> None:
    kept, user = Kept(), "push@example.org"
    async with kept.listening(settings(dovecot, user, idle_seconds=600), hurried=False):
        await eventually(lambda: kept.color == "green")
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        await put(dovecot, user, "pushed")
        await eventually(lambda: kept.mails)
        print(f"pushed after {time.monotonic() - begun:.2f} s")
    assert subjects(kept) == ["pushed"]


async def test_a_mail_of_twenty_megabytes_comes_whole(dovecot: Dovecot) -> None:
    kept, user = Kept(), "large@example.org"
    raw = b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 4 + b"\r\n"
    raw += (b"x" * 76 + b"\r\n") * 270_000
    await asyncio.to_thread(dovecot.put, user, raw)
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: kept.mails)
    assert kept.mails[0].raw.endswith(raw)


async def test_mail_that_comes_between_select_and_search_is_not_left_until_the_next_sign_of_life(
    dovecot: Dovecot,
) -> None:
    user = "between@example.org"

    class Slow(Kept):
        async def deliver(self, mails: Sequence[RawMail], cursor: dict[str, Any]) -> None:
            if not self.batches:  # the first place is kept: the folder is open and not searched
                await put(dovecot, user, "between")
            await super().deliver(mails, cursor)

    kept = Slow()
    async with kept.listening(settings(dovecot, user, idle_seconds=600)):
        await eventually(lambda: subjects(kept) == ["between"])


async def test_dovecot_killed_in_idle_and_restarted_the_next_mail_arrives_within_30_seconds(
    dovecot: Dovecot,
) -> None:
    kept, user = Kept(), "killed@example.org"
    async with kept.listening(settings(dovecot, user), hurried=False):
        await put(dovecot, user, "before")
        await eventually(lambda: subjects(kept) == ["before"])
        await asyncio.sleep(0.2)
        dovecot.stop(signal.SIGKILL)
        await asyncio.sleep(1.5)
        dovecot.start()
        begun = time.monotonic()
        await put(dovecot, user, "after")
        await eventually(lambda: subjects(kept) == ["before", "after"], seconds=30)
        print(f"arrived {time.monotonic() - begun:.2f} s after the restart")
        assert kept.color == "green"


async def test_mails_of_an_outage_arrive_once_each_in_order(dovecot: Dovecot) -> None:
    kept, user = Kept(), "outage@example.org"
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: kept.color == "green")
        dovecot.stop(signal.SIGKILL)
        await eventually(lambda: kept.color == "red")
    dovecot.start()
    await put(dovecot, user, "one", "two", "three")
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: len(kept.mails) >= 3)
        await put(dovecot, user, "four")
        await eventually(lambda: len(kept.mails) >= 4)
    assert subjects(kept) == ["one", "two", "three", "four"]


async def test_a_graceful_stop_says_goodbye_and_costs_nothing(dovecot: Dovecot) -> None:
    kept, user = Kept(), "graceful@example.org"
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: kept.color == "green")
        await asyncio.to_thread(dovecot.stop)
        await asyncio.to_thread(dovecot.start)
        await put(dovecot, user, "after")
        await eventually(lambda: subjects(kept) == ["after"])


async def test_a_stopped_process_is_a_silent_peer_and_is_noticed(dovecot: Dovecot) -> None:
    kept, user = Kept(), "silent@example.org"
    async with kept.listening(settings(dovecot, user, timeout=0.5, idle_seconds=0.5)):
        await eventually(lambda: kept.color == "green")
        dovecot.signal(signal.SIGSTOP)
        try:
            await eventually(lambda: kept.color == "red")
        finally:
            dovecot.signal(signal.SIGCONT)
        await put(dovecot, user, "awake")
        await eventually(lambda: subjects(kept) == ["awake"] and kept.color == "green")
    assert "no answer" in str(kept.states)


async def test_a_new_uidvalidity_brings_everything_again_and_then_goes_on(
    dovecot: Dovecot,
) -> None:
    kept, user = Kept(), "validity@example.org"
    await put(dovecot, user, "one", "two")
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: len(kept.mails) == 2)
    dovecot.stop(signal.SIGKILL)
    await asyncio.sleep(1.1)  # Dovecot takes the second of the clock for a new UIDVALIDITY
    dovecot.forget_uids(user)
    dovecot.start()
    await put(dovecot, user, "three")
    async with kept.listening(settings(dovecot, user)):
        await eventually(lambda: len(kept.mails) >= 5)
    assert sorted(subjects(kept)) == ["one", "one", "three", "two", "two"]
    assert len({mail.uidvalidity for mail in kept.mails}) == 2


async def test_handled_mail_is_marked_or_moved(dovecot: Dovecot) -> None:
    kept, user = Kept(), "handled@example.org"
    await put(dovecot, user, "one")
    async with kept.listening(settings(dovecot, user, handled="seen")):
        await eventually(lambda: kept.color == "green")
    fresh = Kept()
    async with fresh.listening(settings(dovecot, user, handled="move", move_to="Done")):
        await eventually(lambda: fresh.mails and fresh.color == "green")
    assert "\\Seen" in fresh.mails[0].flags
    done = Kept()
    async with done.listening(settings(dovecot, user, folder="Done")):
        await eventually(lambda: done.mails)
    assert subjects(done) == ["one"]


async def test_a_russian_mail_goes_through_exim_and_dovecot_and_arrives(
    dovecot: Dovecot, exim: Exim
) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = "us@example.org", "full@example.org"
    mail["Subject"] = "Где мой заказ № 42?"
    mail.set_content("Здравствуйте!\n.\nОтветьте, пожалуйста.\n")
    server = MailServer(
        host="localhost", port=exim.smtp, security="starttls", user="us@example.org",
        password="secret", authority=certificates.local().certificate,
    )  # fmt: skip
    sending, kept = Sender(SmtpSettings(server=server)), Kept()
    async with kept.listening(settings(dovecot, "full@example.org"), hurried=False):
        await eventually(lambda: kept.color == "green")
        begun = time.monotonic()
        recipients = ["full@example.org", "nobody@example.org"]
        sent = await sending.send("us@example.org", recipients, mail.as_bytes())
        await eventually(lambda: kept.mails)
        print(f"full circle in {time.monotonic() - begun:.2f} s")
    assert sent.accepted == ("full@example.org",)
    assert sent.refused == {"nobody@example.org": (550, "No such user here")}
    got = message_from_bytes(kept.mails[0].raw, policy=policy.default)
    assert got["Subject"] == "Где мой заказ № 42?"
    assert isinstance(got, EmailMessage)
    assert got.get_content().splitlines() == ["Здравствуйте!", ".", "Ответьте, пожалуйста."]
    with pytest.raises(Rejected, match="No such user"):
        await sending.send("us@example.org", ["nobody@example.org"], mail.as_bytes())
    await sending.close()


async def test_exim_refuses_a_wrong_password_and_an_untrusted_reader_sees_why(exim: Exim) -> None:
    for more, words in (
        ({"password": "wrong", "authority": certificates.local().certificate}, "535"),
        ({"password": "secret"}, "not trusted"),
    ):
        server = MailServer(
            host="localhost", port=exim.smtp, security="starttls", user="us@example.org", **more
        )
        with pytest.raises(Misconfigured, match=words):
            await Sender(SmtpSettings(server=server)).check()
