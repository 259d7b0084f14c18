"""Where an inbound event belongs, before anybody is asked to look at it. Pure.

Intake asks only where no open contact waits for the event, or where something was expected of the
sender: everything else simply joins its open contact. The verdict goes back into the same batch,
which has the last word: an open contact that appeared meanwhile always wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class Action(StrEnum):
    """What becomes of the event."""

    OPEN = "open"  # a new contact that waits in a queue
    BOT = "bot"  # a new contact nobody is offered yet
    APPEND = "append"  # joins a given contact, changes nothing of its state, rings nobody
    FILE = "file"  # kept in a contact that is closed from the start


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and everything the writer needs to carry it out. Seconds where not named."""

    action: Action
    contact_id: UUID | None = None  # append
    queue_id: UUID | None = None  # None: the account's own
    priority_seconds: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    preferred_id: UUID | None = None
    preferred_seconds: int = 0
    follows_id: UUID | None = None
    virtual_arrival: datetime | None = None
    kind: str = "inbound"  # the message's kind: a survey's answer is no ordinary message
    spam: bool = False
    automatic: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """The policy of a queue as far as arrivals go."""

    id: UUID
    follow_up_minutes: int = 0
    preferred_hold_seconds: int = 0
    archived: bool = False


@dataclass(frozen=True, slots=True)
class LastContact:
    """The conversation's latest closed contact. `virtual_arrival` is that of its last work."""

    id: UUID
    closed_at: datetime
    queue: QueueFacts
    operator_id: UUID | None = None
    virtual_arrival: datetime | None = None
    spam: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """Somebody waits for this answer: a survey, a bot's question, a callback's confirmation."""

    kind: str
    contact_id: UUID | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows say about the sender's conversation at `now`."""

    now: datetime
    queue: QueueFacts
    last: LastContact | None = None
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What triage may know of the event itself. `text` is already cleaned."""

    medium: str
    text: str = ""
    automatic: bool = False
    outgoing: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule; an empty condition holds always. The first rule that holds decides."""

    name: str
    media: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # any of them, lower case, anywhere in the text
    queue_id: UUID | None = None
    priority_seconds: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    to_bot: bool = False
    spam: bool = False

    def holds(self, arrival: Arrival) -> bool:
        if self.media and arrival.medium not in self.media:
            return False
        text = arrival.text.lower()
        return not self.words or any(word in text for word in self.words)


OPT_OUT_WORDS = frozenset({"stop", "unsubscribe", "стоп", "отписаться", "отписка"})
OPT_IN_WORDS = frozenset({"start", "unstop", "старт", "подписаться"})
OPT_OUT_MEDIA = frozenset({"sms"})
"""Where one bare word is an established way of saying no to further messages, or yes again."""


def consents(arrival: Arrival) -> bool | None:
    """Whether the sender asks for no more messages (False) or for messages again (True).

    The channel may know it (`data["consent"]`): providers have words and switches of their own.
    """
    if told := arrival.data.get("consent"):
        return {"stop": False, "start": True}.get(told)
    if arrival.medium not in OPT_OUT_MEDIA:
        return None
    word = arrival.text.strip().strip(".!").lower()
    return False if word in OPT_OUT_WORDS else True if word in OPT_IN_WORDS else None


def triage(arrival: Arrival, facts: Facts, rules: tuple[Rule, ...] = ()) -> Verdict:
    """Decide for an event without an open contact, or of which something was expected."""
    expected = facts.expectation
    if expected and expected.contact_id and not (arrival.automatic or arrival.outgoing):
        kind = "survey" if expected.kind == "survey" else "inbound"
        cause = f"expectation:{expected.kind}"
        return Verdict(Action.APPEND, contact_id=expected.contact_id, kind=kind, cause=cause)
    if arrival.automatic or arrival.outgoing or consents(arrival) is False:
        return _quiet(arrival, facts)
    rule = next((rule for rule in rules if rule.holds(arrival)), None)
    if facts.last and facts.last.spam:
        # Somebody looked and called it spam: what follows joins it until a person says otherwise.
        return Verdict(Action.APPEND, contact_id=facts.last.id, cause="spam")
    if rule and rule.spam:
        return Verdict(Action.FILE, spam=True, cause=f"rule:{rule.name}")
    if rule and rule.to_bot:
        return Verdict(Action.BOT, queue_id=rule.queue_id, cause=f"rule:{rule.name}")
    return _follow_up(facts) or _fresh(rule)


def _quiet(arrival: Arrival, facts: Facts) -> Verdict:
    """Answers of machines, what we wrote elsewhere, opt-outs: kept, and nobody rings."""
    cause = "automatic" if arrival.automatic else "outgoing" if arrival.outgoing else "opt_out"
    if facts.last:
        return Verdict(Action.APPEND, contact_id=facts.last.id, cause=cause)
    return Verdict(Action.FILE, automatic=arrival.automatic, cause=cause)


def _follow_up(facts: Facts) -> Verdict | None:
    """Soon after closing the talk goes on: same queue, same operator, old place in the line."""
    last = facts.last
    if last is None or last.automatic or last.queue.archived:
        return None
    if facts.now - last.closed_at > timedelta(minutes=last.queue.follow_up_minutes):
        return None
    return Verdict(
        Action.OPEN,
        queue_id=last.queue.id,
        preferred_id=last.operator_id,
        preferred_seconds=last.queue.preferred_hold_seconds if last.operator_id else 0,
        follows_id=last.id,
        virtual_arrival=last.virtual_arrival,
        cause="follow_up",
    )


def _fresh(rule: Rule | None) -> Verdict:
    if rule is None:
        return Verdict(Action.OPEN)
    return Verdict(
        Action.OPEN,
        queue_id=rule.queue_id,
        priority_seconds=rule.priority_seconds,
        skills=rule.skills,
        cause=f"rule:{rule.name}",
    )
