"""The runner: claims due jobs, runs their handlers, sleeps until the next one is due.

It never polls faster than there is something to do: it sleeps until the next due time, a hint,
or half a minute, whichever comes first. Several runners share the work; a runner that dies loses
its leases and another one runs its jobs again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from contact_center.jobs import store
from contact_center.jobs.model import (
    ATTEMPTS,
    MOST_OUTSIDE,
    PER_ACCOUNT,
    TOGETHER,
    GiveUp,
    Handler,
    Job,
    Outside,
    Together,
    pause,
)
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, NotFound, Unavailable
from contact_center.kernel.hints import Hints, rang, ring_at
from contact_center.kernel.ids import new_id
from contact_center.kernel.log import get_logger
from contact_center.kernel.masking import mask_value
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

LEASE_SECONDS = 30.0
LONGEST_SLEEP = 30.0

log = get_logger(__name__)


class JobRunner:
    """Runs the jobs whose kinds have a handler here; `run` until cancelled, or `stop`."""

    def __init__(
        self,
        database: Database,
        hints: Hints,
        clock: Clock,
        handlers: Mapping[str, Handler | Together | Outside],
        node: str,
        *,
        concurrency: int = 16,
        attempts: int = ATTEMPTS,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._hints = hints
        self._clock = clock
        self._handlers = dict(handlers)
        self._owner = f"{node}:{new_id().hex[-12:]}"
        self._concurrency = concurrency
        self._attempts = attempts
        self._lease = lease
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._outside: dict[UUID, str] = {}  # jobs that wait for somebody outside, and whose
        self._together: set[str] = set()
        self._news = asyncio.Event()
        self._stopping = False
        self._grace = 10.0
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Work until `stop`, or until cancelled (then what runs is given back at once)."""
        self._ended.clear()
        helpers = [
            asyncio.create_task(ring_at(self._hints, store.TOPIC, self._news)),
            asyncio.create_task(self._renew()),
        ]
        try:
            while not self._stopping:
                self._news.clear()
                try:
                    sleep = await self._turn()
                except Unavailable as error:
                    log.warning("jobs wait for the database", error=str(error))
                    sleep = 1.0
                await rang(self._news, sleep)
            await self._finish()
        finally:
            ours = (*helpers, *self._tasks())
            for task in ours:
                task.cancel()
            await asyncio.gather(*ours, return_exceptions=True)
            await self._give_back()
            self._ended.set()

    async def stop(self, grace: float = 10.0) -> None:
        """Claim nothing more; returns when what runs has ended or, after `grace`, is given back."""
        self._grace = grace
        self._stopping = True
        self._news.set()
        await self._ended.wait()

    async def _turn(self) -> float:
        """Claim what is due and start it; returns how long to sleep."""
        sleeps = [
            await self._claim([kind], TOGETHER)
            for kind, handler in self._handlers.items()
            if isinstance(handler, Together) and kind not in self._together
        ]
        sleeps.append(await self._claim_outside())
        alone = [
            kind
            for kind, handler in self._handlers.items()
            if not isinstance(handler, Together | Outside)
        ]
        sleeps.append(await self._claim(alone, self._free()))
        return min(sleeps)

    async def _claim_outside(self) -> float:
        """First come, first served for half of the places, then one at a time for each account.

        No claim takes more than cannot be too many for one account.
        """
        kinds = [kind for kind, one in self._handlers.items() if isinstance(one, Outside)]
        sleep = 0.0 if kinds else LONGEST_SLEEP
        while not sleep:
            held = Counter(self._outside.values())
            shared = min(self._free(), self._concurrency // 2 - len(self._outside))
            each = PER_ACCOUNT if shared > 0 else 1
            room = each - max((n for n in held.values() if n < each), default=0)
            places = shared if shared > 0 else MOST_OUTSIDE - len(self._outside)
            full = [one for one, n in held.items() if n >= each]
            sleep = await self._claim(kinds, min(room, places), full)
        return sleep

    def _free(self) -> int:
        """Places of what runs within the house; the outside takes half of them at most."""
        outside = len(self._outside)
        inside = len(self._tasks()) - outside
        return self._concurrency - inside - min(outside, self._concurrency // 2)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return set(self._running.values())

    async def _claim(
        self, kinds: Sequence[str], free: int, full: Sequence[str] | None = None
    ) -> float:
        """Start at most `free` due jobs of these kinds; returns how long to sleep.

        None of the accounts in `full`, which is given for what waits for the outside.
        """
        if free <= 0:
            return LONGEST_SLEEP  # the end of a job wakes us
        now, running = self._clock.now(), list(self._running)
        jobs = await store.claim(
            self._database, self._owner, now=now, lease=self._lease, kinds=kinds, running=running,
            full=full or (), limit=free,
        )  # fmt: skip
        if jobs and isinstance(self._handlers[jobs[0].kind], Together):
            self._start(jobs)
            return LONGEST_SLEEP
        for job in jobs:
            self._start([job])
        if len(jobs) == free:
            return LONGEST_SLEEP if full is None else 0.0
        seconds = await store.next_due(self._database, now, kinds, full or ())
        return LONGEST_SLEEP if seconds is None else min(LONGEST_SLEEP, max(0.02, seconds))

    def _start(self, jobs: Sequence[Job]) -> None:
        kind = jobs[0].kind
        if isinstance(self._handlers[kind], Together):
            self._together.add(kind)
        if isinstance(self._handlers[kind], Outside):
            self._outside.update((job.id, job.account) for job in jobs)
        task = asyncio.create_task(self._work(jobs), name=f"job {kind}")
        self._running.update((job.id, task) for job in jobs)

    async def _work(self, jobs: Sequence[Job]) -> None:
        try:
            error = await self._try(jobs)
            if error is None or len(jobs) == 1:
                await self._end(jobs, error)
                return
            for job in jobs:
                await self._end([job], await self._try([job]))
        finally:
            for job in jobs:
                self._running.pop(job.id, None)
                self._outside.pop(job.id, None)
            self._together.discard(jobs[0].kind)
            self._news.set()

    async def _try(self, jobs: Sequence[Job]) -> BaseException | None:
        handler = self._handlers[jobs[0].kind]
        try:
            if isinstance(handler, Together):
                await handler.run(jobs)
            else:
                await (handler.run if isinstance(handler, Outside) else handler)(jobs[0])
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is written to its job
            return error
        return None

    async def _end(self, jobs: Sequence[Job], error: BaseException | None) -> None:
        state, text, due = "done", None, None
        if error is not None:
            (job,) = jobs
            text = str(mask_value(f"{type(error).__name__}: {error}"))[:2000]
            state = "waiting"
            due = self._clock.now() + timedelta(seconds=pause(job.attempts, random.random()))  # noqa: S311 - jitter
            if isinstance(error, GiveUp) or job.attempts >= self._attempts:
                state = "dead"
            log.warning("job failed", kind=job.kind, job=str(job.id), state=state, error=text)
        with contextlib.suppress(Unavailable):  # then the lease runs out and it is tried again
            await store.end(self._database, jobs, self._owner, state, error=text, due_at=due)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            if self._running:
                with contextlib.suppress(Unavailable):
                    await self._database.execute(
                        store.RENEW, self._owner, self._lease, list(self._running)
                    )

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._tasks(), timeout=self._grace)

    async def _give_back(self) -> None:
        """What was cut off is another runner's at once, and the try does not count."""
        with contextlib.suppress(Unavailable):
            await self._database.execute(store.RELEASE, self._owner)


class Jobs:
    """What administrators see and do: the dead list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def dead(self, before: UUID | None, limit: int) -> list[Record]:
        return await store.dead(self._database, before, limit)

    async def replay(self, job_id: UUID) -> None:
        """Let a dead job run again. Raises NotFound, or Conflict when a newer one is live."""

        async def step(unit: Unit) -> Any:
            if await store.replay(unit, job_id):
                return
            if await unit.fetchval("SELECT true FROM jobs WHERE id = $1", job_id) is None:
                raise NotFound("there is no such job")
            raise Conflict("the job is not dead, or a newer one does its work")

        await self._database.run(step)


SERVICE: web.AppKey[Jobs] = web.AppKey("jobs", Jobs)
