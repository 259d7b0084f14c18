"""An administrator writes to an account from a phone and sees how far the message comes.

Four steps: something came in, it was proven to be the provider's, it was stored, and an answer of
the house left. Steps are noted by whichever process takes them, only for accounts in the state
"test", and told on the live connection by `account.trial`.
"""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from contact_center.accounts.service import Accounts
from contact_center.accounts.trials import store
from contact_center.jobs import store as jobs
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

ANSWER = "accounts.trial"  # the job that answers
TEST = "test"
LONGEST_WORDS = 500


class Trials:
    """The live tests of a workspace."""

    def __init__(self, database: Database, accounts: Accounts, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    def watches(self, account_id: UUID) -> bool:
        """Whether steps of this account are noted."""
        account = self._accounts.get(account_id)
        return account is not None and account.state == TEST

    async def begin(self, account_id: UUID) -> Record:
        """Begin, or begin anew. Raises NotFound, or Conflict where the account is not in test."""
        if self._accounts.get(account_id) is None:
            raise NotFound("the account is archived or cannot be opened", code="not_live")
        if not self.watches(account_id):
            raise Conflict("the account is not being connected", code="not_in_test")

        async def step(unit: Unit) -> Record:
            row = await store.begin(unit, account_id, self._clock.now())
            _tell(unit, account_id, row["version"], "begun")
            return row

        return await self._database.run(step)

    async def trial(self, account_id: UUID) -> Record | None:
        return await store.trial(self._database, account_id)

    # --- the steps ---------------------------------------------------------------------------

    async def refused(self, account_id: UUID, words: str) -> bool:
        """A request came that proves nothing; True for the first one of a test, worth keeping."""
        now = self._clock.now()
        return await self._step("refused", store.REFUSED, account_id, now, words[:LONGEST_WORDS])

    async def kept(self, account_id: UUID, quarantined: UUID) -> None:
        """What was refused can be looked at."""
        await self._step("kept", store.KEPT, account_id, quarantined)

    async def unreadable(
        self, account_id: UUID, words: str, quarantined: UUID | None, *, fault: str = "unreadable"
    ) -> None:
        """What came was proven, and could not be read or stored."""
        given = (self._clock.now(), fault, words[:LONGEST_WORDS], quarantined)
        await self._step(fault, store.UNREADABLE, account_id, *given)

    async def proven(self, account_id: UUID) -> None:
        """Something came that is the provider's, though no message."""
        await self._step("proven", store.PROVEN, account_id, self._clock.now())

    async def stored(self, account_id: UUID, conversation_key: str) -> UUID | None:
        """A message was stored: the house answers it, surely.

        Returns what was kept of a refused request before it: nobody has to look at that any more.
        """
        now = self._clock.now()

        async def step(unit: Unit) -> UUID | None:
            row = await store.stored(unit, account_id, now)
            if row is None:
                return None
            _tell(unit, account_id, row["version"], "stored")
            key = {"conversation_key": conversation_key}
            await jobs.reschedule(unit, ANSWER, str(account_id), now, key)
            refused: UUID | None = row["refused"]
            return refused

        return await self._database.run(step)

    async def answering(
        self, unit: Unit, account_id: UUID, contact_id: UUID | None, message_id: UUID | None
    ) -> None:
        """The answer is written and waits to be sent; without one nothing could be answered."""
        fault = None if message_id else "not_sent"
        given = (contact_id, message_id, fault)
        version = await store.step(unit, store.ANSWERING, account_id, *given)
        if version is not None:
            _tell(unit, account_id, version, "answering")

    async def ended(
        self, account_id: UUID, message_id: UUID, state: str, words: str | None
    ) -> None:
        """How an attempt to send ended; nothing where it was not the answer."""
        sent = state == "sent"
        fault = None if sent else "uncertain" if state == "uncertain" else "not_sent"
        given = (message_id, self._clock.now() if sent else None, fault, None if sent else words)
        await self._step("answered" if sent else "not_sent", store.ENDED, account_id, *given)

    async def _step(self, cause: str, query: str, account_id: UUID, *values: object) -> bool:
        async def step(unit: Unit) -> bool:
            version = await store.step(unit, query, account_id, *values)
            if version is not None:
                _tell(unit, account_id, version, cause)
            return version is not None

        return await self._database.run(step)


def _tell(unit: Unit, account_id: UUID, version: int, cause: str) -> None:
    unit.log("account.trial", "account", account_id, version=version, actor="system", cause=cause)


SERVICE: web.AppKey[Trials] = web.AppKey("account_trials", Trials)
