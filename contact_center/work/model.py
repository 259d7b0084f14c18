"""A turn in the waiting line: its states, what it costs, and the frozen form of its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

State = Literal["waiting", "offered", "active", "wrap_up", "done"]
Origin = Literal["arrival", "follow_up", "transfer", "reopen", "return"]

COSTS: Mapping[str, int] = MappingProxyType(
    {"voice": 100, "chat": 20, "messenger": 20, "sms": 15, "mail": 10}
)
"""What a turn takes of an operator's budget, by medium, where no policy says it."""
OTHER_COST = 10

OVERFLOWED = "overflowed"
"""The job the router makes of a turn it sends out of the line; its key is the turn."""

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
    requirement: dict[str, Any]
    excluded: list[list[Any]]
    preferred_id: UUID | None
    operator_id: UUID | None
    offer_id: UUID | None
    offer_until: datetime | None
    accepted_at: datetime | None
    wrap_up_until: datetime | None
    note: str
    version: int

    @property
    def in_hand(self) -> bool:
        """Whether an operator has it; an offer is not yet having."""
        return self.state in ("active", "wrap_up")


def keep_from(excluded: list[list[Any]], operator_id: UUID, until: datetime) -> list[list[Any]]:
    """The exclusions with this operator kept away until then."""
    others = [entry for entry in excluded if entry[0] != str(operator_id)]
    return [*others, [str(operator_id), round(until.timestamp() * 1000)]]
