"""The values the routing engine speaks: snapshots in, decisions out (`decisions.py`).

Instants are integer milliseconds since the epoch, spans named `…_seconds` are seconds, costs and
budgets are points; ids are strings. A snapshot is the state of one row with its version: an older
one than what the engine holds is ignored, so events may come in any order and more than once. The
engine knows no channels, only media with costs.

`WorkState`, `OperatorState` and `QueueState` are what the rows say today. `Work`, `Operator` and
`Queue` say more: skills, ladders, strategies. The engine takes either; what a row does not say
stands in the `…Defaults`, and means what it meant before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from routing.decisions import Decision, Expire, Offer, Outcome, Rescind

__all__ = [
    "LATER", "NOTHING", "Decision", "EngineEvent", "Expire", "Needs", "Offer", "Operator",
    "OperatorState", "Outcome", "Queue", "QueueState", "Rescind", "Resync", "Rung", "State", "Tick",
    "Work", "WorkState", "changed",
]  # fmt: skip

Needs = tuple[tuple[str, int], ...]
"""((skill, lowest level), …), sorted by skill."""
NOTHING: Mapping[str, int] = MappingProxyType({})


def _nothing() -> Mapping[str, int]:
    return NOTHING


class WorkDefaults:
    """What a work row may say beyond `WorkState`."""

    needs: Needs = ()
    """What it asks of an operator beside its queue: language, territory, product."""
    anyone: bool = False
    """Transferred to anyone: neither membership nor skills count any more."""
    strict: bool = False
    """Waits for its preferred operator even while he is away."""
    stays: bool = False
    """It has been out of the line once: no ladder or closed door sends it out again."""
    queued_ms: int | None = None
    """Since when it is in this queue: the ladder counts from here. None: since it arrived."""
    kept_ms: int = 0
    """Seniority it brought along from before a transfer: a part of arrival minus virtual."""
    not_before_ms: int | None = None
    """A callback that is not due yet; it keeps its place meanwhile."""
    parked_until_ms: int | None = None
    wrap_until_ms: int | None = None


@dataclass(frozen=True)
class WorkState(WorkDefaults):
    """One turn in the waiting line. `virtual_ms` orders the line (arrival minus priority)."""

    id: str
    version: int
    queue_id: str
    medium: str
    cost: int
    state: str  # waiting | offered | active | wrap_up | parked; done and all others are the end
    seq: int
    arrived_ms: int
    virtual_ms: int
    contact_id: str | None = None
    rung: int = 0
    preferred_id: str | None = None
    preferred_until_ms: int | None = None
    excluded: tuple[tuple[str, int], ...] = ()  # (operator, until)
    misses: int = 0
    operator_id: str | None = None
    offer_id: str | None = None
    offer_until_ms: int | None = None


@dataclass(frozen=True)
class Work(WorkState):
    """A turn with needs of its own."""

    needs: Needs = ()
    anyone: bool = False
    strict: bool = False
    stays: bool = False
    queued_ms: int | None = None
    kept_ms: int = 0
    not_before_ms: int | None = None
    parked_until_ms: int | None = None
    wrap_until_ms: int | None = None


class OperatorDefaults:
    """What an operator's row may say beyond `OperatorState`."""

    skills: Mapping[str, int] = NOTHING
    """Skill → level, 1 to 5."""
    media: tuple[str, ...] = ()
    """The media he takes; empty: all."""
    turn: int = 0
    """When he was last offered something: who has waited longest for his turn comes first."""
    missed_ms: int = 0
    """The deadline of the last miss that counted: offers made before it count no other one."""
    lost_ms: int | None = None
    """Since when his connection is lost: nothing new, and offline after the grace."""
    drain_to: str = "break"
    """What he becomes when he is `draining` and nothing is left on his hands."""


@dataclass(frozen=True)
class OperatorState(OperatorDefaults):
    """One operator's capacity row. `idle_ms`: since when nothing was on his hands."""

    id: str
    version: int
    presence: str  # ready | draining | break | offline | not_answering
    budget: int
    used: int
    ceilings: Mapping[str, int]
    load: Mapping[str, int]
    idle_ms: int
    misses: int
    queues: tuple[str, ...]


@dataclass(frozen=True)
class Operator(OperatorState):
    """An operator with skills."""

    skills: Mapping[str, int] = field(default_factory=_nothing)
    media: tuple[str, ...] = ()
    turn: int = 0
    missed_ms: int = 0
    lost_ms: int | None = None
    drain_to: str = "break"


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a queue's ladder, reached `after_seconds` in the queue; weaker than the one before.

    `needs` replace the queue's, `drop` names needs of the contact itself that no longer count,
    `everyone` opens it to operators who are no members. `overflow` ends the ladder: `queue:<id>`,
    or a way out of the line (`voicemail`, `mail_form`, `bot`).
    """

    after_seconds: int
    needs: Needs = ()
    drop: tuple[str, ...] = ()
    everyone: bool = False
    overflow: str | None = None


class QueueDefaults:
    """What a queue's row may say beyond `QueueState`."""

    needs: Needs = ()
    members_only: bool = True
    ladder: tuple[Rung, ...] = ()
    strategy: str | None = None
    """One of `strategies.STRATEGIES`; None is `least_loaded`."""
    open: bool = True
    """Its hours, told by events: the engine knows no calendar."""
    closed_to: str | None = None
    """Where its contacts overflow to while it is closed; None: they wait."""
    offer_seconds_by: Mapping[str, int] = NOTHING
    """Medium → how long an offer lasts, where it differs from `offer_seconds`."""
    wrap_up_seconds: int = 0


@dataclass(frozen=True)
class QueueState(QueueDefaults):
    """What the engine needs of a queue's policy."""

    id: str
    version: int
    offer_seconds: int = 45
    priority_seconds: int = 0
    preferred_hold_seconds: int = 60
    archived: bool = False


@dataclass(frozen=True)
class Queue(QueueState):
    """A queue with a ladder."""

    needs: Needs = ()
    members_only: bool = True
    ladder: tuple[Rung, ...] = ()
    strategy: str | None = None
    open: bool = True
    closed_to: str | None = None
    offer_seconds_by: Mapping[str, int] = field(default_factory=_nothing)
    wrap_up_seconds: int = 0


LATER = ("version", "offer_seconds", "offer_seconds_by", "priority_seconds", "wrap_up_seconds")
"""What of a queue says nothing of where its contacts wait and who may take them."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes: due timers run."""


@dataclass(frozen=True, slots=True)
class Resync:
    """What the rows really say after a decision was refuted: replaces whatever the engine held.

    A missing row (None) is forgotten.
    """

    work: Mapping[str, WorkState | None] = field(default_factory=dict)
    operators: Mapping[str, OperatorState | None] = field(default_factory=dict)


State = WorkState | OperatorState | QueueState
EngineEvent = State | Tick | Resync
Value = TypeVar("Value", WorkState, OperatorState, QueueState)
_new, _set = object.__new__, object.__setattr__


def changed(state: Value, /, **fields: object) -> Value:
    """`dataclasses.replace` at a fifth of its cost: the engine changes two rows per offer.

    The fields must exist. A plain row that is given a field of its richer kind stays plain.
    """
    copy: Value = _new(type(state))
    _set(copy, "__dict__", state.__dict__ | fields)
    return copy
