"""A listener as the house has it: it keeps what was delivered together with the cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from channels.errors import Misconfigured
from channels.mail.imap import Mailbox, MailboxSettings, RawMail, State


@dataclass
class Kept:
    """What was committed, and what was told of the state. It outlives a listener."""

    mails: list[RawMail] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    cursor: dict[str, Any] | None = None
    states: list[tuple[State, str | None]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def deliver(self, mails: Sequence[RawMail], cursor: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        self.mails += mails
        self.batches.append(len(mails))
        self.cursor = cursor

    async def state(self, state: State, reason: str | None) -> None:
        self.states.append((state, reason))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(min(seconds, 0.02))

    @property
    def uids(self) -> list[int]:
        return [mail.uid for mail in self.mails]

    @property
    def color(self) -> State | None:
        return self.states[-1][0] if self.states else None

    @property
    def reason(self) -> str:
        return self.states[-1][1] or "" if self.states else ""

    def mailbox(self, settings: MailboxSettings, *, hurried: bool = True) -> Mailbox:
        """Hurried: it does not wait long before it tries again."""
        more: dict[str, Any] = {"sleep": self.sleep} if hurried else {}
        return Mailbox(settings, on_state=self.state, **more)

    @asynccontextmanager
    async def listening(
        self, settings: MailboxSettings, *, hurried: bool = True
    ) -> AsyncIterator[asyncio.Task[None]]:
        """From the cursor that was kept last."""
        mailbox = self.mailbox(settings, hurried=hurried)
        task = asyncio.create_task(mailbox.listen(self.cursor, self.deliver))
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Misconfigured):
                await task
