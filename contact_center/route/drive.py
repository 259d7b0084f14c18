"""The stream: a line in, the decisions it leads to out, in the order of their instants."""

from __future__ import annotations

import heapq
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import orjson

from contact_center.kernel.lines import BadLine
from contact_center.route.lines import Line, Reader, instant_ms, shown
from contact_center.work.calendar import Calendars
from routing.checks import BadPolicy, Problem, read
from routing.decisions import Rescind
from routing.events import Abandon, Callback, Event, Release, Transfer, WrapUpDone
from routing.floor import TICK, Floor
from routing.model import Outcome, Work
from routing.rulebook import Rulebook

Answer = dict[str, Any]


class Driver:
    """One floor under one policy. Clients whose patience ends give up by themselves.

    It begins when they come, and anew when they are handed on; on the phone again, they have none.
    """

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self.floor = Floor(book.policy())
        for queue in book.engine_queues():
            self.floor.apply(queue, 0)
        self._reader = Reader(book, self.floor.engine)
        self._calendars: Calendars | None = None
        self._patience: list[tuple[int, str]] = []
        self._patient: dict[str, tuple[int, int]] = {}  # work → (span, when it ends)
        self._now = 0

    def answers(self, number: int, raw: bytes) -> Iterator[Answer]:
        """The lines of output of one line of input."""
        try:
            line = Line(raw)
            at = instant_ms("at", line.given.get("at", self._now / 1000))
            patience = line.span_ms("patience", default=None)
            if at < self._now:
                yield {"line": number, "ignored": "out_of_order"}
                return
            said = self._reader.event(line, at)
        except BadLine as error:
            yield {"line": number, "error": {"kind": "line", "text": str(error)}}
            return
        yield from self._until(at)
        event = self._reader.resolved(said, at)
        misfits = self.floor.misfits.total()
        yield from self._carry_out(number, event, at)
        fits = self.floor.misfits.total() == misfits
        if not fits:
            return
        if patience is not None and isinstance(event, Work):
            self._waits(event.id, patience, at)
        elif isinstance(event, Transfer) and event.work_id in self._patient:
            self._waits(event.work_id, self._patient[event.work_id][0], at)
        elif isinstance(event, Callback | Release | WrapUpDone):
            self._patient.pop(event.work_id, None)

    def _waits(self, name: str, span: int, at: int) -> None:
        self._patient[name] = (span, at + span)
        heapq.heappush(self._patience, (at + span, name))

    def _carry_out(self, number: int, event: Event, at: int) -> Iterator[Answer]:
        before = self.floor.misfits.copy()
        if isinstance(event, Abandon):
            yield from _told(self._taken_back(event.work_id), at)
        yield from _told(self.floor.apply(event, at), at)
        for reason in self.floor.misfits - before:
            yield {"line": number, "ignored": reason}

    def _until(self, at: int) -> Iterator[Answer]:
        """All that time brings before this instant: timers, opening hours, lost patience."""
        if self._calendars is None:
            self._calendars = Calendars(self._book.queues, at)
            self._now = at
        while True:
            due = self.floor.engine.next_due_ms() if self.floor.engine.due_before(at) else None
            opening, gives_up = self._calendars.due_ms(), self._patience[:1]
            instants = [due, opening, gives_up[0][0] if gives_up else None]
            first = min((one for one in instants if one is not None), default=at)
            if first >= at and (opening is None or opening > at):
                break
            self._now = max(self._now, min(first, at))
            event: Event = TICK
            if opening == first:
                event = self._calendars.take()
            elif gives_up and gives_up[0][0] == first:
                event = self._lost_patience()
            if isinstance(event, Abandon):
                yield from _told(self._taken_back(event.work_id), self._now)
                yield {"at": self._now / 1000, "decision": "abandoned", "work": event.work_id}
            yield from _told(self.floor.apply(event, self._now), self._now)
        self._now = at

    def _lost_patience(self) -> Event:
        due, name = heapq.heappop(self._patience)
        work = self.floor.engine.work(name)
        if work is None or work.state == "done":
            self._patient.pop(name, None)
            return TICK
        lost = self._patient.get(name, (0, 0))[1] == due and work.state in ("waiting", "offered")
        return Abandon(name) if lost else TICK

    def _taken_back(self, name: str) -> list[Outcome]:
        """The offer that ends with a client who gives up. No decision, but the operator's news."""
        work = self.floor.engine.work(name)
        if work is None or work.state != "offered":
            return []
        operator, offer = work.operator_id or "", work.offer_id or ""
        return [Rescind(work.id, work.version, operator, offer, "abandoned")]


def _told(outcomes: list[Outcome], at: int) -> Iterator[Answer]:
    for outcome in outcomes:
        yield shown(outcome, at)


def load(path: Path) -> Rulebook:
    """The policy in a file. Raises BadPolicy, OSError."""
    try:
        data = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPolicy([Problem(str(path), f"not TOML: {error}")]) from None
    queues = data.get("queues")
    for queue in queues if isinstance(queues, list) else ():
        if isinstance(queue, dict):  # that is for who makes new queues
            queue.pop("department", None)
    book = read(data)
    unknown = [
        Problem(f"queues.{rules.code}.zone", f"there is no time zone {rules.zone!r}")
        for rules in book.queues
        if not _is_zone(rules.zone)
    ]
    if unknown:
        raise BadPolicy(unknown)
    return book


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def main(
    policy: Path,
    *,
    stdin: Iterable[bytes] | None = None,
    stdout: BinaryIO | None = None,
    stderr: BinaryIO | None = None,
) -> int:
    """Read events, write decisions. Returns 0 whatever the lines were, 2 for a bad policy."""
    out, err = stdout or sys.stdout.buffer, stderr or sys.stderr.buffer
    try:
        driver = Driver(load(policy))
    except BadPolicy as error:
        err.writelines(f"{policy}: {problem}\n".encode() for problem in error.problems)
        return 2
    except OSError as error:
        err.write(f"{policy}: {error.strerror}\n".encode())
        return 2
    for number, raw in enumerate(stdin if stdin is not None else sys.stdin.buffer, 1):
        if raw.strip():
            try:
                for answer in driver.answers(number, raw):
                    out.write(orjson.dumps(answer) + b"\n")
                out.flush()
            except BrokenPipeError:  # whoever read it has enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
                return 0
    return 0
