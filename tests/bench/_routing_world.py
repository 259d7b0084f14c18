"""A large floor for the benchmarks of the router, by a seed: operators, classes, events.

10,000 operators with 2 to 8 of 50 skills, 500 sets of needs over voice (100 points) and chat (20),
a fifth of the contacts in a queue with a ladder. Of its events 48 in 100 are arrivals, 48 releases
(of whoever is talking), 3 clients who give up and 1 an operator who goes or comes; each offer is
accepted at once, which is an event, too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from routing.events import Abandon, Accept, Presence, Release
from routing.floor import Floor
from routing.model import Offer, Operator, Queue, Rung, Work
from routing.policy import Policy

SKILLS = [f"skill{number}" for number in range(50)]
MEDIA = (("voice", 100), ("chat", 20))
POLICY = Policy(exclusive=("voice",), version="bench")
START = 1_800_000_000_000


class World:
    """`floor` filled to the brim, and the next event of the mix by `event()`."""

    def __init__(self, operators: int, waiting: int, busy: float = 1.0, seed: int = 11) -> None:
        self.chance = random.Random(seed)
        self.now = START
        self.seq = 0
        self.asked = [self._needs() for _ in range(500)]
        self.floor = Floor(POLICY, self.now)
        self.people = [f"o{number}" for number in range(operators)]
        self.step_ms = max(1, 300_000 // max(1, operators))  # talks of some five minutes
        self.talks: list[str] = []
        self.line: list[str] = []
        self.away: list[str] = []
        shared: dict[str, Any] = {"members_only": False, "strategy": "automatic"}
        self.floor.apply(Queue("plain", 1, 45, **shared), self.now)
        ladder = (Rung(120, drop=tuple(SKILLS[:2])),)
        self.floor.apply(Queue("ladder", 1, 45, ladder=ladder, **shared), self.now)
        for name in self.people:
            self.floor.apply(self._operator(name), self.now)
        self._fill(int(operators * busy), waiting)

    def _needs(self) -> tuple[tuple[str, int], ...]:
        some = self.chance.sample(SKILLS, self.chance.choice([1] + 10 * [2]))
        return tuple(sorted((skill, self.chance.randint(1, 3)) for skill in some))

    def _operator(self, name: str) -> Operator:
        chance = self.chance
        some = chance.sample(SKILLS, chance.randint(2, 8))
        skills = {skill: chance.randint(1, 5) for skill in some}
        idle = self.now - chance.randrange(1_000_000)
        return Operator(name, 1, "ready", 100, 0, {}, {}, idle, 0, (), skills=skills)

    def _fill(self, talks: int, waiting: int) -> None:
        while len(self.talks) < talks:
            self.now += self.step_ms
            self.tell(self.arrival())
            if waiting and self.floor.engine.waiting() > waiting:
                break
        while self.floor.engine.waiting() < waiting:
            self.now += self.step_ms
            self.tell(self.arrival())

    def arrival(self) -> Work:
        self.seq += 1
        chance = self.chance
        medium, cost = MEDIA[chance.random() < 0.5]
        queue = "ladder" if chance.random() < 0.2 else "plain"
        ahead = 60_000 * (chance.random() < 0.1)
        return Work(
            f"w{self.seq}", 1, queue, medium, cost, "waiting", self.seq, self.now,
            self.now - ahead, needs=chance.choice(self.asked),
        )  # fmt: skip

    def tell(self, event: Any) -> list[Offer]:
        """Let the floor decide without measuring; offers are accepted."""
        offers = self.took(event, self.floor.apply(event, self.now))
        for offer in offers:
            self.floor.apply(Accept(offer.work_id), self.now)
        return offers

    def took(self, event: Any, outcomes: list[Any]) -> list[Offer]:
        """Note what an event led to."""
        offers = [one for one in outcomes if isinstance(one, Offer)]
        self.talks += [offer.work_id for offer in offers]
        if isinstance(event, Work) and not offers:
            self.line.append(event.id)
        return offers

    def event(self) -> Any:
        """The next one of the mix."""
        self.now += self.step_ms
        draw = self.chance.random()
        if draw < 0.48:
            return self.arrival()
        if draw < 0.96 and self.talks:
            return Release(self._one_of(self.talks), 0)
        if draw < 0.99:
            while self.line:
                name = self._one_of(self.line)
                work = self.floor.engine.work(name)
                if work is not None and work.state == "waiting":
                    return Abandon(name)
            return self.arrival()
        if self.away and self.chance.random() < 0.5:
            return Presence(self._one_of(self.away), "ready")
        self.away.append(self.chance.choice(self.people))
        return Presence(self.away[-1], "break")

    def _one_of(self, names: list[str]) -> str:
        place = self.chance.randrange(len(names))
        names[place], names[-1] = names[-1], names[place]
        return names.pop()

    def events(self, count: int) -> Iterator[tuple[Any, int]]:
        """So many events of the mix, the accepts between them; whoever iterates applies them."""
        for _ in range(count):
            event = self.event()
            yield event, self.now
