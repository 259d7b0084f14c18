"""The same days under one policy or two: what would have become of the contacts."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from operator import itemgetter
from statistics import mean
from typing import Literal

from contact_center.work.calendar import Calendars
from contact_center.work.planning.traffic import BadTraffic, Days, Seen, Traffic
from routing import figures
from routing.figures import ALL, Figures, Kind
from routing.floor import Floor
from routing.rulebook import Rulebook
from routing.simulation import Simulation, Told, Visit

AFTER_MS = 3_600_000
"""The end of a day is played on for so long: who came late may still be served."""
LEAST = 2
"""Days that are played whatever time it takes: of one, nothing says what chance does."""
How = Literal["same", "like"]
"""The contacts that were seen, or days like that one."""


@dataclass(frozen=True, slots=True)
class Run:
    """One day under one policy."""

    kinds: dict[Kind, Figures]
    operators: Figures


def check(traffic: Traffic, book: Rulebook) -> None:
    """Whether the policy knows what the traffic speaks of. Raises BadTraffic."""
    codes = {rules.code for rules in book.queues}
    for queue, medium in sorted({one.kind for one in traffic.seen}):
        if queue not in codes:
            raise BadTraffic(f"contacts came to queue {queue!r}, which the policy does not know")
        if medium not in book.media:
            raise BadTraffic(f"contacts came by {medium!r}, a medium the policy does not know")


def play(book: Rulebook, traffic: Traffic, visits: Sequence[Visit], within_ms: int) -> Run:
    """One day under a policy."""
    floor = Floor(book.policy(), traffic.since_ms)
    for queue in book.engine_queues():
        floor.apply(queue, traffic.since_ms)
    calendars = Calendars(book.queues, traffic.since_ms)
    done = Simulation(floor, {name: one.points for name, one in book.media.items()})
    told = heapq.merge(_hours(calendars), traffic.told, key=itemgetter(0))
    fates = list(done.play(visits, told, traffic.until_ms + AFTER_MS))
    kinds = figures.figures(fates, within_ms)
    for kind, of in figures.grouped(fates).items():
        if (busy := figures.busy(of, done.shifts)) is not None:
            kinds[kind]["occupancy"] = busy
    return Run(kinds, figures.occupancy(done.shifts))


def _hours(calendars: Calendars) -> Iterator[Told]:
    while (at := calendars.due_ms()) is not None:
        yield at, calendars.take()


def as_it_was(seen: Iterable[Seen], within_ms: int) -> dict[Kind, Figures]:
    """What really became of the contacts, as far as the rows say it."""
    kinds: dict[Kind, list[Seen]] = {}
    for one in seen:
        for kind in (ALL, (one.queue, ""), one.kind):
            kinds.setdefault(kind, []).append(one)
    return {kind: _as_they_were(of, within_ms) for kind, of in kinds.items()}


def _as_they_were(seen: Sequence[Seen], within_ms: int) -> Figures:
    ended = [one for one in seen if one.taken or one.gave_up]
    waits = sorted((one.waited_ms or 0) / 1000 for one in ended)
    in_time = sum(one.taken and (one.waited_ms or 0) <= within_ms for one in seen)
    found: Figures = {
        "came": len(seen), "missed_offers": sum(one.missed for one in seen),
        "service_level": 100 * in_time / len(seen),
        "abandoned": 100 * sum(one.gave_up for one in seen) / len(seen),
        "waiting": 100 * (len(seen) - len(ended)) / len(seen),
    }  # fmt: skip
    if waits:
        found["mean_wait"] = mean(waits)
        found["p95_wait"] = waits[ceil(0.95 * len(waits)) - 1]
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of the same days, replication by replication: of each policy in turn."""

    runs: tuple[tuple[Run, ...], ...]

    @property
    def replications(self) -> int:
        """How many days were played."""
        return len(self.runs[0])

    def table(self) -> dict[Kind, dict[str, list[figures.Mean]]]:
        """Per kind and figure: the mean of each policy; for two also the difference."""
        kinds = dict.fromkeys(kind for of in self.runs for run in of for kind in run.kinds)
        return {kind: self._table([[run.kinds.get(kind, {}) for run in of] for of in self.runs])
                for kind in kinds}  # fmt: skip

    def operators(self) -> dict[str, list[figures.Mean]]:
        """The same of every operator's occupancy."""
        return self._table([[run.operators for run in of] for of in self.runs])

    @staticmethod
    def _table(runs: list[list[Figures]]) -> dict[str, list[figures.Mean]]:
        columns = [figures.averages(of) for of in runs]
        if len(runs) > 1:
            columns.append(figures.differences(runs[0], runs[1]))
        names = [name for name in columns[0] if all(name in column for column in columns)]
        return {name: [column[name] for column in columns] for name in names}


def compare(
    books: Sequence[Rulebook], days: Days, *, replications: int, seed: int, within_ms: int,
    progress: Callable[[], None], how: How = "like", enough: Callable[[], bool] = lambda: False,
    floors: Sequence[Traffic] | None = None,
) -> Compared:  # fmt: skip
    """Play days under every policy; `progress` after each of these.

    `enough` ends it early, after `LEAST` days. `floors`: the traffic with the operators as they are
    under each of the policies, where these say how much one takes. Raises BadTraffic.
    """
    told = [days.traffic] * len(books) if floors is None else floors
    for traffic, book in zip(told, books, strict=True):
        check(traffic, book)
    runs: list[list[Run]] = [[] for _ in books]
    for replication in range(replications):
        if replication >= LEAST and enough():
            break
        visits = days.same(seed, replication) if how == "same" else days.day(seed, replication)
        for number, book in enumerate(books):
            runs[number].append(play(book, told[number], visits, within_ms))
            progress()
    return Compared(tuple(tuple(of) for of in runs))
