"""Queues of theory through the real engine: Poisson arrivals, exponential talks and patience."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.events import Abandon, Accept, Release
from routing.floor import Floor
from routing.model import Offer, Operator, Queue, Work
from routing.policy import Policy

_ARRIVAL, _END, _PATIENCE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Kind:
    """One medium's traffic; seconds. `patience` None: for ever."""

    medium: str
    cost: int
    every: float
    talk: float
    patience: float | None = None


@dataclass
class Result:
    """What became of the contacts of one medium, the first tenth left out."""

    waits: list[float] = field(default_factory=list)
    waited: int = 0
    abandoned: int = 0

    @property
    def mean(self) -> float:
        return sum(self.waits) / len(self.waits)

    @property
    def p_wait(self) -> float:
        return self.waited / len(self.waits)

    @property
    def p_abandon(self) -> float:
        return self.abandoned / len(self.waits)


class Simulation:
    """`operators` alike, all media one queue, offers accepted at once."""

    def __init__(self, operators: int, kinds: list[Kind], strategy: str, seed: int) -> None:
        self.kinds = {kind.medium: kind for kind in kinds}
        # Each source of chance has a stream of its own: another strategy meets the same clients.
        self.chance = {
            kind.medium: [random.Random(f"{seed} {kind.medium} {n}") for n in range(3)]
            for kind in kinds
        }
        self.results = {kind.medium: Result() for kind in kinds}
        self.floor = Floor(Policy(exclusive=("voice",)))
        queue = Queue("q", 1, 3600, members_only=False, strategy=strategy)
        self.floor.apply(queue, 0)
        for number in range(operators):
            self.floor.apply(Operator(f"o{number}", 1, "ready", 100, 0, {}, {}, 0, 0, ()), 0)
        self.ahead: list[tuple[float, int, int, str]] = []
        self.talks: dict[str, float] = {}
        self.arrived: dict[str, tuple[float, bool]] = {}
        self.made = self.seq = 0
        self.draws: list[tuple[float, float, float]] = []
        """(arrival, talk, patience) of every contact, as chance has drawn them."""

    def run(self, contacts: int) -> Mapping[str, Result]:
        """Until so many have arrived and the last of them is served."""
        for medium in self.kinds:
            self._draw_arrival(medium, 0.0)
        while self.ahead:
            at, _, kind, name = heapq.heappop(self.ahead)
            if kind == _ARRIVAL:
                if self.made < contacts:
                    self._arrive(name, at, counts=self.made >= contacts // 10)
                    self._draw_arrival(name, at)
            elif kind == _END:
                self._tell(Release(name, 0), at)
            elif name in self.arrived:
                medium, (since, counts) = name.split("-")[0], self.arrived.pop(name)
                self._note(medium, at - since, counts=counts, abandoned=True)
                self._tell(Abandon(name), at)
        return self.results

    def _push(self, at: float, kind: int, name: str) -> None:
        self.seq += 1
        heapq.heappush(self.ahead, (at, self.seq, kind, name))

    def _draw_arrival(self, medium: str, at: float) -> None:
        gap = self.chance[medium][0].expovariate(1 / self.kinds[medium].every)
        self._push(at + gap, _ARRIVAL, medium)

    def _arrive(self, medium: str, at: float, *, counts: bool) -> None:
        self.made += 1
        kind, chance = self.kinds[medium], self.chance[medium]
        name = f"{medium}-{self.made}"
        self.talks[name] = chance[1].expovariate(1 / kind.talk)
        self.arrived[name] = (at, counts)
        now = int(at * 1000)
        work = Work(name, 1, "q", medium, kind.cost, "waiting", self.made, now, now)
        patience = chance[2].expovariate(1 / kind.patience) if kind.patience else None
        self.draws.append((at, self.talks[name], math.inf if patience is None else patience))
        self._tell(work, at)
        if patience is not None and name in self.arrived:
            self._push(at + patience, _PATIENCE, name)

    def _tell(self, event: Any, at: float) -> None:
        now = int(at * 1000)
        for outcome in self.floor.apply(event, now):
            if isinstance(outcome, Offer):
                name = outcome.work_id
                self.floor.apply(Accept(name), now)
                since, counts = self.arrived.pop(name)
                self._note(name.split("-")[0], at - since, counts=counts, abandoned=False)
                self._push(at + self.talks.pop(name), _END, name)

    def _note(self, medium: str, wait: float, *, counts: bool, abandoned: bool) -> None:
        if counts:
            result = self.results[medium]
            result.waits.append(wait)
            result.waited += wait > 0
            result.abandoned += abandoned


def ideal(draws: list[tuple[float, float, float]], operators: int) -> tuple[float, float, float]:
    """(mean wait, share that waits, share that abandons) of a plain first-come queue."""
    free = [0.0] * operators
    waits: list[float] = []
    abandoned = 0
    for number, (at, talk, patience) in enumerate(draws):
        counts = number >= len(draws) // 10
        wait = max(0.0, free[0] - at)
        if wait <= patience:
            heapq.heapreplace(free, at + wait + talk)
        elif counts:
            abandoned += 1
        if counts:
            waits.append(min(wait, patience))
    count = len(waits)
    return sum(waits) / count, sum(wait > 0 for wait in waits) / count, abandoned / count


def erlang_c(operators: int, load: float, talk: float) -> tuple[float, float]:
    """(mean wait, share that waits) of M/M/N; `load` in erlangs, `talk` in seconds."""
    blocked = 1.0
    for n in range(1, operators + 1):
        blocked = load * blocked / (n + load * blocked)
    waits = blocked / (1 - load / operators * (1 - blocked))
    return waits * talk / (operators - load), waits


def erlang_a(
    operators: int, load: float, talk: float, patience: float
) -> tuple[float, float, float]:
    """(mean wait, share that waits, share that abandons) of M/M/N+M, as a birth-death chain."""
    rate, serve, leave = load / talk, 1 / talk, 1 / patience
    weights = [1.0]
    while len(weights) <= operators or weights[-1] > 1e-12 * max(weights):
        n = len(weights)
        out = min(n, operators) * serve + max(0, n - operators) * leave
        weights.append(weights[-1] * rate / out)
    total = sum(weights)
    queue = sum((n - operators) * w for n, w in enumerate(weights) if n > operators) / total
    waits = sum(weights[operators:]) / total
    return queue / rate, waits, leave * queue / rate
