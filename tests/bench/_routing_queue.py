"""Queues of theory through the real engine: Poisson arrivals, exponential talks and patience."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing import simulation
from routing.floor import Floor
from routing.model import Operator, Queue
from routing.policy import Policy
from routing.simulation import Visit

Figures = tuple[float, float, float]
"""(mean wait, share that waits, share that abandons)."""
Draw = tuple[float, float, float]
"""(arrival, talk, patience) of one contact, seconds."""
Column = NDArray[np.float64]
Block = tuple[Column, Column, Column]
"""(gaps between arrivals, talks, patiences), a row per arrival, a column per sample."""


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
        floor = Floor(Policy(exclusive=("voice",)))
        floor.apply(Queue("q", 1, 3600, members_only=False, strategy=strategy), 0)
        for number in range(operators):
            one = Operator(
                f"o{number}", 1, "ready", 100, 0, {}, {}, 0, 0, (), media=tuple(self.kinds)
            )
            floor.apply(one, 0)
        self.simulation = simulation.Simulation(floor, {kind.medium: kind.cost for kind in kinds})
        self.draws: list[Draw] = []
        """Every contact, as chance has drawn it."""

    def run(self, contacts: int) -> Mapping[str, Result]:
        """Until so many have arrived and the last of them is served."""
        results = {medium: Result() for medium in self.kinds}
        for fate in self.simulation.play(self._visits(contacts)):
            if int(fate.visit.id) > contacts // 10:
                result = results[fate.visit.medium]
                result.waits.append(fate.wait_ms / 1000)
                result.waited += fate.wait_ms > 0
                result.abandoned += fate.end == "abandoned"
        return results

    def _visits(self, contacts: int) -> Iterator[Visit]:
        ahead = [(self._gap(medium), medium) for medium in self.kinds]
        heapq.heapify(ahead)
        for number in range(1, contacts + 1):
            at, medium = heapq.heappop(ahead)
            heapq.heappush(ahead, (at + self._gap(medium), medium))
            kind, chance = self.kinds[medium], self.chance[medium]
            talk = chance[1].expovariate(1 / kind.talk)
            patience = chance[2].expovariate(1 / kind.patience) if kind.patience else None
            self.draws.append((at, talk, math.inf if patience is None else patience))
            yield Visit(
                str(number), int(1000 * at), "q", medium, round(1000 * talk), 0,
                None if patience is None else round(1000 * patience),
            )  # fmt: skip

    def _gap(self, medium: str) -> float:
        return self.chance[medium][0].expovariate(1 / self.kinds[medium].every)


def first_come(draws: list[Draw], operators: int) -> Figures:
    """What a plain first-come queue gives its clients, the first tenth left out."""
    waits = np.array(offered_waits(draws, operators))
    patiences = np.array([patience for _, _, patience in draws])
    start = len(draws) // 10
    share, waited, left = _sums(waits[start:], patiences[start:]) / (len(draws) - start)
    return float(share), float(waited), float(left)


def offered_waits(draws: list[Draw], operators: int) -> list[float]:
    """How long each would have to wait; who has less patience than that leaves."""
    free = [0.0] * operators
    waits: list[float] = []
    for at, talk, patience in draws:
        wait = max(0.0, free[0] - at)
        waits.append(wait)
        if wait <= patience:
            heapq.heapreplace(free, at + wait + talk)
    return waits


def plain_means(operators: int, kind: Kind, samples: int, arrivals: int) -> list[Figures]:
    """The same of so many samples; numpy's source of chance, its seed the sample's number."""
    sums, skip, count = np.zeros((3, samples)), arrivals // 10, arrivals - arrivals // 10
    for waits, patiences in side_by_side(_blocks(kind, samples, arrivals), operators, samples):
        sums += _sums(waits[skip:], patiences[skip:])
        skip = max(0, skip - len(waits))
    return [(float(w), float(s), float(a)) for w, s, a in sums.T / count]


def side_by_side(
    blocks: Iterable[Block], operators: int, samples: int
) -> Iterator[tuple[Column, Column]]:
    """(offered waits, patiences) of plain queues, one arrival of all the samples at a time.

    Each row of `free` holds when the operators of one sample will be free (Kiefer and Wolfowitz);
    who arrives takes the one who is free first.
    """
    free = np.zeros((samples, operators))
    times, rows = free.reshape(-1), operators * np.arange(samples)
    at = np.zeros(samples)
    for gaps, talks, patiences in blocks:
        waits = np.empty_like(gaps)
        for gap, talk, patience, wait in zip(gaps, talks, patiences, waits, strict=True):
            at += gap
            first = rows + free.argmin(axis=1)
            until = times.take(first)
            np.maximum(until - at, 0.0, out=wait)
            times[first] = np.where(wait <= patience, at + wait + talk, until)
        yield waits, patiences


def _blocks(kind: Kind, samples: int, arrivals: int) -> Iterator[Block]:
    chances = [np.random.default_rng(number) for number in range(samples)]
    for start in range(0, arrivals, 1000):
        size = min(1000, arrivals - start)
        gaps, talks, patiences = (
            np.stack([chance.exponential(mean, size) for chance in chances], axis=1)
            for mean in (kind.every, kind.talk, kind.patience or 1.0)
        )
        yield gaps, talks, patiences if kind.patience else np.full_like(gaps, np.inf)


def _sums(waits: Column, patiences: Column) -> Column:
    """Of each sample: seconds waited, how many waited, how many left."""
    had = np.minimum(waits, patiences).sum(axis=0)
    return np.stack([had, (waits > 0).sum(axis=0), (waits > patiences).sum(axis=0)])


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
