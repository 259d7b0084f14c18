"""What explanations look like to the outside; the console words them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Needs = dict[str, int]
Titles = dict[str, str]


class OperatorName(BaseModel):
    """An employee an explanation speaks of."""

    id: UUID
    name: str


class SkillName(BaseModel):
    """A skill an explanation speaks of."""

    code: str
    title: Titles


class Named(BaseModel):
    """Who and what the ids and codes of an answer are."""

    people: list[OperatorName] = Field(default_factory=list)
    skills: list[SkillName] = Field(default_factory=list)


class Candidate(BaseModel):
    """An operator as he stood when it was decided; `idle_ms`: for how long, null: since ever."""

    id: UUID
    used: int
    idle_ms: int | None
    key: list[Any]


class Reason(BaseModel):
    """Why an offer was made. Its place in line: wait + priority + kept, all in milliseconds.

    `waiting` for the same (itself too); of the `eligible` so many were `ready`, and `with_room`.
    """

    rule: str
    strategy: str
    policy: str
    at: datetime
    queue_id: UUID
    medium: str
    needs: Needs
    rung: int
    wait_ms: int
    priority_ms: int
    kept_ms: int
    waiting: int
    eligible: int
    ready: int
    with_room: int
    chosen: Candidate
    runner_up: Candidate | None
    excluded: list[UUID]


class Decision(BaseModel):
    """An offer and what became of it."""

    offer_id: UUID
    operator_id: UUID
    state: Literal["live", "accepted", "declined", "missed", "rescinded"]
    ended_reason: str | None
    at: datetime
    ended_at: datetime | None
    reason: Reason | None


class Step(BaseModel):
    """Something that happened to the contact's place in line.

    `arrived` (detail: origin), `parked` by an operator, `returned` (detail: park_over or
    client_wrote), `relaxed`, `moved` (detail: ladder or closed), `offered`,
    `accepted`, `declined`, `missed`, `rescinded` (detail: reason), `taken` by hand, `ended`
    (detail: outcome).
    """

    at: datetime
    code: Literal[
        "arrived", "relaxed", "moved", "offered", "accepted", "declined", "missed", "rescinded",
        "taken", "parked", "returned", "ended",
    ]  # fmt: skip
    queue_id: UUID | None = None
    operator_id: UUID | None = None
    offer_id: UUID | None = None
    rung: int | None = None
    detail: str | None = None


class LookedAt(BaseModel):
    """The operators looked at, each in one place; `able` is the sum of the last four."""

    able: int
    unable: int
    not_ready: int
    busy: int
    excluded: int
    free: int


class Rung(BaseModel):
    """The next step of the ladder: what is asked for then, or where it goes."""

    at: datetime
    rung: int
    overflow: str | None
    needs: Needs | None = None
    members_only: bool | None = None


class Estimate(BaseModel):
    """What the client is told: his position, and his wait in minutes, p50 to p90."""

    position: int
    low: int
    high: int


class KeptFrom(BaseModel):
    """Somebody it is not offered to until then, and why: his reason where he declined."""

    operator_id: UUID
    until: datetime
    cause: Literal["declined", "missed", "passed_on"]
    reason: str | None = None


class StillWaiting(BaseModel):
    """Why it still waits, as of now. `ahead` counts to a thousand at most.

    `estimate` is null where too little is known to tell a wait.
    `lacking`: skill, `medium` or `member` → how many lack it first; `away`: presence → how many
    of the able; `on_hand`: medium → how many of the busy have one.
    """

    reason: Literal[
        "archived", "parked", "closed", "callback", "held", "nobody", "none_ready", "busy",
        "excluded", "soon",
    ]  # fmt: skip
    values: dict[str, Any]
    at: datetime
    queue_id: UUID
    medium: str
    wait_ms: int
    priority_ms: int
    kept_ms: int
    ahead: int
    needs: Needs
    members_only: bool
    rung: int
    rungs: int
    misses: int
    counts: LookedAt
    away: dict[str, int]
    lacking: dict[str, int]
    on_hand: dict[str, int]
    step: Rung | None
    kept_from: list[KeptFrom]
    estimate: Estimate | None


class Routing(Named):
    """The way of a contact through the line: why here, or why it still waits; the newest last."""

    here: Decision | None
    waiting: StillWaiting | None
    timeline: list[Step]
    decisions: list[Decision]


class Gate(BaseModel):
    """Something that keeps work from an operator; `routing/why.py` lists codes and values.

    `excluded` also says its `cause` as `KeptFrom` does, and the `reason` of who declined.
    """

    code: str
    values: dict[str, Any]


class WhyNot(Named):
    """What keeps (`as_of` now) or kept (then) a contact from an operator, the first one first.

    An old decision (`offer_id`) whose log is gone is answered as of now.
    """

    employee_id: UUID
    as_of: Literal["now", "then"]
    at: datetime
    offer_id: UUID | None
    gates: list[Gate]


class Near(BaseModel):
    """The waiting contact that lacks least to become his, of those who asks may see."""

    contact_id: UUID | None
    number: int | None
    queue_id: UUID
    medium: str
    wait_ms: int
    gates: list[Gate]


class WhyIdle(Named):
    """Why an operator gets nothing now. `waiting`: how many contacts were looked at."""

    employee_id: UUID
    at: datetime
    code: Literal["presence", "empty", "none", "full", "kept", "soon"]
    presence: str
    used: int
    budget: int
    idle_ms: int | None
    on_hand: dict[str, int]
    waiting: int
    nearest: Near | None


def instant(milliseconds: int) -> datetime:
    """Of milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def reason(said: Mapping[str, Any]) -> Reason | None:
    """Of what an offer keeps; None where an earlier release kept too little."""
    try:
        at = int(said["at_ms"])
        known = {name: said[name] for name in Reason.model_fields if name in said}
        known |= {
            "at": instant(at),
            "needs": needs_of(said["class"]),
            "chosen": _candidate(said["chosen"], at),
            "runner_up": said["runner_up"] and _candidate(said["runner_up"], at),
        }
        return Reason.model_validate(known)
    except (KeyError, TypeError, ValueError):
        return None


def _candidate(said: Mapping[str, Any], at_ms: int) -> Candidate:
    since = int(said["idle_ms"])
    idle = max(0, at_ms - since) if since else None
    return Candidate(id=said["id"], used=said["used"], idle_ms=idle, key=said["key"])


def needs_of(label: str) -> Needs:
    """{skill: level} of a class as explanations name it: `billing>=3,ru>=2,chat`."""
    pairs = (part.split(">=") for part in label.split(",") if ">=" in part)
    return {skill: int(level) for skill, level in pairs}
