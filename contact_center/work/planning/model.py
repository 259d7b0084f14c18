"""What may be asked of a dry run, and what of it there is. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contact_center.employees.model import Body, Out

LONGEST = timedelta(hours=48)
SHORTEST = timedelta(minutes=10)
OLDEST = timedelta(days=400)
KEPT = 5
"""Of a policy: older ones go."""
MOST_LIVE = 4
"""Waiting or running in the whole house."""
PLAYS = 150_000
"""Contacts that are played under each policy: the more came, the fewer the days."""
REPLICATIONS = 20
FEWEST = 3

Failure = Literal["nobody", "too_many", "not_served", "unknown", "too_long", "interrupted"]


class DryRunWish(Body):
    """What to try a policy on: what came between two instants; left out, the last 24 hours.

    `same`: the contacts that were seen, at their instants. `like`: days like that one, drawn anew.
    `within`: seconds in which a contact counts as taken in time.
    """

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    how: Literal["same", "like"] = "same"
    within: Annotated[int, Field(ge=0, le=86_400)] = 20


class DryRunMean(BaseModel):
    """The truth is within `mean ± half` in 95 of 100 cases; `certain`: it is not 0 by chance."""

    mean: float
    half: float | None
    certain: bool


class DryRunSides(BaseModel):
    """A figure under the draft and under what runs, and the first minus the second."""

    draft: DryRunMean
    running: DryRunMean
    difference: DryRunMean


class DryRunFigure(DryRunSides):
    """`was`: as it really was, where the rows say it. Seconds, counts or per cent."""

    was: float | None


class DryRunKind(BaseModel):
    """Of a queue and medium; both empty: all; medium empty: the queue as a whole."""

    queue: str
    medium: str
    figures: dict[str, DryRunFigure]


class DryRunBusy(DryRunSides):
    """Per cent of his time that an operator was busy."""

    operator_id: UUID


class HalfHour(BaseModel):
    """`needed` operators for 80 % in time, by Erlang; `there`: how many were ready, on average."""

    at_ms: int
    arrivals: int
    talk: float
    needed: int
    there: float


class DryRunStaffing(BaseModel):
    """The half-hours of a queue in which anybody came; empty: all queues as one."""

    queue: str
    rows: list[HalfHour]


class DryRunResult(BaseModel):
    """What came of it. `left_out`: contacts by a medium nobody was served by."""

    replications: int
    seen: int
    left_out: dict[str, int]
    kinds: list[DryRunKind]
    operators: list[DryRunBusy]
    staffing: list[DryRunStaffing]


class DryRunQuestion(BaseModel):
    """What was asked."""

    since: datetime
    until: datetime
    how: Literal["same", "like"]
    within: int


class StaffingQuery(Body):
    """A stretch of `interval` seconds: how many come, and what is asked for. Shares in per cent.

    `talk`: mean seconds an operator has a contact on his hands, wrap-up included; `patience`: mean
    seconds until a client gives up, left out they wait for ever; `share` of all to be taken
    `within` seconds; `occupancy`: the most an operator may be busy; `shrinkage`: paid time that is
    breaks, training and sickness.
    """

    arrivals: Annotated[float, Field(ge=0, le=100_000)]
    talk: Annotated[float, Field(gt=0, le=86_400)]
    patience: Annotated[float, Field(gt=0, le=86_400)] | None = None
    interval: Annotated[float, Field(ge=60, le=86_400)] = 1800
    share: Annotated[float, Field(gt=0, lt=100)] = 80
    within: Annotated[float, Field(ge=0, le=86_400)] = 20
    occupancy: Annotated[float, Field(gt=0, le=100)] = 100
    shrinkage: Annotated[float, Field(ge=0, le=90)] = 0


class StaffingRow(BaseModel):
    """What so many operators give; `wait` null: without end."""

    operators: int
    in_time: float
    wait: float | None
    abandoned: float
    occupancy: float


class Staffing(BaseModel):
    """How many operators it takes: `needed` to meet the target, `scheduled` to be planned for that.

    `load`: how many would be busy on average; `rows`: from a few less to a few more than needed.
    """

    load: float
    needed: int
    scheduled: int
    rows: list[StaffingRow]


class DryRun(Out):
    """A policy tried beside edition `edition`; `policy_version`: the draft as it was then.

    `done` of `total` days are played. `failure` says why there is no result.
    """

    id: UUID
    policy_id: UUID
    policy_version: int
    edition: int
    asked: DryRunQuestion
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    failure: Failure | None
    result: DryRunResult | None
    author: str
    created_at: datetime
    ended_at: datetime | None
    version: int


class DryRunList(BaseModel):
    """The newest first."""

    items: list[DryRun]
    next: str | None = None


def replications(contacts: int) -> int:
    """How many days are played of so many contacts."""
    return max(FEWEST, min(REPLICATIONS, PLAYS // max(1, contacts)))


def window(wish: DryRunWish, now: datetime) -> tuple[datetime, datetime]:
    """The stretch of time that is meant. Raises ValueError with what is wrong."""
    until = min(wish.until or now, now)
    since = wish.since or until - timedelta(days=1)
    if until - since < SHORTEST:
        raise ValueError("is less than ten minutes")
    if until - since > LONGEST:
        raise ValueError("is more than 48 hours")
    if since < now - OLDEST:
        raise ValueError("is too long ago")
    return since, until


def shown(row: Any) -> dict[str, Any]:
    """A row as it is answered."""
    return {**row, "result": row["result"] or None}
