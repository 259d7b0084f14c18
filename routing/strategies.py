"""Which operator first: a strategy is the order of those who may, told as a sortable key.

Every key ends with who has been idle longest and then with the id, so it never ties; the least
key wins. `automatic` is what a policy file means when it names no strategy.

| strategy | first comes |
|---|---|
| `longest_idle` | who has been idle longest |
| `least_loaded` | the free before the busy, by points |
| `narrowest_first` | who can do the least else: the versatile are kept for what only they can do |
| `pack` | who has chats already, so that others stay free for calls |
| `best_level` | the highest levels in the skills asked for |
| `round_robin` | whose last offer is longest ago |
| `automatic` | whole media: narrowest first. Cheap ones: who takes no calls by name, least loaded |

Who does take calls comes after those by `automatic`, packed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from routing.model import Needs, OperatorState

Key = tuple[Any, ...]
Rule = Callable[[OperatorState, Needs, str, tuple[str, ...]], Key]
"""(operator, needs of the class, its medium, exclusive media) → key."""


def _longest_idle(one: OperatorState, _n: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (one.idle_ms, one.id)


def _least_loaded(one: OperatorState, _n: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (one.used, one.idle_ms, one.id)


def _narrowest_first(one: OperatorState, _n: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (len(one.skills) + len(one.queues), one.idle_ms, one.id)


def _pack(one: OperatorState, _n: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (one.budget - one.used, one.idle_ms, one.id)  # the least room first


def _best_level(one: OperatorState, needs: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (-sum(one.skills.get(skill, 0) for skill, _ in needs), one.idle_ms, one.id)


def _round_robin(one: OperatorState, _n: Needs, _m: str, _e: tuple[str, ...]) -> Key:
    return (one.turn, one.idle_ms, one.id)


def _automatic(one: OperatorState, _n: Needs, medium: str, exclusive: tuple[str, ...]) -> Key:
    broad = len(one.skills) + len(one.queues)
    if medium in exclusive:
        return (0, 0, broad, one.idle_ms, one.id)
    if exclusive and any(medium in one.media for medium in exclusive):
        return (1, one.budget - one.used, broad, one.idle_ms, one.id)
    return (0, one.used, broad, one.idle_ms, one.id)


STRATEGIES: dict[str, Rule] = {
    "longest_idle": _longest_idle,
    "least_loaded": _least_loaded,
    "narrowest_first": _narrowest_first,
    "pack": _pack,
    "best_level": _best_level,
    "round_robin": _round_robin,
    "automatic": _automatic,
}
PLAIN = "least_loaded"
"""Of an engine queue that names none (the house and policy files say `automatic` then); offers give
the reason `longest_idle`."""
