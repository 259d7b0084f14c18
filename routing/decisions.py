"""What the engine decides. Versions are those the rows must have for the decision to count.

`Decision`s are about offers; the other `Outcome`s come of time alone, where a row carries a
ladder, a limit or a date. None of them is made of rows that carry no such thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)  # a frozen one takes three times as long to make, and one is made per offer
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
    reason: str  # operator_left | queue_archived | capacity; told of a floor: abandoned


@dataclass(frozen=True, slots=True)
class Relax:
    """The work has waited for this rung of its queue's ladder; it keeps its place."""

    work_id: str
    work_version: int
    rung: int


@dataclass(frozen=True, slots=True)
class Overflow:
    """The ladder ends, or the queue is closed: to another queue, or out of the line."""

    work_id: str
    work_version: int
    to: str  # queue:<id> | voicemail | mail_form | bot
    reason: str  # ladder | closed


@dataclass(frozen=True, slots=True)
class Return:
    """Parked work is due: it waits again, for its operator first."""

    work_id: str
    work_version: int


@dataclass(frozen=True, slots=True)
class EndWrapUp:
    """The wrap-up has lasted as long as it may: the work is done, the operator free."""

    work_id: str
    work_version: int
    operator_id: str


@dataclass(frozen=True, slots=True)
class SetPresence:
    """The operator's presence changes by itself: drained, or his connection stayed lost."""

    operator_id: str
    operator_version: int
    presence: str
    reason: str  # drained | lost


Decision = Offer | Expire | Rescind
Outcome = Decision | Relax | Overflow | Return | EndWrapUp | SetPresence
