"""The rules themselves, each a pure function of snapshots: who may, who comes first, until when.

The engine is bookkeeping around these few functions; a change of policy is a change here.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from routing.model import Operator, OperatorState, QueueState, WorkState, changed

READY = "ready"
DRAINING = "draining"
NOT_ANSWERING = "not_answering"
OFFLINE = "offline"
ANSWERING = (READY, DRAINING)
"""Who may keep an offer that is on his screen."""
LIVE = frozenset(("waiting", "offered", "active", "wrap_up", "parked"))
"""States of work that is not over."""
NO_LIMIT = 1 << 62
ON_HAND = ("offered", "active", "wrap_up")
"""States in which work takes an operator's points."""


_48_BITS = (1 << 48) - 1
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for the whole house; times in milliseconds."""

    exclude_ms: int = 60_000
    """How long a contact is not shown again to who let its offer pass."""
    misses_in_a_row: int = 2
    """After so many unanswered offers an operator counts as not answering."""
    grace_ms: int = 15_000
    """How long a lost connection is waited for."""
    exclusive: tuple[str, ...] = ()
    """Media during which nothing new is offered: on a call, nothing."""
    most_priority_ms: int = 3_600_000
    """Nobody is passed by who came more than this after him: the bound of overtaking."""
    version: str = ""
    """Which edition of the rules decided; written into every explanation."""


def has_room(
    operator: OperatorState, medium: str, cost: int, exclusive: tuple[str, ...] = ()
) -> bool:
    """Whether he is ready and this much more fits into his budget and the medium's ceiling."""
    return points_left(operator, exclusive) >= cost and below_ceiling(operator, medium)


def points_left(operator: OperatorState, exclusive: tuple[str, ...]) -> int:
    """His points for something new; fewer than none while he is not ready, or on a call."""
    if operator.presence != READY or operator.lost_ms is not None:
        return -1
    if operator.load and not operator.load.keys().isdisjoint(exclusive):
        return -1
    return operator.budget - operator.used


def below_ceiling(operator: OperatorState, medium: str) -> bool:
    """Whether he may have one more of this medium."""
    ceilings = operator.ceilings
    return not ceilings or operator.load.get(medium, 0) < ceilings.get(medium, NO_LIMIT)


def overloaded(operator: OperatorState) -> bool:
    """Whether more is on his hands than his budget or a ceiling allows now."""
    return operator.used > operator.budget or any(
        operator.load.get(medium, 0) > ceiling for medium, ceiling in operator.ceilings.items()
    )


def overloads(operator: OperatorState, work: WorkState) -> bool:
    """Whether this work is a part of it: of too many points, or of its medium over the ceiling."""
    if operator.used > operator.budget:
        return True
    ceiling = operator.ceilings.get(work.medium)
    return ceiling is not None and operator.load.get(work.medium, 0) > ceiling


def only_busier(former: OperatorState, operator: OperatorState) -> bool:
    """Whether nothing but what is on his hands has changed, or less; cheap, and at times False."""
    return (
        former.skills is operator.skills
        and former.queues is operator.queues
        and former.media is operator.media
        and former.presence == operator.presence
        and former.lost_ms == operator.lost_ms
    )


def takes(operator: OperatorState, medium: str) -> bool:
    """Whether the medium is one of his."""
    return not operator.media or medium in operator.media


def masters(operator: OperatorState, needs: tuple[tuple[str, int], ...]) -> bool:
    """Whether he has every skill at its level."""
    skills = operator.skills
    return all(skills.get(skill, 0) >= level for skill, level in needs)


def work_rank(work: WorkState) -> tuple[int, int, str]:
    """Order of the line: the oldest virtual arrival, then who came first."""
    return (work.virtual_ms, work.seq, work.id)


def excluded(work: WorkState, operator_id: str, now_ms: int) -> bool:
    """Whether this contact is kept from him for now: he declined it or let it pass."""
    return any(who == operator_id and until > now_ms for who, until in work.excluded)


def hold_until(work: WorkState, queue: QueueState) -> int:
    """Until when a contact waits for its preferred operator, as long as he is ready."""
    if work.preferred_until_ms is not None:
        return work.preferred_until_ms
    return work.arrived_ms + 1000 * queue.preferred_hold_seconds


def may_be_preferred(work: WorkState, operator: OperatorState) -> bool:
    """Whether the preference counts: he takes the medium and has what the contact itself needs.

    He need not be a member of its queue; who is strictly asked for need not be skilled either.
    """
    return takes(operator, work.medium) and (work.strict or masters(operator, work.needs))


def offer_ms(queue: QueueState, medium: str) -> int:
    """How long an offer of this medium lasts."""
    return 1000 * queue.offer_seconds_by.get(medium, queue.offer_seconds)


def offer_id(work_id: str, work_version: int, operator_id: str, now_ms: int) -> str:
    """A UUIDv7 that depends on nothing but its arguments: time first, then their digest.

    The same decision has the same id wherever it is taken, and two decisions never share one.
    """
    text = f"{work_id}:{work_version}:{operator_id}"
    tail = blake2b(text.encode(), digest_size=10).hexdigest()
    time = f"{now_ms & _48_BITS:012x}"
    variant = _VARIANT[tail[3]]
    return f"{time[:8]}-{time[8:]}-7{tail[:3]}-{variant}{tail[4:7]}-{tail[7:19]}"


def offered(work: WorkState, operator_id: str, offer: str, until_ms: int) -> WorkState:
    """The work row after an offer."""
    return changed(
        work,
        version=work.version + 1,
        state="offered",
        operator_id=operator_id,
        offer_id=offer,
        offer_until_ms=until_ms,
    )


def offered_to(operator: OperatorState, work: WorkState, now_ms: int) -> OperatorState:
    """The capacity row after that; a plain one says nothing of turns."""
    used, load = load_after(operator, work, 1)
    version = operator.version + 1
    if isinstance(operator, Operator):
        return changed(operator, version=version, used=used, load=load, turn=now_ms)
    return changed(operator, version=version, used=used, load=load)


def returned(work: WorkState, missed_until_ms: int | None = None) -> WorkState:
    """The work row back at its place; `missed_until_ms` when its offer was not answered."""
    excluded_, misses = work.excluded, work.misses
    if missed_until_ms is not None and work.operator_id is not None:
        excluded_, misses = kept_from(work, work.operator_id, missed_until_ms), misses + 1
    return changed(
        work,
        version=work.version + 1,
        state="waiting",
        operator_id=None,
        offer_id=None,
        offer_until_ms=None,
        excluded=excluded_,
        misses=misses,
    )


def kept_from(work: WorkState, operator_id: str, until_ms: int) -> tuple[tuple[str, int], ...]:
    """Its exclusions with one more; an earlier one of the same operator is replaced."""
    kept = tuple(entry for entry in work.excluded if entry[0] != operator_id)
    return (*kept, (operator_id, until_ms))


def loaded(operator: OperatorState, work: WorkState, times: int) -> OperatorState:
    """The capacity row with this work on it once more (`times` = 1) or once less (-1)."""
    used, load = load_after(operator, work, times)
    return changed(operator, version=operator.version + 1, used=used, load=load)


def load_after(
    operator: OperatorState, work: WorkState, times: int
) -> tuple[int, dict[str, int]]:  # fmt: skip
    """`used` and `load` with this work on his hands once more or once less."""
    medium, load = work.medium, dict(operator.load)
    count = load.get(medium, 0) + times
    if count > 0:
        load[medium] = count
    else:
        load.pop(medium, None)
    used = operator.used + times * work.cost
    return used if used > 0 else 0, load  # noqa: FURB136 - a third of the time of max()


def offered_ms(offer: str) -> int:
    """When an offer was made: its id says it."""
    return int(offer[:8] + offer[9:13], 16)


def in_a_row(operator: OperatorState, work: WorkState) -> bool:
    """Whether this unanswered offer is another miss: those that lie on his screen together are one.

    He cannot answer four at once, so what was made before the deadline he missed says nothing new.
    """
    return offered_ms(work.offer_id or "") >= operator.missed_ms


def gives_up(operator: OperatorState, work: WorkState, policy: Policy) -> bool:
    """Whether this unanswered offer takes him out of `ready`."""
    enough = operator.misses + 1 >= policy.misses_in_a_row
    return operator.presence == READY and enough and in_a_row(operator, work)


def missed(operator: OperatorState, work: WorkState, *, not_answering: bool) -> OperatorState:
    """The capacity row after an unanswered offer; its version is counted by `loaded`."""
    if not in_a_row(operator, work):
        return operator
    presence = operator.presence
    if not_answering and presence == READY:
        presence = NOT_ANSWERING
    misses, at = operator.misses + 1, work.offer_until_ms or 0
    return changed(operator, misses=misses, missed_ms=at, presence=presence)
