"""Contacts that left the line because their queue's policy says so: to a form, a bot, voicemail.

The router ends the turn with that outcome and makes the job in the same transaction. Here the
client is told, in the words of the queue or ours, and the contact closes: what he answers opens one
that follows it, at the old place, and that one stays in line until a person takes it
(`requirement.stays`). So does a contact whose client wrote before he could be told. A caller's
voicemail is telephony's; here his contact only closes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip
from contact_center.desk.ending import close_unattended
from contact_center.jobs.model import Job
from contact_center.outbox import store as outbox
from contact_center.outbox.letters import in_language
from contact_center.storage.unit import Unit
from contact_center.work import store as works
from contact_center.work.model import Work

WORDS: Mapping[str, Mapping[str, str]] = {
    "mail_form": {
        "ru": "Сейчас все операторы заняты. Оставьте адрес электронной почты или телефон и"
        " ваш вопрос — мы ответим.",
        "en": "All our operators are busy now. Leave your e-mail address or phone number and"
        " your question, and we will answer.",
    },
    "bot": {
        "ru": "Сейчас все операторы заняты. Опишите вопрос подробнее, мы ответим в порядке"
        " очереди.\n[Ждать оператора]",
        "en": "All our operators are busy now. Tell us more, and we will answer in turn."
        "\n[Wait for an operator]",
    },
}
BUTTON = re.compile(r"^[ \t]*\[(?P<label>[^\[\]\n]{1,40})\][ \t]*$", re.MULTILINE)


class Passing:
    """What becomes of a contact that went out of the line."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def act(self, job: Job) -> None:
        """Tell the client and close: the handler of `OVERFLOWED` jobs, whose key is the turn."""
        contact_id, to = UUID(job.payload["contact_id"]), str(job.payload["to"])
        seen = job.payload.get("last_seq")  # what there was to read when the turn ended

        async def step(unit: Unit) -> None:
            grip = await self._bench.grip(unit, contact_id, "system")
            if not grip.contact.is_open or grip.work is not None:
                return  # somebody was faster
            turn = await works.one(unit, UUID(job.key))
            if turn and seen is not None and await store.wrote_since(unit, contact_id, seen):
                await _back_in_line(grip, turn)
                return
            if to in WORDS:
                await self._tell(grip, to)
            await close_unattended(grip, to)

        await self._bench.run(step)

    async def _tell(self, grip: Grip, to: str) -> None:
        """Write the queue's words, or ours, into the talk."""
        contact, unit = grip.contact, grip.unit
        texts, locale = await store.way_out_texts(unit, contact.id, to)
        provider, _ = await store.account(unit, contact["account_id"])
        most = self._bench.contacts.carries(provider).buttons
        text, buttons = spoken(in_language(texts or WORDS[to], locale), most)
        data: dict[str, Any] = {"buttons": buttons} if buttons else {}
        message_id = contact.say("outbound", text, data=data)
        await contact.flush(to)
        await outbox.enqueue(
            unit, account_id=contact["account_id"], conversation_key=contact["conversation_key"],
            contact_id=contact.id, message_id=message_id, origin="rule", klass="automatic",
            payload={"text": text, **data},
        )  # fmt: skip


async def _back_in_line(grip: Grip, turn: Work) -> None:
    """His words arrived between the end of the turn and the job: nobody may close over them."""
    contact = grip.contact
    await works.start(
        grip.unit, contact_id=contact.id, queue_id=contact["queue_id"], medium=contact["medium"],
        origin="return", now=grip.now, actor=grip.label, virtual_arrival=turn.virtual_arrival,
        previous=replace(turn, requirement={**turn.requirement, "stays": True}),
        excluded=turn.excluded,
    )  # fmt: skip


def spoken(text: str, most: int) -> tuple[str, list[dict[str, str]]]:
    """A text and the buttons under it: its lines in brackets, where the channel has so many."""
    labels = [found["label"].strip() for found in BUTTON.finditer(text)]
    if len(labels) > most:
        return BUTTON.sub(lambda found: f"— {found['label'].strip()}", text).strip(), []
    buttons = [{"text": label, "value": label} for label in labels]
    return BUTTON.sub("", text).strip(), buttons
