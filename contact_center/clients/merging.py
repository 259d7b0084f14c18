"""Merge and its undo: pointers move, a ledger remembers, nothing else is touched.

A merge moves the loser's addresses to the winner and writes each move down. Undoing it gives back
those that are still there by that merge: an address that an earlier merge had brought along, and
that merge was undone since, has left already. What came later stays with its own address.
"""

from __future__ import annotations

from uuid import UUID

from contact_center.clients.ledger import store
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Record, Unit


class Busy(Exception):
    """Somebody merged the holder on between looking and locking: look again."""


async def merge(
    unit: Unit, winner_id: UUID, loser_id: UUID, *, reason: str, actor: str, employee_id: UUID
) -> UUID:
    """Move the loser's addresses to the winner; returns the merge's id.

    Raises NotFound, and Conflict when either is merged already or both are the same.
    """
    if winner_id == loser_id:
        raise Conflict("a client cannot be merged with himself", code="same_client")
    # What is just being added to the loser is seen by the move.
    rows = await unit.lock("clients", [winner_id, loser_id], alone=True)
    locked = {row["id"]: row for row in rows}
    for client_id in (winner_id, loser_id):
        in_force([locked[client_id]] if client_id in locked else [])
    merge_id = new_id()
    await store.begin(unit, merge_id, winner_id, loser_id, reason=reason, by=employee_id)
    versions = await store.point(unit, loser_id, winner_id), await store.touch(unit, winner_id)
    _tell(unit, "client.merged", actor, merge_id, {loser_id: versions[0], winner_id: versions[1]})
    return merge_id


async def undo(unit: Unit, merge_id: UUID, *, actor: str, employee_id: UUID) -> UUID:
    """Give the loser his addresses back; returns his id. Raises NotFound, Conflict, Busy."""
    found = await store.one(unit, merge_id)
    if found is None:
        raise NotFound("there is no such merge")
    winner_id, loser_id = found["winner_id"], found["loser_id"]
    # Whoever holds the addresses now must not be merged on while they are given back.
    chain = await store.chain(unit, winner_id)
    await unit.lock("clients", [loser_id, *chain], "id")
    if await store.chain(unit, winner_id) != chain:
        raise Busy
    if not await store.end(unit, merge_id, employee_id):
        raise Conflict("the merge was undone already", code="already_undone")
    await store.give_back(unit, merge_id, loser_id, chain[-1])
    versions = await store.point(unit, loser_id, None), await store.touch(unit, winner_id)
    _tell(unit, "client.unmerged", actor, merge_id, {loser_id: versions[0], winner_id: versions[1]})
    return UUID(str(loser_id))


def in_force(rows: list[Record]) -> Record:
    """The locked client. Raises NotFound, or Conflict where he is part of another one."""
    if not rows or rows[0]["erased_at"] is not None:
        raise NotFound("there is no such client")
    row = rows[0]
    if row["merged_into"] is not None:
        raise Conflict(
            "the client is part of another one already",
            code="already_merged",
            merged_into=str(row["merged_into"]),
        )
    return row


def _tell(unit: Unit, kind: str, actor: str, merge_id: UUID, versions: dict[UUID, int]) -> None:
    """Log it for both; `versions`: the loser's, then the winner's."""
    loser_id, winner_id = versions
    data = {"merge_id": str(merge_id), "winner_id": str(winner_id), "loser_id": str(loser_id)}
    for client_id, version in versions.items():
        unit.log(kind, "client", client_id, version=version, actor=actor, data=data)
