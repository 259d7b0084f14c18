"""The bot and the number in the house: made where they are missing, led to their providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contact_center.accounts.service import Accounts
from contact_center.simulator.accounts import lead
from contact_center.simulator.company import Company, Line


async def connect(
    accounts: Accounts, company: Company, provider: str, line: Line, settings: Mapping[str, Any]
) -> None:
    """Let the house use this provider of ours. A demo made by an older version gets the account."""
    if accounts.by_public_key(line.code) is None:
        await _make(accounts, company, provider, line, settings)
    else:
        await lead(accounts, line.code, settings)


async def _make(
    accounts: Accounts, company: Company, provider: str, line: Line, settings: Mapping[str, Any]
) -> None:
    """Beside the web chat of its brand and queue, which the demo has had from the beginning."""
    place = (line.brand, line.queue)
    chat = next(one.code for one in company.accounts if (one.brand, one.queue) == place)
    if (beside := accounts.by_public_key(chat)) is not None:
        await accounts.create(
            "system", provider=provider, title=line.title, public_key=line.code,
            brand_id=beside.brand_id, queue_id=beside.queue_id, settings=settings,
        )  # fmt: skip
