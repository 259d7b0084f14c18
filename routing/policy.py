"""The rules themselves, each a pure function of snapshots: who may, who comes first, until when.

The engine is bookkeeping around these few functions; a change of policy is a change here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from routing.model import OperatorState, QueueState, WorkState

READY = "ready"
NOT_ANSWERING = "not_answering"


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for the whole house; times in milliseconds."""

    exclude_ms: int = 60_000
    """How long a contact is not shown again to who let its offer pass."""
    misses_in_a_row: int = 2
    """After so many unanswered offers an operator counts as not answering."""


def has_room(operator: OperatorState, medium: str, cost: int) -> bool:
    """Whether he is ready and this much more fits into his budget and the medium's ceiling."""
    if operator.presence != READY or operator.used + cost > operator.budget:
        return False
    ceiling = operator.ceilings.get(medium)
    return ceiling is None or operator.load.get(medium, 0) < ceiling


def work_rank(work: WorkState) -> tuple[int, int, str]:
    """Order of the line: the oldest virtual arrival, then who came first."""
    return (work.virtual_ms, work.seq, work.id)


def operator_rank(operator: OperatorState) -> tuple[int, int, str]:
    """Order of operators: the least occupied, among equals who has been idle longest."""
    return (operator.used, operator.idle_ms, operator.id)


def excluded(work: WorkState, operator_id: str, now_ms: int) -> bool:
    """Whether this contact is kept from him for now: he declined it or let it pass."""
    return any(who == operator_id and until > now_ms for who, until in work.excluded)


def hold_until(work: WorkState, queue: QueueState) -> int:
    """Until when a contact waits for its preferred operator, as long as he is ready."""
    if work.preferred_until_ms is not None:
        return work.preferred_until_ms
    return work.arrived_ms + 1000 * queue.preferred_hold_seconds


def offer_id(work_id: str, work_version: int, operator_id: str, now_ms: int) -> str:
    """A UUIDv7 that depends on nothing but its arguments: time first, then their digest.

    The same decision has the same id wherever it is taken, and two decisions never share one.
    """
    digest = hashlib.sha256(f"{work_id}:{work_version}:{operator_id}".encode()).digest()
    tail = int.from_bytes(digest[:10])
    high, low = tail >> 68, tail & (1 << 62) - 1
    return str(UUID(int=(now_ms & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


def offered(work: WorkState, operator_id: str, offer: str, until_ms: int) -> WorkState:
    """The work row after an offer."""
    return replace(
        work,
        version=work.version + 1,
        state="offered",
        operator_id=operator_id,
        offer_id=offer,
        offer_until_ms=until_ms,
    )


def returned(work: WorkState, missed_until_ms: int | None = None) -> WorkState:
    """The work row back at its place; `missed_until_ms` when its offer was not answered."""
    back = replace(
        work,
        version=work.version + 1,
        state="waiting",
        operator_id=None,
        offer_id=None,
        offer_until_ms=None,
    )
    if missed_until_ms is None or work.operator_id is None:
        return back
    kept = tuple(entry for entry in work.excluded if entry[0] != work.operator_id)
    entry = (work.operator_id, missed_until_ms)
    return replace(back, excluded=(*kept, entry), misses=work.misses + 1)


def loaded(operator: OperatorState, work: WorkState, times: int) -> OperatorState:
    """The capacity row with this work on it once more (`times` = 1) or once less (-1)."""
    count = operator.load.get(work.medium, 0) + times
    load = {medium: n for medium, n in operator.load.items() if medium != work.medium}
    if count > 0:
        load[work.medium] = count
    used = max(0, operator.used + times * work.cost)
    return replace(operator, version=operator.version + 1, used=used, load=load)


def gives_up(operator: OperatorState, policy: Policy) -> bool:
    """Whether one more unanswered offer takes him out of `ready`."""
    return operator.presence == READY and operator.misses + 1 >= policy.misses_in_a_row


def missed(operator: OperatorState, *, not_answering: bool) -> OperatorState:
    """The capacity row with one more unanswered offer; its version is counted by `loaded`."""
    presence = operator.presence
    if not_answering and presence == READY:
        presence = NOT_ANSWERING
    return replace(operator, misses=operator.misses + 1, presence=presence)
