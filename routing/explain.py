"""Why this one: written down with the offer, in codes and figures only.

The rule: `preferred`, he was asked for; `relaxed`, he can have it only since less is asked for;
`longest_waiting`, it waited already when he came free, the most senior of all he may take, and
nobody else has room (so there is no runner-up); else the strategy by which he comes before the
runner-up.

The place of a contact is arrival − priority − what it kept from before a transfer; the operator's
is the key of his class's strategy, the least first. What would be another a moment later is counted
at once (it costs nothing: classes keep counts); the rest follows from rows, which never change, and
is spelled out when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from routing.index import Index
from routing.ladder import needed
from routing.lines import Line
from routing.model import OperatorState, QueueState, WorkState
from routing.policy import masters


def _at_the_bottom(work: WorkState, queue: QueueState, operator: OperatorState) -> bool:
    """Whether he could have had it before anything was relaxed."""
    needs, members_only = needed(queue, work.needs, 0)
    return masters(operator, needs) and (not members_only or queue.id in operator.queues)


class Explanation(Mapping[str, Any]):
    """The reason of one offer, as of the moment before it; reads like a dictionary."""

    __slots__ = ("_seen", "_told")

    def __init__(
        self,
        index: Index,
        line: Line,
        work: WorkState,
        chosen: OperatorState,
        runner_up: OperatorState | None,
    ) -> None:
        groups, room = line.groups, line.with_room
        own = groups.get(chosen.id)
        if own is not None and not own.fits:  # who has just been freed may not be rated yet
            room += 1
        self._seen = (
            index.now_ms, index.policy, line, line.waiting, len(groups), line.ready, room,
            work, index.queues[work.queue_id], chosen, runner_up,
        )  # fmt: skip
        self._told: dict[str, Any] | None = None

    def _tell(self) -> dict[str, Any]:
        (
            now_ms, policy, line, waiting, eligible, ready, with_room, work, queue, chosen,
            runner_up,
        ) = self._seen  # fmt: skip
        if chosen.id == work.preferred_id:
            rule = "preferred"
        elif work.rung and not _at_the_bottom(work, queue, chosen):
            rule = "relaxed"
        elif runner_up is None and chosen.idle_ms > work.arrived_ms:
            rule = "longest_waiting"
        else:
            rule = "longest_idle" if line.strategy == "least_loaded" else line.strategy

        def figures(one: OperatorState) -> dict[str, Any]:
            key = line.rule(one, line.needs, line.medium, policy.exclusive)
            return {"id": one.id, "used": one.used, "idle_ms": one.idle_ms, "key": list(key[:-1])}

        self._told = {
            "rule": rule,
            "strategy": line.strategy,
            "policy": policy.version,
            "at_ms": now_ms,
            "queue_id": work.queue_id,
            "medium": work.medium,
            "class": line.label,
            "rung": work.rung,
            "wait_ms": max(0, now_ms - work.arrived_ms),
            "priority_ms": work.arrived_ms - work.virtual_ms - work.kept_ms,
            "kept_ms": work.kept_ms,
            "waiting": waiting,
            "eligible": eligible,
            "ready": ready,
            "with_room": with_room,
            "chosen": figures(chosen),
            "runner_up": runner_up and figures(runner_up),
            "excluded": [who for who, ends in work.excluded if ends > now_ms],
        }
        return self._told

    def __getitem__(self, name: str) -> Any:
        return (self._told or self._tell())[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told or self._tell())

    def __len__(self) -> int:
        return len(self._told or self._tell())

    def __repr__(self) -> str:
        return repr(self._told or self._tell())
