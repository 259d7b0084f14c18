"""Accounts that are listened to: each by one process at a time, by a lease, from its cursor on.

What a channel hears comes as requests, like a webhook's, and goes the same way: read in the
limited process, quarantined where it cannot be read, stored by the one writer. The cursor moves in
the transaction that stores the last of them; where that one was stored before (a repetition), it
is written by itself, for then there was nothing to store.

Accounts that are posted to and can be asked for what was missed are listened to by asking.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from channels.contract import (
    Backfills,
    Channel,
    Cursor,
    Health,
    ListeningChannel,
    Received,
    WebhookRequest,
    listens,
)
from channels.errors import ChannelError, Malformed, Misconfigured
from channels.messages import Event
from contact_center.intake import backfilling, store
from contact_center.intake.model import LiveAccount
from contact_center.intake.notes import Notes
from contact_center.intake.parsing import Parsers
from contact_center.intake.quarantine import Quarantine
from contact_center.intake.writer import Intake
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError, Unavailable
from contact_center.kernel.hints import Hints, rang, ring_at
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.leases import Lease

ACCOUNTS_TOPIC = "accounts"
REFRESH_SECONDS = 10.0
LEASE_SECONDS = 6.0  # where a process dies, the next one listens after so long and a third more
SHORTEST_REST, LONGEST_REST = 0.5, 30.0

T = TypeVar("T")

log = get_logger(__name__)


class Accounts(Protocol):
    """What listening asks of the accounts."""

    def all(self) -> Iterable[LiveAccount]: ...

    async def set_health(self, account_id: UUID, health: str, text: str | None = None) -> None: ...


class Listeners:
    """Runs the listeners of the accounts that are on."""

    def __init__(
        self,
        database: Database,
        hints: Hints,
        clock: Clock,
        *,
        accounts: Accounts,
        intake: Intake,
        quarantine: Quarantine,
        parsers: Parsers,
        node: str,
        notes: Notes,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.database = database
        self.clock = clock
        self.accounts = accounts
        self.intake = intake
        self.quarantine = quarantine
        self.parsers = parsers
        self.node = node
        self.notes = notes
        self.lease_seconds = lease_seconds
        self._hints = hints
        self._tasks: dict[UUID, tuple[Listener, asyncio.Task[None]]] = {}
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        ear = asyncio.create_task(ring_at(self._hints, ACCOUNTS_TOPIC, self._news))
        try:
            while True:
                self._news.clear()
                await self._match()
                await rang(self._news, REFRESH_SECONDS)
        finally:
            ear.cancel()
            await self._end(list(self._tasks))

    async def _match(self) -> None:
        """Let exactly the accounts that listen have a task, built from their present settings."""
        wanted = {
            account.id: account for account in self.accounts.all()
            if account.state != "off" and _is_heard(account.channel)
        }  # fmt: skip
        await self._end([
            key for key, (listener, task) in self._tasks.items()
            if task.done() or wanted.get(key) is None or listener.outdated(wanted[key])
        ])  # fmt: skip
        for key, account in wanted.items():
            if key not in self._tasks:
                listener = Listener(self, account)
                task = asyncio.create_task(listener.run(), name=f"listener {key}")
                self._tasks[key] = (listener, task)

    async def _end(self, keys: Sequence[UUID]) -> None:
        tasks = [self._tasks.pop(key)[1] for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Listener:
    """One account's listener: the house's side of `ListeningChannel.listen` (contract.Ear)."""

    def __init__(self, house: Listeners, account: LiveAccount) -> None:
        self._house = house
        self._account = account
        name = f"listen:{account.id}"
        self._lease = Lease(house.database, name, house.node, house.lease_seconds)
        self._refused = False

    def outdated(self, account: LiveAccount) -> bool:
        """Whether to begin anew for the account as it is now.

        Where it was refused, whatever a person did to it since is a reason: the same password
        saved again, or a check that went well.
        """
        mine = self._account
        touched = self._refused and account.version > mine.version
        return touched or account.settings != mine.settings

    async def run(self) -> None:
        """Listen for as long as the lease is ours; wait for it otherwise. Ends with cancelling.

        An account whose settings are wrong rests until a person does something about it, and keeps
        its lease, so that no other process tries the same: nothing is tried into a lock-out.
        """
        try:
            await self._listen_on()
        finally:
            await self._release()

    async def _listen_on(self) -> None:
        rest = SHORTEST_REST
        while True:
            began = asyncio.get_running_loop().time()
            try:
                if not await self._lease.acquire():
                    await asyncio.sleep(self._house.lease_seconds / 3)
                    continue
                await self._listen_leased()
            except Misconfigured as error:
                self._refused = True
                await self.report("red", str(error))
                await self._renew()
                self._refused = False
            except Unavailable as error:
                log.warning("listener_waits", account=str(self._account.id), reason=str(error))
            except Exception as error:
                log.exception("listener_failed", account=str(self._account.id))
                await self.report("red", _words(error))
            lasted = asyncio.get_running_loop().time() - began
            rest = SHORTEST_REST if lasted > LONGEST_REST else min(LONGEST_REST, rest * 2)
            await asyncio.sleep(rest * random.uniform(0.5, 1))  # noqa: S311 - jitter

    async def _listen_leased(self) -> None:
        """Raises what the channel raises; returns when the lease is lost."""
        cursor = await store.cursor(self._house.database, self._account.id)
        channel = self._account.channel
        if isinstance(channel, ListeningChannel) and listens(channel):
            listening = asyncio.create_task(channel.listen(cursor, self))
        elif isinstance(channel, Backfills):
            listening = asyncio.create_task(backfilling.keep_up(channel, cursor, self))
        else:
            return
        renewing = asyncio.create_task(self._renew())
        try:
            await asyncio.wait({listening, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, renewing):
                task.cancel()
            ends = await asyncio.gather(listening, renewing, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _renew(self) -> None:
        """Keep the lease; returns when it is lost."""
        while True:
            await asyncio.sleep(self._house.lease_seconds / 3)
            try:
                if not await self._lease.acquire():
                    return
            except Unavailable:
                if not self._lease.held:
                    return

    async def _release(self) -> None:
        with contextlib.suppress(Unavailable):
            await self._lease.release()

    # --- the ear -----------------------------------------------------------------------------

    async def deliver(self, requests: Sequence[WebhookRequest], cursor: Cursor) -> None:
        """Store what the requests hold, then the cursor with the last of them; waits for room."""
        now = self._house.clock.now()
        given = [replace(request, received_at=now) for request in requests]
        read = await asyncio.gather(*map(self._read, given))
        pairs = [pair for pair in zip(given, read, strict=True) if pair[1] is not None]
        await asyncio.gather(*(self._store(*pair, None) for pair in pairs[:-1]))
        if not (pairs and await self._store(*pairs[-1], cursor)):
            await store.move_cursor(self._house.database, self._account.id, cursor)

    async def _read(self, request: WebhookRequest) -> Received | None:
        """What a request holds; None for what went into quarantine, whatever it broke on.

        One that only broke our parser must not keep those behind it waiting either.
        """
        try:
            return await _patiently(partial(self._house.parsers.read, self._account, request))
        except Exception as error:
            if not isinstance(error, Malformed):
                log.exception("parser_failed", account=str(self._account.id))
            house, account = self._house, self._account
            kept = await _patiently(partial(house.quarantine.keep, account, request, error))
            await house.notes.unread(account, request, error, kept)
            return None

    async def _store(
        self, request: WebhookRequest, received: Received | None, cursor: Cursor | None
    ) -> bool:
        """Store the events of a request; True where the cursor was written with them."""
        events: Sequence[Event] = ()
        if received is not None:
            events = await self._house.intake.with_files(self._account, received)
        result = await _patiently(
            lambda: self._house.intake.submit(
                self._account, events, request.body, request, cursor=cursor
            )
        )
        self._house.notes.taken(self._account, request, events, result)
        await self._house.notes.tried(self._account, events, result)
        return result.stored > 0 and result.quarantined == 0

    async def report(self, health: Health, reason: str | None) -> None:
        """Note how the connection does."""
        with contextlib.suppress(HouseError):
            await self._house.accounts.set_health(self._account.id, health, reason)


def _is_heard(channel: Channel) -> bool:
    """Whether there is something to hear: by listening, or by asking what was missed."""
    return listens(channel) or isinstance(channel, Backfills)


async def _patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Do it again until there is room for it: what waits at the provider is in no hurry."""
    pause = 0.2
    while True:
        try:
            return await step()
        except Unavailable:
            await asyncio.sleep(pause)
            pause = min(5.0, pause * 2)


def _words(error: BaseException) -> str:
    """What an administrator reads; never the inside of an unforeseen error."""
    return str(error) if isinstance(error, ChannelError) else f"failed: {type(error).__name__}"
