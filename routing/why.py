"""Questions asked of the line afterwards: why still waiting, why not him, why is he idle.

All answers are codes and figures. They are computed on demand from snapshots, with the same rules
the engine decides by (`policy.py`, `ladder.py`, `strategies.py`); nothing is kept for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from routing import policy as rules
from routing.ladder import needed, next_rung
from routing.model import Needs, OperatorState, QueueState, WorkState
from routing.policy import Policy
from routing.strategies import PLAIN, STRATEGIES

PREFERRED = "preferred"


@dataclass(frozen=True, slots=True)
class Gate:
    """Something that keeps this work from this operator.

    | code | values |
    |---|---|
    | `presence` | presence, and `lost` where his connection is |
    | `medium` | medium |
    | `member` | queue |
    | `skill` | skill, asked, has |
    | `exclusive` | medium: he is on a call |
    | `capacity` | cost, used, budget |
    | `ceiling` | medium, load, ceiling |
    | `excluded` | until_ms: he declined it, passed it on or let it pass |
    | `archived`, `closed` | queue |
    | `callback` | due_ms |
    | `parked` | by, until_ms: he has laid it aside |
    | `held` | operator, until_ms, strict: it waits for somebody else |
    | `outranked` | strategy, by, key, by_key: the other one comes first |
    | `preferred` | by: the other one is who it prefers |
    | `chosen` | it was offered to him |
    | `meanwhile` | something else was already on its way to him |
    | `next` | none of all that: he comes next |
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


def asked(work: WorkState, queue: QueueState) -> tuple[Needs, bool]:
    """What it needs at its rung, and whether of members only."""
    return ((), False) if work.anyone else needed(queue, work.needs, work.rung)


def gates(
    work: WorkState, queue: QueueState, operator: OperatorState, policy: Policy, now_ms: int
) -> list[Gate]:
    """All that keeps this work from him, in the order one would look; empty: nothing."""
    found = [*absence(operator), *inability(work, queue, operator)]
    return [*found, *fullness(work, operator, policy), *_exclusion(work, operator, now_ms)]


def absence(operator: OperatorState) -> list[Gate]:
    """Not ready, or his connection is lost."""
    lost = operator.lost_ms is not None
    if operator.presence == rules.READY and not lost:
        return []
    return [Gate("presence", {"presence": operator.presence, "lost": lost})]


def inability(work: WorkState, queue: QueueState, operator: OperatorState) -> list[Gate]:
    """He is not one of those this class asks for; who is preferred need not be."""
    if operator.id == work.preferred_id and rules.may_be_preferred(work, operator):
        return []
    needs, members_only = asked(work, queue)
    found = []
    if not rules.takes(operator, work.medium):
        found.append(Gate("medium", {"medium": work.medium}))
    if members_only and queue.id not in operator.queues:
        found.append(Gate("member", {"queue": queue.id}))
    for skill, level in needs:
        has = operator.skills.get(skill, 0)
        if has < level:
            found.append(Gate("skill", {"skill": skill, "asked": level, "has": has}))
    return found


def fullness(work: WorkState, operator: OperatorState, policy: Policy) -> list[Gate]:
    """He has no room for it now."""
    found = [
        Gate("exclusive", {"medium": medium})
        for medium in policy.exclusive
        if operator.load.get(medium)
    ]
    if operator.used + work.cost > operator.budget:
        values = {"cost": work.cost, "used": operator.used, "budget": operator.budget}
        found.append(Gate("capacity", values))
    ceiling, load = operator.ceilings.get(work.medium), operator.load.get(work.medium, 0)
    if ceiling is not None and load >= ceiling:
        found.append(Gate("ceiling", {"medium": work.medium, "load": load, "ceiling": ceiling}))
    return found


def _exclusion(work: WorkState, operator: OperatorState, now_ms: int) -> list[Gate]:
    ends = [until for who, until in work.excluded if who == operator.id and until > now_ms]
    return [Gate("excluded", {"until_ms": max(ends)})] if ends else []


def holds(
    work: WorkState, queue: QueueState, preferred: OperatorState | None, now_ms: int
) -> list[Gate]:
    """What keeps it from everybody: a closed door, a date, somebody it waits for."""
    if work.state == "parked":
        return [Gate("parked", {"by": work.preferred_id, "until_ms": work.parked_until_ms})]
    if queue.archived or not queue.open:
        return [Gate("archived" if queue.archived else "closed", {"queue": queue.id})]
    if work.not_before_ms is not None and work.not_before_ms > now_ms:
        return [Gate("callback", {"due_ms": work.not_before_ms})]
    until = rules.hold_until(work, queue)
    if work.preferred_id is None or until <= now_ms:
        return []
    waits = work.strict or (
        preferred is not None
        and rules.may_be_preferred(work, preferred)
        and preferred.presence == rules.READY
        and not rules.excluded(work, preferred.id, now_ms)
    )
    if not waits:
        return []
    values = {"operator": work.preferred_id, "until_ms": until, "strict": work.strict}
    return [Gate("held", values)]


# --- why is it still waiting ---------------------------------------------------------------------


def waiting(
    work: WorkState,
    queue: QueueState,
    operators: Iterable[OperatorState],
    policy: Policy,
    now_ms: int,
    *,
    preferred: OperatorState | None = None,
) -> dict[str, Any]:
    """Why waiting work waits: `reason` with its `values`, everybody counted once, what comes next.

    reason: a hold of its own (`parked`, `archived`, `closed`, `callback`, `held`); `nobody` is
    able, or none of the able is ready (`none_ready`), has room (`busy`), or is not `excluded`;
    else `soon`.
    """
    needs, members_only = asked(work, queue)
    counts = {"able": 0, "unable": 0, "not_ready": 0, "busy": 0, "excluded": 0, "free": 0}
    away: dict[str, int] = {}
    lacking: dict[str, int] = {}
    hands: dict[str, int] = {}
    for one in operators:
        unable = inability(work, queue, one)
        if unable:
            counts["unable"] += 1
            name = str(unable[0].values.get("skill", unable[0].code))
            lacking[name] = lacking.get(name, 0) + 1
            continue
        counts["able"] += 1
        if absence(one):
            counts["not_ready"] += 1
            presence = "lost" if one.presence == rules.READY else one.presence
            away[presence] = away.get(presence, 0) + 1
        elif fullness(work, one, policy):
            counts["busy"] += 1
            for medium in one.load:
                hands[medium] = hands.get(medium, 0) + 1
        else:
            counts["excluded" if rules.excluded(work, one.id, now_ms) else "free"] += 1
    own = holds(work, queue, preferred, now_ms)
    return {
        "reason": own[0].code if own else _reason(counts),
        "values": dict(own[0].values) if own else {},
        "wait_ms": max(0, now_ms - work.arrived_ms),
        "priority_ms": work.arrived_ms - work.virtual_ms - work.kept_ms,
        "kept_ms": work.kept_ms,
        "needs": dict(needs),
        "members_only": members_only,
        "rung": work.rung,
        "rungs": len(queue.ladder),
        "misses": work.misses,
        "counts": counts,
        "away": away,
        "lacking": lacking,
        "on_hand": hands,
        "step": _step(work, queue),
    }


def _reason(counts: Mapping[str, int]) -> str:
    if not counts["able"]:
        return "nobody"
    if counts["free"]:
        return "soon"
    if counts["excluded"]:
        return "excluded"
    return "busy" if counts["busy"] else "none_ready"


def _step(work: WorkState, queue: QueueState) -> dict[str, Any] | None:
    """The next rung of its ladder: when, and what is asked for then or where it goes."""
    ahead = next_rung(queue, work)
    if ahead is None:
        return None
    due, rung = ahead
    step: dict[str, Any] = {"at_ms": due, "rung": work.rung + 1, "overflow": rung.overflow}
    if rung.overflow is None:
        needs, members_only = needed(queue, work.needs, work.rung + 1)
        step |= {"needs": dict(needs), "members_only": members_only}
    return step


# --- why not him ---------------------------------------------------------------------------------


def why_not(
    work: WorkState,
    queue: QueueState,
    operator: OperatorState,
    policy: Policy,
    now_ms: int,
    *,
    preferred: OperatorState | None = None,
    explanation: Mapping[str, Any] | None = None,
) -> list[Gate]:
    """What keeps or kept it from him, the first one first; never empty.

    `explanation`: of the offer that was made; all the other values are then as of that moment.
    """
    if explanation is not None and explanation["chosen"]["id"] == operator.id:
        return [Gate("chosen")]
    found = gates(work, queue, operator, policy, now_ms)
    if explanation is not None:
        if operator.id in explanation.get("excluded", ()) and not _has(found, "excluded"):
            found.append(Gate("excluded"))
        return found or [_behind(work, queue, operator, policy, explanation)]
    others = _others(holds(work, queue, preferred, now_ms), operator)
    return [*found, *others] or [Gate("next")]


def _has(found: Iterable[Gate], code: str) -> bool:
    return any(gate.code == code for gate in found)


def _behind(
    work: WorkState,
    queue: QueueState,
    operator: OperatorState,
    policy: Policy,
    explanation: Mapping[str, Any],
) -> Gate:
    by, by_key = explanation["chosen"]["id"], list(explanation["chosen"]["key"])
    if explanation["rule"] == PREFERRED:
        return Gate("preferred", {"by": by})
    strategy = str(explanation.get("strategy") or PLAIN)
    needs, _ = asked(work, queue)
    rule = STRATEGIES.get(strategy, STRATEGIES[PLAIN])
    key = list(rule(operator, needs, work.medium, policy.exclusive)[:-1])
    values = {"strategy": strategy, "by": by, "key": key, "by_key": by_key}
    if (key, operator.id) < (by_key, by):  # then it was not he who was behind
        return Gate("meanwhile")
    return Gate("outranked", values)


# --- why is he idle ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nearest:
    """The waiting work that lacks least to become his, and what it lacks."""

    work: WorkState
    gates: list[Gate]


def idle(
    operator: OperatorState,
    line: Sequence[tuple[WorkState, QueueState]],
    policy: Policy,
    now_ms: int,
    *,
    preferred: Mapping[str, OperatorState],
) -> tuple[str, Nearest | None]:
    """Why he gets nothing now, by the first of these codes, and the work nearest to him.

    `presence`; `empty` (nobody waits); `none` (nothing that waits is for him); `full` (he has no
    room for it); `kept` (it waits for another, a date or an opening, or is kept from him); `soon`.
    `line`: the most senior waiting work; `preferred`: whom that work asks for.
    """
    best: tuple[tuple[Any, ...], Nearest] | None = None
    for work, queue in line:
        wanted = preferred.get(work.preferred_id or "")
        found = [gate for gate in gates(work, queue, operator, policy, now_ms)
                 if gate.code != "presence"]  # fmt: skip
        found += _others(holds(work, queue, wanted, now_ms), operator)
        rank = (len(found), _levels(found), rules.work_rank(work))
        if best is None or rank < best[0]:
            best = rank, Nearest(work, found)
    near = best and best[1]
    return _idleness(operator, near), near


def _idleness(operator: OperatorState, near: Nearest | None) -> str:
    if absence(operator):
        return "presence"
    if near is None:
        return "empty"
    codes = {gate.code for gate in near.gates}
    if codes & {"medium", "member", "skill"}:
        return "none"
    if codes & {"exclusive", "capacity", "ceiling"}:
        return "full"
    return "kept" if codes else "soon"


def _others(found: list[Gate], operator: OperatorState) -> list[Gate]:
    """Holds, without one for himself."""
    return [gate for gate in found if gate.values.get("operator") != operator.id]


def _levels(found: Iterable[Gate]) -> int:
    """How many levels of skills are missing in all."""
    return sum(g.values["asked"] - g.values["has"] for g in found if g.code == "skill")
