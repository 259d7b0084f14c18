"""Presence: ready, break, offline. Each change writes history and tells the router.

A break "after the present contact" is only noted while there is work; `settle` makes it true
when the last of it has ended. The router already counts such an operator as absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from contact_center.employees import operators, store
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit

Wish = Literal["ready", "break", "offline"]


async def change(
    unit: Unit,
    employee_id: UUID,
    wish: Wish,
    *,
    reason: str | None = None,
    after_contact: bool = False,
    now: datetime,
    actor: str,
    cause: str = "chosen",
) -> None:
    """Change presence by the operator's own wish; the same wish twice changes nothing."""
    rows = await unit.lock("operators", [employee_id])
    row = rows[0]
    if after_contact and wish != "ready" and row["used"] > 0 and row["presence"] == "ready":
        following = f"{wish}:{reason}" if reason else wish
        if row["presence_next"] == following:
            return
        await unit.execute(store.SET_NEXT, employee_id, following)
        await operators.tell(unit, [employee_id], actor=actor, cause="presence")
        return
    if (row["presence"], row["presence_reason"], row["presence_next"]) == (wish, reason, None):
        return
    await _write(unit, [employee_id], wish, reason, now=now, actor=actor, cause=cause)


async def settle(unit: Unit, employee_ids: Iterable[UUID], *, now: datetime, actor: str) -> None:
    """Begin the break that was asked for, where no work is left; rows must be locked.

    For whoever ends work (close, wrap-up, transfer), after `used` has been written.
    """
    due = await unit.fetch(store.BREAK_IS_DUE, list(employee_ids))
    for row in due:
        wish, _, reason = row["presence_next"].partition(":")
        await _write(unit, [row["id"]], wish, reason or None, now=now, actor=actor, cause="chosen")


async def presence_lost(
    unit: Unit, employee_ids: Iterable[UUID], cause: str, *, now: datetime | None = None
) -> list[UUID]:
    """Set operators offline whose last session was lost, was revoked, or who were disabled.

    What they are working on stays theirs, or is handed back by a job of its own (`HAND_BACK`).
    Returns who was not offline before.
    """
    rows = await unit.lock("operators", employee_ids)
    lost = [row["id"] for row in rows if row["presence"] != "offline"]
    if lost:
        now = now or await unit.fetchval(store.NOW)
        await _write(unit, lost, "offline", None, now=now, actor="system", cause=cause)
    return lost


async def _write(
    unit: Unit, ids: list[UUID], presence: str, reason: str | None, *, now: datetime,
    actor: str, cause: str,
) -> None:  # fmt: skip
    await unit.execute(store.SET_PRESENCE, ids, presence, reason, now)
    await unit.execute(store.END_PRESENCE, ids, now)
    n = len(ids)
    await unit.execute(
        store.BEGIN_PRESENCE,
        [new_id() for _ in ids],
        ids,
        [presence] * n,
        [reason] * n,
        [cause] * n,
        [now] * n,
    )
    await operators.tell(unit, ids, actor=actor, cause="presence")
