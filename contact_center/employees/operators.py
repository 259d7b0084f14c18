"""The capacity row of an operator: every change of it is told to the router through the log."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from contact_center.employees import store
from contact_center.storage.unit import Unit


async def tell(unit: Unit, ids: Iterable[UUID], *, actor: str, cause: str) -> None:
    """Raise the versions and log `operator.changed`; the rows must be locked already.

    Call it after everything the snapshot shows has been written: presence, capacity, queues.
    """
    listed = list(set(ids))
    await unit.fetch(store.BUMP, listed)
    for row in await unit.fetch(store.SNAPSHOTS, listed):
        unit.log(
            "operator.changed",
            "operator",
            row["id"],
            version=row["version"],
            actor=actor,
            cause=cause,
            data=row["snapshot"],
        )


async def tell_directory(unit: Unit, subject: UUID, *, actor: str, cause: str) -> None:
    """Log `directory.changed`: what consoles show of the organisation is to be asked anew."""
    unit.log("directory.changed", "directory", subject, version=1, actor=actor, cause=cause)
