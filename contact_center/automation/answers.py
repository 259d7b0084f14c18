"""In which words a machine answers a letter, and how often; whether it may says answers.sql.

Machines are never answered, nor senders that DMARC calls forged: one answer of a kind per contact,
three per address and day, sixty per account and hour (RFC 3834 section 2), so two instances facing
each other fall silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contact_center.automation import store
from contact_center.dispatch.waits.model import Wait
from contact_center.outbox.letters import in_language
from contact_center.storage.unit import Unit

PER_ADDRESS_AND_DAY = 3
PER_ACCOUNT_AND_HOUR = 60
OF_WAIT = re.compile(r"(?=\S)[^.!?\n]*\{(?:position|wait)\}[^.!?\n]*(?:[.!?]+[ \t]*|\n|$)")
"""A sentence, or a line, with a place for what the line looks like."""


async def give(unit: Unit, texts: Mapping[UUID, str], kind: str) -> None:
    """Answer contacts (by id) as far as the budgets reach."""
    per_day, per_hour = PER_ADDRESS_AND_DAY, PER_ACCOUNT_AND_HOUR
    await store.answer(unit, texts, kind, per_day=per_day, per_hour=per_hour)


def tells_wait(row: Mapping[str, Any], kind: str) -> bool:
    """Whether the queue's text of a kind speaks of the client's place or wait. Pure."""
    return bool(OF_WAIT.search(_text(row, kind)))


def _text(row: Mapping[str, Any], kind: str) -> str:
    return in_language(row["letters"].get(kind) or {}, row["locale"] or language_of(row))


def wording(row: Mapping[str, Any], kind: str, **more: str) -> str:
    """The queue's text of a kind in the client's language, its places filled in. Pure.

    Where nobody knows how long he will wait, the sentences that speak of it are left out.
    """
    text = _text(row, kind)
    if row.get("ahead") is None:
        text = OF_WAIT.sub("", text).strip()
    else:
        wait = Wait.of(row)
        more |= {
            "position": str(wait.position),
            "wait": wait.span(row["locale"] or language_of(row)),
        }
    places = {
        "number": str(row["number"]), "subject": row["subject"] or "", "name": row["name"],
        "brand": row["brand"], "queue": row["queue"], **more,
    }  # fmt: skip
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def language_of(row: Mapping[str, Any]) -> str:
    """Russian where the subject or the name has Cyrillic letters."""
    told = f"{row['subject'] or ''}{row['name'] or ''}"
    return "ru" if any("Ѐ" <= letter <= "ӿ" for letter in told) else "en"
