"""The client knows that his letter was taken in: one short answer with the contact's number.

The queue says what it says, and whether at all (`queues.letters.confirmation`). Machines are never
answered, nor senders that DMARC calls forged: one answer per contact, three per address and day,
sixty per account and hour (RFC 3834 section 2), so two instances facing each other fall silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contact_center.automation import store
from contact_center.jobs.model import Job, Together
from contact_center.outbox.letters import in_language
from contact_center.storage.database import Database

CONFIRM = "letters.confirm"
PER_ADDRESS_AND_DAY = 3
PER_ACCOUNT_AND_HOUR = 60


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
        texts = {row["id"]: text for row in rows if may_answer(row) and (text := wording(row))}
        if texts:
            await self._database.run(lambda unit: store.answer(
                unit, texts, "confirmation", per_day=PER_ADDRESS_AND_DAY,
                per_hour=PER_ACCOUNT_AND_HOUR,
            ))  # fmt: skip


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
