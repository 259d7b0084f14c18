"""The client hears that a file of his letter was too large: the letter itself was taken in.

The queue says what, and whether at all (`queues.letters.too_large`). The rules and budgets are
those of confirmations (RFC 3834): never to machines or forged senders, once per contact. Where a
confirmation is still to be given, this waits for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from contact_center.automation.confirmation import (
    CONFIRM,
    PER_ACCOUNT_AND_HOUR,
    PER_ADDRESS_AND_DAY,
    language_of,
    may_answer,
)
from contact_center.automation.oversized import store
from contact_center.contacts.files.service import TELL
from contact_center.contacts.writing.service import Writer
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.outbox import store as outbox
from contact_center.outbox.letters import in_language
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

WAIT_SECONDS = 2


class _Spent(Exception):
    """Nothing is left to answer with: what was written is taken back."""


class Oversized:
    """Answers that say "it was too large". The job is made by whoever marks the file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {TELL: self.tell}

    async def tell(self, job: Job) -> None:
        """Tell the owner of a contact, if he may be told."""
        with contextlib.suppress(_Spent):
            await self._database.run(lambda unit: self._tell(unit, job))

    async def _tell(self, unit: Unit, job: Job) -> None:
        if await store.confirming(unit, CONFIRM, job.key):
            due = self._clock.now() + timedelta(seconds=WAIT_SECONDS)
            await jobs.reschedule(unit, TELL, job.key, due, job.payload)
            return
        contact_id = UUID(job.key)
        row = await store.letter(unit, contact_id, UUID(job.payload["message_id"]))
        text = wording(row) if row and may_answer(row) else ""
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
        await contact.flush("too_large")
        await outbox.enqueue(
            unit, account_id=contact["account_id"], conversation_key=contact["conversation_key"],
            contact_id=contact_id, message_id=message, origin="rule", klass="automatic",
            payload={"text": text},
        )  # fmt: skip


def wording(row: Mapping[str, Any]) -> str:
    """The queue's text in the client's language, with its places filled in. Pure."""
    text = in_language(row["letters"].get("too_large") or {}, row["locale"] or language_of(row))
    places = {
        "file": ", ".join(row["files"]), "number": str(row["number"]),
        "subject": row["subject"] or "", "name": row["name"], "brand": row["brand"],
        "queue": row["queue"],
    }  # fmt: skip
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text
