"""The rows of a stretch of this service's past (`store.rows`) as traffic. Pure.

They are made into traffic where there is time: for a dry run in a process aside (`aside.py`),
which therefore loads no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson

from contact_center.work.planning.traffic import Seen, Traffic
from contact_center.work.policies.model import Usual
from routing.events import Event, Presence
from routing.model import NOTHING, Operator, changed
from routing.simulation import Told

GAVE_UP = "abandoned"
Row = Mapping[str, Any]
Rows = dict[str, Any]
"""`since_ms`, `until_ms`, `turns`, `operators`, `presence`."""


def packed(question: Mapping[str, Any]) -> bytes:
    """JSON of plain values, rows and ids."""
    return orjson.dumps(question, default=_plain)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else dict(value)


def traffic(rows: Rows, names: Mapping[str, str], points: Mapping[str, int]) -> Traffic:
    """Of rows, also such as JSON carried. `names`: queue id → code; `points`: as media cost now."""
    now, turns, people = rows["until_ms"], rows["turns"], rows["operators"]
    seen = [
        _seen(row, names, now, points.get(row["medium"]))
        for row in turns
        if str(row["queue_id"]) in names
    ]
    told = _told(people, rows["presence"], names)
    called = {str(row["id"]): row["name"] for row in people}
    return Traffic(rows["since_ms"], now, seen, told, called)


def _seen(row: Row, names: Mapping[str, str], now: int, points: int | None) -> Seen:
    """`points`: what the medium usually costs; another policy may say otherwise.

    Who was taken has waited until he was; who still waits, until now: neither gave up.
    """
    arrived, accepted, ended = row["arrived_ms"], row["accepted_ms"], row["ended_ms"]
    over = accepted or ended or now
    wrap = row["wrap_ms"] if accepted is not None else None
    talked = None if accepted is None else wrap or ended
    answer = (accepted or 0) - (row["offered_ms"] or accepted or 0)
    return Seen(
        arrived, names[str(row["queue_id"])], row["medium"],
        None if talked is None else max(0, talked - accepted),
        None if ended is None or talked is None else max(0, ended - (wrap or ended)),
        max(0, over - arrived), accepted is None and row["outcome"] == GAVE_UP,
        tuple(sorted((row["needs"] or {}).items())), row.get("priority_ms"),
        None if row["preferred_id"] is None else str(row["preferred_id"]),
        None if row["cost"] == points else row["cost"],
        max(0, answer), row["misses"], accepted is not None,
    )  # fmt: skip


def _told(
    operators: Sequence[Row], presence: Sequence[Row], names: Mapping[str, str]
) -> list[Told]:
    """Operators come at the first instant they were somewhere; then their presence changes."""
    rows = {str(row["id"]): row for row in operators}
    known: set[str] = set()
    told: list[Told] = []
    for change in presence:
        who, at = str(change["employee_id"]), change["at_ms"]
        if who not in rows:
            continue
        if who not in known:
            known.add(who)
            told.append((at, _operator(rows[who], at, names)))
        told.append((at, Presence(who, change["presence"])))
    return sorted(told, key=lambda one: one[0])


def _operator(row: Row, at: int, names: Mapping[str, str]) -> Operator:
    queues = tuple(sorted(names[str(one)] for one in row["queues"] if str(one) in names))
    skills = {str(code): int(level) for code, level in row["skills"].items()} or NOTHING
    return Operator(
        str(row["id"]), 1, "offline", row["budget"], 0, dict(row["ceilings"]), {}, at, 0, queues,
        skills=skills,
    )  # fmt: skip


def resized(traffic: Traffic, before: Usual, after: Usual) -> Traffic:
    """The same day with operators who may take what is usual under another policy."""
    if before == after:
        return traffic
    told = [(at, _resized(one, before, after)) for at, one in traffic.told]
    return replace(traffic, told=told)


def _resized(event: Event, before: Usual, after: Usual) -> Event:
    if not isinstance(event, Operator):
        return event
    budget, ceilings = after.instead(before, event.budget, event.ceilings)
    return changed(event, budget=budget, ceilings=ceilings)
