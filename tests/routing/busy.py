"""A busy day by a seed: clients keep coming, most offers are taken, talks end.

As a program it prints what was decided, for comparing interpreters.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.routing.actions import MEDIA
from tests.routing.test_floor_equals_plain import (
    LADDERS,
    OPERATORS,
    QUEUES,
    STRATEGIES,
    FloorAndPlain,
)

NEEDS: list[Any] = [(), (), (("ru", 2),), (("ru", 1), ("tech", 3)), (("tech", 2),)]
WAITS = (0, 100, 1000, 4000, 9000)


class Busy:
    """One day; `acts` are what may happen, each with how often."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.some, self.chance, self.day = chance.choice, chance, FloorAndPlain()
        some = self.some
        self.day.build(
            ladder=[some(LADDERS), some(LADDERS)], members=some([True, False]), asked=some(NEEDS),
            strategy=[some(sorted(STRATEGIES)) for _ in QUEUES],
            people=[{"ru": chance.randint(1, 5), "tech": chance.randint(1, 5)} for _ in OPERATORS],
        )  # fmt: skip
        day = self.day
        self.acts: list[tuple[int, Callable[[], None]]] = [
            (30, self.arrival),
            (26, self.on_one(day.accepts, stale=[False])),
            (16, self.on_one(day.releases, wrap_up=[None, None, 10])),
            (6, self.on_one(day.ends_the_wrap_up)),
            (4, self.on_one(day.declines)),
            (4, self.on_one(day.abandons)),
            (4, lambda: day.is_parked(pick=self.pick(), rest=some([None, 5000, 60_000]))),
            (2, self.on_one(day.comes_back)),
            (6, self.on_one(day.is_transferred, keep=[True, False], hold=[20],
                            goal=[None, *OPERATORS, *QUEUES, *QUEUES])),
            (2, lambda: day.asks_for_a_callback(pick=self.pick(), after=20_000)),
            (6, self.at(day.changes_presence, who=OPERATORS,
                        presence=["ready", "ready", "ready", "break", "draining"])),
            (2, self.at(day.loses_connection, who=OPERATORS, lost=[True, False])),
            (3, self.at(day.a_queue_opens_or_closes, queue=QUEUES, opens=[True, True, False])),
            (2, self.skills),
            (2, lambda: day.is_about_something_else(
                pick=self.pick(), priority=90, asked=some(NEEDS), queue=some(QUEUES))),
            (1, self.policy),
            (1, lambda: day.the_house_has_other_rules(
                exclusive=some([("voice",), ("voice",), ()]), grace=some([5_000, 20_000]),
                misses=some([1, 2]))),
        ]  # fmt: skip

    def play(self, steps: int) -> None:
        weights = [weight for weight, _ in self.acts]
        for _, act in self.chance.choices(self.acts, weights, k=steps):
            act()

    def pick(self) -> int:
        return self.chance.randrange(1, 99)

    def at(self, act: Callable[..., None], **more: Any) -> Callable[[], None]:
        return lambda: act(
            wait=self.some(WAITS), **{name: self.some(list(among)) for name, among in more.items()}
        )

    def on_one(self, act: Callable[..., None], **more: Any) -> Callable[[], None]:
        return self.at(act, pick=range(1, 99), **more)

    def arrival(self) -> None:
        some = self.some
        self.day.arrives(
            queue=some(QUEUES), medium=some(sorted(MEDIA)), asked=some(NEEDS), wait=some(WAITS),
            priority=some([0, 0, 60]), preferred=some([None, None, some(OPERATORS)]),
            hold=some([None, 30]), strict=some([True, False, False]),
            stays=some([True, False, False]),
        )  # fmt: skip

    def skills(self) -> None:
        self.day.a_supervisor_changes_an_operator(
            who=self.some(OPERATORS), found={"ru": 3}, budget=self.some([60, 100, 140]),
            ceiling=self.some([None, 2]), belongs=set(QUEUES),
        )  # fmt: skip

    def policy(self) -> None:
        some = self.some
        self.day.a_supervisor_changes_a_queue(
            queue=some(QUEUES), ladder=some(LADDERS), archived=some([True, False, False]),
            way=some([None, "bot"]), asked=some(NEEDS),
        )  # fmt: skip


@cache
def played(seed: int, steps: int = 250) -> Busy:
    """Such a day, compared with the plain policy at every step."""
    busy = Busy(seed)
    busy.play(steps)
    return busy


def decided(seed: int, steps: int) -> Iterator[str]:
    """Everything decided on such a day, the rows in the end."""
    busy = Busy(seed)
    busy.play(steps)
    yield from map(str, busy.day.told)
    yield from map(str, busy.day.floor.rows())


if __name__ == "__main__":
    for line in decided(7, 150):
        sys.stdout.write(f"{line}\n")
