"""Traffic, faults and a ledger outside the service.

Providers write messages, doubled and out of order, and note what the service has said yes to. An
operator takes and closes what he is offered. In between the service is killed, also while nothing
can be committed, or its PostgreSQL stopped at once. Afterwards the rows are compared with the
ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import asyncpg

from contact_center.kernel.errors import SettingsError
from contact_center.storage.embedded import PrivatePostgres
from tests.support.house import House, Office, Visitor
from tests.support.waiting import eventually

PROVIDERS = 6
WINDOW = 4  # messages of one provider that may overtake each other
TWICE = 0.3  # how often a provider repeats what was taken
PATIENCE = 60.0
STARTED = "SELECT pg_postmaster_start_time()"
KILL, KILL_HELD, STOP = "kill the service", "kill it while commits wait", "stop PostgreSQL"
FAULTS_THERE_ARE = (KILL, KILL_HELD, STOP)
HOLD = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK inbound_keys IN SHARE MODE"
HOLD_SECONDS = 0.5
HASTY = 100  # as many acknowledged while nothing can be stored are proof enough
AWAY = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, SettingsError,
)  # fmt: skip

FAULTS = """
WITH doubled AS (
  SELECT c.account_id, m.external_id FROM messages m JOIN contacts c ON c.id = m.contact_id
  WHERE m.external_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
), gaps AS (
  SELECT contact_id FROM messages GROUP BY contact_id HAVING count(*) <> max(seq)
), counters AS (
  SELECT c.id FROM contacts c
  WHERE c.last_seq <> (SELECT count(*) FROM messages m WHERE m.contact_id = c.id)
), versions AS (
  SELECT c.id FROM contacts c WHERE c.version <> (
    SELECT max(e.version) FROM events e WHERE e.subject_id = c.id)
), unlogged AS (
  SELECT c.id FROM contacts c WHERE c.version <> (
    SELECT count(DISTINCT e.version) FROM events e WHERE e.subject_id = c.id)
), rivals AS (
  SELECT account_id, conversation_key FROM contacts WHERE state = 'open'
  GROUP BY 1, 2 HAVING count(*) > 1
), offered_twice AS (
  SELECT work_id FROM offers WHERE state = 'live' GROUP BY 1 HAVING count(*) > 1
), overfull AS (
  SELECT o.id FROM operators o WHERE o.used > o.budget OR o.used <> (
    SELECT coalesce(sum(w.cost), 0) FROM work w WHERE w.operator_id = o.id
      AND w.state IN ('offered', 'active', 'wrap_up'))
), workless AS (
  SELECT c.id FROM contacts c WHERE c.state = 'open' AND NOT EXISTS (
    SELECT 1 FROM work w WHERE w.contact_id = c.id AND w.state <> 'done')
)
SELECT 'doubled messages' AS fault, count(*) AS n FROM doubled
UNION ALL SELECT 'gaps in seq', count(*) FROM gaps
UNION ALL SELECT 'last_seq wrong', count(*) FROM counters
UNION ALL SELECT 'version above the log', count(*) FROM versions
UNION ALL SELECT 'versions missing in the log', count(*) FROM unlogged
UNION ALL SELECT 'two open contacts', count(*) FROM rivals
UNION ALL SELECT 'offered twice', count(*) FROM offered_twice
UNION ALL SELECT 'capacity wrong', count(*) FROM overfull
UNION ALL SELECT 'open contacts without work', count(*) FROM workless
"""


class Ledger:
    """What the service said yes to; it lives in the test's process alone."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    def note(self, external_id: str) -> None:
        self.taken.setdefault(external_id, time.monotonic())

    def since(self, moment: float) -> bool:
        return any(at > moment for at in self.taken.values())


class Crash:
    """One run: a house under traffic, faults one after the other, and the comparison."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.chance = random.Random(seed)
        self.ledger = Ledger()
        self.office = Office(house.url)
        self.visitors: list[Visitor] = []
        self.running: list[asyncio.Task[None]] = []
        self.stopping = False
        self.recoveries: list[tuple[str, float, float]] = []

    async def begin(self) -> None:
        """A company with one operator, providers and traffic."""
        await self.house.ready()
        await self.office.begin(self.house.first_token)
        account = await self.office.furnish()
        await self.office.call(
            "PATCH", f"/queues/{self.office.queue}",
            {"wrap_up_seconds": 0, "wrap_up_code_required": False},
        )  # fmt: skip
        key = account["public_key"]
        for number in range(PROVIDERS):
            visitor = Visitor(self.house.url, key)
            opened = await visitor.begin()
            self.visitors.append(visitor)
            door = f"{self.house.url}/hooks/{key}"
            work = self._provide(visitor, door, opened["visitor"], number)
            self.running.append(asyncio.create_task(work))
        self.running.append(asyncio.create_task(self._sit_at_the_screen()))
        self.running.append(asyncio.create_task(self._operate()))
        await eventually(lambda: len(self.ledger.taken) > PROVIDERS, seconds=PATIENCE)

    # --- providers -------------------------------------------------------------------------

    async def _provide(self, visitor: Visitor, door: str, name: str, number: int) -> None:
        chance, count = random.Random(self.chance.random()), 0
        while not self.stopping:
            window = [f"{number}-{count + n}" for n in range(WINDOW)]
            count += WINDOW
            doubled = [one for one in window if chance.random() < TWICE]
            sent = window + doubled
            chance.shuffle(sent)
            await asyncio.gather(*(self._send(visitor, door, name, one) for one in sent))
            await asyncio.sleep(chance.uniform(0, 0.05))

    async def _send(self, visitor: Visitor, door: str, name: str, message_id: str) -> None:
        """Until the service says yes, as providers do."""
        while not self.stopping:
            try:
                async with asyncio.timeout(10):
                    status = await visitor.write(f"text {message_id}", message_id, door=door)
            except (aiohttp.ClientError, OSError, TimeoutError):
                status = 0
            assert status in (0, 200, 503), status
            if status == 200:
                self.ledger.note(f"m:{name}:{message_id}")
                return
            await asyncio.sleep(0.05)

    # --- the operator ----------------------------------------------------------------------

    async def _sit_at_the_screen(self) -> None:
        """Keep the operator's socket open and him ready, through all breaks."""
        while not self.stopping:
            with contextlib.suppress(
                aiohttp.ClientError, OSError, AssertionError, TimeoutError, TypeError
            ):
                socket = await self.office.live("me")
                await self.office.call("PUT", "/me/presence", {"presence": "ready"})
                async for _ in socket:
                    pass
            await asyncio.sleep(0.2)

    async def _operate(self) -> None:
        """Take what is offered, close it; what fails is tried again or was somebody's loss."""
        while not self.stopping:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, AssertionError):
                async with asyncio.timeout(10):
                    for offer in await self.office.call("GET", "/offers"):
                        with contextlib.suppress(AssertionError):
                            await self.office.call("POST", f"/offers/{offer['id']}/accept")
                    mine = await self.office.call("GET", "/contacts?view=mine&limit=20")
                    for row in mine["items"]:
                        with contextlib.suppress(AssertionError):
                            await self._close(row["id"])
            await asyncio.sleep(0.2)

    async def _close(self, contact_id: str) -> None:
        result = {"result_code_id": self.office.solved}
        await self.office.call("POST", f"/contacts/{contact_id}/close", result)
        await self.office.call("POST", f"/contacts/{contact_id}/wrap-up", result)

    # --- faults ----------------------------------------------------------------------------

    async def fault(self, *kinds: str) -> None:
        """One fault at a random moment, and the return to normal."""
        await asyncio.sleep(self.chance.uniform(0.2, 1.5))
        kind = self.chance.choice(kinds or FAULTS_THERE_ARE)
        before, started = await self._newest_offer(), await self._ask(STARTED)
        began = time.monotonic()
        if kind == STOP:
            os.kill(self._postmaster(), signal.SIGQUIT)  # immediate: no checkpoint, no goodbye
        elif kind == KILL:
            self.house.kill_service()
        else:
            await self.kill_while_commits_wait()
        await asyncio.sleep(0.05)
        moment = time.monotonic()
        if kind == STOP:
            await eventually(lambda: self._restarted(started), seconds=PATIENCE)
            began = time.monotonic()  # P10 counts from the kill, but here from the return
        await eventually(lambda: self.ledger.since(moment), seconds=PATIENCE)
        taking = time.monotonic()
        await eventually(lambda: self._offered_after(before), seconds=PATIENCE, every=0.1)
        self.recoveries.append((kind, taking - began, time.monotonic() - began))

    async def kill_while_commits_wait(self, seconds: float = HOLD_SECONDS) -> None:
        """Let nothing be stored for a moment, and kill the service before anything can be."""
        connection = await self._connect()
        try:
            await connection.execute(HOLD)
            known, until = len(self.ledger.taken), time.monotonic() + seconds
            while time.monotonic() < until and len(self.ledger.taken) < known + HASTY:
                await asyncio.sleep(0.02)
            self.house.kill_service()
        finally:
            await connection.close()

    async def _restarted(self, before: Any) -> bool:
        started = await self._ask(STARTED)
        return started is not None and started != before

    def _postmaster(self) -> int:
        return int(next(self._postmaster_files()).read_text().split("\n", 1)[0])

    def _postmaster_files(self) -> Iterator[Any]:
        return (self.house.directory / "data").rglob("postmaster.pid")

    async def _newest_offer(self) -> Any:
        return await self._ask("SELECT max(created_at) FROM offers")

    async def _offered_after(self, before: Any) -> bool:
        newest = await self._newest_offer()
        return newest is not None and (before is None or newest > before)

    async def _ask(self, query: str) -> Any:
        """One value; None while the database is away."""
        try:
            rows = await self._rows_now(query)
        except (*AWAY, RuntimeError):
            return None
        return rows[0][0] if rows else None

    async def _rows(self, query: str) -> list[Any]:
        """All rows. The database may just be coming back: asked for until it is there."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await self._rows_now(query)
            except AWAY:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def _rows_now(self, query: str) -> list[Any]:
        connection = await self._connect()
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        url = PrivatePostgres(self.house.directory / "data").url()
        return await asyncpg.connect(url, timeout=5)

    # --- the comparison --------------------------------------------------------------------

    async def lost(self) -> set[str]:
        """What the service said yes to and does not have."""
        taken = set(self.ledger.taken)
        rows = await self._rows("SELECT external_id FROM messages WHERE external_id IS NOT NULL")
        return taken - {row["external_id"] for row in rows}

    async def faults(self) -> dict[str, int]:
        """What does not agree with itself, in words."""
        rows = await self._rows(FAULTS)
        return {row["fault"]: row["n"] for row in rows if row["n"]}

    async def end(self) -> None:
        """No more traffic; what was under way is finished."""
        self.stopping = True
        ends = await asyncio.gather(*self.running[:PROVIDERS], return_exceptions=True)
        for task in self.running[PROVIDERS:]:
            task.cancel()
        await asyncio.gather(*self.running[PROVIDERS:], return_exceptions=True)
        for visitor in self.visitors:
            await visitor.close()
        await self.office.close()
        for end in ends:
            if isinstance(end, Exception):
                raise end
