"""A mailbox, listened to: every mail of a folder is delivered in order, and none is forgotten.

The cursor moves when `deliver` returns, in the same transaction as the mails: a mail may come
twice (UIDVALIDITY changed, a stop between commit and the next word), so whoever takes it dedupes
by its content; none is left out.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from channels.contract import Cursor
from channels.errors import Misconfigured, Temporary
from channels.mail.imap_place import MailboxSettings, Place, RawMail
from channels.mail.imap_reader import Suspect
from channels.mail.imap_session import Session
from channels.mail.imap_visit import DeliverRaw, NotTaken, Visit

__all__ = ["DeliverRaw", "Mailbox", "MailboxSettings", "OnState", "RawMail", "State"]

State = Literal["green", "yellow", "red"]
OnState = Callable[[State, str | None], Awaitable[None]]

# A server that comes back is found within the longest delay, so its next mail is not 30 s late.
FIRST_DELAY, LONGEST_DELAY = 0.5, 20.0
RED_AFTER = 2  # failures without progress: one lost connection is weather


async def _nobody(_state: State, _reason: str | None) -> None:
    """Nobody asked for the state."""


class Mailbox:
    """One folder of one account. `sleep` and `jitter` (0 … 1) may be others in tests."""

    def __init__(
        self,
        settings: MailboxSettings,
        *,
        on_state: OnState = _nobody,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._on_state = on_state
        self._sleep = sleep
        self._jitter = jitter
        self._said: tuple[State, str | None] | None = None
        self._failures = 0
        self._place: Place | None = None
        self._suspect = Suspect()

    async def check(self) -> None:
        """Log in and open the folder. Raises Misconfigured or Temporary."""
        self._settings.check()
        try:
            session = await Session.open(self._settings.server)
        except Temporary as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise Misconfigured(str(error)) from error
            raise
        try:
            await session.select(self._settings.folder)
        finally:
            await session.close()

    async def listen(self, cursor: Cursor | None, deliver: DeliverRaw) -> None:
        """Listen until cancelled. Raises Misconfigured, and whatever `deliver` raises.

        A refused password is never tried again: that is how accounts get locked. All else is
        repeated for ever, and told through `on_state`.
        """
        self._place = Place.of(cursor, self._settings.folder)
        try:
            self._settings.check()
            while True:
                try:
                    await self._visit(deliver)
                except Temporary as error:
                    await self._failed(error)
        except Misconfigured as error:
            await self._say("red", str(error))
            raise
        except NotTaken as error:
            raise error.__cause__ or error from None

    async def _visit(self, deliver: DeliverRaw) -> None:
        session = await Session.open(self._settings.server)
        visit = Visit(
            self._settings, session, place=self._place, deliver=deliver,
            suspect=self._suspect, well=self._well, sleep=self._sleep,
        )  # fmt: skip
        try:
            await visit.stay()
        finally:
            self._place = visit.place
            await session.close()

    async def _well(self, warning: str | None) -> None:
        self._failures = 0
        await self._say("yellow" if warning else "green", warning)

    async def _failed(self, error: Temporary) -> None:
        """Tell, and wait: twice as long each time, each account a little differently.

        Never less than the other side has asked for.
        """
        self._failures += 1
        if self._failures >= RED_AFTER or self._said is None:
            await self._say("red", str(error))
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures - 1, 10))
        await self._sleep(max(delay * (0.5 + self._jitter() / 2), error.retry_after or 0))

    async def _say(self, state: State, reason: str | None) -> None:
        if self._said != (state, reason):
            self._said = (state, reason)
            await self._on_state(state, reason)
