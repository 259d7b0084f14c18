"""Another edition counts points otherwise: what is in nobody's hands costs that from now on.

Else what waits, or lies aside, could cost more than anybody has. What somebody has in his hands
keeps what it took of him, until its next turn.
"""

from __future__ import annotations

from datetime import datetime

from contact_center.storage.unit import Unit
from contact_center.work import store


async def reprice(unit: Unit, limit: int, *, now: datetime, actor: str) -> bool:
    """Let some turns cost what the running policy says; whether there were any to look at."""
    old = await unit.fetch(store.COSTS_OTHERWISE, limit)
    offered = {row["operator_id"] for row in old if row["operator_id"] is not None}
    await unit.lock("operators", offered, "id")
    await unit.lock("work", [row["id"] for row in old], "id")
    for row in await unit.fetch(store.REPRICE, [row["id"] for row in old], list(offered)):
        unit.log(
            f"work.{row['state']}", "work", row["id"], version=row["version"], actor=actor,
            cause="policy", data=row["snapshot"],
        )  # fmt: skip
    await store.recount(unit, offered, now=now, actor=actor, cause="policy")
    return bool(old)
