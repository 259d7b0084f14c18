"""What becomes of messages that have not left when their connection is archived.

Nobody sends for an archived one, so they would be on their way for ever. They go first; where the
connection is off, so that nothing goes, they end here, where everybody sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contact_center.accounts import store
from contact_center.kernel.errors import Conflict
from contact_center.storage.database import LOG_TOPIC
from contact_center.storage.unit import Unit

REASON = "the connection was archived before the message left"


async def end_unsent(unit: Unit, account: Mapping[str, Any], actor: str) -> None:
    """End what has not left of an account that is archived now.

    Raises Conflict: `messages_wait` where it would still go, `sending` while it does.
    """
    rows = await unit.fetch(store.UNSENT, account["id"])
    if not rows:
        return
    if account["state"] != "off":
        raise Conflict("messages of this connection wait to be sent", code="messages_wait")
    if any(row["goes"] for row in rows):
        raise Conflict("a message of this connection is being sent", code="sending")
    await unit.lock("contacts", list({row["contact_id"] for row in rows} - {None}), "id")
    ended = await unit.fetch(store.END_UNSENT, account["id"], REASON)
    await unit.execute(store.TELL_ARCHIVED, [row["id"] for row in ended], actor)
    unit.wake(LOG_TOPIC)
