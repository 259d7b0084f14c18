"""The client knows that his letter was taken in: one short answer with the contact's number.

The queue says what it says, and whether at all (`queues.letters.confirmation`). Machines are never
answered, nor senders that DMARC calls forged: one answer per contact, three per address and day,
sixty per account and hour (RFC 3834 section 2), so two instances facing each other fall silent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contact_center.automation import store
from contact_center.contacts.writing.service import Writer
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.outbox import store as outbox
from contact_center.outbox.letters import in_language
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

CONFIRM = "letters.confirm"
PER_ADDRESS_AND_DAY = 3
PER_ACCOUNT_AND_HOUR = 60


class _Spent(Exception):
    """Nothing is left to answer with: what was written is taken back."""


class Confirmations:
    """Answers that say "we have it". The job is made in the transaction that opens the contact."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {CONFIRM: self.confirm}

    async def confirm(self, job: Job) -> None:
        """Write the confirmation of a contact, if one may be written."""
        with contextlib.suppress(_Spent):
            await self._database.run(lambda unit: self._confirm(unit, UUID(job.key)))

    async def _confirm(self, unit: Unit, contact_id: UUID) -> None:
        row = await store.first(unit, contact_id)
        if row is None or not may_answer(row):
            return
        text = wording(row)
        if not text:
            return
        await self._write(unit, contact_id, text)
        # Last, because the budgets are locked from here to the commit.
        per_day, per_hour = PER_ADDRESS_AND_DAY, PER_ACCOUNT_AND_HOUR
        if not await store.spend(unit, row, per_day=per_day, per_hour=per_hour):
            raise _Spent

    async def _write(self, unit: Unit, contact_id: UUID, text: str) -> None:
        now = self._clock.now()
        contact = await Writer.lock(unit, contact_id, now=now, actor="system")
        shown = {name: contact[name] for name in ("last_text", "last_kind", "last_at")}
        message = contact.say("outbound", text, data={"letter": {"automatic": True}})
        contact.set(**shown)  # the list shows what the client wrote, for that is what is waiting
        await contact.flush("confirmation")
        await outbox.enqueue(
            unit, account_id=contact["account_id"], conversation_key=contact["conversation_key"],
            contact_id=contact_id, message_id=message, origin="rule", klass="automatic",
            payload={"text": text},
        )  # fmt: skip


def may_answer(row: Mapping[str, Any]) -> bool:
    """Whether a machine may answer what this contact began with. Pure."""
    mail = row["mail"]
    if not mail or row["state"] != "open" or mail.get("automatic") or mail.get("own"):
        return False
    if mail.get("doubtful") or not mail.get("from"):
        return False
    if mail.get("aligned"):
        return True
    if mail.get("verdict", {}).get("dmarc") in ("pass", "fail"):  # fail, or passed for another
        return False
    return bool(row["settings"].get("answer_unjudged", True))


def wording(row: Mapping[str, Any]) -> str:
    """The queue's text in the client's language, with its places filled in. Pure."""
    text = in_language(row["letters"].get("confirmation") or {}, row["locale"] or language_of(row))
    places = {
        "number": str(row["number"]), "subject": row["subject"] or "", "name": row["name"],
        "brand": row["brand"], "queue": row["queue"],
    }  # fmt: skip
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def language_of(row: Mapping[str, Any]) -> str:
    """Russian where the subject or the name has Cyrillic letters."""
    told = f"{row['subject'] or ''}{row['name'] or ''}"
    return "ru" if any("Ѐ" <= letter <= "ӿ" for letter in told) else "en"
