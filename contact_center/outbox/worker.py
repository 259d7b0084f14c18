"""Sends the messages of one account, as long as this process holds its lease."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from channels.contract import Channel, Splits
from channels.errors import Misconfigured, OptedOut, Rejected, Temporary
from channels.messages import Letter, Outbound, OutboundFile
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError, Unavailable
from contact_center.kernel.hints import Hints
from contact_center.kernel.log import get_logger
from contact_center.outbox import acts, letters, paces, sending, store
from contact_center.outbox.marks import Marks
from contact_center.outbox.model import (
    Accounts,
    Claim,
    Files,
    Limits,
    LiveAccount,
    Mark,
    NotBegun,
    Policy,
    accepted,
    orphaned,
    parts,
    refused,
)
from contact_center.outbox.pace import Pace
from contact_center.storage.database import Database
from contact_center.storage.leases import Lease

LONGEST_SLEEP = 30.0
SHORTEST_SLEEP = 0.01
LOOK_AHEAD = 4
UNWANTED = "the client has asked for no more messages: only a person writes to him"
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
        self._files = files
        self._marks = marks
        self._node = node
        self._limits = limits
        self._name = store.topic(account_id)
        self._lease = Lease(database, self._name, node, limits.lease_ttl)
        self._pace = Pace(clock, limits.concurrency)
        self._paced = 0  # the token under which it was read
        self._keeps = False  # whether something is written down of it
        self._flights: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._reported: tuple[str, float] = ("", -REPORT_EVERY)

    async def run(self) -> None:
        """Send until cancelled; what is in flight then gets its time to end."""
        listener = asyncio.create_task(self._listen())
        try:
            while True:
                self._news.clear()
                sleep = await self._safely()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(SHORTEST_SLEEP, sleep)):
                        await self._news.wait()
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

    async def _listen(self) -> None:
        async with self._hints.subscribe(self._name) as heard:
            async for _ in heard:
                self._news.set()

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

    _channel: Channel | None = None

    def _fresh(self) -> bool:
        """Whether the lease was renewed a moment ago; the claim asks the database anyway."""
        age = asyncio.get_running_loop().time() - self._renewed
        return self._lease.held and age < self._limits.lease_ttl / 3

    _renewed = 0.0
    _anothers_until = 0.0

    async def _sleep(self, looked: float) -> float:
        ago = self._clock.monotonic() - looked
        due = await sending.next_due(self._database, self._id, ago + SHORTEST_SLEEP)
        sleep = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, due + SHORTEST_SLEEP)
        # Keep the lease over a long send, and so that no other process tries the same password.
        if self._flights or self._pace.refused is not None:
            sleep = min(sleep, self._limits.lease_ttl / 3)
        return min(sleep, self._pace.rest or LONGEST_SLEEP, self._wait_for_room)

    _wait_for_room = LONGEST_SLEEP

    async def _settle_orphans(self, account: LiveAccount) -> None:
        claims = await sending.orphans(self._database, self._id, self._lease.token)
        policy = self._policy(account)
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
            mark = await self._send(account, claim, started)
        except Exception as caught:  # noqa: BLE001 - every end of a send is classified
            error = caught
            mark = refused(claim, caught, self._policy(account))
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

    async def _send(self, account: LiveAccount, claim: Claim, started: float) -> Mark:
        left = self._left(claim, started)
        if claim.unwanted:
            raise OptedOut(UNWANTED)
        if claim.act != "send":
            return await acts.perform(self._database, account, claim, left)
        try:
            async with asyncio.timeout(left):
                claim, pieces = await self._pieces(account, claim)
        except TimeoutError:
            raise NotBegun("its files were not ready in time") from None
        size = sum(file.size for file in pieces[claim.part].files)
        left = min(self._left(claim, started), self._limits.seconds_for(size))
        receipt = await _deliver(account.channel, pieces[claim.part], left)
        return accepted(claim, receipt, pieces, self._policy(account))

    def _left(self, claim: Claim, started: float) -> float:
        left = claim.seconds - self._limits.margin - (self._clock.monotonic() - started)
        if left <= 0:  # the process was paused: the claim may be another's by now
            raise NotBegun("the send began too late")
        return left

    async def _pieces(
        self, account: LiveAccount, claim: Claim
    ) -> tuple[Claim, tuple[Outbound, ...]]:
        """Everything that can fail before a byte goes out."""
        try:
            letter, pictures = await self._letter(claim, account)
            ids = [UUID(text) for text in claim.payload.get("attachments", ())]
            files = await self._outgoing([*ids, *pictures], account)
            names = [*(letters.shown(letter, one) for one in ids), *pictures.values()]
            files = tuple(replace(f, cid=cid) for f, cid in zip(files, names, strict=True))
            reply_to = await self._reference(claim, account)
            claim = replace(claim, reply_to=reply_to, letter=letter)
        except (HouseError, OSError) as error:
            raise NotBegun(f"the message could not be read: {type(error).__name__}") from error
        channel = account.channel
        split = channel.split if isinstance(channel, Splits) else None
        pieces = parts(claim, files, account.capabilities, split)
        if claim.of != len(pieces):
            if claim.part or claim.only:
                raise Rejected("the message changed while it was sent")
            await self._count(claim, len(pieces))
        return claim, pieces

    async def _count(self, claim: Claim, pieces: int) -> None:
        try:
            await sending.count(self._database, claim, pieces)
        except HouseError as error:
            raise NotBegun("how many parts it has could not be written") from error

    async def _outgoing(
        self, ids: Sequence[UUID], account: LiveAccount
    ) -> tuple[OutboundFile, ...]:
        return await self._files.outbound(ids, account.capabilities) if ids else ()

    async def _reference(self, claim: Claim, account: LiveAccount) -> str | None:
        target = claim.payload.get("reply_to")
        if not target or not account.capabilities.reply_to:
            return None
        return await sending.reference(self._database, UUID(str(target)))

    async def _letter(
        self, claim: Claim, account: LiveAccount
    ) -> tuple[Letter | None, dict[UUID, str]]:
        if not account.capabilities.letters or claim.message_id is None:
            return None, {}
        return await letters.letter(self._database, claim.message_id)

    def _policy(self, account: LiveAccount) -> Policy:
        jitter = random.random()  # noqa: S311 - jitter
        return Policy(account.capabilities.idempotent_send, self._limits, jitter)

    async def _report(self, health: str, text: str | None) -> None:
        """Report a change at once, the same again only now and then."""
        now = self._clock.monotonic()
        if self._reported[0] == health and now - self._reported[1] < REPORT_EVERY:
            return
        self._reported = (health, now)
        with contextlib.suppress(HouseError):
            await self._accounts.report(self._id, health, text)


async def _deliver(channel: Channel, message: Outbound, seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        return await channel.send(message)
