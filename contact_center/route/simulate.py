"""The same drawn days under one policy or two: what would have become of the contacts."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from contact_center.route.traffic import BadTraffic, Days, Traffic
from contact_center.work.calendar import Calendars
from routing import figures
from routing.figures import Figures, Kind
from routing.floor import Floor
from routing.rulebook import Rulebook
from routing.simulation import Simulation, Told, Visit

AFTER_MS = 3_600_000
"""The end of a day is played on for so long: who came late may still be served."""


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
    """One drawn day under a policy."""
    floor = Floor(book.policy(), traffic.since_ms)
    for queue in book.engine_queues():
        floor.apply(queue, traffic.since_ms)
    calendars = Calendars(book.queues, traffic.since_ms)
    done = Simulation(floor, {name: one.points for name, one in book.media.items()})
    told = heapq.merge(_hours(calendars), traffic.told, key=itemgetter(0))
    fates = list(done.play(visits, told, traffic.until_ms + AFTER_MS))
    return Run(figures.figures(fates, within_ms), figures.occupancy(done.shifts))


def _hours(calendars: Calendars) -> Iterator[Told]:
    while (at := calendars.due_ms()) is not None:
        yield at, calendars.take()


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of the same days, replication by replication: of each policy in turn."""

    runs: tuple[tuple[Run, ...], ...]

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
    progress: Callable[[], None],
) -> Compared:  # fmt: skip
    """Draw the days and play each under every policy; `progress` after each of these."""
    traffic = days.traffic
    for book in books:
        check(traffic, book)
    runs: list[list[Run]] = [[] for _ in books]
    for replication in range(replications):
        visits = days.day(seed, replication)
        for number, book in enumerate(books):
            runs[number].append(play(book, traffic, visits, within_ms))
            progress()
    return Compared(tuple(tuple(of) for of in runs))
