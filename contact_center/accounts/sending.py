"""The accounts as those ask for them who send: the outbox, and the files that are fetched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from channels.contract import Capabilities, Channel, listens
from contact_center.accounts.service import Accounts
from contact_center.accounts.traffic import Counted
from contact_center.accounts.trials.service import Trials
from contact_center.kernel.errors import NotFound


class Connected(Protocol):
    """A connected account."""

    @property
    def channel(self) -> Channel: ...


Connect = Callable[[UUID], Awaitable[Connected]]
"""Opens a connection; raises NotFound where it is off."""


class SenderAccounts:
    """The accounts as the outbox and the files ask for them."""

    def __init__(self, accounts: Accounts, trials: Trials | None = None) -> None:
        self._accounts = accounts
        self._trials = trials
        self._ailing: set[UUID] = set()  # what sending has called ill

    async def sending(self) -> list[UUID]:
        return [account.id for account in self._accounts.all() if account.state != "off"]

    async def live(self, account_id: UUID) -> SendingAccount:
        account = self._accounts.get(account_id)
        if account is None or account.state == "off":
            raise NotFound("the account is off or gone")
        return SendingAccount(account.id, account.channel, account.description.capabilities)

    async def report(self, account_id: UUID, health: str, text: str | None) -> None:
        """Note how sending goes.

        That it goes well says nothing of an account that is listened to, except where sending
        itself was what ailed it: a mailbox nobody can read is not well because letters leave.
        """
        if health == "green":  # reported after a send, at once and then now and again
            self._accounts.traffic.went_out(account_id, self._accounts.clock.now())
            account = self._accounts.get(account_id)
            if account and listens(account.channel) and account_id not in self._ailing:
                return
            self._ailing.discard(account_id)
        else:
            self._ailing.add(account_id)
        await self._accounts.set_health(account_id, health, text)

    async def ended(
        self, account_id: UUID, state: Ending, message_id: UUID | None, words: str | None,
        seconds: float,
    ) -> None:  # fmt: skip
        """Count how an attempt to send ended, and how long the provider took."""
        now, told = self._accounts.clock.now(), COUNTED_AS[state]
        took = seconds if told in ("sent", "failed") else None
        self._accounts.traffic.count(account_id, now, told, seconds=took)
        if self._trials is not None and message_id and self._trials.watches(account_id):
            await self._trials.ended(account_id, message_id, state, words)


Ending = Literal["sent", "pending", "failed", "uncertain"]
COUNTED_AS: dict[Ending, Counted] = {
    "sent": "sent", "pending": "postponed", "failed": "failed", "uncertain": "uncertain",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SendingAccount:
    """An account with what its channel can carry."""

    id: UUID
    channel: Channel
    capabilities: Capabilities
