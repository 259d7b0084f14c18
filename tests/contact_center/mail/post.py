"""The whole service with mailboxes on scripted servers, and people who write to it and in it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from channels.mail import threads
from channels.mail.message import ParsedMail
from channels.mail.parser import parse
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from tests.channels.mail.samples import mail, report
from tests.support.office import Answer, Office, Person, open_office
from tests.support.scripted_imap import ScriptedImap
from tests.support.scripted_smtp import Arrived, ScriptedSmtp
from tests.support.waiting import PATIENCE, eventually

SERVER = "mx.shop.example"
MEDIA_BYTES = 50_000


@dataclass
class Box:
    """One mailbox of the house with a queue of its own, its servers and its client."""

    post: Post
    number: int
    imap: ScriptedImap
    smtp: ScriptedSmtp
    queue: UUID
    account: UUID = field(default_factory=new_id)
    written: int = 0

    @property
    def db(self) -> Database:
        return self.post.db

    @property
    def address(self) -> str:
        return f"help{self.number}@shop.example"

    @property
    def client(self) -> str:
        return f"anna{self.number}@client.example"

    # --- the client's side ---------------------------------------------------------------------

    def mail(self, text: str = "Где заказ?", *, sender: str | None = None, **more: str) -> bytes:
        """A mail of the client that was not written before."""
        self.written += 1
        name = f"<{self.written}.{self.number}@client.example>"
        who = self.client if sender is None else sender
        return mail(text, **{"sender": who, "to": self.address, "name": name} | more)

    def write(self, text: str = "Где заказ?", **more: str) -> bytes:
        """The client writes; returns the mail."""
        raw = self.mail(text, **more)
        self.imap.add(raw)
        return raw

    def answer(self, ours: ParsedMail, text: str = "Спасибо!", **more: str) -> bytes:
        """The client answers a mail of ours as mail programs do."""
        names = " ".join([*ours.references, ours.message_id])
        given = {
            "subject": f"Re: {ours.subject}",
            "In_Reply_To": ours.message_id,
            "References": names,
        }
        return self.write(text, **given | more)

    async def arrived(self, number: int = 1) -> ParsedMail:
        """The n-th mail we sent, as its recipient reads it."""
        return parse((await self.envelope(number)).raw)

    async def envelope(self, number: int = 1) -> Arrived:
        await eventually(lambda: len(self.smtp.arrived) >= number)
        return self.smtp.arrived[number - 1]

    # --- the house's side ----------------------------------------------------------------------

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.db.fetch(query, self.account, *args)]

    async def messages(self, number: int, *, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """The messages of this mailbox, as soon as there are so many."""

        async def enough() -> Any:
            found = await self.rows(
                "SELECT m.*, c.state, c.follows_id, c.identity_id AS owner FROM messages m "
                "JOIN contacts c ON c.id = m.contact_id "
                "WHERE c.account_id = $1 AND m.kind <> 'system' "
                "ORDER BY m.created_at, m.id"
            )
            return found if len(found) >= number else None

        found: list[dict[str, Any]] = await eventually(enough, seconds=seconds)
        assert len(found) == number, [row["text"] for row in found]
        return found

    async def contacts(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM contacts WHERE account_id = $1 ORDER BY opened_at")

    async def contact(self) -> dict[str, Any]:
        """The one contact there is, as soon as it is there."""
        await eventually(self.contacts)
        (found,) = await self.contacts()
        return found

    async def health(self) -> tuple[str, str]:
        (row,) = await self.rows("SELECT health, health_text FROM accounts WHERE id = $1")
        return row["health"], row["health_text"] or ""

    async def turns(self, health: str) -> str:
        """Wait for a state of the connection; returns what is told of it."""

        async def turned() -> Any:
            found = await self.health()
            return found if found[0] == health else None

        told: tuple[str, str] = await eventually(turned)
        return told[1]

    async def cursor(self) -> dict[str, Any]:
        (row,) = await self.rows("SELECT cursor FROM account_cursors WHERE account_id = $1")
        found: dict[str, Any] = row["cursor"]
        return found

    async def take(self, contact: UUID) -> None:
        taken = await self.ask("POST", f"/contacts/{contact}/take")
        assert taken.status == 200, taken.body

    async def reply(self, contact: UUID, text: str = "Уже едет", **more: Any) -> UUID:
        body = {"kind": "reply", "text": text, "client_msg_id": str(new_id()), **more}
        said = await self.ask("POST", f"/contacts/{contact}/messages", json=body)
        assert said.status == 200, said.body
        return UUID(said.body["id"])

    async def close(self, contact: UUID) -> None:
        assert (await self.ask("POST", f"/contacts/{contact}/close", json={})).status == 200

    async def delivery(self, message: UUID, *states: str) -> dict[str, Any]:
        """How the sending of a message ended."""

        async def ended() -> Any:
            row = await self.db.fetchrow("SELECT * FROM outbox WHERE message_id = $1", message)
            return dict(row) if row and row["state"] in states else None

        found: dict[str, Any] = await eventually(ended)
        return found

    async def letters(self, **letters: Any) -> None:
        await self.db.execute("UPDATE queues SET letters = $2 WHERE id = $1", self.queue, letters)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        return await self.post.office.ask(method, path, self.post.olga, **more)

    def token(self, key: str) -> str:
        live = self.post.office.workspace.accounts.get(self.account)
        assert live is not None
        return threads.token(live.settings.thread_secret, str(self.account), key)  # type: ignore[attr-defined]


@dataclass
class Post:
    """The house. Its boxes are strangers to each other, so tests share it."""

    office: Office
    olga: Person
    exits: AsyncExitStack
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def db(self) -> Database:
        return self.office.db

    async def box(self, *, start: bool = True, follow_up: int = 60, **settings: Any) -> Box:
        """A new mailbox; `start`: its account listens and sends."""
        box = Box(self, next(self.numbers), ScriptedImap(), ScriptedSmtp(), new_id())
        for server in (box.imap, box.smtp):
            await server.start()
            self.exits.push_async_callback(server.stop)
        await self.db.execute(
            "INSERT INTO queues (id, name, department_id, follow_up_minutes) VALUES ($1,$2,$3,$4)",
            box.queue, f"queue {box.number}", self.office.ids["sales"], follow_up,
        )  # fmt: skip
        await self.db.execute(
            "INSERT INTO queue_members (queue_id, employee_id) VALUES ($1, $2)",
            box.queue, self.olga.id,
        )  # fmt: skip
        given = {
            "address": box.address, "imap_host": "127.0.0.1", "imap_port": box.imap.port,
            "imap_security": "plain", "smtp_host": "127.0.0.1", "smtp_port": box.smtp.port,
            "smtp_security": "plain", "password": "secret", "start": "all", "undo_seconds": 0,
            "trusted_servers": [SERVER], "plus_addresses": True,
        } | settings  # fmt: skip
        await self.office.workspace.accounts.create(
            "system", provider="mail", title=box.address, brand_id=self.office.ids["brand"],
            queue_id=box.queue, settings=given, account_id=box.account,
            state="on" if start else "off",
        )  # fmt: skip
        return box

    async def switch(self, box: Box, state: str) -> None:
        """Switch an account on or off as an administrator does."""
        chief = await self.office.hire(f"chief{box.number}{state}", "administrator")
        path = f"/accounts/{box.account}"
        done = await self.office.ask("PATCH", path, chief, json={"state": state})
        assert done.status == 200, done.body


@asynccontextmanager
async def open_post(database_url: str, directory: Path) -> AsyncIterator[Post]:
    """The service at work in this process."""
    quick = {"send_timeout": 30, "uncertain_hold": 60, "lease_ttl": 10}
    async with (
        AsyncExitStack() as exits,
        open_office(
            database_url, directory, outbox=quick, media={"max_bytes": MEDIA_BYTES}
        ) as office,
    ):
        office.workspace.start(office.app)
        olga = await office.hire("olga")
        yield Post(office, olga, exits)
        await office.workspace.background.close()


def results(verdict: str, domain: str = "client.example") -> str:
    """What our own mail server says of a sender."""
    return f"{SERVER}; dmarc={verdict} header.from={domain}"


def with_file(raw: bytes, name: str, content: bytes) -> bytes:
    """The mail with a file."""
    head, _, text = raw.partition(b"Content-Type: text/plain; charset=utf-8\r\n\r\n")
    return (
        head + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + b"\r\n--b\r\n"
        + f'Content-Type: application/pdf; name="{name}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--b--\r\n"
    )  # fmt: skip


def bounce(raw: bytes, of: str, recipient: str) -> bytes:
    """A mail that says that ours has come back."""
    return raw.partition(b"Content-Type:")[0] + report(of, recipient)
