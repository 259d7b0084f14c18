"""A mailbox that mails are posted to, and the SMTP server where its answers arrive."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, Self

import aiohttp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.mail.hooks import sign
from tests.support.house import Office, free_port
from tests.support.waiting import PATIENCE

ADDRESS = "help@shop.example"
SERVER = "mx.shop.example"
SECRET = "whsec_c2hhcmVkIHdpdGggdGhlIG1haWwgc2VydmVy"


@dataclass(frozen=True)
class Arrived:
    """A mail of ours at the world's end."""

    recipients: tuple[str, ...]
    mail: EmailMessage

    def text(self, subtype: str) -> str:
        """The plain or the HTML part."""
        part = self.mail.get_body((subtype,))
        assert part is not None, self.mail.get_content_type()
        return str(part.get_content()).replace("\r\n", "\n")


class Outside:
    """Takes every mail, on a port of its own, in a thread of its own; a context manager."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self._news = threading.Condition()
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE
        )

    async def handle_DATA(  # noqa: N802 - what aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """A mail has come."""
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        with self._news:
            self.arrived.append(Arrived(tuple(envelope.rcpt_tos), mail))
            self._news.notify_all()
        return "250 taken"

    def wait(self, of: Callable[[Arrived], bool], seconds: float = PATIENCE) -> Arrived:
        """The first mail that is this one."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                if found := next((one for one in self.arrived if of(one)), None):
                    return found
                assert self._news.wait(end - time.monotonic()), "the mail has not come"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


async def connect(office: Office, port: int, **settings: Any) -> dict[str, Any]:
    """A mail account whose mails are posted to its hook and leave for this port."""
    brand = (await office.call("GET", "/brands"))["items"][0]
    queue = (await office.call("GET", "/queues"))["items"][0]
    account: dict[str, Any] = await office.call("POST", "/accounts", {
        "provider": "mail", "title": "Почта", "brand_id": brand["id"], "queue_id": queue["id"],
        "settings": {
            "address": ADDRESS, "receives": "hook", "hook_secret": SECRET, "login": "none",
            "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "plain",
            "trusted_servers": [SERVER], "undo_seconds": 0, **settings,
        },
    })  # fmt: skip
    return account


def mail(
    subject: str, text: str = "", *, html: str = "", sender: str = "Вера <vera@client.example>",
    to: str = ADDRESS, proof: str = "dmarc=pass", **headers: str,
) -> EmailMessage:  # fmt: skip
    """A mail from outside, with what the company's own server found out about its sender."""
    made = EmailMessage(policy=default)
    domain = sender.rpartition("@")[2].strip("> ")
    if proof:
        made["Authentication-Results"] = f"{SERVER}; {proof} header.from={domain}"
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = f"<{uuid.uuid4()}@{domain}>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text or "См. картинку")
    if html:
        made.add_alternative(html, subtype="html")
    return made


async def post(url: str, key: str, raw: bytes) -> None:
    """As `contact-center mail-pipe` does."""
    stamp, name = str(int(time.time())), str(uuid.uuid4())
    headers = {
        "Content-Type": "message/rfc822", "webhook-id": name, "webhook-timestamp": stamp,
        "webhook-signature": sign(SECRET, name, stamp, raw),
    }  # fmt: skip
    async with aiohttp.ClientSession() as session:
        reply = await session.post(f"{url}/hooks/{key}", data=raw, headers=headers)
        assert reply.status < 300, (reply.status, await reply.text())
