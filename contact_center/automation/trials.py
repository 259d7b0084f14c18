"""The answer of the live test: whoever tries an account out sees that the house can reach him."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from contact_center.accounts.trials import store as trial_rows
from contact_center.accounts.trials.service import ANSWER, Trials
from contact_center.automation import store
from contact_center.jobs.model import Handler, Job
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

PER_DAY, PER_HOUR = 30, 60
WORDS = {
    "ru": "Связь работает: сообщение получено и сохранено. Это автоматический ответ.",
    "en": "It works: your message was received and stored. This is an automatic answer.",
}


class TrialAnswers:
    """Answers the message of a live test, once per test. The job is made by who stored it."""

    def __init__(self, database: Database, trials: Trials) -> None:
        self._database = database
        self._trials = trials

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {ANSWER: self.answer}

    async def answer(self, job: Job) -> None:
        """Write the answer into the contact the message opened or went on with."""
        key = str(job.payload["conversation_key"])
        await self._database.run(partial(self._answer, UUID(job.key), key))

    async def _answer(self, account_id: UUID, key: str, unit: Unit) -> None:
        trial = await trial_rows.trial(unit, account_id)
        if trial is None or trial["stored_at"] is None or trial["message_id"] is not None:
            return
        contact = await store.talking(unit, account_id, key)
        if contact is None:
            await self._trials.answering(unit, account_id, None, None)
            return
        text = WORDS["en" if contact["locale"].lower().startswith("en") else "ru"]
        kind = f"trial-{trial['tries']}"
        await store.answer(unit, {contact["id"]: text}, kind, per_day=PER_DAY, per_hour=PER_HOUR)
        said = await store.answered(unit, contact["id"], kind)
        await self._trials.answering(unit, account_id, contact["id"], said)
