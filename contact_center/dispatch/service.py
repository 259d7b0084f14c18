"""The dispatcher: a warm engine on every node, deciding on the one that holds the lease.

A session begins with a position in the log and the rows read after it, and ends when something
breaks; then the next one begins. Inside it three tasks work: one follows the log, one keeps the
lease, one feeds the engine. A standby's engine only observes, so it holds nothing but what rows
have said; when the lease comes to it, its next step decides all that is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import random

from prometheus_client import CollectorRegistry

from contact_center.dispatch import collector, store
from contact_center.dispatch.checkpoints import Checkpoints
from contact_center.dispatch.doors import Doors
from contact_center.dispatch.metrics import DispatchMetrics
from contact_center.dispatch.plan import Written
from contact_center.dispatch.snapshots import HouseQueue, policy_of, state_of
from contact_center.dispatch.time import DatabaseTime
from contact_center.dispatch.waits.service import Waits
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.hints import Hints, rang
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.events import Event, LogReader, Position, horizon
from contact_center.storage.leases import Fenced, Lease
from contact_center.storage.stalled import cut
from routing.engine import Engine
from routing.model import EngineEvent, OperatorState, Resync, Tick, WorkState
from routing.policy import Policy

log = get_logger(__name__)

LEASE = "router"
BATCH = 100
"""Decisions per transaction: far below the half second a writer may take, and the rows it reads
mostly fit into a socket's buffer (`storage/stalled.py` says why that is well)."""
WRITE_SECONDS = 5.0
BATCHES = 8  # of a thousand events, read ahead of the engine
PATIENCE = 3  # rounds in which the rows take nothing, without a pause
LOAD_SECONDS = 30.0
LONGEST_REST = 5.0
LOOKS_AT_CLOCK = 20  # renewals of the lease between two looks at the database's clock
SILENCES = 3  # failed renewals in a row after which the database counts as away


class Dispatcher:
    """One per process with the router's role; `active` while its decisions count.

    `engine` is what it knows, for whoever wants to look; nobody else may tell it anything.
    """

    def __init__(
        self,
        database: Database,
        hints: Hints | None,
        clock: Clock,
        node: str,
        ttl: float = 2.0,
        *,
        registry: CollectorRegistry | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._database = database
        self._hints = hints
        self._time = DatabaseTime(clock)
        self._policy = policy or Policy()
        self._metrics = DispatchMetrics(registry or CollectorRegistry())
        self._lease = Lease(database, LEASE, node, ttl)
        self.engine = Engine(self._policy)
        self._position: Position = (0, 0)  # what the engine has taken in of the log
        self._doors = Doors()
        self._checkpoints = Checkpoints(database, clock)
        self._waits = Waits(database, self._lease)
        self._batches: asyncio.Queue[list[Event]] = asyncio.Queue(BATCHES)
        self._wake = asyncio.Event()
        self._replaced = False  # an engine has gone since the collector was let loose
        self._answered = False  # whether this engine decides is known
        self.active = False

    async def run(self) -> None:
        """Work until cancelled; whatever breaks is begun again from the rows."""
        failures = 0
        try:
            while True:
                begun = asyncio.get_running_loop().time()
                try:
                    await self._session()
                except (Unavailable, Fenced, TimeoutError) as error:
                    log.warning("router begins again", reason=repr(error))
                    await self._clear_the_way()
                except Exception:  # the line must move again whatever has happened
                    log.exception("router begins again after a fault")
                lasted = asyncio.get_running_loop().time() - begun
                failures = 0 if lasted > LONGEST_REST else min(failures + 1, 5)
                await asyncio.sleep(0.04 * 2**failures * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """Let the next one begin at once instead of after the time to live."""
        await self._checkpoints.close()
        await self._waits.close()
        if self._lease.held:
            with contextlib.suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(1):
                    await self._lease.release()

    async def _session(self) -> None:
        """From the rows to the first fault."""
        reader = await self._rebuild()
        tasks = [
            asyncio.create_task(self._follow(reader), name="router follows the log"),
            asyncio.create_task(self._keep_lease(), name="router keeps the lease"),
            asyncio.create_task(self._feed(), name="router feeds the engine"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._set_active(active=False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rebuild(self) -> LogReader:
        """Position first, rows after: what changes in between comes again and is known as old."""
        async with asyncio.timeout(LOAD_SECONDS):
            await self._time.look(self._database)
            position = await horizon(self._database)
            policy = await store.policy(self._database)
            states = await store.load(self._database)
        now = self._time.now_ms()
        self._policy = policy or self._policy
        self._doors = Doors()
        self.engine = Engine.restore(self._doors.seen(states, now), now, self._policy)
        self._replaced, self._answered = True, False
        self._position = position
        self._batches = asyncio.Queue(BATCHES)
        self._metrics.rebuilds.inc()
        return LogReader(self._database, "router", hints=self._hints, start=position)

    # --- the three tasks -------------------------------------------------------------------------

    async def _follow(self, reader: LogReader) -> None:
        async for batch in reader.read():
            await self._batches.put(batch)
            self._wake.set()

    async def _keep_lease(self) -> None:
        """Take or renew the lease; raise Unavailable when the database stays silent."""
        renewals = silences = 0
        while True:
            rest = self._lease.ttl / 4
            try:
                async with asyncio.timeout(0.75 * self._lease.ttl):
                    held = await self._lease.acquire()
                    if renewals % LOOKS_AT_CLOCK == 0:
                        await self._time.look(self._database)
                silences, self._answered = 0, True
            except (Unavailable, TimeoutError) as error:
                silences += 1
                if silences == SILENCES:
                    raise Unavailable("the lease cannot be renewed") from error
                rest = 0.0 if await self._clear_the_way() else rest
                held = self._lease.held
            self._set_active(active=held)
            renewals += 1
            await asyncio.sleep(rest)

    async def _clear_the_way(self) -> int:
        """A process that fell asleep in an exchange must not keep lease or rows for ever.

        How many of its sessions were ended.
        """
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(self._lease.ttl / 4):
                return await cut(self._database)
        return 0

    async def _feed(self) -> None:
        """Give the engine what has happened and what time it is; carry out what it decides."""
        while True:
            await self._rest()
            await self._take_in()
            if self.active:
                await self._decide()
                self._checkpoints.look(self.engine, self._position, self._time.now_ms())
                self._waits.look(self.engine, self._time.now_ms())
            self._metrics.waiting.set(self.engine.waiting())
            if self._replaced and self._answered:  # before that, it might keep a lease waiting
                self._replaced = False
                collector.forget_the_old(len(self.engine.snapshot()))

    def _set_active(self, *, active: bool) -> None:
        if active == self.active:
            return
        self.active = active
        self._checkpoints.hurry()
        self._waits.forget()
        self._metrics.active.set(active)
        log.info(
            "router active" if active else "router on standby",
            holder=self._lease.holder,
        )
        self._wake.set()

    async def _rest(self) -> None:
        """Until something comes, the lease moves or a deadline passes."""
        own, doors = self.engine.next_due_ms() if self.active else None, self._doors.due_ms()
        seconds = min(LONGEST_REST, self._waits.rest(self.engine)) if self.active else LONGEST_REST
        for due in (own, doors):
            if due is None:
                continue
            seconds = min(seconds, max(0.0, (due - self._time.now_ms() + 1) / 1000))
        await rang(self._wake, seconds)
        self._wake.clear()

    async def _take_in(self) -> None:
        """All that the log has brought, before anything is decided on a part of it."""
        while not self._batches.empty():
            batch = self._batches.get_nowait()
            for event in batch:
                await self._observe(event)
            self._waits.note(batch)
            self._position = (batch[-1].xid, batch[-1].seq)
            late = self._time.now_ms() / 1000 - batch[-1].at.timestamp()
            self._metrics.lag.observe(max(0.0, late))
            await asyncio.sleep(0)  # far behind the log, the lease must be kept all the same
        self._doors.turn(self.engine, self._time.now_ms())

    async def _observe(self, event: Event) -> None:
        seen: EngineEvent | None
        if event.kind == "policy.changed":
            self._change_policy(event)
            return
        try:
            seen = state_of(event.kind, event.data)
        except (KeyError, TypeError, ValueError) as error:
            log.exception("unreadable snapshot in the log", kind=event.kind, error=repr(error))
            seen = await self._read_again(event)
        if isinstance(seen, HouseQueue):
            held = self.engine.queue(seen.id)
            if held is not None and held.version >= seen.version:
                return
            seen = self._doors.take(seen, self._time.now_ms())
        if seen is not None:
            self.engine.observe(seen, self._time.now_ms())

    def _change_policy(self, event: Event) -> None:
        """Go on under another edition: the same knowledge and the other rules."""
        if event.version <= int(self._policy.version or 0):
            return
        self._policy = policy_of(event.data)
        self.engine.adopt(self._policy)

    async def _read_again(self, event: Event) -> Resync | None:
        """A snapshot nobody can read must not leave the engine with an old one."""
        subject = [str(event.subject_id)]
        if event.subject_kind not in ("work", "operator"):
            return None
        work, operators = (subject, []) if event.subject_kind == "work" else ([], subject)
        async with asyncio.timeout(WRITE_SECONDS):
            return await store.read_again(self._database, work, operators)

    # --- carrying out ----------------------------------------------------------------------------

    async def _decide(self) -> None:
        """Decide and write until the rows agree with everything."""
        decisions = self._decisions()
        rounds = 0
        while decisions:
            applied, truth = await self._carry_out(decisions)
            if truth is None:
                return
            rounds = 0 if applied else rounds + 1
            if rounds > PATIENCE:  # rows that refute for ever must not be asked without a pause
                log.warning("the rows keep refuting", rounds=rounds, decisions=len(decisions))
                await asyncio.sleep(min(1.0, 0.01 * 2 ** (rounds - PATIENCE)))
            self.engine.observe(truth, self._time.now_ms())
            await self._take_in()
            decisions = self._decisions()

    def _decisions(self) -> list[Written]:
        self.engine.observe(Tick(), self._time.now_ms())
        return [one for one in self.engine.decide() if isinstance(one, Written)]

    async def _carry_out(self, decisions: list[Written]) -> tuple[int, Resync | None]:
        """Write the decisions: how many the rows took, and the rows of the others if any."""
        applied = 0
        work: dict[str, WorkState | None] = {}
        operators: dict[str, OperatorState | None] = {}
        for first in range(0, len(decisions), BATCH):
            part = decisions[first : first + BATCH]
            async with asyncio.timeout(WRITE_SECONDS):
                outcome = await store.apply(
                    self._database,
                    self._lease,
                    part,
                    self._position,
                    doubted=work.keys() | operators.keys(),
                    now_ms=self.engine.now_ms(),
                )
            self._count(outcome)
            applied += len(outcome.applied)
            work.update(outcome.truth.work)
            operators.update(outcome.truth.operators)
        return applied, Resync(work, operators) if work or operators else None

    def _count(self, outcome: store.Outcome) -> None:
        for name, group in (("applied", outcome.applied), ("refuted", outcome.refuted)):
            for decision in group:
                kind = type(decision).__name__.lower()
                self._metrics.decisions.labels(kind, name).inc()
