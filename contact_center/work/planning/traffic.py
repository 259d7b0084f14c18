"""What was seen of a day: its contacts and its operators, and days drawn like it.

Either the contacts that were seen, at their instants, with only that drawn which nobody saw: how
long a talk would have lasted, and how much longer who was taken would have waited. Or a day like
it: as many contacts in each half-hour as chance makes of those seen, each like one that was seen.
Every contact has a stream of chance of its own, so that all policies meet the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.model import Needs
from routing.simulation import Told, Visit

HALF_HOUR = 1_800_000
UNSERVED = "nothing says how long a talk lasts: nobody was served"
ENOUGH = 10
"""Clients who gave up: fewer of one queue say less of patience than those of all queues."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A contact as it was; spans in milliseconds, None where nobody knows."""

    at_ms: int
    queue: str
    medium: str
    talk_ms: int | None = None
    wrap_ms: int | None = None
    waited_ms: int | None = None
    gave_up: bool = False
    needs: Needs = ()
    priority_ms: int | None = None
    preferred: str | None = None
    points: int | None = None
    answer_ms: int = 0
    missed: int = 0
    taken: bool = False
    """Whether an operator had it; in recorded files nobody says."""

    @property
    def kind(self) -> tuple[str, str]:
        """(queue, medium)."""
        return self.queue, self.medium


@dataclass(frozen=True, slots=True)
class Traffic:
    """A stretch of time; `told`: operators and their presence, by time."""

    since_ms: int
    until_ms: int
    seen: Sequence[Seen]
    told: Sequence[Told] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    """Operator id → name, where they are called otherwise."""


class BadTraffic(ValueError):
    """Nothing can be drawn from it; the message says why.

    `code`: nobody, too_many, not_served, unknown.
    """

    def __init__(self, reason: str, code: str = "unknown") -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Patience:
    """How long clients wait before they give up: Kaplan and Meier's estimate.

    Who was taken would have waited longer: he counts among those who might give up until then,
    not as one who did. Beyond the longest wait clients give up at the mean rate seen.
    """

    steps: tuple[tuple[int, float], ...]
    """(wait, share that waits longer), by time."""
    rate: float
    """Of giving up, per millisecond."""

    @classmethod
    def of(cls, waits: Sequence[tuple[int, bool]]) -> Patience | None:
        """From (wait, gave up); None where nobody gave up."""
        left, share, steps = len(waits), 1.0, []
        gone = sum(gave_up for _, gave_up in waits)
        if not gone:
            return None
        # At one instant who gave up counts before who was taken.
        for wait, gave_up in sorted(waits, key=lambda one: (one[0], not one[1])):
            if gave_up:
                share *= 1 - 1 / left
                steps.append((wait, share))
            left -= 1
        return cls(tuple(steps), gone / max(1, sum(wait for wait, _ in waits)))

    def draw(self, chance: random.Random, beyond: int = -1) -> int:
        """One client's patience in milliseconds; of one who had more than `beyond`, where said."""
        left = next((share for wait, share in reversed(self.steps) if wait <= beyond), 1.0)
        level = chance.random() * left
        for wait, share in self.steps:
            if wait > beyond and share <= level:
                return wait
        return round(max(beyond, self.steps[-1][0]) + chance.expovariate(self.rate))


@dataclass
class Days:
    """Days like this one, without the media of which nothing says how long a talk lasts.

    Raises BadTraffic where that is nothing at all.
    """

    traffic: Traffic
    _slots: dict[tuple[str, str], dict[int, list[Seen]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._talks: dict[str, list[Seen]] = {}
        waits: dict[tuple[str, str], list[tuple[int, bool]]] = {}
        for one in self.traffic.seen:
            slot = (one.at_ms - self.traffic.since_ms) // HALF_HOUR
            self._slots.setdefault(one.kind, {}).setdefault(slot, []).append(one)
            if one.talk_ms is not None:
                for name in (one.medium, f"{one.queue} {one.medium}"):
                    self._talks.setdefault(name, []).append(one)
            if one.waited_ms is not None:
                for kind in (one.kind, ("", one.medium)):
                    waits.setdefault(kind, []).append((one.waited_ms, one.gave_up))
        if not self._talks:
            raise BadTraffic(UNSERVED, code="not_served")
        self._slots = {kind: slots for kind, slots in self._slots.items() if kind[1] in self._talks}
        self._patience = {
            kind: Patience.of(waits[_enough(kind, waits)])
            for kind in self._slots
            if ("", kind[1]) in waits
        }

    def drawn(self) -> list[Seen]:
        """The contacts that are not left out."""
        return [one for one in self.traffic.seen if one.medium in self._talks]

    def left_out(self) -> Counter[str]:
        """How many contacts of which medium are not drawn."""
        media = (one.medium for one in self.traffic.seen)
        return Counter(medium for medium in media if medium not in self._talks)

    def same(self, seed: int, replication: int) -> list[Visit]:
        """The contacts that were seen, by time; what nobody saw of them is drawn."""
        return sorted(self._again(f"{seed} {replication}"), key=lambda one: (one.at_ms, one.id))

    def _again(self, seed: str) -> Iterator[Visit]:
        for (queue, medium), slots in self._slots.items():
            for slot, seen in slots.items():
                for number, one in enumerate(seen):
                    name = f"{queue} {medium} {slot} {number}"
                    chance = _stream(f"{seed} {name}")
                    yield self._visit(name, one.at_ms, chance, one, self._own(one, chance))

    def _own(self, one: Seen, chance: random.Random) -> int | None:
        """Who gave up had as much patience as he waited, everybody else had more."""
        if one.gave_up:
            return one.waited_ms
        patience = self._patience.get(one.kind)
        beyond = -1 if one.waited_ms is None else one.waited_ms
        return None if patience is None else patience.draw(chance, beyond)

    def day(self, seed: int, replication: int) -> list[Visit]:
        """One drawn day, by time."""
        return sorted(self._visits(f"{seed} {replication}"), key=lambda one: (one.at_ms, one.id))

    def _visits(self, seed: str) -> Iterator[Visit]:
        for (queue, medium), slots in self._slots.items():
            for slot, seen in slots.items():
                name = f"{queue} {medium} {slot}"
                yield from self._slot(f"{seed} {name}", name, slot, seen)

    def _slot(self, seed: str, name: str, slot: int, seen: Sequence[Seen]) -> Iterator[Visit]:
        start = self.traffic.since_ms + slot * HALF_HOUR
        length = min(HALF_HOUR, self.traffic.until_ms - start)
        gaps, at, number = _stream(seed), 0.0, 0
        while length > 0 and (at := at + gaps.expovariate(len(seen) / length)) < length:
            number += 1
            chance = _stream(f"{seed} {number}")
            like, patience = chance.choice(seen), self._patience.get(seen[0].kind)
            waits = None if patience is None else patience.draw(chance)
            yield self._visit(f"{name} {number}", round(start + at), chance, like, waits)

    def _visit(
        self, name: str, at: int, chance: random.Random, like: Seen, patience: int | None
    ) -> Visit:
        talk = like
        if like.talk_ms is None:
            known = f"{like.queue} {like.medium}"
            talk = chance.choice(self._talks.get(known) or self._talks[like.medium])
        return Visit(
            name, at, like.queue, like.medium, talk.talk_ms or 0, talk.wrap_ms, patience,
            like.needs, like.priority_ms, like.preferred, like.points, talk.answer_ms, like.missed,
        )  # fmt: skip


def _enough(
    kind: tuple[str, str], waits: dict[tuple[str, str], list[tuple[int, bool]]]
) -> tuple[str, str]:
    """Whose waits tell of this kind's patience."""
    own = waits.get(kind, [])
    return kind if sum(gave_up for _, gave_up in own) >= ENOUGH else ("", kind[1])


def _stream(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a draw of clients, no secret
