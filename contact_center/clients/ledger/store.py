"""SQL of the merge ledger."""

from __future__ import annotations

from uuid import UUID

from contact_center.storage.unit import Record, Unit

BEGIN = """
INSERT INTO merges (id, winner_id, loser_id, reason, merged_by, merged_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp())
"""
MOVE = """
WITH moved AS (
  UPDATE identities SET client_id = $3, version = version + 1 WHERE client_id = $2 RETURNING id)
INSERT INTO merge_moves (merge_id, seq, identity_id, from_client_id, to_client_id)
SELECT $1, row_number() OVER (ORDER BY id), id, $2, $3 FROM moved
"""
ONE = "SELECT winner_id, loser_id FROM merges WHERE id = $1"
END = """
UPDATE merges SET undone_at = clock_timestamp(), undone_by = $2
WHERE id = $1 AND undone_at IS NULL RETURNING id
"""
# From the winner on: who took whom over since. The last one is who has the addresses now.
CHAIN = """
WITH RECURSIVE chain AS (
  SELECT id, merged_into, 0 AS depth FROM clients WHERE id = $1
  UNION ALL
  SELECT c.id, c.merged_into, depth + 1 FROM clients c JOIN chain ON c.id = chain.merged_into
  WHERE depth < 1000)
SELECT id FROM chain ORDER BY depth
"""
# An address that is no longer where its merges brought it has proven to be somebody's own since:
# it stays there. One that is given back has left this merge and all that moved it on afterwards.
GIVE_BACK = """
WITH back AS (
  UPDATE identities i SET client_id = $2, version = i.version + 1
  FROM merge_moves v WHERE v.merge_id = $1 AND v.left_at IS NULL AND i.id = v.identity_id
    AND i.client_id = $3
  RETURNING i.id)
UPDATE merge_moves v SET left_at = clock_timestamp()
FROM merges m, merges undone
WHERE v.left_at IS NULL AND v.identity_id IN (SELECT id FROM back) AND m.id = v.merge_id
  AND undone.id = $1 AND m.merged_at >= undone.merged_at
"""
POINT = """
UPDATE clients SET merged_into = $2, version = version + 1, changed_at = clock_timestamp()
WHERE id = $1 RETURNING version
"""
TOUCH = """
UPDATE clients SET version = version + 1, changed_at = clock_timestamp()
WHERE id = $1 RETURNING version
"""


async def begin(
    unit: Unit, merge_id: UUID, winner_id: UUID, loser_id: UUID, *, reason: str, by: UUID
) -> None:
    """Write the merge and move the loser's addresses, each with a line in the ledger."""
    await unit.execute(BEGIN, merge_id, winner_id, loser_id, reason, by)
    await unit.execute(MOVE, merge_id, loser_id, winner_id)


async def one(unit: Unit, merge_id: UUID) -> Record | None:
    """(winner_id, loser_id) of a merge."""
    return await unit.fetchrow(ONE, merge_id)


async def end(unit: Unit, merge_id: UUID, by: UUID) -> bool:
    """Mark a merge as undone; False when it was already."""
    return await unit.fetchval(END, merge_id, by) is not None


async def chain(unit: Unit, client_id: UUID) -> list[UUID]:
    """The client, whom he was merged into, and so on; the last is the one in force."""
    return [row["id"] for row in await unit.fetch(CHAIN, client_id)]


async def give_back(unit: Unit, merge_id: UUID, loser_id: UUID, holder_id: UUID) -> None:
    """Return the loser what this merge brought along and its last holder still has."""
    await unit.execute(GIVE_BACK, merge_id, loser_id, holder_id)


async def point(unit: Unit, client_id: UUID, merged_into: UUID | None) -> int:
    """Set whom a client is part of; returns the new version."""
    return int(await unit.fetchval(POINT, client_id, merged_into))


async def touch(unit: Unit, client_id: UUID) -> int:
    """Count a change of the client; returns the new version."""
    return int(await unit.fetchval(TOUCH, client_id))
