"""What providers say: of settings that are not saved yet, and of an account as it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.contract import Authorizes, Report, Reports
from channels.errors import ChannelError, Temporary
from contact_center.accounts.model import Problem
from contact_center.accounts.service import Accounts
from contact_center.kernel.errors import NotFound

SECONDS = 15.0
# Refused; could not be asked; a person has to agree at the provider first, for a saved account.


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of asking; `name` is how the provider calls our side, `words` are its own."""

    problem: Problem | None = None
    words: str = ""
    report: Report | None = None


async def try_out(
    accounts: Accounts, provider: str, settings: Mapping[str, Any], account_id: UUID | None
) -> Tried:
    """Whether the provider takes these settings. Raises Invalid for what is no setting of it."""
    channel = await accounts.draft(provider, settings, account_id)
    if isinstance(channel, Authorizes) and channel.authority() and not channel.authorized():
        return Tried("consent")
    return await _asked(channel)


async def report(accounts: Accounts, account_id: UUID) -> Tried:
    """How the provider's side of an account does. Raises NotFound where it is not live."""
    account = accounts.get(account_id)
    if account is None:
        raise NotFound("the account is archived or cannot be opened", code="not_live")
    if not isinstance(account.channel, Reports):
        return Tried()
    return await _asked(account.channel)


async def _asked(channel: Any) -> Tried:
    """Channels that report are asked for that, for `check` may want a webhook that is to come."""
    try:
        async with asyncio.timeout(SECONDS):
            if isinstance(channel, Reports):
                return Tried(report=await channel.report())
            await channel.check()
    except Temporary as error:
        return Tried("unreachable", str(error))
    except TimeoutError:
        return Tried("unreachable", f"no answer within {SECONDS:.0f} s")
    except ChannelError as error:
        return Tried("wrong", str(error))
    return Tried()
