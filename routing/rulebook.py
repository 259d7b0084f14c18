"""The policy as data: what a file or a console says about queues, read and checked as a whole.

`checks.read` makes a `Rulebook` of a document. Zones are only names here: who knows calendars
turns hours into events (`Calendar`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from routing.model import NOTHING, Needs, Queue
from routing.model import Rung as Step
from routing.policy import Policy

Seconds = Annotated[int, Field(ge=0, le=30 * 86_400)]
Ceiling = Annotated[int, Field(ge=1, le=1000)]
Level = Annotated[int, Field(ge=1, le=5)]
_CODE, _DATE = r"^[^\s:]+$", r"^\d{4}-\d{2}-\d{2}$"
_CLOCK = r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$"
_TARGET = r"^(?:queue:[^\s:]+|voicemail|mail_form|bot)$"
PATTERNS = {_CODE: "code", _CLOCK: "time", _DATE: "day", _TARGET: "target"}
"""What each is called where a text does not look like it (`wording.PATTERNS`)."""
Code = Annotated[str, Field(min_length=1, max_length=100, pattern=_CODE)]
Clock = Annotated[str, Field(pattern=_CLOCK)]
Span = tuple[Clock, Clock]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Date = Annotated[str, Field(pattern=_DATE)]
Target = Annotated[str, Field(pattern=_TARGET)]
STAYS = ("wait", "offer")
"""What `closed` says where a contact stays in its queue."""
Strategy = Literal[
    "automatic", "longest_idle", "narrowest_first", "pack", "least_loaded", "best_level",
    "round_robin",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class House(_Part):
    """What holds everywhere."""

    exclude_seconds: Seconds = 60
    misses_in_a_row: Annotated[int, Field(ge=1, le=100)] = 2
    grace_seconds: Annotated[int, Field(ge=1, le=86_400)] = 15
    """How long an operator whose connection is lost still counts as there."""
    visitor_grace_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How long the place of a visitor who has left is kept, before he counts as gone."""
    wrap_up_limit_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    """The longest a wrap-up may become by asking for more time."""
    most_priority_seconds: Seconds = 3600
    capacity: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Points of an operator where nothing else is said."""


NO_CEILING = "none"
"""How a file, which has no null, says that there is none."""


def _ceiling(said: object) -> object:
    return None if said == NO_CEILING else said


class Medium(_Part):
    """What one talk costs of an operator's points, and how long its offers last."""

    points: Annotated[int, Field(ge=1, le=100_000)]
    ceiling: Annotated[Ceiling | None, BeforeValidator(_ceiling)] = None
    """The most of them at once for an operator of whom nothing else is said; None: no limit."""
    offer_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    exclusive: bool = False
    """During one nothing new is offered."""


class Rung(_Part):
    """A step of a ladder; `overflow` ends it."""

    after_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)]
    needs: dict[Code, Level] = Field(default_factory=dict)
    drop: tuple[Code, ...] = ()
    everyone: bool = False
    overflow: Target | None = None

    def step(self) -> Step:
        """As the engine knows it."""
        return Step(
            self.after_seconds, _sorted(self.needs), self.drop, self.everyone, self.overflow
        )


HOLIDAY_YEARS = (2000, 2100)


class QueueRules(_Part):
    """A queue's policy."""

    code: Code
    title: str = ""
    needs: dict[Code, Level] = Field(default_factory=dict)
    members_only: bool = False
    strategy: Strategy = "automatic"
    priority_seconds: Annotated[int, Field(ge=-86_400, le=30 * 86_400)] = 0
    hold_seconds: Seconds = 60
    offer_seconds: Annotated[int, Field(ge=1, le=86_400)] = 45
    offer_seconds_by: dict[Code, Annotated[int, Field(ge=1, le=86_400)]] = Field(
        default_factory=dict
    )
    wrap_up_seconds: Seconds = 0
    ladder: tuple[Rung, ...] = ()
    zone: str = "UTC"
    hours: dict[Day, tuple[Span, ...]] = Field(default_factory=dict)
    """Missing days are closed; no days at all: always open."""
    holidays: dict[Date, tuple[Span, ...]] = Field(default_factory=dict)
    """Days with other hours than usual; an empty list is closed."""
    closed: Target | Literal["wait", "offer"] = "wait"
    """What its contacts do while it is closed: wait, are offered all the same, or overflow."""


class Rulebook(_Part):
    """A whole policy. `skills` are all that there are, with their titles."""

    version: str = ""
    house: House = House()
    media: dict[Code, Medium] = Field(min_length=1)
    skills: dict[Code, str] = Field(default_factory=dict)
    queues: tuple[QueueRules, ...] = ()

    def policy(self) -> Policy:
        """What holds for the whole house."""
        house = self.house
        return Policy(
            exclude_ms=1000 * house.exclude_seconds,
            misses_in_a_row=house.misses_in_a_row,
            grace_ms=1000 * house.grace_seconds,
            exclusive=tuple(sorted(name for name, one in self.media.items() if one.exclusive)),
            most_priority_ms=1000 * house.most_priority_seconds,
            version=self.version,
        )

    def ceilings(self) -> dict[str, int]:
        """Of an operator of whom nothing else is said."""
        return {name: one.ceiling for name, one in self.media.items() if one.ceiling is not None}

    def engine_queues(self, version: int = 1) -> list[Queue]:
        """The queues as the engine knows them; all of them open."""
        return [self._engine_queue(rules, version) for rules in self.queues]

    def _engine_queue(self, rules: QueueRules, version: int) -> Queue:
        offers = {name: one.offer_seconds for name, one in self.media.items()}
        usual = {name: seconds for name, seconds in offers.items() if seconds is not None}
        return Queue(
            id=rules.code,
            version=version,
            offer_seconds=rules.offer_seconds,
            priority_seconds=rules.priority_seconds,
            preferred_hold_seconds=rules.hold_seconds,
            needs=_sorted(rules.needs),
            members_only=rules.members_only,
            ladder=tuple(rung.step() for rung in rules.ladder),
            strategy=rules.strategy,
            closed_to=None if rules.closed in STAYS else rules.closed,
            offer_seconds_by={**usual, **rules.offer_seconds_by} or NOTHING,
            wrap_up_seconds=rules.wrap_up_seconds,
        )


def _sorted(needs: Mapping[str, int]) -> Needs:
    return tuple(sorted(needs.items()))
