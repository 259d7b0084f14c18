"""What was in the hands of somebody who may not work any more waits in line again.

He was disabled, or his role is one that does not work: that transaction makes the job. As at any
transfer to their queue, his open contacts begin new turns there at their old places, also those he
has laid aside: nobody else would see them until their hour. What he had only been offered the
router takes back, for he is offline.
"""

from __future__ import annotations

from uuid import UUID

from contact_center.desk import store
from contact_center.desk.bench import Bench
from contact_center.desk.ending import end_wrap_up
from contact_center.desk.moving import back_to_queue
from contact_center.employees.model import HAND_BACK
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Job
from contact_center.storage.unit import Unit

SLICE = 20


class Returning:
    """Bring back to the line what nobody works on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def hand_back(self, job: Job) -> None:
        """Hand back a slice of what he has, and come again for the rest: `HAND_BACK`."""
        holder, by = UUID(job.key), UUID(job.payload["by"])

        async def step(unit: Unit) -> None:
            found = await store.held(unit, holder, SLICE)
            grips = await self._bench.grips(unit, found, job.payload["actor"], [holder])
            if await store.works(unit, holder):
                return
            for grip in grips:
                work = grip.work
                if work is None or holder not in (work.operator_id, work.parked_by):
                    continue  # somebody was faster
                if work.state == "wrap_up":
                    await end_wrap_up(grip)
                elif grip.contact.is_open:
                    await back_to_queue(grip, by)
            if len(found) == SLICE:
                await jobs.reschedule(unit, HAND_BACK, job.key, grips[0].now, job.payload)

        await self._bench.run(step)
