"""The client knows that his letter was taken in: one short answer with the contact's number.

The queue says what it says, and whether at all (`queues.letters.confirmation`). It is written by
the transaction that opens the contact (`cc_intake_open`), unless its text speaks of the wait: then
a job writes it, which is held a moment for the router to tell the wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from contact_center.automation import answers, store
from contact_center.jobs import store as schedule
from contact_center.jobs.model import Job, Together
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

CONFIRM = "letters.confirm"
KIND = "confirmation"
HELD = timedelta(seconds=5)  # the router tells waits every other second


class Confirmations:
    """Answers that say "we have it" and how long it will take."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> dict[str, Together]:
        """What the job runner calls."""
        return {CONFIRM: Together(self.confirm)}

    async def confirm(self, jobs: Sequence[Job]) -> None:
        """Write the confirmations of contacts, where one may be written."""
        rows = await store.first(self._database, [UUID(job.key) for job in jobs])
        asked = {UUID(job.key): job for job in jobs}
        rows = [row for row in rows if row["may_answer"]]
        held = [asked[row["id"]] for row in rows if _too_early(row, asked[row["id"]])]
        texts = {
            row["id"]: text
            for row in rows
            if asked[row["id"]] not in held and (text := answers.wording(row, KIND))
        }

        async def step(unit: Unit) -> None:
            for job in held:
                due = job.due_at + HELD
                await schedule.reschedule(unit, CONFIRM, job.key, due, {"held": True})
            if texts:
                await answers.give(unit, texts, KIND)

        if held or texts:
            await self._database.run(step)


def _too_early(row: Record, job: Job) -> bool:
    """Whether the text tells the wait, and the router has not had the time to."""
    untold = row["waits"] and row["ahead"] is None
    return untold and answers.tells_wait(row, KIND) and not job.payload.get("held")
