"""What the batch function tells of a conversation, as triage takes it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contact_center.contacts.triage import Expectation, Facts, LastContact, QueueFacts
from contact_center.intake.model import AccountFacts

NEVER = datetime.min.replace(tzinfo=UTC)


def facts_of(facts: dict[str, Any] | None, account: AccountFacts) -> Facts:
    """What the batch function tells of a conversation, as triage takes it."""
    if facts is None:
        return Facts(NEVER, QueueFacts(account.queue_id))
    last, expected = facts["last"], facts["expectation"]
    return Facts(
        now=_instant(facts["now"]),
        queue=QueueFacts(account.queue_id),
        last=_last(last) if last else None,
        expectation=_expectation(expected) if expected else None,
    )


def _last(last: dict[str, Any]) -> LastContact:
    return LastContact(
        id=UUID(last["id"]),
        closed_at=_instant(last["closed_at"]),
        queue=QueueFacts(
            UUID(last["queue_id"]),
            last["follow_up_minutes"],
            last["preferred_hold_seconds"],
            last["archived"],
        ),
        operator_id=_uuid(last["operator_id"]),
        virtual_arrival=_instant(last["virtual_arrival"]) if last["virtual_arrival"] else None,
        spam=last["spam"],
        automatic=last["automatic"],
    )


def _expectation(expected: dict[str, Any]) -> Expectation:
    return Expectation(expected["kind"], _uuid(expected["contact_id"]))


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


_instant: Callable[[str], datetime] = datetime.fromisoformat
