"""Work that comes back every day, each piece on one worker of all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from contact_center.jobs import store
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database

DAY = timedelta(days=1)
AFTER_A_FAULT = timedelta(hours=1)

log = get_logger(__name__)


class Daily:
    """Runs each of `tasks` once a day; the name of a task is the kind of its job."""

    def __init__(
        self, database: Database, clock: Clock, tasks: Mapping[str, Callable[[], Awaitable[None]]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._tasks = tasks

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return dict.fromkeys(self._tasks, self._run)

    async def prepare(self) -> None:
        """Make sure that every task is scheduled; once at start."""
        now = self._clock.now()
        for kind in self._tasks:
            await self._database.run(partial(store.schedule, kind=kind, key="daily", due_at=now))

    async def _run(self, job: Job) -> None:
        """Do it and come back tomorrow, or sooner after a fault: it must never be given up."""
        later = DAY
        try:
            await self._tasks[job.kind]()
        except Exception:
            log.exception("daily_task_failed", kind=job.kind)
            later = AFTER_A_FAULT
        due = self._clock.now() + later
        await self._database.run(lambda unit: store.reschedule(unit, job.kind, job.key, due))
