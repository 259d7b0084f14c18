"""Accounts as they run: record, opened secrets and the channel built from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from channels.contract import Channel, Deps, Provider
from channels.messages import Medium
from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import get_logger
from contact_center.kernel.secrets import Sealer
from contact_center.storage.unit import Record

log = get_logger(__name__)


class Registry(Protocol):
    """What is asked of the list of providers (`channels.registry` as a whole fulfils it)."""

    def provider(self, name: str) -> Provider: ...

    def providers(self) -> Iterable[Provider]: ...


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """One account that can receive and send in this process."""

    id: UUID
    provider: str
    medium: Medium
    title: str
    brand_id: UUID
    queue_id: UUID
    touchpoint_id: UUID | None
    public_key: str
    state: Literal["on", "off", "test"]  # in test it works like one that is on
    settings: BaseModel
    channel: Channel
    description: Provider
    version: int


class Cache:
    """Live accounts by id and by public key; an account is rebuilt only when its row differs."""

    def __init__(
        self, registry: Registry, sealer: Sealer, deps: Callable[[UUID, str], Deps] | None = None
    ) -> None:
        self._registry = registry
        self._sealer = sealer
        self._deps = deps or (lambda account_id, _key: Deps(account_id=str(account_id)))
        self._by_id: dict[UUID, LiveAccount] = {}
        self._by_key: dict[str, LiveAccount] = {}
        self.broken: dict[UUID, str] = {}

    def get(self, account_id: UUID) -> LiveAccount | None:
        return self._by_id.get(account_id)

    def by_public_key(self, key: str) -> LiveAccount | None:
        return self._by_key.get(key)

    def all(self) -> list[LiveAccount]:
        """All live accounts, switched off ones included."""
        return list(self._by_id.values())

    def put(self, row: Record) -> None:
        """Take over a row that is as new as what is here or newer."""
        known = self._by_id.get(row["id"])
        if known and known.version >= row["version"]:
            return
        self.drop(row["id"])
        if row["archived_at"] is not None:
            return
        try:
            account = self.build(row)
        except (HouseError, ValidationError, LookupError, ValueError) as error:
            # One account that cannot be opened must not keep the others from working.
            self.broken[row["id"]] = type(error).__name__
            log.warning("account cannot be opened", account=str(row["id"]), error=str(error))
            return
        self._by_id[account.id] = account
        self._by_key[account.public_key] = account

    def drop(self, account_id: UUID) -> None:
        known = self._by_id.pop(account_id, None)
        self.broken.pop(account_id, None)
        if known:
            self._by_key.pop(known.public_key, None)

    def channel(
        self, provider: Provider, settings: BaseModel, account_id: UUID, public_key: str
    ) -> Channel:
        """The channel that settings make."""
        return provider.build(settings, self._deps(account_id, public_key))

    def build(self, row: Mapping[str, Any]) -> LiveAccount:
        """A live account of a row. Raises Unsealable, UnknownProvider or ValidationError."""
        provider = self._registry.provider(row["provider"])
        settings = provider.Settings.model_validate(opened(row, self._sealer))
        return LiveAccount(
            id=row["id"],
            provider=provider.name,
            medium=provider.medium,
            title=row["title"],
            brand_id=row["brand_id"],
            queue_id=row["queue_id"],
            touchpoint_id=row["touchpoint_id"],
            public_key=row["public_key"],
            state=row["state"],
            settings=settings,
            channel=self.channel(provider, settings, row["id"], row["public_key"]),
            description=provider,
            version=row["version"],
        )


def opened(row: Mapping[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Plain and secret settings of a row together. Raises Unsealable."""
    secrets: dict[str, Any] = {}
    if row["secrets"] is not None:
        secrets = orjson.loads(sealer.open(bytes(row["secrets"]), row["id"].bytes))
    return {**row["settings"], **secrets}
