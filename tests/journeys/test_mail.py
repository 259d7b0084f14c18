"""Two mailboxes on a real Dovecot and Exim: a client in one, the house in the other."""

from __future__ import annotations

import asyncio
import imaplib
import signal
import smtplib
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

import pytest

from channels.mail.message import ParsedMail
from channels.mail.parser import parse
from tests.journeys.conftest import SOAK
from tests.support import certificates, mailservers
from tests.support.house import House, Office
from tests.support.mailservers import PASSWORD, Dovecot, Exim
from tests.support.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(240)]

HELP, ANNA, GONE = "help@example.org", "anna@example.org", "gone@example.org"
BACK_WITHIN = 30.0 if SOAK else PATIENCE
VIEWS = ("all", "closed")


@pytest.fixture
def servers() -> Iterator[tuple[Dovecot, Exim]]:
    if not mailservers.installed():
        pytest.skip(mailservers.MISSING)
    dovecot = Dovecot()
    exim = Exim(dovecot.lmtp)
    try:
        dovecot.start()
        exim.start()
        yield dovecot, exim
    finally:
        exim.remove()
        dovecot.remove()


@pytest.fixture
async def office(servers: tuple[Dovecot, Exim]) -> AsyncIterator[Office]:
    with House("run") as house:
        await house.ready()
        office = Office(house.url)
        try:
            await office.begin(house.first_token)
            await furnish(office, *servers)
            yield office
        finally:
            await office.close()


async def furnish(office: Office, dovecot: Dovecot, exim: Exim) -> None:
    """A company whose only mailbox is read from Dovecot and sends through Exim."""
    chat = await office.furnish()
    settings = {
        "address": HELP, "password": PASSWORD, "certificate": certificates.local().certificate,
        "imap_host": "localhost", "imap_port": dovecot.imaps,
        "smtp_host": "localhost", "smtp_port": exim.smtp, "smtp_security": "starttls",
        "start": "all", "undo_seconds": 0,
    }  # fmt: skip
    account = {"provider": "mail", "title": "Почта", "brand_id": chat["brand_id"],
               "queue_id": office.queue, "settings": settings}  # fmt: skip
    await office.call("POST", "/accounts", account)


class Person:
    """Somebody with a mail program."""

    def __init__(self, address: str, dovecot: Dovecot, exim: Exim) -> None:
        self.address = address
        self.dovecot = dovecot
        self.exim = exim

    async def write(self, subject: str, text: str, **fields: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.address, HELP, subject
        mail["Message-ID"] = f"<{time.monotonic_ns()}@client.example>"
        for name, value in fields.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        await asyncio.to_thread(self._send, mail)

    def _send(self, mail: EmailMessage) -> None:
        trusting = ssl.create_default_context(cadata=certificates.local().certificate)
        with smtplib.SMTP("localhost", self.exim.smtp) as smtp:
            smtp.starttls(context=trusting)
            smtp.login(self.address, PASSWORD)
            assert smtp.send_message(mail) == {}

    async def answer(self, ours: ParsedMail, text: str, **fields: str) -> None:
        names = " ".join([*ours.references, ours.message_id])
        given = {"In_Reply_To": ours.message_id, "References": names, **fields}
        await self.write(f"Re: {ours.subject}", text, **given)

    async def received(self, count: int) -> ParsedMail:
        """The newest mail, as soon as there are so many."""

        async def enough() -> Any:
            mails = await asyncio.to_thread(self._mails)
            return mails if len(mails) >= count else None

        mails = await eventually(enough, every=0.1)
        return parse(mails[-1])

    def _mails(self) -> list[bytes]:
        with imaplib.IMAP4("127.0.0.1", self.dovecot.imap) as imap:
            imap.login(self.address, PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            found: list[Any] = [imap.fetch(n.decode(), "(BODY.PEEK[])")[1][0] for n in numbers]
        return [one[1] for one in found]


async def contacts(office: Office, count: int, **seconds: float) -> list[dict[str, Any]]:
    """All contacts, newest first, as soon as there are so many."""

    async def enough() -> Any:
        views = [await office.call("GET", f"/contacts?view={view}") for view in VIEWS]
        found = list({one["id"]: one for view in views for one in view["items"]}.values())
        return found if len(found) >= count else None

    found: list[dict[str, Any]] = await eventually(enough, every=0.1, **seconds)
    assert len(found) == count
    return found


async def messages(office: Office, contact: str, count: int) -> list[dict[str, Any]]:
    """What was said in a contact, as soon as there is so much of it."""

    async def enough() -> Any:
        found = (await office.call("GET", f"/contacts/{contact}/messages"))["items"]
        said = [one for one in found if one["kind"] in ("inbound", "outbound")]
        return said if len(said) >= count else None

    found: list[dict[str, Any]] = await eventually(enough, every=0.1)
    return found


async def reply(office: Office, contact: str, text: str) -> str:
    body = {"kind": "reply", "text": text, "client_msg_id": text}
    said = await office.call("POST", f"/contacts/{quote(contact)}/messages", body)
    return str(said["id"])


async def test_mail_between_a_client_and_the_house(
    servers: tuple[Dovecot, Exim], office: Office
) -> None:
    dovecot, exim = servers
    anna, gone = Person(ANNA, dovecot, exim), Person(GONE, dovecot, exim)

    # A client's mail becomes a contact, and the operator's answer arrives threaded.
    await anna.write("Заказ 48101", "Где мой заказ?")
    (first,) = await contacts(office, 1)
    talk = first["id"]
    await office.call("POST", f"/contacts/{talk}/take")
    await reply(office, talk, "Уже едет")
    ours = await anna.received(1)
    (question,) = (await messages(office, talk, 2))[:1]
    assert ours.in_reply_to == question["data"]["mail"]["message_id"]
    assert ours.subject == "Re: Заказ 48101"
    assert ours.reply == "Уже едет"
    assert "> Где мой заказ?" in ours.text

    # Her answer to it joins the same contact.
    await anna.answer(ours, "Спасибо, жду!")
    assert [one["text"] for one in await messages(office, talk, 3)][-1] == "Спасибо, жду!"
    await contacts(office, 1)

    # An out-of-office does nothing: it is kept, and the closed contact stays closed.
    await office.call("POST", f"/contacts/{talk}/close", {"result_code_id": office.solved})
    await anna.answer(ours, "Я в отпуске до 9 января", Auto_Submitted="auto-replied (vacation)")
    *_, away = await messages(office, talk, 4)
    assert away["data"]["mail"]["automatic"] == "out-of-office"
    (still,) = await contacts(office, 1)
    assert still["state"] == "closed"

    # A bounce, Exim's own, marks the message failed with the reason.
    await gone.write("Возврат", "Верните деньги")
    second = next(one for one in await contacts(office, 2) if one["id"] != talk)
    await office.call("POST", f"/contacts/{second['id']}/take")
    sent = await reply(office, second["id"], "Вернули")

    async def failed() -> Any:
        found = await messages(office, second["id"], 2)
        delivery = next(one for one in found if one["id"] == sent)["delivery"]
        return delivery if delivery["state"] == "failed" else None

    delivery = await eventually(failed, every=0.1)
    assert "No such user any more" in delivery["reason"]

    # The mail server dies while we listen, and comes back.
    dovecot.stop(signal.SIGKILL)
    await asyncio.sleep(3)  # long enough for the first tries to fail
    dovecot.start()
    back = time.monotonic()
    await anna.write("После аварии", "Вы меня слышите?")
    await contacts(office, 3, seconds=BACK_WITHIN)
    took = time.monotonic() - back
    print(f"\nthe next mail was there {took:.1f} s after the restart of Dovecot")
    assert took < BACK_WITHIN
