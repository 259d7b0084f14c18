"""A day as lines of JSON, as `route` reads them; arrivals also say what became of the contact.

`talk`, `wrap_up`, `answer`, `waited` and `patience` are seconds. `waited` with `abandoned` is what
was seen; `patience` is what is known of the client, as where somebody makes traffic up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contact_center.kernel.lines import BadLine
from contact_center.route.lines import Line, Reader, Said, fresh, instant_ms
from contact_center.work.planning.traffic import HALF_HOUR, BadTraffic, Seen, Traffic
from routing.events import Event
from routing.floor import Floor
from routing.model import Operator, Work, changed
from routing.rulebook import Rulebook
from routing.simulation import Told

MOST = 200_000
"""Lines."""
FAULTS = 20
LONGEST_MS = 31 * 86_400_000
"""From the first line to the last: every half-hour and every opening between them is played."""
TOLD = {
    "operator", "ready", "not_ready", "drain", "leave", "disconnect", "reconnect", "calendar",
    "time",
}  # fmt: skip
"""What the file tells; what operators do with contacts is simulated."""


class BadRecording(ValueError):
    """The file cannot be used; `faults` are (line, reason), the first of them."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(f"line {faults[0][0]}: {faults[0][1]}")
        self.faults = faults


class Recording:
    """Lines of one file, read under one policy; others may be compared with it (`under`)."""

    def __init__(self, book: Rulebook) -> None:
        floor = Floor(book.policy())
        for queue in book.engine_queues():
            floor.apply(queue, 0)
        self._reader = Reader(book, floor.engine)
        self._book = book
        self._names: set[str] = set()
        self._seen: list[Seen] = []
        self._told: list[tuple[int, Event | Said]] = []
        self._first: int | None = None
        self._now = 0

    def read(self, lines: Iterable[bytes]) -> Traffic:
        """The day. Raises BadRecording with the first faults, BadTraffic without an arrival."""
        faults: list[tuple[int, str]] = []
        for number, raw in enumerate(lines, 1):
            if number > MOST:
                raise BadTraffic(f"more than {MOST} lines")
            if not raw.strip():
                continue
            try:
                self._take(Line(raw))
            except BadLine as error:
                faults.append((number, str(error)))
                if len(faults) == FAULTS:
                    break
        if faults:
            raise BadRecording(faults)
        if not self._seen:
            raise BadTraffic("there is no arrival in it")
        return self.under(self._book)

    def under(self, book: Rulebook) -> Traffic:
        """What was read, with operators who take what is usual under a policy unless told else."""
        since, told = self._first or 0, list(_resolved(self._told, book))
        return Traffic(since, max(self._now, since + HALF_HOUR), self._seen, told)

    def _take(self, line: Line) -> None:
        at = instant_ms("at", line.given.get("at", self._now / 1000))
        if at < self._now:
            raise BadLine("is earlier than the line before it")
        if self._first is not None and at > self._first + LONGEST_MS:
            raise BadLine("is more than 31 days after the first line")
        kind = line.take("event", str)
        if kind == "arrival":
            self._seen.append(self._arrival(line, at))
        elif kind in TOLD:
            self._tell(line, at)
        else:
            raise BadLine(f"the simulator decides about {kind!r} itself")
        self._now = at
        self._first = at if self._first is None else self._first

    def _tell(self, line: Line, at: int) -> None:
        self._told.append((at, self._reader.event(line, at)))

    def _arrival(self, line: Line, at: int) -> Seen:
        talk, wrap = line.span_ms("talk", default=None), line.span_ms("wrap_up", default=None)
        waited, patience = (
            line.span_ms("waited", default=None), line.span_ms("patience", default=None),
        )  # fmt: skip
        gave_up = line.take("abandoned", bool, default=False)
        if gave_up and waited is None:
            raise BadLine("abandoned without waited")
        if patience is not None and waited is not None:
            raise BadLine("patience is known, or waited was seen: not both")
        answer = line.span_ms("answer", default=0)
        missed = line.whole("misses", 0, 100, default=0)
        for field in ("hold", "strict"):
            if field in line.given:
                raise BadLine(f"{field} means nothing here")
        work = self._reader.event(line, at)
        assert isinstance(work, Work)  # noqa: S101 - an arrival is one
        if work.id in self._names:
            raise BadLine(f"work {work.id!r} has come before")
        self._names.add(work.id)
        return Seen(
            at, work.queue_id, work.medium, talk, wrap,
            waited if patience is None else patience, gave_up or patience is not None,
            work.needs, at - work.virtual_ms if "priority" in line.given else None,
            work.preferred_id, work.cost if "points" in line.given else None, answer, missed,
        )  # fmt: skip


def _resolved(told: Iterable[tuple[int, Event | Said]], book: Rulebook) -> Iterator[Told]:
    known: dict[str, Operator] = {}
    for at, event in told:
        if isinstance(event, Said):
            base = known.get(event.operator_id) or fresh(event.operator_id, book, at)
            said: Any = changed(base, version=base.version + 1, **event.fields)
            known[event.operator_id] = said
            yield at, said
        else:
            yield at, event
