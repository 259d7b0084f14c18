"""A turn in the waiting line: its states, what it costs, and the frozen form of its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

State = Literal["waiting", "offered", "active", "wrap_up", "parked", "done"]
Origin = Literal["arrival", "follow_up", "transfer", "reopen", "return", "parked"]

COSTS: Mapping[str, int] = MappingProxyType(
    {"voice": 100, "chat": 20, "messenger": 20, "sms": 15, "mail": 10}
)
"""What a turn takes of an operator's budget, by medium, where no policy says it."""
OTHER_COST = 10

OVERFLOWED = "overflowed"
"""The job the router makes of a turn it sends out of the line; its key is the turn."""

PARK_OVER = "park_over"
"""Why parked work waits again when its hour has come."""
CLIENT_WROTE = "client_wrote"
"""The job intake makes when the client of a parked contact writes; its key is the contact."""

EXPECTED_SECONDS = 3600
"""How long a contact transferred to one operator waits for him, while he is ready."""


def cost_of(medium: str) -> int:
    """Points of a turn of this medium where no policy says them."""
    return COSTS.get(medium, OTHER_COST)


@dataclass(frozen=True, slots=True)
class Work:
    """One row of `work`; `excluded` = [[operator id, until in milliseconds], …]."""

    id: UUID
    contact_id: UUID | None
    queue_id: UUID
    medium: str
    cost: int
    state: State
    origin: Origin
    arrived_at: datetime
    virtual_arrival: datetime
    kept_ms: int
    requirement: dict[str, Any]
    excluded: list[list[Any]]
    preferred_id: UUID | None
    operator_id: UUID | None
    offer_id: UUID | None
    offer_until: datetime | None
    accepted_at: datetime | None
    wrap_up_until: datetime | None
    parked_until: datetime | None
    note: str
    version: int

    @property
    def in_hand(self) -> bool:
        """Whether an operator has it; an offer is not yet having."""
        return self.state in ("active", "wrap_up")

    @property
    def parked_by(self) -> UUID | None:
        """Who has laid it aside; None where it does not lie aside."""
        return self.preferred_id if self.state == "parked" else None

    @property
    def priority(self) -> timedelta:
        """How much of its place it has neither waited for nor kept from a former turn."""
        kept = timedelta(milliseconds=self.kept_ms)
        return max(timedelta(), self.arrived_at - self.virtual_arrival - kept)

    def place(self, now: datetime) -> datetime:
        """Where it stands in the line; what lies aside has not waited, as when it is taken."""
        aside = now - self.arrived_at if self.state == "parked" else timedelta()
        return self.virtual_arrival + aside


def keep_from(excluded: list[list[Any]], operator_id: UUID, until: datetime) -> list[list[Any]]:
    """The exclusions with this operator kept away until then."""
    others = [entry for entry in excluded if entry[0] != str(operator_id)]
    return [*others, [str(operator_id), round(until.timestamp() * 1000)]]
