"""Merge and its undo: pointers move, a ledger remembers, nothing else is touched.

A merge moves the loser's addresses to the winner and writes each move down. Undoing it gives back
those that are still there by that merge: an address that an earlier merge had brought along, and
that merge was undone since, has left already. What came later stays with its own address.
"""

from __future__ import annotations

from uuid import UUID

from contact_center.kernel.errors import Conflict, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Record, Unit

MOVE = """
WITH moved AS (
  UPDATE identities SET client_id = $3, version = version + 1 WHERE client_id = $2 RETURNING id)
INSERT INTO merge_moves (merge_id, seq, identity_id, from_client_id, to_client_id)
SELECT $1, row_number() OVER (ORDER BY id), id, $2, $3 FROM moved
"""
# An address given back has left this merge and all that moved it on afterwards.
GIVE_BACK = """
WITH back AS (
  UPDATE identities i SET client_id = $2, version = i.version + 1
  FROM merge_moves v WHERE v.merge_id = $1 AND v.left_at IS NULL AND i.id = v.identity_id
  RETURNING i.id)
UPDATE merge_moves v SET left_at = clock_timestamp()
FROM merges m, merges undone
WHERE v.left_at IS NULL AND v.identity_id IN (SELECT id FROM back) AND m.id = v.merge_id
  AND undone.id = $1 AND m.merged_at >= undone.merged_at
"""
LOSE = """
UPDATE clients SET merged_into = $2, version = version + 1, changed_at = clock_timestamp()
WHERE id = $1 RETURNING version
"""
TOUCH = """
UPDATE clients SET version = version + 1, changed_at = clock_timestamp()
WHERE id = $1 RETURNING version
"""


async def merge(
    unit: Unit, winner_id: UUID, loser_id: UUID, *, reason: str, actor: str, employee_id: UUID
) -> UUID:
    """Move the loser's addresses to the winner; returns the merge's id.

    Raises NotFound, and Conflict when either is merged already or both are the same.
    """
    if winner_id == loser_id:
        raise Conflict("a client cannot be merged with himself", code="same_client")
    locked = {row["id"]: row for row in await unit.lock("clients", [winner_id, loser_id])}
    for client_id in (winner_id, loser_id):
        _check(locked.get(client_id))
    merge_id = new_id()
    await unit.execute(
        "INSERT INTO merges (id, winner_id, loser_id, reason, merged_by, merged_at) "
        "VALUES ($1, $2, $3, $4, $5, clock_timestamp())",
        merge_id, winner_id, loser_id, reason, employee_id,
    )  # fmt: skip
    await unit.execute(MOVE, merge_id, loser_id, winner_id)
    await _tell(unit, "client.merged", merge_id, winner_id, loser_id, winner_id, actor)
    return merge_id


async def undo(unit: Unit, merge_id: UUID, *, actor: str, employee_id: UUID) -> UUID:
    """Give the loser his addresses back; returns his id. Raises NotFound, Conflict."""
    found = await unit.fetchrow("SELECT winner_id, loser_id FROM merges WHERE id = $1", merge_id)
    if found is None:
        raise NotFound("there is no such merge")
    winner_id, loser_id = found["winner_id"], found["loser_id"]
    await unit.lock("clients", [winner_id, loser_id])
    done = await unit.fetchval(
        "UPDATE merges SET undone_at = clock_timestamp(), undone_by = $2 "
        "WHERE id = $1 AND undone_at IS NULL RETURNING id",
        merge_id, employee_id,
    )  # fmt: skip
    if done is None:
        raise Conflict("the merge was undone already", code="already_undone")
    await unit.execute(GIVE_BACK, merge_id, loser_id)
    await _tell(unit, "client.unmerged", merge_id, winner_id, loser_id, None, actor)
    return UUID(str(loser_id))


def _check(row: Record | None) -> None:
    if row is None or row["erased_at"] is not None:
        raise NotFound("there is no such client")
    if row["merged_into"] is not None:
        raise Conflict(
            "the client is part of another one already",
            code="already_merged",
            merged_into=str(row["merged_into"]),
        )


async def _tell(
    unit: Unit, kind: str, merge_id: UUID, winner_id: UUID, loser_id: UUID,
    merged_into: UUID | None, actor: str,
) -> None:  # fmt: skip
    data = {"merge_id": str(merge_id), "winner_id": str(winner_id), "loser_id": str(loser_id)}
    loser = await unit.fetchval(LOSE, loser_id, merged_into)
    winner = await unit.fetchval(TOUCH, winner_id)
    unit.log(kind, "client", winner_id, version=winner, actor=actor, data=data)
    unit.log(kind, "client", loser_id, version=loser, actor=actor, data=data)
