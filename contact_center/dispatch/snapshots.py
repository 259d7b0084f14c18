"""From the log's and the rows' snapshots (contact_center/work/snapshot.sql) to the engine's values.

Keys the engine does not know are left aside, so a snapshot may grow before the engine does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from routing.model import OperatorState, QueueState, WorkState

State = WorkState | OperatorState | QueueState
_WORK, _OPERATOR, _QUEUE = (
    tuple(field.name for field in fields(kind)) for kind in (WorkState, OperatorState, QueueState)
)


def work_state(data: Mapping[str, Any]) -> WorkState:
    """`cc_work_snapshot` as the engine wants it. Raises KeyError, TypeError or ValueError."""
    known = {name: data[name] for name in _WORK}
    known["excluded"] = tuple((str(who), int(until)) for who, until in data["excluded"])
    return WorkState(**known)


def operator_state(data: Mapping[str, Any]) -> OperatorState:
    """`cc_operator_snapshot` as the engine wants it: who never worked is idle since ever."""
    known = {name: data[name] for name in _OPERATOR}
    known["idle_ms"] = data["idle_ms"] or 0
    known["queues"] = tuple(data["queues"])
    known["load"] = {medium: int(count) for medium, count in data["load"].items() if count}
    return OperatorState(**known)


def queue_state(data: Mapping[str, Any]) -> QueueState:
    """`cc_queue_snapshot` as the engine wants it."""
    return QueueState(**{name: data[name] for name in _QUEUE})


def state_of(kind: str, data: Mapping[str, Any]) -> State | None:
    """The snapshot an event of this kind carries; None for events that are not the engine's."""
    if kind.startswith("work."):
        return work_state(data)
    if kind == "operator.changed":
        return operator_state(data)
    if kind == "queue.changed":
        return queue_state(data)
    return None
