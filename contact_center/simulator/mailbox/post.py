"""Invented people with mailboxes, the two servers between them and the house, and their faults."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Literal

from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.simulator.clientele import LATIN
from contact_center.simulator.company import AllNames, Mailbox
from contact_center.simulator.mailbox import imap, mails
from contact_center.simulator.mailbox.mails import Draft, Stamp, Writer

if TYPE_CHECKING:  # aiosmtpd is there in a demo only
    from contact_center.simulator.mailbox import smtp

MOST = 20
KEPT = 60  # mails of a person
SHOWN = 20_000  # characters of a mail
LAST_PRIVILEGED = 1023
PASSWORD = secrets.token_urlsafe(12)  # of this process's servers, which nobody else reaches
Answer = Literal["absence", "bounce"]


@dataclass(slots=True)
class Item:
    """One mail in somebody's mailbox. `thread`: the name of the mail it all began with."""

    id: str
    mine: bool
    thread: str
    at: str
    mail: EmailMessage
    raw: bytes = field(repr=False)
    kind: str = "mail"

    def shown(self) -> dict[str, Any]:
        """What the page shows of it."""
        files = [
            {"name": part.get_filename() or "", "type": part.get_content_type(),
             "size": len(part.get_payload(decode=True) or b"")}
            for part in self.mail.iter_attachments() if self.kind != "bounce"
        ]  # fmt: skip
        headers = "\n".join(f"{name}: {value}" for name, value in self.mail.items())
        return {
            "id": self.id, "mine": self.mine, "thread": self.thread, "at": self.at,
            "kind": self.kind, "from": str(self.mail["From"] or ""),
            "to": str(self.mail["To"] or ""), "cc": str(self.mail["Cc"] or ""),
            "subject": mails.subject_of(self.mail), "text": mails.text_of(self.mail)[:SHOWN],
            "html": mails.html_of(self.mail)[:SHOWN], "files": files, "headers": headers,
            "message_id": str(self.mail["Message-ID"] or "").strip(),
        }  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody outside, and his mailbox."""

    id: str
    writer: Writer
    items: list[Item] = field(default_factory=list)
    unread: int = 0

    def keep(self, raw: bytes, *, mine: bool, kind: str = "mail") -> Item:
        """Put a mail into the mailbox, into its thread."""
        mail = mails.read(raw)
        names = [*mails.ids_of(mail, "References"), *mails.ids_of(mail, "In-Reply-To")]
        known = {str(item.mail["Message-ID"] or "").strip(): item.thread for item in self.items}
        own = str(mail["Message-ID"] or secrets.token_hex(6)).strip()
        thread = next((known[name] for name in names if name in known), names[0] if names else own)
        at = datetime.now(UTC).isoformat()
        item = Item(secrets.token_hex(6), mine, thread, at, mail, raw, kind)
        self.items = [*self.items, item][-KEPT:]
        self.unread += not mine
        return item

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "name": self.writer.name, "address": self.writer.address,
            "locale": self.writer.locale, "unread": self.unread,
            "items": [item.shown() for item in self.items],
        }  # fmt: skip


class Post:
    """All of it, in memory: a restart sends everybody home."""

    def __init__(self, names: AllNames, house: Mailbox) -> None:
        self.house = house
        self.people: dict[str, Person] = {}
        self.number = 0
        self.imap = imap.FakeImap(house.address, PASSWORD)
        self.smtp: smtp.FakeSmtp | None = None
        self._names = names
        self._news = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - who writes is no secret

    async def start(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Start both servers, on the ports of these settings if they are free; returns settings.

        Raises ImportError where the extra `demo` is not installed.
        """
        from contact_center.simulator.mailbox import smtp  # noqa: PLC0415 - see above

        self.smtp = smtp.FakeSmtp(self.house.address, PASSWORD, self._arrived)
        for server, name in ((self.imap, "imap_port"), (self.smtp, "smtp_port")):
            before = int(settings.get(name) or 0)
            try:
                await server.start(before if before > LAST_PRIVILEGED else 0)
            except OSError:
                await server.start()
        return {
            "imap_port": self.imap.port, "smtp_port": self.smtp.port, "password": PASSWORD,
        }  # fmt: skip

    async def stop(self) -> None:
        """Stop both servers."""
        await self.imap.stop()
        if self.smtp is not None:
            await self.smtp.stop()

    # --- what the page asks ----------------------------------------------------------------------

    async def state(self, after: int, wait: float) -> dict[str, Any]:
        """Everybody's mailbox, as soon as something has changed since `after`."""
        if after >= self.number and wait > 0:
            news = self._news
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), wait)
        return {
            "number": self.number,
            "available": self.smtp is not None,
            "house": {"address": self.house.address, "title": self.house.title},
            "imap": {"fault": self.imap.fault, "connections": self.imap.connections},
            "smtp": {"fault": self.smtp.fault if self.smtp else "none"},
            "people": [person.shown() for person in self.people.values()],
        }

    def person(self, person_id: str) -> Person:
        """One of the people. Raises NotFound."""
        try:
            return self.people[person_id]
        except KeyError:
            raise NotFound("there is no such mailbox") from None

    def item(self, person_id: str, item_id: str) -> Item:
        """A mail of somebody. Raises NotFound."""
        found = next((one for one in self.person(person_id).items if one.id == item_id), None)
        if found is None:
            raise NotFound("there is no such mail")
        return found

    def invite(self) -> Person:
        """Somebody new with an empty mailbox. Raises Conflict."""
        if len(self.people) >= MOST:
            raise Conflict("there are enough mailboxes: remove some first", code="full")
        locale = self._chance.choice(("ru", "ru", "en"))
        names = getattr(self._names, locale)
        woman = self._chance.random() < 0.6  # noqa: PLR2004 - about as many as write to shops
        first = self._chance.choice(names.women if woman else names.men)
        family = self._chance.choice(names.family) + ("а" if woman and locale == "ru" else "")
        local = f"{first}.{family}".lower().translate(LATIN)
        number = self._chance.randrange(10, 99)
        local = "".join(c for c in local if c.isascii() and (c.isalnum() or c == "."))
        writer = Writer(f"{first} {family}", f"{local}{number}@client.example", locale)
        person = Person(secrets.token_hex(4), writer)
        self.people[person.id] = person
        self._changed()
        return person

    def dismiss(self, person_id: str) -> None:
        """Remove somebody and his mailbox."""
        self.person(person_id)
        del self.people[person_id]
        self._changed()

    def seen(self, person_id: str) -> None:
        """He has looked into his mailbox."""
        person = self.person(person_id)
        if person.unread:
            person.unread = 0
            self._changed()

    def write(self, person_id: str, draft: Draft, answers: str | None = None) -> Item:
        """Somebody writes to the house. Raises NotFound, Invalid."""
        person = self.person(person_id)
        answered = self.item(person_id, answers).mail if answers else None
        to = mails.sender_of(answered) if answered is not None else ""
        if self._local(to) is None:
            to = self.house.address
        try:
            made = mails.mail(person.writer, to, draft, _stamp(), answered)
            raw = made.as_bytes()
        except (ValueError, IndexError, UnicodeError) as error:
            raise Invalid(f"this cannot be written: {error}") from None
        return self._post(person, raw, to, forged=bool(draft.forged))

    def answer(self, person_id: str, item_id: str, how: Answer) -> Item:
        """A mail that came is answered by a machine. Raises NotFound."""
        person, mail = self.person(person_id), self.item(person_id, item_id).mail
        to = mails.sender_of(mail) or self.house.address
        if how == "absence":
            raw = mails.absence(person.writer, mail, _stamp()).as_bytes()
        else:
            raw = mails.bounce(person.writer, to, mail, _stamp()).as_bytes()
        return self._post(person, raw, to, kind=how)

    def fail(self, server: Literal["imap", "smtp"], fault: Any) -> None:
        """Choose what is wrong with a server."""
        if server == "imap":
            self.imap.fail(fault)
        elif self.smtp is not None:
            self.smtp.fault = fault
        self._changed()

    # --- the ways of mail ------------------------------------------------------------------------

    def _post(
        self, person: Person, raw: bytes, to: str, *, kind: str = "mail", forged: bool = False
    ) -> Item:
        """From a person to the house's mailbox, through the house's own mail server."""
        item = person.keep(raw, mine=True, kind=kind)
        self.imap.deliver(mails.received(raw, to, person.writer, _stamp(), forged=forged))
        self._changed()
        return item

    def _arrived(self, _sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        """From the house to whomever it names; what is for the house itself comes back to it."""
        for recipient in recipients:
            for person in self.people.values():
                if person.writer.address.casefold() == recipient.casefold():
                    person.keep(raw, mine=False)
            if self._local(recipient) is not None:
                self.imap.deliver(raw)
        self._changed()

    def _local(self, address: str) -> str | None:
        """The address, if the house's mailbox takes it: its own, or one with a plus."""
        local, _, domain = address.casefold().rpartition("@")
        mine, _, own = self.house.address.casefold().rpartition("@")
        return address if (local.partition("+")[0], domain) == (mine, own) else None

    def _changed(self) -> None:
        self.number += 1
        self._news.set()
        self._news = asyncio.Event()


def _stamp() -> Stamp:
    return Stamp(datetime.now(UTC), f"{secrets.token_hex(8)}.sim")
