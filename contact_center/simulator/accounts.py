"""The demo's accounts in the house: led to this start's fake providers by every start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from contact_center.access.model import Actor
from contact_center.accounts.service import Accounts


class _Simulator(Actor):
    """Changes the accounts as the house itself does."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """No employee's."""
        return "system"


SIMULATOR = _Simulator(UUID(int=0), "administrator", "simulator", frozenset())


async def rest(accounts: Accounts, codes: Iterable[str]) -> None:
    """Before a start: their providers ended with the process that ran them."""
    for code in codes:
        account = accounts.by_public_key(code)
        if account is not None and account.state == "on":
            await accounts.change(SIMULATOR, account.id, {"state": "off"}, None)


async def lead(accounts: Accounts, code: str, settings: Mapping[str, Any]) -> None:
    """Lead an account to a provider that has just started."""
    if (account := accounts.by_public_key(code)) is not None:
        changes = {"state": "on", "settings": dict(settings)}
        await accounts.change(SIMULATOR, account.id, changes, None)


def settings_of(accounts: Accounts, code: str) -> dict[str, Any]:
    """What an account was told at the last start."""
    account = accounts.by_public_key(code)
    return account.settings.model_dump() if account is not None else {}
