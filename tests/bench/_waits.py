"""Promises about waits, made by the real engine over a simulated line and held against the truth.

Rates are measured as the service measures them: talks that ended, clients who gave up while they
waited. One client in ten never gives up; only his wait is judged, for that of the others is cut
short by the very patience that ends it.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, field

from routing.estimate import Curve, Rates, Span
from routing.events import Abandon, Accept, Event, Release
from routing.floor import Floor
from routing.model import Offer, Operator, Queue, Work
from routing.places import places
from routing.policy import Policy

MOST = 1000
TALK = 180.0
_PATIENT = 10
_SEEN = 200  # talks before the first promise
_MEMORY = 0.1  # of the average of the last waits, as the peers keep it
_ARRIVAL, _END, _PATIENCE = 0, 1, 2


@dataclass
class Judged:
    """What was promised (p50, p90), what an average of the last waits said, and the real wait."""

    spans: list[tuple[Span, float, float]] = field(default_factory=list)

    def within(self, *, high: bool) -> float:
        """The share of real waits that were no longer than p90 (p50)."""
        kept = [(s.high_ms if high else s.low_ms) >= 1000 * real for s, _, real in self.spans]
        return sum(kept) / len(kept)

    def error(self, *, naive: bool) -> float:
        """Root of the mean squared error over the mean wait."""
        off = [(said if naive else span.low_ms / 1000) - real for span, said, real in self.spans]
        mean = sum(real for _, _, real in self.spans) / len(off)
        return math.sqrt(sum(one * one for one in off) / len(off)) / mean


class Line:
    """Poisson arrivals, exponential talks and patience; offers are accepted at once."""

    def __init__(self, operators: int, busy: float, patience: float, seed: int) -> None:
        self.every, self.patience = TALK / (operators * busy), patience
        self.chance = [random.Random(f"{seed} {n}") for n in range(3)]
        self.floor = Floor(Policy(exclusive=("voice",)))
        self.floor.apply(Queue("q", 1, 3600, members_only=False), 0)
        for number in range(operators):
            self.floor.apply(Operator(f"o{number}", 1, "ready", 100, 0, {}, {}, 0, 0, ()), 0)
        self.judged = Judged()
        self.ahead: list[tuple[float, int, int]] = []
        self.since: dict[int, float] = {}  # who waits
        self.begun: dict[int, float] = {}
        self.open: dict[int, tuple[Span, float]] = {}
        self.average = self.handled = self.handling = self.left = self.waited = 0.0

    def run(self, arrivals: int) -> Judged:
        """Until so many have come and all are gone."""
        heapq.heappush(self.ahead, (0.0, 1, _ARRIVAL))
        while self.ahead:
            at, number, kind = heapq.heappop(self.ahead)
            if kind == _ARRIVAL:
                if number < arrivals:
                    gap = self.chance[0].expovariate(1 / self.every)
                    heapq.heappush(self.ahead, (at + gap, number + 1, _ARRIVAL))
                self._arrive(number, at)
            elif kind == _END:
                self.handled += 1
                self.handling += at - self.begun.pop(number)
                self._tell(Release(str(number), 0), at)
            elif number in self.since:
                self.left += 1
                self.waited += at - self.since.pop(number)
                self._tell(Abandon(str(number)), at)
        return self.judged

    def _arrive(self, number: int, at: float) -> None:
        now, patience = int(at * 1000), self.chance[1].expovariate(1 / self.patience)
        self.since[number] = at
        self._tell(Work(str(number), 1, "q", "voice", 100, "waiting", number, now, now), at)
        if number not in self.since:
            return
        if number % _PATIENT:
            heapq.heappush(self.ahead, (at + patience, number, _PATIENCE))
        elif self.handled > _SEEN:
            line = places(self.floor.engine.fronts(MOST))
            place = next(one for one in line if one.work_id == str(number))
            rates = Rates(self.handling / self.handled, self.left / self.waited)
            self.open[number] = (Curve(place.room, rates).span(place.ahead), self.average)

    def _tell(self, event: Event, at: float) -> None:
        for outcome in self.floor.apply(event, int(at * 1000)):
            if isinstance(outcome, Offer):
                self._begin(int(outcome.work_id), at)

    def _begin(self, number: int, at: float) -> None:
        self.floor.apply(Accept(str(number)), int(at * 1000))
        wait = at - self.since.pop(number)
        self.waited += wait
        self.average += _MEMORY * (wait - self.average)
        if number in self.open:
            self.judged.spans.append((*self.open.pop(number), wait))
        self.begun[number] = at
        talk = self.chance[2].expovariate(1 / TALK)
        heapq.heappush(self.ahead, (at + talk, number, _END))


def judged(operators: int, busy: float, patience: float, seed: int, arrivals: int) -> Judged:
    """What became of the promises of one run; talks of three minutes, patience in seconds."""
    return Line(operators, busy, patience, seed).run(arrivals)
