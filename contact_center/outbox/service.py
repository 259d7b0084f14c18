"""The sender: one worker per account, so that no account ever waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.hints import Hints, rang, ring_at
from contact_center.kernel.log import get_logger
from contact_center.outbox.marks import Marks
from contact_center.outbox.model import Accounts, Files, Limits
from contact_center.outbox.worker import AccountWorker
from contact_center.storage.database import Database

ACCOUNTS_TOPIC = "accounts"
REFRESH_SECONDS = 10.0

log = get_logger(__name__)


class Sender:
    """Runs the workers of the accounts that are on; several processes share them by leases."""

    def __init__(
        self,
        database: Database,
        hints: Hints,
        clock: Clock,
        *,
        accounts: Accounts,
        files: Files,
        node: str,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._hints = hints
        self._clock = clock
        self._accounts = accounts
        self._files = files
        self._node = node
        self._limits = limits or Limits()
        self._marks = Marks(database)
        self._workers: dict[UUID, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Send until cancelled; sends in flight then end and are marked."""
        listener = asyncio.create_task(ring_at(self._hints, ACCOUNTS_TOPIC, self._news))
        try:
            while True:
                self._news.clear()
                try:
                    self._match(await self._accounts.sending())
                except Unavailable as error:
                    log.warning("sender waits for the database", error=str(error))
                await rang(self._news, REFRESH_SECONDS)
        finally:
            listener.cancel()
            self._end(list(self._workers))
            await asyncio.gather(*self._ending, return_exceptions=True)
            await self._marks.close()

    def _match(self, accounts: Sequence[UUID]) -> None:
        """Let exactly these accounts have a worker."""
        self._end([account for account in self._workers if account not in set(accounts)])
        for account in accounts:
            worker = self._workers.get(account)
            if worker is None or worker.done():
                self._workers[account] = asyncio.create_task(
                    self._worker(account).run(), name=f"outbox {account}"
                )

    def _worker(self, account: UUID) -> AccountWorker:
        return AccountWorker(
            account,
            database=self._database,
            hints=self._hints,
            clock=self._clock,
            accounts=self._accounts,
            files=self._files,
            marks=self._marks,
            node=self._node,
            limits=self._limits,
        )

    def _end(self, accounts: Sequence[UUID]) -> None:
        """What is in flight ends in its own time: nobody else waits for that."""
        for account in accounts:
            task = self._workers.pop(account)
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
