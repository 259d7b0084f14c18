"""The demo's mail account in the house: made once, off until its servers are there."""

from __future__ import annotations

from uuid import UUID

from contact_center.accounts.service import Accounts
from contact_center.simulator.company import Mailbox
from contact_center.simulator.mailbox.mails import OUR_SERVER

_HOST = "127.0.0.1"


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
