"""Messages that change their contact change their line with it, in the order they were written."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from contact_center.outbox.store import LINE, NEW_LINE, topic
from contact_center.storage.unit import Unit

LINES_OF = "SELECT DISTINCT line_id FROM outbox WHERE message_id = ANY($1::uuid[])"
# A claim holds its rows for one statement; whoever comes after it sees them as being sent.
HELD = """
SELECT state FROM outbox WHERE message_id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
MOVE = """
WITH line AS (
  UPDATE outbox_lines SET last_seq = last_seq + $4 WHERE id = $2 RETURNING id, last_seq - $4 AS seq
)
UPDATE outbox o SET line_id = line.id, seq = line.seq + m.n, contact_id = $3,
  version = o.version + 1
FROM line, (SELECT id, row_number() OVER (ORDER BY line_id, seq) AS n FROM outbox
            WHERE message_id = ANY($1::uuid[])) m
WHERE o.id = m.id
"""


async def move(
    unit: Unit, message_ids: Sequence[UUID], *, account_id: UUID, contact_id: UUID, key: str
) -> None:
    """Put what we wrote behind all that stands in the line of the conversation `key`.

    The contacts are locked. Raises Conflict `sending` while one of them is on the wire: what it
    carries cannot be changed any more, and its answer is about to come.
    """
    lines = [row["line_id"] for row in await unit.fetch(LINES_OF, list(message_ids))]
    if not lines:
        return
    await unit.execute(NEW_LINE, new_id(), account_id, key)
    line = await unit.fetchval(LINE, account_id, key)
    await unit.lock("outbox_lines", [*lines, line], "id")
    rows = await unit.fetch(HELD, list(message_ids))
    if any(row["state"] == "sending" for row in rows):
        raise Conflict("a letter is being sent this moment; try again", code="sending")
    await unit.execute(MOVE, list(message_ids), line, contact_id, len(rows))
    unit.ring(topic(account_id))
