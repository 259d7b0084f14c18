"""The demo's mail account in the house: made once, led to this start's servers by every start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contact_center.access.model import Actor
from contact_center.accounts.service import Accounts
from contact_center.simulator.company import Mailbox
from contact_center.simulator.mailbox.mails import OUR_SERVER

_HOST = "127.0.0.1"


class _Simulator(Actor):
    """Changes the account as the house itself does."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """No employee's."""
        return "system"


SIMULATOR = _Simulator(UUID(int=0), "administrator", "simulator", frozenset())


async def connect(
    accounts: Accounts, mailbox: Mailbox, *, account_id: UUID, brand_id: UUID, queue_id: UUID
) -> None:
    """Make the account. It is off: there are no servers yet."""
    await accounts.create(
        "system", provider="mail", title=mailbox.title, account_id=account_id,
        brand_id=brand_id, queue_id=queue_id, public_key=mailbox.code, state="off",
        settings={
            "address": mailbox.address, "receives": "imap", "login": "password",
            "imap_host": _HOST, "imap_port": 1, "imap_security": "plain", "folder": "INBOX",
            "smtp_host": _HOST, "smtp_port": 1, "smtp_security": "plain", "start": "all",
            "handled": "seen", "plus_addresses": True, "trusted_servers": [OUR_SERVER],
            "undo_seconds": 5,
        },
    )  # fmt: skip


async def rest(accounts: Accounts, mailbox: Mailbox) -> None:
    """Before a start: its servers ended with the process that ran them."""
    if (account := accounts.by_public_key(mailbox.code)) is not None and account.state == "on":
        await accounts.change(SIMULATOR, account.id, {"state": "off"}, None)


async def lead(accounts: Accounts, mailbox: Mailbox, servers: Mapping[str, Any]) -> None:
    """Lead the account to servers that have just started."""
    if (account := accounts.by_public_key(mailbox.code)) is not None:
        changes = {"state": "on", "settings": dict(servers)}
        await accounts.change(SIMULATOR, account.id, changes, None)


def settings_of(accounts: Accounts, mailbox: Mailbox) -> dict[str, Any]:
    """What the account was told at the last start."""
    account = accounts.by_public_key(mailbox.code)
    return account.settings.model_dump() if account is not None else {}
