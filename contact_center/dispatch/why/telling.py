"""From rows and the engine's answers to what is told: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.dispatch.why import model
from contact_center.dispatch.why.model import Decision, Named, Routing, Step, WhyIdle, WhyNot
from contact_center.work.model import CLIENT_WROTE, PARK_OVER
from routing import why
from routing.model import WorkState

Row = Mapping[str, Any]
PEOPLE_IN = ("operator", "by")
"""The values of gates that are operators."""


def decision(row: Row) -> Decision:
    """An offer's row."""
    return Decision(
        offer_id=row["id"],
        operator_id=row["operator_id"],
        state=row["state"],
        ended_reason=row["reason"],
        at=row["created_at"],
        ended_at=row["ended_at"],
        reason=model.reason(row["explanation"]),
    )


def timeline(turns: Sequence[Row], made: Sequence[Row], moved: Sequence[Row]) -> list[Step]:
    """Everything that happened to a contact's place, in the order of time."""
    accepted = {(row["work_id"], row["operator_id"]) for row in made if row["state"] == "accepted"}
    steps = [step for turn in reversed(turns) for step in _of_turn(turn, accepted)]
    steps += [_of_move(move) for move in moved]
    following: dict[UUID, datetime] = {}
    offers: list[list[Step]] = []
    for row in made:  # the newest first
        offers.append(list(_of_offer(row, following.get(row["work_id"]))))
        following[row["work_id"]] = row["created_at"]
    steps += [step for pair in reversed(offers) for step in pair]
    return sorted(steps, key=lambda step: step.at)


def _of_turn(turn: Row, accepted: set[tuple[UUID, UUID]]) -> Iterator[Step]:
    who = turn["operator_id"]
    if turn["origin"] != "parked":  # when that came back is told by the log
        yield Step(at=turn["arrived_at"], code="arrived", queue_id=turn["queue_id"],
                   detail=turn["origin"])  # fmt: skip
    if turn["accepted_at"] is not None and (turn["id"], who) not in accepted:
        yield Step(at=turn["accepted_at"], code="taken", operator_id=who)
    if turn["outcome"] == "parked":
        yield Step(at=turn["ended_at"], code="parked", operator_id=who)
    elif turn["ended_at"] is not None:
        yield Step(at=turn["ended_at"], code="ended", detail=turn["outcome"])


def _of_move(move: Row) -> Step:
    cause = move["cause"]
    where = {"rung": move["rung"], "queue_id": move["queue_id"]}
    if cause == "relaxed":
        return Step(at=move["at"], code="relaxed", **where)
    if cause in (PARK_OVER, CLIENT_WROTE):
        return Step(at=move["at"], code="returned", queue_id=move["queue_id"], detail=cause)
    return Step(at=move["at"], code="moved", detail=cause.removeprefix("overflow_"), **where)


def _of_offer(row: Row, following: datetime | None) -> Iterator[Step]:
    """It ends before the next one is made, in whichever order one transaction dates them."""
    who = {"operator_id": row["operator_id"], "offer_id": row["id"]}
    yield Step(at=row["created_at"], code="offered", **who)
    if row["ended_at"] is not None and row["state"] != "live":
        ended = min(row["ended_at"], following or row["ended_at"])
        yield Step(at=ended, code=row["state"], detail=row["reason"], **who)


def gates(found: Iterable[why.Gate], refused: Row | None = None) -> list[model.Gate]:
    """What keeps work from somebody; `refused`: the offer of it that he did not take."""
    return [
        model.Gate(
            code=gate.code,
            values={**gate.values, **(_cause(refused) if gate.code == "excluded" else {})},
        )
        for gate in found
    ]


def kept_from(work: WorkState, refused: Mapping[UUID, Row], now_ms: int) -> list[model.KeptFrom]:
    """Whom waiting work is kept from, and why."""
    return [
        model.KeptFrom(
            operator_id=UUID(who), until=model.instant(until), **_cause(refused.get(UUID(who)))
        )
        for who, until in work.excluded
        if until > now_ms
    ]


def _cause(refused: Row | None) -> dict[str, Any]:
    if refused is None:
        return {"cause": "passed_on"}
    said = {"reason": refused["reason"]} if refused["reason"] else {}
    return {"cause": refused["state"], **said}


def near(
    nearest: why.Nearest, number: int | None, now_ms: int, refused: Row | None = None
) -> model.Near:
    """The work that lacks least to become somebody's."""
    work = nearest.work
    return model.Near(
        contact_id=None if work.contact_id is None else UUID(work.contact_id),
        number=number,
        queue_id=UUID(work.queue_id),
        medium=work.medium,
        wait_ms=max(0, now_ms - work.arrived_ms),
        gates=gates(nearest.gates, refused),
    )


# --- whom and what an answer speaks of -----------------------------------------------------------


def people(answer: Named) -> set[UUID]:
    """All operators it names."""
    found = {UUID(str(value)) for name, value in _values(answer) if name in PEOPLE_IN}
    if isinstance(answer, WhyNot | WhyIdle):
        found.add(answer.employee_id)
    if not isinstance(answer, Routing):
        return found
    found.update(one.operator_id for one in (answer.waiting.kept_from if answer.waiting else ()))
    for one in answer.decisions:
        found.add(one.operator_id)
        if one.reason is not None:
            found.update(one.reason.excluded)
            found |= {who.id for who in (one.reason.chosen, one.reason.runner_up) if who}
    return found | {step.operator_id for step in answer.timeline if step.operator_id is not None}


def skills(answer: Named) -> set[str]:
    """The codes of all skills it names."""
    found = {str(value) for name, value in _values(answer) if name == "skill"}
    if not isinstance(answer, Routing):
        return found
    for one in answer.decisions:
        found.update(one.reason.needs if one.reason is not None else ())
    waiting = answer.waiting
    if waiting is not None:
        found.update(waiting.needs, waiting.lacking)
        found.update((waiting.step.needs if waiting.step else None) or ())
    return found


def _values(answer: Named) -> Iterator[tuple[str, Any]]:
    """The values of all gates, and of why it waits."""
    if isinstance(answer, Routing) and answer.waiting is not None:
        yield from answer.waiting.values.items()
    found = answer.gates if isinstance(answer, WhyNot) else []
    if isinstance(answer, WhyIdle) and answer.nearest is not None:
        found = answer.nearest.gates
    for gate in found:
        yield from gate.values.items()
