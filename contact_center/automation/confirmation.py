"""The client knows that his letter was taken in: one short answer with the contact's number.

The queue says what it says, and whether at all (`queues.letters.confirmation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from contact_center.automation import answers, store
from contact_center.jobs.model import Job, Together
from contact_center.storage.database import Database

CONFIRM = "letters.confirm"
KIND = "confirmation"


class Confirmations:
    """Answers that say "we have it". The job is made in the transaction that opens the contact."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> dict[str, Together]:
        """What the job runner calls."""
        return {CONFIRM: Together(self.confirm)}

    async def confirm(self, jobs: Sequence[Job]) -> None:
        """Write the confirmations of contacts, where one may be written."""
        rows = await store.first(self._database, [UUID(job.key) for job in jobs])
        texts = {
            row["id"]: text
            for row in rows
            if answers.may_answer(row) and (text := answers.wording(row, KIND))
        }
        if texts:
            await self._database.run(lambda unit: answers.give(unit, texts, KIND))
