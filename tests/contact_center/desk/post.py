"""The desk's house with a mailbox: letters that came and were sent, as the rows have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.contract import Capabilities
from contact_center.access.model import Actor
from contact_center.contacts.model import MessageQuery
from contact_center.contacts.service import Contacts
from contact_center.desk.model import NewMessage
from contact_center.desk.service import Desk
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit
from tests.contact_center.desk.house import House


def letters(_provider: str, *_account: object) -> Capabilities:
    most = dict.fromkeys(("image", "video", "audio", "file"), 10_000_000)
    return Capabilities(authentication="secret", letters=True, undo_seconds=0, attachments=most)


class Post(House):
    """Its connection carries letters."""

    def __post_init__(self) -> None:
        link = lambda one, _now: f"/files/{one}"  # noqa: E731
        self.contacts = Contacts(self.database, self.clock, link, carries=letters)
        self.desk = Desk(self.database, self.clock, self.contacts)

    async def begin(
        self, actor: Actor | None = None, text: str = "one", *, subject: str = "", ago: float = 600
    ) -> UUID:
        """A letter that begins a contact; in the actor's hands where there is one."""
        contact = await self.arrive(text, ago=ago)
        await self.database.execute(
            "UPDATE messages SET created_at = $2, data = $3 WHERE contact_id = $1",
            contact, self.clock.now() - timedelta(seconds=ago),
            {"mail": {"message_id": f"<{text}@client>"}, "subject": subject},
        )  # fmt: skip
        await self.database.execute(
            "UPDATE contacts SET subject = $2 WHERE id = $1", contact, subject or None
        )
        if actor:
            await self.desk.taking.take(actor, contact)
        return contact

    async def person(self, *, verified: bool = True, of: UUID | None = None) -> UUID:
        """Somebody else with an address; a participant of a contact."""
        client, identity = new_id(), new_id()
        await self.database.execute("INSERT INTO clients (id, name) VALUES ($1, 'Oleg')", client)
        await self.database.execute(
            "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'email', $3)",
            identity, client, f"{identity}@client",
        )  # fmt: skip
        if of:
            await self.database.execute(
                "INSERT INTO participants (contact_id, identity_id, role, verified)"
                " VALUES ($1, $2, 'member', $3)", of, identity, verified,
            )  # fmt: skip
        return identity

    async def letter(
        self, contact: UUID, text: str, *, ago: float = 300, who: UUID | None = None,
        subject: str = "", automatic: bool = False,
    ) -> UUID:  # fmt: skip
        """A further letter comes, as intake writes it."""
        message, at = new_id(), self.clock.now() - timedelta(seconds=ago)
        mail: dict[str, Any] = {"message_id": f"<{text}@client>"}
        if automatic:
            mail["automatic"] = "out-of-office"

        async def step(unit: Unit) -> None:
            (row,) = await unit.lock("contacts", [contact])
            await unit.execute(
                "UPDATE contacts SET last_seq = last_seq + 1, version = version + 1,"
                " last_text = $2, last_kind = 'inbound', last_at = $3, awaiting = CASE WHEN $4 THEN"
                " awaiting ELSE 'us' END, waiting_since = CASE WHEN $4 THEN waiting_since"
                " ELSE coalesce(waiting_since, $3) END WHERE id = $1",
                contact, text, at, automatic,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO messages (id, contact_id, seq, kind, identity_id, text, data,"
                " created_at) VALUES ($1, $2, $3, 'inbound', $4, $5, $6, $7)",
                message, contact, row["last_seq"] + 1, who or row["identity_id"], text,
                {"mail": mail, "subject": subject}, at,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO conversation_refs (account_id, ref, conversation_key)"
                " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                self.account, f"<{text}@client>", row["conversation_key"],
            )  # fmt: skip

        await self.database.run(step)
        return message

    async def answer(self, actor: Actor, contact: UUID, text: str, state: str = "sent") -> UUID:
        """The operator answers, and the letter leaves, or what else became of it."""
        message = await self.desk.talking.write(
            actor, contact,
            NewMessage(kind="reply", text=text, client_msg_id=str(new_id()), attachments=[]),
        )  # fmt: skip
        await self.database.execute(
            "UPDATE outbox SET state = $2, provider_id = CASE WHEN $2 IN ('sent', 'delivered')"
            " THEN $3 END WHERE message_id = $1",
            message, state, f"<{text}@us>",
        )  # fmt: skip
        return message

    async def note(self, actor: Actor, contact: UUID, text: str) -> UUID:
        new = NewMessage(kind="note", text=text, client_msg_id=str(new_id()), attachments=[])
        return await self.desk.talking.write(actor, contact, new)

    async def thread(self, actor: Actor, contact: UUID) -> list[tuple[int, str]]:
        """(seq, text or code) of all messages, as the API shows them."""
        page = await self.contacts.thread(actor, contact, MessageQuery(limit=200))
        return [(one.seq, one.text or one.data["code"]) for one in page.items]

    async def leads(self, name: str) -> str | None:
        """The conversation that answers to this name come to."""
        key: str | None = await self.database.fetchval(
            "SELECT conversation_key FROM conversation_refs WHERE account_id = $1 AND ref = $2",
            self.account, name,
        )  # fmt: skip
        return key

    async def people(self, contact: UUID) -> dict[UUID, tuple[str, bool]]:
        rows = await self.database.fetch(
            "SELECT identity_id, role, verified FROM participants WHERE contact_id = $1", contact
        )
        return {row["identity_id"]: (row["role"], row["verified"]) for row in rows}

    async def read(self, contact: UUID, reader: object) -> int | None:
        seq: int | None = await self.database.fetchval(
            "SELECT seq FROM contact_reads WHERE contact_id = $1 AND reader = $2",
            contact, str(reader),
        )  # fmt: skip
        return seq

    async def line(self, contact: UUID) -> list[str]:
        """The texts of the line of a contact's conversation, in their order."""
        rows = await self.database.fetch(
            "SELECT o.payload->>'text' AS text FROM outbox o"
            " JOIN outbox_lines l ON l.id = o.line_id"
            " JOIN contacts c ON c.conversation_key = l.conversation_key"
            " AND c.account_id = l.account_id WHERE c.id = $1 AND o.contact_id = $1 ORDER BY o.seq",
            contact,
        )
        return [row["text"] for row in rows]


async def three_letters(post: Post, anna: Actor) -> tuple[UUID, UUID, UUID]:
    """Anna's contact of one, taken, first, two, second, three; returns it, two and three."""
    contact = await post.begin(anna, subject="Order 1", ago=600)
    await post.answer(anna, contact, "first")
    two = await post.letter(contact, "two", ago=300, subject="Order 2")
    await post.answer(anna, contact, "second")
    three = await post.letter(contact, "three", ago=100)
    return contact, two, three
