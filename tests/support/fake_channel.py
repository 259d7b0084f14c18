"""A provider that fails on purpose: it knows what arrived, and answers as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from channels.contract import Capabilities, RateLimit
from channels.errors import LoginRefused, Misconfigured, Rejected, Temporary, Uncertain
from channels.messages import Outbound, OutboundFile, Receipt

Fault = Callable[["FakeChannel", Outbound], Awaitable[Receipt]]


@dataclass
class FakeChannel:
    """`arrived` is what the client got; `asked` every call. Faults are used up in turn."""

    idempotent: bool = False
    faults: list[Fault] = field(default_factory=list)
    choose: Callable[[Outbound], Fault | None] | None = None
    arrived: list[Outbound] = field(default_factory=list)
    asked: list[Outbound] = field(default_factory=list)
    on_arrival: Callable[[Outbound, str], Awaitable[None]] | None = None
    _known: dict[str, str] = field(default_factory=dict)

    async def send(self, message: Outbound) -> Receipt:
        self.asked.append(message)
        fault = self.faults.pop(0) if self.faults else None
        if fault is None and self.choose is not None:
            fault = self.choose(message)
        return await (fault or accept)(self, message)

    async def check(self) -> None:
        """Always well."""

    def texts(self, key: str | None = None) -> list[str]:
        return [m.text for m in self.arrived if key is None or m.conversation_key == key]

    async def take(self, message: Outbound) -> str:
        """The message arrives, once per key where the provider dedupes."""
        if self.idempotent and message.id in self._known:
            return self._known[message.id]
        provider_id = f"p{len(self.arrived)}"
        self.arrived.append(message)
        self._known[message.id] = provider_id
        if self.on_arrival is not None:
            await self.on_arrival(message, provider_id)
        return provider_id


async def accept(channel: FakeChannel, message: Outbound) -> Receipt:
    return Receipt(await channel.take(message))


def not_for_now(*addresses: str) -> Fault:
    """Taken for all but these, who may be sent it later."""

    async def fault(channel: FakeChannel, message: Outbound) -> Receipt:
        return Receipt(await channel.take(message), postponed=dict.fromkeys(addresses, "450 busy"))

    return fault


async def not_accepted(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise Temporary("connection refused")


async def too_many(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise Temporary("429", retry_after=0.05)


async def rejected(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise Rejected("the recipient has blocked us", code="403")


async def misconfigured(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise Misconfigured("the token was revoked")


async def login_refused(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise LoginRefused("535 wrong password")


async def silent_before(_channel: FakeChannel, _message: Outbound) -> Receipt:
    """No answer, and the message has not arrived."""
    await asyncio.sleep(3600)
    raise AssertionError


async def silent_after(channel: FakeChannel, message: Outbound) -> Receipt:
    """The message has arrived, but no answer comes."""
    await channel.take(message)
    await asyncio.sleep(3600)
    raise AssertionError


async def cut_before(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise Uncertain("connection reset after the request was written")


async def cut_after(channel: FakeChannel, message: Outbound) -> Receipt:
    await channel.take(message)
    raise Uncertain("connection reset after the request was written")


async def explode(_channel: FakeChannel, _message: Outbound) -> Receipt:
    raise ZeroDivisionError


class FakeAccount:
    def __init__(
        self,
        channel: FakeChannel,
        limits: tuple[RateLimit, ...],
        text_limit: int,
        letters: bool = False,
    ) -> None:
        self.channel = channel
        self.capabilities = Capabilities(
            authentication="body", text_limit=text_limit, receipts=True, reply_to=True,
            attachments={"file": 10_000_000, "image": 10_000_000},
            idempotent_send=channel.idempotent, rate_limits=limits, letters=letters,
        )  # fmt: skip


class FakeAccounts:
    """Accounts by id; reports are kept."""

    def __init__(self) -> None:
        self.by_id: dict[UUID, FakeAccount] = {}
        self.reports: list[tuple[UUID, str, str | None]] = []

    def add(
        self,
        account_id: UUID,
        channel: FakeChannel,
        *,
        limits: tuple[RateLimit, ...] = (),
        text_limit: int = 4096,
        letters: bool = False,
    ) -> FakeChannel:
        self.by_id[account_id] = FakeAccount(channel, limits, text_limit, letters)
        return channel

    async def sending(self) -> Sequence[UUID]:
        return list(self.by_id)

    async def live(self, account_id: UUID) -> FakeAccount:
        known = self.by_id[account_id]  # a fresh object each time, as the house gives one
        can = known.capabilities
        return FakeAccount(known.channel, can.rate_limits, can.text_limit, can.letters)

    async def report(self, account_id: UUID, health: str, text: str | None) -> None:
        self.reports.append((account_id, health, text))

    async def ended(
        self, account_id: UUID, state: str, message_id: UUID | None, words: str | None,
        seconds: float,
    ) -> None:  # fmt: skip
        """Nothing counts here."""


class NoFiles:
    async def outbound(self, ids: Sequence[UUID], can: Capabilities) -> tuple[OutboundFile, ...]:
        raise Rejected(f"{len(ids)} files are gone")
