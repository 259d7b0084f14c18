"""The last 24 hours of this service as traffic, and the policy that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from contact_center.kernel.errors import Invalid
from contact_center.route import store
from contact_center.route.traffic import Seen, Traffic
from contact_center.storage.database import Database
from contact_center.storage.unit import Record
from contact_center.work.policies import model
from contact_center.work.policies import store as policies
from routing.events import Presence
from routing.model import NOTHING, Operator
from routing.rulebook import Rulebook
from routing.simulation import Told

DAY_MS = 86_400_000
GAVE_UP = "abandoned"


def last_day(url: str) -> tuple[Traffic, Rulebook]:
    """What was seen, with queues by their codes, and the running policy. Raises Invalid."""
    return asyncio.run(_connected(url))


async def _connected(url: str) -> tuple[Traffic, Rulebook]:
    database = await Database.connect(url, size=2)
    try:
        return await read(database)
    finally:
        await database.close()


async def read(database: Database) -> tuple[Traffic, Rulebook]:
    """The same on an open database: four queries, each bounded."""
    row, world = await policies.current(database), await policies.world(database)
    book = model.checked({}, world, row["body"] if row else model.house())
    now = await store.now_ms(database)
    since = now - DAY_MS
    rows = await store.turns(database, since, now)
    if not rows:
        raise Invalid("nobody came within the last 24 hours")
    if len(rows) == store.MOST:
        raise Invalid(f"more than {store.MOST} turns in line within 24 hours")
    points = {medium: one.points for medium, one in book.media.items()}
    seen = [
        _seen(row, world.names, now, points.get(row["medium"]))
        for row in rows
        if str(row["queue_id"]) in world.names
    ]
    presence = await store.presence(database, since, now)
    operators = await store.operators(database)
    people = {str(row["id"]): row["name"] for row in operators}
    return Traffic(since, now, seen, _told(operators, presence, world.names), people), book


def _seen(row: Record, names: Mapping[str, str], now: int, points: int | None) -> Seen:
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
        tuple(sorted((row["needs"] or {}).items())), None,
        None if row["preferred_id"] is None else str(row["preferred_id"]),
        None if row["cost"] == points else row["cost"],
        max(0, answer), row["misses"],
    )  # fmt: skip


def _told(
    operators: list[Record], presence: list[Record], names: Mapping[str, str]
) -> list[Told]:  # fmt: skip
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


def _operator(row: Mapping[str, Any], at: int, names: Mapping[str, str]) -> Operator:
    queues = tuple(sorted(names[one] for one in row["queues"] if one in names))
    skills = {str(code): int(level) for code, level in row["skills"].items()} or NOTHING
    return Operator(
        str(row["id"]), 1, "offline", row["budget"], 0, dict(row["ceilings"]), {}, at, 0, queues,
        skills=skills,
    )  # fmt: skip
