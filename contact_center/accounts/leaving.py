"""What becomes of messages that have not left when their connection is archived.

Nobody sends for an archived one, so they would be on their way for ever. They go first; where the
connection is off, so that nothing goes, they end here, where everybody sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contact_center.kernel.errors import Conflict
from contact_center.storage.database import LOG_TOPIC
from contact_center.storage.unit import Unit

REASON = "the connection was archived before the message left"
UNSENT = """
SELECT contact_id, state = 'sending' AND claim_until > now() AS goes FROM outbox
WHERE account_id = $1 AND state IN ('held', 'pending', 'sending')
"""
# What somebody was sending when he died is as uncertain as ever.
END = """
UPDATE outbox SET
  state = CASE WHEN state = 'sending' AND act = 'send' THEN 'uncertain' ELSE 'failed' END,
  error_kind = 'rejected', error_text = $2, owner = NULL, claim_until = NULL, settled_at = now(),
  version = version + 1
WHERE account_id = $1 AND state IN ('held', 'pending', 'sending') RETURNING id
"""


async def end_unsent(unit: Unit, account: Mapping[str, Any], actor: str) -> None:
    """End what has not left of an account that is archived now.

    Raises Conflict: `messages_wait` where it would still go, `sending` while it does.
    """
    rows = await unit.fetch(UNSENT, account["id"])
    if not rows:
        return
    if account["state"] != "off":
        raise Conflict("messages of this connection wait to be sent", code="messages_wait")
    if any(row["goes"] for row in rows):
        raise Conflict("a message of this connection is being sent", code="sending")
    await unit.lock("contacts", list({row["contact_id"] for row in rows} - {None}), "id")
    ended = await unit.fetch(END, account["id"], REASON)
    await unit.execute("SELECT cc_outbox_changed($1, $2, 'archived')",
                       [row["id"] for row in ended], actor)  # fmt: skip
    unit.wake(LOG_TOPIC)
