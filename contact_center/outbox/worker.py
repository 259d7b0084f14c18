"""Sends the messages of one account, as long as this process holds its lease."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

from channels.contract import Channel
from channels.errors import Misconfigured, Temporary
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError, Unavailable
from contact_center.kernel.hints import Hints, rang, ring_at
from contact_center.kernel.log import get_logger
from contact_center.outbox import paces, sending, store
from contact_center.outbox.carrying import Carrier
from contact_center.outbox.marks import Marks
from contact_center.outbox.model import (
    Accounts,
    Claim,
    Files,
    Limits,
    LiveAccount,
    orphaned,
    refused,
)
from contact_center.outbox.pace import Pace
from contact_center.storage.database import Database
from contact_center.storage.leases import Lease

LONGEST_SLEEP = 30.0
SHORTEST_SLEEP = 0.01
LOOK_AHEAD = 4
REPORT_EVERY = 30.0

log = get_logger(__name__)


class AccountWorker:
    """One account's sender. Asleep it holds no lease and asks nothing of the database."""

    def __init__(
        self,
        account_id: UUID,
        *,
        database: Database,
        hints: Hints,
        clock: Clock,
        accounts: Accounts,
        files: Files,
        marks: Marks,
        node: str,
        limits: Limits,
    ) -> None:
        self._id = account_id
        self._database = database
        self._hints = hints
        self._clock = clock
        self._accounts = accounts
        self._marks = marks
        self._node = node
        self._limits = limits
        self._carrier = Carrier(database, files, clock, limits)
        self._name = store.topic(account_id)
        self._lease = Lease(database, self._name, node, limits.lease_ttl)
        self._pace = Pace(clock, limits.concurrency)
        self._paced = 0  # the token under which it was read
        self._keeps = False  # whether something is written down of it
        self._channel: Channel | None = None
        self._renewed = self._anothers_until = 0.0  # the lease: ours since, another's until
        self._wait_for_room = LONGEST_SLEEP
        self._flights: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._reported: tuple[str, float] = ("", -REPORT_EVERY)

    async def run(self) -> None:
        """Send until cancelled; what is in flight then gets its time to end."""
        listener = asyncio.create_task(ring_at(self._hints, self._name, self._news))
        try:
            while True:
                self._news.clear()
                sleep = await self._safely()
                await rang(self._news, max(SHORTEST_SLEEP, sleep))
        finally:
            listener.cancel()
            await self._land()

    async def _land(self) -> None:
        if self._flights:
            await asyncio.wait(self._flights, timeout=self._limits.send_timeout)
        for flight in self._flights:
            flight.cancel()
        with contextlib.suppress(Unavailable):
            await self._lease.release()

    async def _safely(self) -> float:
        try:
            return await self._turn()
        except Unavailable as error:
            log.warning("sender waits for the database", error=str(error))
        except Misconfigured as error:
            await self._report("red", str(error))
            return LONGEST_SLEEP
        except Exception:
            log.exception("sender stumbled", account=str(self._id))
        return 1.0

    async def _turn(self) -> float:
        """Settle orphans, claim what may go, start sending it; returns how long to sleep."""
        if not self._fresh():
            loop = asyncio.get_running_loop()
            if loop.time() < self._anothers_until:  # its holder hears the same bells
                return self._anothers_until - loop.time()
            if not await self._database.fetchval(sending.WAITING, self._id):
                if self._lease.held and not self._flights:
                    await self._lease.release()
                return LONGEST_SLEEP
            if not await self._lease.acquire():
                self._anothers_until = loop.time() + self._limits.lease_ttl / 3
                return self._limits.lease_ttl / 3
            self._renewed = loop.time()
            await self._take_over_pace()
        try:
            account = await self._accounts.live(self._id)
        except HouseError:
            return LONGEST_SLEEP  # switched off meanwhile: its messages wait
        await self._begin_anew(account.channel)
        if self._pace.refused is not None:  # who reads the same mailbox may have called it well
            await self._report("red", self._pace.refused)
        await self._settle_orphans(account)
        looked = self._clock.monotonic()
        await self._send_due(account)
        return await self._sleep(looked)

    async def _take_over_pace(self) -> None:
        """What another sender, or we before a restart, had learnt."""
        if self._paced != self._lease.token:
            kept = await paces.pace(self._database, self._id)
            self._pace = Pace(self._clock, self._limits.concurrency, kept)
            self._paced, self._keeps = self._lease.token, kept is not None

    async def _begin_anew(self, channel: Channel) -> None:
        """Other settings make another channel: what ailed the one before is not its fault."""
        if self._channel is not None and self._channel is not channel:
            self._pace = Pace(self._clock, self._limits.concurrency)
            await self._keep_pace()
            await sending.try_soon(self._database, self._id)
        self._channel = channel

    async def _keep_pace(self) -> None:
        kept = self._pace.kept()
        if kept is not None or self._keeps:
            self._keeps = kept is not None
            await paces.keep_pace(self._database, self._id, kept)

    def _fresh(self) -> bool:
        """Whether the lease was renewed a moment ago; the claim asks the database anyway."""
        age = asyncio.get_running_loop().time() - self._renewed
        return self._lease.held and age < self._limits.lease_ttl / 3

    async def _sleep(self, looked: float) -> float:
        ago = self._clock.monotonic() - looked
        due = await sending.next_due(self._database, self._id, ago + SHORTEST_SLEEP)
        sleep = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, due + SHORTEST_SLEEP)
        # Keep the lease over a long send, and so that no other process tries the same password.
        if self._flights or self._pace.refused is not None:
            sleep = min(sleep, self._limits.lease_ttl / 3)
        return min(sleep, self._pace.rest or LONGEST_SLEEP, self._wait_for_room)

    async def _settle_orphans(self, account: LiveAccount) -> None:
        claims = await sending.orphans(self._database, self._id, self._lease.token)
        policy = self._carrier.policy(account)
        await asyncio.gather(*(self._marks.put(orphaned(claim, policy)) for claim in claims))

    async def _send_due(self, account: LiveAccount) -> None:
        room = self._pace.room(len(self._flights))
        self._wait_for_room = LONGEST_SLEEP
        if not room:
            return
        ids = await self._choose(account, room)
        if not ids:
            return
        started = self._clock.monotonic()
        claims = await sending.claim(
            self._database,
            ids,
            owner=self._node,
            token=self._lease.token,
            lease=self._name,
            limits=self._limits,
        )
        for claim in claims:
            flight = asyncio.create_task(self._fly(account, claim, started))
            self._flights.add(flight)
            flight.add_done_callback(self._landed)
        if len(claims) == room:
            self._wait_for_room = 0.0 if not self._pace.probing else LONGEST_SLEEP

    async def _choose(self, account: LiveAccount, room: int) -> list[UUID]:
        """The due rows for which the provider's limits leave room.

        More are looked at than may go: those of one recipient must not hide the others.
        """
        self._pace.declare(account.capabilities.rate_limits)
        rows = await sending.candidates(self._database, self._id, LOOK_AHEAD * room)
        chosen: list[UUID] = []
        for row in rows:
            if len(chosen) == room:
                break
            if wait := self._pace.take(row["conversation_key"]):
                self._wait_for_room = min(self._wait_for_room, max(SHORTEST_SLEEP, wait))
            else:
                chosen.append(row["id"])
        return chosen

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flights.discard(flight)
        self._news.set()
        if not flight.cancelled() and flight.exception():
            log.error("flight failed", account=str(self._id), error=repr(flight.exception()))

    async def _fly(self, account: LiveAccount, claim: Claim, started: float) -> None:
        error: BaseException | None = None
        pace = self._pace  # of this channel: another one may be built meanwhile
        try:
            mark = await self._carrier.send(account, claim, started)
        except Exception as caught:  # noqa: BLE001 - every end of a send is classified
            error = caught
            mark = refused(claim, caught, self._carrier.policy(account))
        news = False
        # Of a letter's last recipient it is his word, and what is unwanted was not sent at all.
        if not (claim.left and isinstance(error, Temporary)) and not claim.unwanted:
            news = pace.note(claim.conversation_key, error)
        seconds = self._clock.monotonic() - started
        await self._marks.put(mark)
        with contextlib.suppress(HouseError):
            await self._accounts.ended(
                self._id, mark.state, claim.message_id, mark.error_text, seconds
            )
        if pace is self._pace:
            if news or (self._keeps and pace.kept() is None):
                await self._keep_pace()
            if told := pace.health(error):
                await self._report(*told)

    async def _report(self, health: str, text: str | None) -> None:
        """Report a change at once, the same again only now and then."""
        now = self._clock.monotonic()
        if self._reported[0] == health and now - self._reported[1] < REPORT_EVERY:
            return
        self._reported = (health, now)
        with contextlib.suppress(HouseError):
            await self._accounts.report(self._id, health, text)
