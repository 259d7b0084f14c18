"""The values intake speaks with its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from channels.contract import Channel


class AccountFacts(Protocol):
    """What the writer needs to know of an account; the live account has more."""

    @property
    def id(self) -> UUID: ...
    @property
    def medium(self) -> str: ...
    @property
    def queue_id(self) -> UUID: ...


class LiveAccount(AccountFacts, Protocol):
    """A running account as the doors need it: its facts and the channel that reads its requests."""

    @property
    def provider(self) -> str: ...
    @property
    def brand_id(self) -> UUID: ...
    @property
    def touchpoint_id(self) -> UUID | None: ...
    @property
    def public_key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def settings(self) -> BaseModel: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def version(self) -> int: ...


class Accounts(Protocol):
    """Where the doors look accounts up; in memory, so it answers at once."""

    def by_public_key(self, key: str) -> LiveAccount | None: ...
    def get(self, account_id: UUID) -> LiveAccount | None: ...


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """What became of the events of one request, all of it committed.

    `stored` were new; `duplicates` had come before; `quarantined` could not be written and are
    kept for a person to look at; `ephemeral` (typing) went to the hint bus only.
    """

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    ephemeral: int = 0
