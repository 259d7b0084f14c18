"""The client hears that a file of his letter was too large: the letter itself was taken in.

The queue says what, and whether at all (`queues.letters.too_large`); once per contact. Where a
confirmation is still to be given, this waits for it.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from contact_center.automation import answers, store
from contact_center.automation.confirmation import CONFIRM
from contact_center.contacts.files.fetching import TELL
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

WAIT_SECONDS = 2
KIND = "too_large"


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
        await self._database.run(lambda unit: self._tell(unit, job))

    async def _tell(self, unit: Unit, job: Job) -> None:
        if await store.confirming(unit, CONFIRM, job.key):
            due = self._clock.now() + timedelta(seconds=WAIT_SECONDS)
            await jobs.reschedule(unit, TELL, job.key, due, job.payload)
            return
        contact_id = UUID(job.key)
        row = await store.oversized(unit, contact_id, UUID(job.payload["message_id"]))
        if row is None or not row["may_answer"]:
            return
        text = answers.wording(row, KIND, file=", ".join(row["files"]))
        if text:
            await answers.give(unit, {contact_id: text}, KIND)
