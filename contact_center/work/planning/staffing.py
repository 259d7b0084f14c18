"""How many operators each stretch of a day needs: Erlang C, and A where clients lose patience."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import mean
from typing import Any

from contact_center.work.planning.model import Staffing, StaffingQuery, StaffingRow
from contact_center.work.planning.traffic import ENOUGH, HALF_HOUR, Seen, Traffic
from routing.events import Presence
from routing.model import Operator
from routing.policy import READY
from routing.staffing import Demand, Expected, Target, expected, needed, scheduled

SHARE = 0.8
"""Of the contacts of a half-hour, to be taken in time."""
BESIDE = 3
"""So many fewer and more than needed are shown, too."""


class BadRow(ValueError):
    """A stretch of time that says nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds where a stretch says nothing else. Seconds, shares."""

    target: Target
    talk: float | None
    patience: float | None
    interval: float
    shrinkage: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One stretch of time."""

    at: str
    demand: Demand
    found: Expected
    scheduled: int


def answer(at: str, arrivals: float, asked: Asked, **own: float | None) -> Answer:
    """How many one stretch needs. Raises BadRow."""
    talk, patience = own.get("talk") or asked.talk, own.get("patience") or asked.patience
    if talk is None:
        raise BadRow("talk is missing, in the line and as --talk")
    try:
        demand = Demand(arrivals, talk, patience, asked.interval)
        found = needed(demand, asked.target)
    except ValueError as error:
        raise BadRow(str(error)) from None
    return Answer(at, demand, found, scheduled(found.operators, asked.shrinkage))


def around(asked: StaffingQuery) -> Staffing:
    """How many are needed, and what some more or fewer would give. Raises ValueError."""
    demand = Demand(asked.arrivals, asked.talk, asked.patience, asked.interval)
    target = Target(asked.share / 100, asked.within, occupancy=asked.occupancy / 100)
    found = needed(demand, target).operators
    rows = [
        _row(expected(demand, operators, asked.within))
        for operators in range(max(1, found - BESIDE), found + BESIDE + 1)
    ]
    return Staffing(
        load=round(demand.load, 2), needed=found, rows=rows,
        scheduled=scheduled(found, asked.shrinkage / 100),
    )  # fmt: skip


def _row(one: Expected) -> StaffingRow:
    return StaffingRow(
        operators=one.operators, in_time=round(100 * one.within, 2),
        wait=round(one.wait, 2) if one.wait < inf else None,
        abandoned=round(100 * one.abandoned, 2), occupancy=round(100 * one.occupancy, 2),
    )  # fmt: skip


def half_hours(
    traffic: Traffic, points: Mapping[str, int], *, within: float
) -> list[dict[str, Any]]:
    """Of all (queue "") and of every queue: what each half-hour needs, and who was there.

    `needed` is what `SHARE` within `within` seconds asks for where everybody can take everything,
    so queues together need more than all of them as one. A talk counts as much as it takes of an
    operator: five chats of 20 points are as long as one of them. Empty half-hours are left out.
    """
    there = _there(traffic)
    groups: dict[str, list[Seen]] = {"": list(traffic.seen)}
    for one in traffic.seen:
        groups.setdefault(one.queue, []).append(one)
    return [
        {"queue": queue, "rows": rows}
        for queue, seen in groups.items()
        if (rows := _rows(seen, points, within, there[queue]))
    ]


def _rows(
    seen: Sequence[Seen], points: Mapping[str, int], within: float, there: Mapping[int, float]
) -> list[dict[str, Any]]:
    spans = [
        (one.talk_ms + (one.wrap_ms or 0))
        / 1000
        * (one.points or points.get(one.medium, 100))
        / 100
        for one in seen
        if one.talk_ms is not None
    ]
    talk = mean(spans) if spans else 0.0
    if talk <= 0:
        return []
    gone = sum(one.gave_up for one in seen)
    waited = sum(one.waited_ms or 0 for one in seen) / 1000
    patience = waited / gone if gone >= ENOUGH and waited else None
    asked = Asked(Target(SHARE, within), talk, patience, HALF_HOUR / 1000, 0.0)
    came = Counter(one.at_ms // HALF_HOUR for one in seen)
    rows = []
    for slot, arrivals in sorted(came.items()):
        found = answer("", arrivals, asked).found
        rows.append({
            "at_ms": slot * HALF_HOUR, "arrivals": arrivals,
            "talk": round(talk, 1), "needed": found.operators,
            "there": round(there.get(slot, 0.0), 1),
        })  # fmt: skip
    return rows


def _there(traffic: Traffic) -> defaultdict[str, dict[int, float]]:
    """Queue ("" for all) → half-hour since 1970 → how many were ready, on average."""
    queues = {one.id: one.queues for _, one in traffic.told if isinstance(one, Operator)}
    there: defaultdict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for who, since, until in _ready(traffic):
        for slot in range(since // HALF_HOUR, (until - 1) // HALF_HOUR + 1):
            start = slot * HALF_HOUR
            share = (min(until, start + HALF_HOUR) - max(since, start)) / HALF_HOUR
            for queue in ("", *queues.get(who, ())):
                there[queue][slot] += share
    return there


def _ready(traffic: Traffic) -> Iterator[tuple[str, int, int]]:
    """(operator, since, until) of the times somebody was ready."""
    since: dict[str, int] = {}
    for at, event in traffic.told:
        if not isinstance(event, Presence):
            continue
        if event.operator_id in since:
            yield event.operator_id, since.pop(event.operator_id), at
        if event.presence == READY and at < traffic.until_ms:
            since[event.operator_id] = at
    for who, start in since.items():
        yield who, start, traffic.until_ms
