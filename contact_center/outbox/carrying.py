"""One claimed message on its way to the channel; every way to fail has an error of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from channels.contract import Channel, Splits
from channels.errors import OptedOut, Rejected
from channels.messages import Letter, Outbound, OutboundFile
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError
from contact_center.outbox import acts, letters, sending
from contact_center.outbox.model import (
    Claim,
    Files,
    Limits,
    LiveAccount,
    Mark,
    NotBegun,
    Policy,
    accepted,
    parts,
)
from contact_center.storage.database import Database

UNWANTED = "the client has asked for no more messages: only a person writes to him"


@dataclass(frozen=True, slots=True)
class Carrier:
    """Brings the claims of an account to its channel."""

    database: Database
    files: Files
    clock: Clock
    limits: Limits

    async def send(self, account: LiveAccount, claim: Claim, started: float) -> Mark:
        """What became of it; raises what the channel raises, NotBegun before a byte went out."""
        left = self._left(claim, started)
        if claim.unwanted:
            raise OptedOut(UNWANTED)
        if claim.act != "send":
            return await acts.perform(self.database, account, claim, left)
        try:
            async with asyncio.timeout(left):
                claim, pieces = await self._pieces(account, claim)
        except TimeoutError:
            raise NotBegun("its files were not ready in time") from None
        size = sum(file.size for file in pieces[claim.part].files)
        left = min(self._left(claim, started), self.limits.seconds_for(size))
        receipt = await _deliver(account.channel, pieces[claim.part], left)
        return accepted(claim, receipt, pieces, self.policy(account))

    def _left(self, claim: Claim, started: float) -> float:
        left = claim.seconds - self.limits.margin - (self.clock.monotonic() - started)
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
            await sending.count(self.database, claim, pieces)
        except HouseError as error:
            raise NotBegun("how many parts it has could not be written") from error

    async def _outgoing(
        self, ids: Sequence[UUID], account: LiveAccount
    ) -> tuple[OutboundFile, ...]:
        return await self.files.outbound(ids, account.capabilities) if ids else ()

    async def _reference(self, claim: Claim, account: LiveAccount) -> str | None:
        target = claim.payload.get("reply_to")
        if not target or not account.capabilities.reply_to:
            return None
        return await sending.reference(self.database, UUID(str(target)))

    async def _letter(
        self, claim: Claim, account: LiveAccount
    ) -> tuple[Letter | None, dict[UUID, str]]:
        if not account.capabilities.letters or claim.message_id is None:
            return None, {}
        return await letters.letter(self.database, claim.message_id)

    def policy(self, account: LiveAccount) -> Policy:
        """How a send that failed goes on, this time."""
        jitter = random.random()  # noqa: S311 - jitter
        return Policy(account.capabilities.idempotent_send, self.limits, jitter)


async def _deliver(channel: Channel, message: Outbound, seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        return await channel.send(message)
