"""The active router tells who waits how long it will take, and learns from what has ended.

Every two seconds at most it reads the fronts of the lines off its engine, works the places out in
a thread, and writes the promises which people
would see change; in the same step it counts in the work that has ended since. All of that beside
its decisions: a contact is never offered later because of it. What ended while no router was active
is not counted; the sums are an average, not a ledger.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from uuid import UUID

from contact_center.dispatch.waits import store
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.storage.leases import Fenced, Lease
from contact_center.storage.unit import Unit
from routing.engine import Engine
from routing.estimate import Curve, Place, Promise, Rates, promised
from routing.places import Front, places

log = get_logger(__name__)

EVERY = 2.0
SHARE = 50  # a look may take a fiftieth of the time
MOST = 100
"""How many of a class are told something; who stands further back sees nothing yet."""
WRITES = 500  # promises a step
ENDED = 5000  # work kept until the next step
SECONDS = 5.0
BUSY = 0.05  # seconds until a step is asked after again that takes longer than it should

Told = dict[str, tuple[Promise, bool]]


class Waits:
    """The promises of one router. `note` and `look` never wait."""

    def __init__(self, database: Database, lease: Lease, *, every: float = EVERY) -> None:
        self._database = database
        self._lease = lease
        self._every = every
        self._next = 0.0
        self._told: Told | None = None  # what the rows say; None: not read yet
        self._ended: dict[UUID, None] = {}
        self._settled: dict[UUID, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._term = 0  # raised by `forget`: what a step of an earlier term brings is old

    def note(self, batch: Iterable[Event]) -> None:
        """Remember what has ended or was taken."""
        for event in batch:
            if event.kind in ("work.done", "work.active") and len(self._settled) < ENDED:
                self._settled[event.subject_id] = None
                if event.kind == "work.done":
                    self._ended[event.subject_id] = None

    def forget(self) -> None:
        """Somebody else tells now: read the rows again before the next word."""
        self._term += 1
        self._told = None
        self._ended.clear()
        self._settled.clear()

    def look(self, engine: Engine, now_ms: int) -> None:
        """Begin a step where one is due and the last one is over."""
        began = time.monotonic()
        if began < self._next or (self._task and not self._task.done()):
            return
        if self.idle(engine):
            return
        line = engine.fronts(MOST)
        waiting = set()
        for name in self._told or ():
            work = engine.work(name)
            if work is None:
                self._settled[UUID(name)] = None
            elif work.state == "waiting":
                waiting.add(name)
        self._next = began + max(self._every, SHARE * (time.monotonic() - began))
        self._task = asyncio.create_task(
            self._step(line, waiting, now_ms), name="router tells waits"
        )

    def idle(self, engine: Engine) -> bool:
        """Whether there is nothing to tell or to count."""
        return not engine.waiting() and not self._settled and self._told == {}

    def rest(self, engine: Engine) -> float:
        """Seconds until the next look is worth while; endless when nothing is to be told."""
        if self.idle(engine):
            return math.inf
        return max(BUSY, self._next - time.monotonic())

    async def close(self) -> None:
        """Give up a step that is under way."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.forget()

    async def _step(self, line: list[Front], waiting: set[str], now_ms: int) -> None:
        ended, settled, term = list(self._ended), list(self._settled), self._term
        try:
            async with asyncio.timeout(SECONDS):
                rates = await store.rates(self._database)
                told = self._told
                found = await asyncio.to_thread(places, line)
                standing = waiting.union(place.work_id for place in found)

                async def write(unit: Unit) -> Told:
                    await self._lease.guard(unit)
                    held = await store.told(unit) if told is None else dict(told)
                    if settled:
                        await store.measure(unit, ended, settled)
                    fresh = await asyncio.to_thread(made, held, found, rates, now_ms)
                    return await _tell(unit, held, fresh, standing)

                after = await self._database.run(write)
        except (Unavailable, Fenced, TimeoutError) as error:
            log.warning("waits are told later", reason=repr(error))
            self._told = None
            return
        except Exception:
            log.exception("waits are not told")
            self.forget()
            return
        if term != self._term:
            return
        for work_id in settled:
            after.pop(str(work_id), None)
            self._settled.pop(work_id, None)
            self._ended.pop(work_id, None)
        self._told = after


async def _tell(unit: Unit, told: Told, fresh: dict[str, Promise], line: set[str]) -> Told:
    """Write what people would see change, the foremost first; what stands in the rows then.

    `line`: who waits. Whose wait is not known any more is told nothing until it is.
    """
    changed = sorted(
        (one for name, one in fresh.items() if _differs(told.get(name), one)),
        key=lambda one: (one.place.ahead, one.place.work_id),
    )[:WRITES]
    hidden = [
        name for name, (_, shown) in told.items() if shown and name in line and name not in fresh
    ][:WRITES]
    await store.tell(unit, changed, hidden)
    told.update((one.place.work_id, (one, True)) for one in changed)
    told.update((name, (told[name][0], False)) for name in hidden)
    return told


def made(
    told: Told, found: Iterable[Place], rates: dict[tuple[str, str], Rates], now_ms: int
) -> dict[str, Promise]:
    """A promise for every place whose rates are known. Pure."""
    curves: dict[tuple[str, str, int], Curve] = {}
    promises = {}
    for place in found:
        measured = rates.get((place.queue_id, place.medium))
        if measured is None:
            continue
        key = (place.queue_id, place.medium, place.room)
        curve = curves.get(key) or curves.setdefault(key, Curve(place.room, measured))
        before = told.get(place.work_id)
        promises[place.work_id] = promised(before and before[0], place, curve, now_ms)
    return promises


def _differs(before: tuple[Promise, bool] | None, now: Promise) -> bool:
    if before is None:
        return True
    said, shown = before
    return not shown or said.told != now.told or said.place.asked != now.place.asked
