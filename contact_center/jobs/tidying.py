"""The daily job that forgets ended sessions, used links and old tries."""

from __future__ import annotations

from datetime import timedelta

from contact_center.access.service import AccessService
from contact_center.jobs import store
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.storage.database import Database

TIDY = "access.tidy"


class Tidying:
    """Runs once a day, on one worker of all."""

    def __init__(self, database: Database, clock: Clock, access: AccessService) -> None:
        self._database = database
        self._clock = clock
        self._access = access

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {TIDY: self.tidy}

    async def prepare(self) -> None:
        """Make sure the job is scheduled; once at start."""
        now = self._clock.now()
        await self._database.run(lambda unit: store.schedule(unit, TIDY, "daily", now))

    async def tidy(self, job: Job) -> None:
        """Tidy, then come back tomorrow."""
        await self._access.tidy()
        due = self._clock.now() + timedelta(days=1)
        await self._database.run(lambda unit: store.reschedule(unit, TIDY, job.key, due))
