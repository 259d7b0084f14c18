"""What the doors note of an account: counts for its health, and the steps of its live test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from channels.contract import WebhookRequest
from channels.messages import Event, MessageReceived
from contact_center.accounts.traffic import Traffic
from contact_center.intake.model import LiveAccount, SubmitResult
from contact_center.intake.quarantine import Quarantine
from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import get_logger

MOST_KEPT = 64 * 1024  # of a request that nobody has proven

log = get_logger(__name__)


class Trials(Protocol):
    """What is asked of the live tests (`accounts.trials`)."""

    def watches(self, account_id: UUID) -> bool: ...
    async def refused(self, account_id: UUID, words: str) -> bool: ...
    async def kept(self, account_id: UUID, quarantined: UUID) -> None: ...
    async def unreadable(
        self, account_id: UUID, words: str, quarantined: UUID | None, *, fault: str = ...
    ) -> None: ...
    async def proven(self, account_id: UUID) -> None: ...
    async def stored(self, account_id: UUID, conversation_key: str) -> UUID | None: ...


class Notes:
    """One book for all doors. Whatever goes wrong with it must not reach the provider."""

    def __init__(self, traffic: Traffic, trials: Trials, quarantine: Quarantine) -> None:
        self._traffic = traffic
        self._trials = trials
        self._quarantine = quarantine

    def taken(
        self, account: LiveAccount, request: WebhookRequest, events: Sequence[Event],
        result: SubmitResult,
    ) -> None:  # fmt: skip
        """A request was read and stored."""
        messages = result.stored and min(
            result.stored, [type(one) for one in events].count(MessageReceived)
        )
        self._traffic.came_in(account.id, request.received_at, messages)

    async def tried(
        self, account: LiveAccount, events: Sequence[Event], result: SubmitResult
    ) -> None:
        """The same for the live test: a message is to be answered."""
        if not self._trials.watches(account.id):
            return
        spoken = next((one for one in events if _spoken_by_a_person(one)), None)
        with _quietly(account.id):
            if result.quarantined:
                words = "the database did not take it"
                await self._trials.unreadable(account.id, words, None, fault="not_stored")
            elif spoken is not None and result.stored:
                over = await self._trials.stored(account.id, spoken.conversation_key)
                if over is not None:
                    await self._quarantine.drop(over, None)
            elif events:
                await self._trials.proven(account.id)

    async def refused(
        self, account: LiveAccount, request: WebhookRequest, error: Exception
    ) -> None:
        """A request proves nothing. The first one of a live test is kept for people to see."""
        self._traffic.count(account.id, request.received_at, "refused")
        if not self._trials.watches(account.id):
            return
        with _quietly(account.id):
            first = await self._trials.refused(account.id, str(error))
            if first and len(request.body) <= MOST_KEPT:
                kept = await self._quarantine.keep(account, request, error)
                await self._trials.kept(account.id, kept)

    async def unread(
        self, account: LiveAccount, request: WebhookRequest, error: Exception, kept: UUID
    ) -> None:
        """A request was proven, could not be read, and is kept."""
        self._traffic.count(account.id, request.received_at, "unreadable")
        if self._trials.watches(account.id):
            with _quietly(account.id):
                await self._trials.unreadable(account.id, str(error), kept)


def _spoken_by_a_person(event: Event) -> bool:
    """Whether it is a client's message that an answer would not go round in circles with."""
    return isinstance(event, MessageReceived) and not (event.automatic or event.outgoing)


@contextmanager
def _quietly(account_id: UUID) -> Iterator[None]:
    try:
        yield
    except HouseError as error:
        log.warning("trial_not_noted", account=str(account_id), error=str(error))
