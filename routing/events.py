"""What can happen, for those who have no rows: `Floor.apply` makes rows of it (`floor.py`).

What comes or is changed as a whole is told as itself: a `Work` that waits has arrived, an
`Operator` has come or was given other skills, points, ceilings or media, a `Queue` has another
policy. The rest are these. Names of work and operators are ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.model import Needs, OperatorState, QueueState, Tick, WorkState


@dataclass(frozen=True, slots=True)
class Accept:
    """The operator takes what is offered to him. A stale accept is refused by its offer id."""

    work_id: str
    offer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """The operator does not; the contact is kept from him for a while. No miss is counted."""

    work_id: str
    reason: str = ""
    offer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The talk is over. The wrap-up lasts as long as the queue says; 0 ends the work at once."""

    work_id: str
    wrap_up_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class WrapUpDone:
    """The operator has noted what there was to note."""

    work_id: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client has gone, wherever his contact was."""

    work_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """The contact is about something else: its priority, needs, medium's cost or queue change."""

    work_id: str
    priority_seconds: int | None = None
    needs: Needs | None = None
    queue_id: str | None = None


@dataclass(frozen=True, slots=True)
class Park:
    """The operator lays it aside until then (None: until `Unpark`); his points are free."""

    work_id: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Unpark:
    """It waits again, for its operator first."""

    work_id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """The operator passes it on: to an operator, into a queue, to anyone.

    `keep`: it keeps its seniority, else it waits as one that comes now. Exactly one target.
    """

    work_id: str
    operator_id: str | None = None
    queue_id: str | None = None
    anyone: bool = False
    keep: bool = True
    hold_seconds: int | None = None
    """How long it waits for that operator alone, even while he is away; None: for ever."""


@dataclass(frozen=True, slots=True)
class Callback:
    """The client does not wait on the line: his place is kept, and offered from then on."""

    work_id: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class Presence:
    """An operator is `ready`, takes a `break`, is `offline`, or `draining` towards a presence."""

    operator_id: str
    presence: str
    drain_to: str = "break"


@dataclass(frozen=True, slots=True)
class Connection:
    """An operator's connection is lost or back; lost for longer than the grace is offline."""

    operator_id: str
    lost: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """An operator is gone for good; who was talking to him waits again at the old place."""

    operator_id: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A queue opens or closes."""

    queue_id: str
    open: bool


Event = (
    Accept | Decline | Release | WrapUpDone | Abandon | Change | Park | Unpark | Transfer
    | Callback | Presence | Connection | Leave | Calendar
    | WorkState | OperatorState | QueueState | Tick
)  # fmt: skip
