"""Visitors who leave the site before anybody took their contact: given up, with the wait kept.

Only the web chat knows that somebody has gone; in messengers and mail nobody is ever away. The job
stands in the rows from the moment the last window closed and waits for the policy's grace. While a
window is open its node keeps putting the job off, so that who leaves while the node is dead is
missed as well. Another node may hold a window of the same visitor, so all nodes are asked through
the log before it counts (`contact.sought`); whoever has him cancels the job. What he writes before
it counts keeps the contact. Who writes again later goes on as after any closed contact: at his old
place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contact_center.desk import store
from contact_center.desk.bench import Bench, Grip
from contact_center.desk.ending import close_unattended
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Job
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

VISITOR_LEFT = "visitor_left"
ABANDONED = "abandoned"
SOUGHT = timedelta(seconds=5)
"""So long nodes have to say that he is there; they read the log within a fraction of it."""
HERE = timedelta(seconds=90)
"""So long the word of a node counts that somebody is here; it says so again in time."""


class Leaving:
    """Give up contacts whose client has gone."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def look(self, job: Job) -> None:
        """Ask for the visitor, and give his contact up where nobody has him: `VISITOR_LEFT`."""
        contact_id = UUID(job.key)

        async def step(unit: Unit) -> None:
            grip = await self._bench.grip(unit, contact_id, "system")
            if not await _waits(grip):
                return
            asked = dict(job.payload)
            if "last_seq" not in asked:  # nobody has asked for him yet
                grip.contact.tell("contact.sought")
                await grip.contact.flush(VISITOR_LEFT)
                until = await store.database_now(unit) + SOUGHT
                asked = {"sought": until.isoformat(), "last_seq": grip.contact["last_seq"]}
            elif await store.wrote_since(unit, contact_id, asked["last_seq"]):
                return  # he is here: where he has a window open, that node tells when he leaves
            left = await _time_left(unit, asked)
            if left > timedelta():
                await jobs.reschedule(unit, VISITOR_LEFT, job.key, grip.now + left, asked)
            else:
                await close_unattended(grip, ABANDONED)

        await self._bench.run(step)


async def _time_left(unit: Unit, asked: Mapping[str, Any]) -> timedelta:
    """So long nodes still have to say that he is there, whatever the clock of the worker shows."""
    if "sought" not in asked:
        return timedelta()
    return datetime.fromisoformat(asked["sought"]) - await store.database_now(unit)


async def _waits(grip: Grip) -> bool:
    """Whether he waits on the line: nobody has taken it, and he left no address to answer to."""
    work = grip.work
    if not grip.contact.is_open or work is None or work.state not in ("waiting", "offered"):
        return False
    return not await store.left_a_message(grip.unit, grip.contact.id)


async def note_left(database: Database, contacts: Iterable[UUID], now: datetime) -> None:
    """The last windows of these visitors have closed: from now the grace runs."""
    keys = [str(one) for one in contacts]

    async def step(unit: Unit) -> None:
        due = now + timedelta(seconds=await store.visitor_grace(unit))
        await jobs.reschedule_all(unit, VISITOR_LEFT, keys, due)

    await database.run(step)


async def note_here(database: Database, contacts: Iterable[UUID], now: datetime) -> None:
    """These visitors wait at open windows; unless that is said again, the grace runs."""
    await note_left(database, contacts, now + HERE)


async def note_back(database: Database, contacts: Collection[UUID]) -> None:
    """These visitors are there again: nothing has happened."""
    keys = [str(one) for one in contacts]
    await database.run(lambda unit: jobs.cancel_all(unit, VISITOR_LEFT, keys))


async def note_given_up(database: Database, contact_id: UUID, now: datetime) -> None:
    """The visitor says himself that he does not wait any longer."""

    async def step(unit: Unit) -> None:
        said = {"said": True, "last_seq": await store.last_seq(unit, contact_id)}
        await jobs.reschedule(unit, VISITOR_LEFT, str(contact_id), now, said)

    await database.run(step)
