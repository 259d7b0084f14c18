"""From the log's and the rows' snapshots (contact_center/work/snapshot.sql) to the engine's values.

Keys the engine does not know are left aside, so a snapshot may grow before the engine does; what an
older snapshot or checkpoint does not say yet means what it meant before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from routing.model import (
    NOTHING,
    Needs,
    Operator,
    OperatorState,
    Queue,
    QueueState,
    Rung,
    Work,
    WorkState,
)
from routing.policy import Policy

State = WorkState | OperatorState | QueueState
Spans = Mapping[str, Sequence[Sequence[str]]]
_WORK, _OPERATOR, _QUEUE = (
    tuple(field.name for field in fields(kind)) for kind in (WorkState, OperatorState, QueueState)
)


def _days() -> Spans:
    return {}


@dataclass(frozen=True)
class HouseQueue(Queue):
    """A queue with its hours: the engine is told only whether it is `open` (`doors.py`)."""

    zone: str = "UTC"
    hours: Spans = field(default_factory=_days)
    """Empty where the queue never closes for the router."""
    holidays: Spans = field(default_factory=_days)


def work_state(data: Mapping[str, Any]) -> WorkState:
    """`cc_work_snapshot` as the engine wants it. Raises KeyError, TypeError or ValueError."""
    known = {name: data[name] for name in _WORK}
    known["excluded"] = tuple((str(who), int(until)) for who, until in data["excluded"])
    return Work(
        **known,
        needs=_needs(data.get("needs")),
        stays=bool(data.get("stays", False)),
        anyone=bool(data.get("anyone", False)),
        parked_until_ms=data.get("parked_until_ms"),
        queued_ms=data.get("queued_ms"),
        kept_ms=int(data.get("kept_ms", 0)),
    )


def operator_state(data: Mapping[str, Any]) -> OperatorState:
    """`cc_operator_snapshot` as the engine wants it: who never worked is idle since ever."""
    known = {name: data[name] for name in _OPERATOR}
    known["idle_ms"] = data["idle_ms"] or 0
    known["queues"] = tuple(data["queues"])
    known["load"] = {medium: int(count) for medium, count in data["load"].items() if count}
    skills = {str(code): int(level) for code, level in data.get("skills", NOTHING).items()}
    return Operator(
        **known, skills=skills, turn=int(data.get("turn", 0)),
        missed_ms=int(data.get("missed_ms", 0)),
    )  # fmt: skip


def queue_state(data: Mapping[str, Any]) -> HouseQueue:
    """`cc_queue_snapshot` as the engine wants it: what no policy says is as `UNSAID` has it."""
    if "ladder" in data:  # of a checkpoint, which keeps the engine's own values
        return _kept(data)
    known = {name: data[name] for name in _QUEUE}
    rules = data.get("rules", NOTHING)
    closed = rules.get("closed", "offer")
    return HouseQueue(
        **known,
        needs=_needs(rules.get("needs")),
        members_only=rules.get("members_only", True),
        ladder=tuple(_rung(rung) for rung in rules.get("ladder", ())),
        strategy=rules.get("strategy", "automatic"),
        closed_to=None if closed in ("offer", "wait") else closed,
        offer_seconds_by={**data.get("offers", NOTHING), **rules.get("offer_seconds_by", NOTHING)},
        wrap_up_seconds=data.get("wrap_up_seconds", 0),
        zone=data.get("zone", "UTC"),
        hours={} if closed == "offer" else data.get("hours", {}),
        holidays={} if closed == "offer" else rules.get("holidays", {}),
    )


def _kept(data: Mapping[str, Any]) -> HouseQueue:
    known = {one.name: data[one.name] for one in fields(HouseQueue) if one.name in data}
    known["needs"] = tuple((str(skill), int(level)) for skill, level in data["needs"])
    known["ladder"] = tuple(
        Rung(**{**rung, "needs": tuple(map(tuple, rung["needs"])), "drop": tuple(rung["drop"])})
        for rung in data["ladder"]
    )
    return HouseQueue(**known)


def _rung(said: Mapping[str, Any]) -> Rung:
    return Rung(
        int(said["after_seconds"]),
        _needs(said.get("needs")),
        tuple(said.get("drop", ())),
        bool(said.get("everyone", False)),
        said.get("overflow"),
    )


def _needs(said: Any) -> Needs:
    """From {skill: level}, or from the pairs a checkpoint keeps."""
    pairs = said.items() if isinstance(said, Mapping) else said or ()
    return tuple(sorted((str(skill), int(level)) for skill, level in pairs))


def policy_of(data: Mapping[str, Any]) -> Policy:
    """The house's part of an edition, as `policy.changed` tells it."""
    usual, house = Policy(), data["house"]
    media = data["media"]
    return Policy(
        exclude_ms=1000 * int(house.get("exclude_seconds", usual.exclude_ms // 1000)),
        misses_in_a_row=int(house.get("misses_in_a_row", usual.misses_in_a_row)),
        grace_ms=1000 * int(house.get("grace_seconds", usual.grace_ms // 1000)),
        exclusive=tuple(sorted(name for name, one in media.items() if one.get("exclusive"))),
        version=str(data["edition"]),
    )


def state_of(kind: str, data: Mapping[str, Any]) -> State | None:
    """The snapshot an event of this kind carries; None for events that are not the engine's."""
    if kind.startswith("work."):
        return work_state(data)
    if kind == "operator.changed":
        return operator_state(data)
    if kind == "queue.changed":
        return queue_state(data)
    return None
