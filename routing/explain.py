"""Why this one: written down with the offer, in codes and figures only.

The place of a contact is arrival − priority − what it kept from before a transfer; the operator's
is the key of his class's strategy, the least first. Counting costs nothing: classes keep counts.
"""

from __future__ import annotations

from typing import Any

from routing.index import Index
from routing.lines import Line
from routing.model import OperatorState, WorkState


def explanation(
    index: Index,
    line: Line,
    work: WorkState,
    chosen: OperatorState,
    runner_up: OperatorState | None,
) -> dict[str, Any]:
    """The reason of one offer, as of the moment before it."""
    now_ms, classes = index.now_ms, index.classes
    own = line.groups.get(chosen.id)  # who has just been freed may not be rated yet
    if chosen.id == work.preferred_id:
        rule = "preferred"
    else:
        rule = "longest_idle" if line.strategy == "least_loaded" else line.strategy
    return {
        "rule": rule,
        "strategy": line.strategy,
        "policy": index.policy.version,
        "at_ms": now_ms,
        "queue_id": work.queue_id,
        "medium": work.medium,
        "class": line.label,
        "rung": work.rung,
        "wait_ms": max(0, now_ms - work.arrived_ms),
        "priority_ms": work.arrived_ms - work.virtual_ms - work.kept_ms,
        "kept_ms": work.kept_ms,
        "waiting": line.waiting,
        "eligible": len(line.groups),
        "ready": line.ready,
        "with_room": line.with_room + (own is not None and not own.fits),
        "chosen": _figures(chosen, classes.key(line, chosen)),
        "runner_up": runner_up and _figures(runner_up, classes.key(line, runner_up)),
        "excluded": [who for who, ends in work.excluded if ends > now_ms] if work.excluded else [],
    }


def _figures(operator: OperatorState, key: tuple[Any, ...]) -> dict[str, Any]:
    figures: dict[str, Any] = {"id": operator.id, "used": operator.used}
    figures["idle_ms"] = operator.idle_ms
    figures["key"] = list(key[:-1])
    return figures
