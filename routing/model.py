"""The values the routing engine speaks: snapshots in, decisions out.

Instants are integer milliseconds since the epoch; ids are strings. A snapshot is the state of one
row with its version: an older one than what the engine holds is ignored, so events may come in
any order and more than once. The engine knows no channels, only media with costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkState:
    """One turn in the waiting line. `virtual_ms` orders the line (arrival minus priority)."""

    id: str
    version: int
    queue_id: str
    medium: str
    cost: int
    state: str  # waiting | offered | active | wrap_up | done
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


@dataclass(frozen=True, slots=True)
class OperatorState:
    """One operator's capacity row. `idle_ms`: since when nothing was on his hands."""

    id: str
    version: int
    presence: str  # ready | break | offline | not_answering
    budget: int
    used: int
    ceilings: Mapping[str, int]
    load: Mapping[str, int]
    idle_ms: int
    misses: int
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the engine needs of a queue's policy."""

    id: str
    version: int
    offer_seconds: int = 45
    priority_seconds: int = 0
    preferred_hold_seconds: int = 60
    archived: bool = False


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


EngineEvent = WorkState | OperatorState | QueueState | Tick | Resync


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer this work to this operator until then; both versions are what the rows must have."""

    work_id: str
    work_version: int
    operator_id: str
    operator_version: int
    offer_id: str
    until_ms: int
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expire:
    """The offer's deadline passed: missed; the work waits again at its old place.

    `not_answering`: the operator has missed too many in a row and is taken out of `ready`.
    """

    work_id: str
    work_version: int
    operator_id: str
    offer_id: str
    excluded_until_ms: int
    not_answering: bool


@dataclass(frozen=True, slots=True)
class Rescind:
    """Take the offer back: the operator is no longer ready or the work left the line."""

    work_id: str
    work_version: int
    operator_id: str
    offer_id: str
    reason: str


Decision = Offer | Expire | Rescind
