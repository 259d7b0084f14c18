"""Split and join with real letters: where the next one arrives, through the adapter and intake."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from channels.mail import threads
from contact_center.access.model import Actor
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.contacts.model import MessageQuery
from contact_center.contacts.service import Contacts
from contact_center.desk.model import NewMessage
from contact_center.desk.service import Desk
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.outbox import sending
from contact_center.outbox.model import Limits, Mark
from tests.channels.mail import samples
from tests.contact_center.desk.house import faults
from tests.contact_center.desk.post import letters
from tests.support import intake as doors

SECRET = samples.settings().thread_secret


class Mailbox:
    """Letters come through the adapter and intake; Anna answers, and her letters leave."""

    def __init__(self, house: doors.House) -> None:
        self.house = house
        link = lambda one, _now: f"/files/{one}"  # noqa: E731
        self.contacts = Contacts(house.database, house.clock, link, carries=letters)
        self.desk = Desk(house.database, house.clock, self.contacts)
        queues = frozenset({house.account.queue_id})
        self.anna = Actor(house.employee_id, "operator", "A", ROLE_PERMISSIONS["operator"], queues)

    async def comes(self, text: str, **fields: str) -> tuple[UUID, UUID]:
        """A mail is taken in; returns its contact and itself."""
        name = fields.setdefault("name", f"<{text}@client.example>")
        raw = samples.mail(text, **fields)
        event = samples.message(raw, account=str(self.house.account.id))
        await self.house.submit(event)
        row = await self.house.one(
            "SELECT id, contact_id FROM messages WHERE data #>> '{mail,message_id}' = $1", name
        )
        return row["contact_id"], row["id"]

    async def answers(self, contact: UUID, text: str) -> tuple[str, str]:
        """Anna answers; returns the Message-ID and the Reply-To of her letter as it left."""
        new = NewMessage(kind="reply", text=text, client_msg_id=str(new_id()), attachments=[])
        message = await self.desk.talking.write(self.anna, contact, new)
        db, account = self.house.database, self.house.account.id
        token = await db.fetchval(
            "INSERT INTO leases (name, holder, until) VALUES ($1, 'x', now() + interval '1 h')"
            " ON CONFLICT (name) DO UPDATE SET until = excluded.until RETURNING token",
            f"outbox:{account}",
        )
        ids = await db.fetch("SELECT id FROM outbox WHERE message_id = $1", message)
        (claim,) = await sending.claim(
            db, [row["id"] for row in ids], owner="x", token=token,
            lease=f"outbox:{account}", limits=Limits(),
        )  # fmt: skip
        thread = threads.token(SECRET, str(account), claim.conversation_key)
        name = threads.message_id(thread, str(claim.id), "shop.example")
        mark = Mark(claim, "sent", provider_id=name)
        assert await db.run(lambda unit: sending.settle(unit, [mark])) == [claim.id]
        return name, threads.plus_address(samples.OWN, thread)

    async def thread(self, contact: UUID) -> list[Any]:
        page = await self.contacts.thread(self.anna, contact, MessageQuery())
        return page.items


@pytest.fixture
async def mailbox(database_url: str, hints: LocalHints) -> AsyncIterator[Mailbox]:
    house = await doors.House.build(database_url, hints, SystemClock(), medium="mail")
    await house.database.execute(
        "INSERT INTO operators (id, presence, idle_since) VALUES ($1, 'ready', now())",
        house.employee_id,
    )  # fmt: skip
    yield Mailbox(house)
    kinds = {kind for kind, _ in await faults(house.database)}
    assert kinds <= {"capacity"}  # that one looks at chats
    await house.close()


async def test_answers_to_a_moved_letter_come_to_the_new_contact(mailbox: Mailbox) -> None:
    contact, _ = await mailbox.comes("m1")
    await mailbox.desk.taking.take(mailbox.anna, contact)
    first, reply_to = await mailbox.answers(contact, "r1")
    same, two = await mailbox.comes("m2", In_Reply_To=first, to=reply_to, subject="Re: Other")
    assert same == contact
    second, _ = await mailbox.answers(contact, "r2")
    part, _ = await mailbox.desk.parting.split(mailbox.anna, contact, two)

    for text, fields, expected in (
        ("to ours that moved", {"In_Reply_To": second, "to": reply_to}, part),
        ("to theirs that moved", {"In_Reply_To": "<m2@client.example>"}, part),
        ("the same with our old token", {"In_Reply_To": "<m2@client.example>", "to": reply_to},
         part),
        ("to one nobody knows after what moved", {
            "In_Reply_To": "<private@client.example>", "to": reply_to,
            "References": f"{first} <m2@client.example> <private@client.example>"}, part),
        ("to ours that stayed", {"In_Reply_To": first, "to": reply_to}, contact),
        ("to theirs that stayed", {"In_Reply_To": "<m1@client.example>"}, contact),
        ("by the token alone", {"to": reply_to}, contact),
    ):  # fmt: skip
        arrived, _ = await mailbox.comes(text.replace(" ", "-"), **fields)
        assert arrived == expected, text

    third, new_reply_to = await mailbox.answers(part, "r3")
    assert new_reply_to != reply_to
    assert (await mailbox.comes("m9", In_Reply_To=third, to=new_reply_to))[0] == part
    assert (await mailbox.comes("m10", to=new_reply_to))[0] == part


async def test_answers_with_the_token_of_a_joined_contact_come_to_the_one_that_remains(
    mailbox: Mailbox,
) -> None:
    contact, _ = await mailbox.comes("m1")
    other, _ = await mailbox.comes("o1")
    for one in (contact, other):
        await mailbox.desk.taking.take(mailbox.anna, one)
    name, reply_to = await mailbox.answers(other, "r1")
    await mailbox.desk.parting.join(mailbox.anna, contact, other)
    for text, fields in (
        ("a1", {"In_Reply_To": name, "to": reply_to}),
        ("a2", {"to": reply_to}),
        ("a3", {"In_Reply_To": "<o1@client.example>"}),
        ("a4", {"References": "<o1@client.example>"}),
    ):
        assert (await mailbox.comes(text, **fields))[0] == contact, text
    later, its_reply_to = await mailbox.answers(contact, "r2")
    assert its_reply_to != reply_to
    assert (await mailbox.comes("a5", In_Reply_To=later, to=its_reply_to))[0] == contact
    assert await mailbox.house.count("contacts") == 2


async def test_a_letter_of_what_was_joined_and_split_again_comes_to_the_part(
    mailbox: Mailbox,
) -> None:
    contact, _ = await mailbox.comes("m1")
    other, message = await mailbox.comes("o1")
    for one in (contact, other):
        await mailbox.desk.taking.take(mailbox.anna, one)
    name, reply_to = await mailbox.answers(other, "r1")
    await mailbox.desk.parting.join(mailbox.anna, contact, other)
    part, _ = await mailbox.desk.parting.split(mailbox.anna, contact, message)
    assert (await mailbox.comes("a1", In_Reply_To=name, to=reply_to))[0] == part
    assert (await mailbox.comes("a2", In_Reply_To="<o1@client.example>"))[0] == part


async def test_an_answer_after_the_remaining_one_was_closed_follows_it_up(mailbox: Mailbox) -> None:
    contact, _ = await mailbox.comes("m1")
    other, _ = await mailbox.comes("o1")
    for one in (contact, other):
        await mailbox.desk.taking.take(mailbox.anna, one)
    _, reply_to = await mailbox.answers(other, "r1")
    await mailbox.desk.parting.join(mailbox.anna, contact, other)
    await mailbox.house.close_contact(contact)
    fresh, _ = await mailbox.comes("a1", to=reply_to)
    row = await mailbox.house.one("SELECT * FROM contacts WHERE id = $1", fresh)
    assert row["follows_id"] == contact


async def test_another_subject_is_told_and_a_prefix_is_none(mailbox: Mailbox) -> None:
    contact, _ = await mailbox.comes("m1", subject="Заказ 48101")
    named = {"In_Reply_To": "<m1@client.example>"}
    for at, (subject, automatic) in enumerate((
        ("Re: Заказ 48101", ""), ("НА: [Лавка] FWD: заказ  48101", ""), ("", ""),
        ("Automatic reply: Out", "auto-replied"), ("Отв: Возврат", ""), ("Re[2]: Возврат", ""),
        ("Re: Заказ 48101", ""),
    )):  # fmt: skip
        await mailbox.comes(f"s{at}", subject=subject, Auto_Submitted=automatic, **named)
    items = await mailbox.thread(contact)
    changed = [one.text for one in items if one.data.get("subject_changed")]
    assert [one.text for one in items][1:] == [f"s{at}" for at in range(7)]
    assert changed == ["s4"]
    for after, expected in ((7, [None]), (5, [True, None, None]), (4, [None, True, None, None])):
        page = await mailbox.contacts.thread(mailbox.anna, contact, MessageQuery(after=after))
        assert [one.data.get("subject_changed") for one in page.items] == expected


async def test_what_a_program_sent_for_a_person_is_a_turn_with_a_subject_of_its_own(
    mailbox: Mailbox,
) -> None:
    contact, _ = await mailbox.comes("m1", subject="Заказ 48101")
    named = {"In_Reply_To": "<m1@client.example>"}
    _, form = await mailbox.comes("f1", subject="Возврат", Auto_Submitted="auto-generated", **named)
    items = await mailbox.thread(contact)
    assert [one.data.get("subject_changed") for one in items] == [None, True]
    part, _ = await mailbox.desk.parting.split(mailbox.anna, contact, form)
    row = await mailbox.house.one("SELECT awaiting FROM contacts WHERE id = $1", part)
    assert row["awaiting"] == "us"


@pytest.mark.timeout(400)
async def test_letters_that_arrive_while_contacts_are_split_and_joined_are_all_there_once(
    mailbox: Mailbox,
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    contact, _ = await mailbox.comes("root")
    await mailbox.desk.taking.take(mailbox.anna, contact)
    names, codes, done = ["<root@client.example>"], set[str](), 0

    async def write() -> None:
        for at in range(60):
            text = f"w{at}"
            await mailbox.comes(text, In_Reply_To=dice.choice(names))
            names.append(f"<{text}@client.example>")

    async def part() -> None:
        nonlocal done
        mine = "SELECT id FROM contacts WHERE state = 'open' AND operator_id = $1"
        for _ in range(40):
            rows = await mailbox.house.rows(mine, mailbox.anna.employee_id)
            one = dice.choice(rows)["id"]
            try:
                if len(rows) > 2 and dice.random() < 0.6:
                    await mailbox.desk.parting.join(
                        mailbox.anna, one, dice.choice([r["id"] for r in rows if r["id"] != one])
                    )
                else:
                    letters = [m.id for m in await mailbox.thread(one) if m.kind == "inbound"]
                    if not letters:  # the other one has just joined it away
                        continue
                    letter = dice.choice(letters)
                    await mailbox.desk.parting.split(mailbox.anna, one, letter)
                done += 1
            except (Conflict, Invalid) as refusal:
                codes.add(refusal.code)
            await asyncio.sleep(0.005)

    await asyncio.gather(write(), part(), part())
    rows = await mailbox.house.rows("SELECT text FROM messages WHERE kind = 'inbound'")
    assert sorted(row["text"] for row in rows) == sorted(["root", *(f"w{n}" for n in range(60))])
    assert done > 10
    assert codes <= {"nothing_left", "contact_closed", "invalid"}  # the other one was faster
    opened = await mailbox.house.rows("SELECT cause FROM events WHERE kind = 'contact.opened'")
    assert {row["cause"] for row in opened} <= {"", "split"}
    assert sum(row["cause"] == "" for row in opened) == 1
