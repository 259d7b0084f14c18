"""Finding again what a provider could not tell us, while we or the way between us were away.

For accounts that are posted to and whose provider keeps a list: at start and ever after it is
asked what there is since the cursor. Most of it has come already and is known by its external ids.
"""

from __future__ import annotations

import asyncio

from channels.contract import Backfills, Cursor, Ear
from channels.errors import Temporary
from contact_center.kernel.log import get_logger

PERIOD = 600.0  # what was missed is there after so long at the latest
AGAIN = 30.0

log = get_logger(__name__)


async def keep_up(channel: Backfills, cursor: Cursor | None, ear: Ear) -> None:
    """Ask until cancelled. Raises Misconfigured where only a person can help."""
    while True:
        try:
            missed = await channel.since(cursor)
        except Temporary as error:
            log.warning("backfill_waits", reason=str(error))
            await asyncio.sleep(max(AGAIN, error.retry_after or 0.0))
            continue
        await ear.deliver(missed.requests, missed.cursor)
        cursor = missed.cursor
        if not missed.more:
            await asyncio.sleep(PERIOD)
