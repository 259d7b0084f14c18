"""A dry run in a process of its own: a question comes on standard input, lines of JSON go out.

``{"done": 3}`` after each day played; at the end ``{"result": …}``, or ``{"failed": code, …}``.
It is the least important thing a node does: the last to get processor time, and limited in it as
in memory, whatever traffic or policy it is given.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from contact_center.work.planning import past, simulate, told
from contact_center.work.planning.staffing import half_hours
from contact_center.work.planning.traffic import BadTraffic, Days
from contact_center.work.policies.model import Usual
from routing.checks import read

MEMORY_BYTES = 2 * 1024**3  # address space, libraries included
MOST_SECONDS = 150.0  # of processor time, then no further day is begun
MOST_WAIT = 280.0  # the same by the clock, where the machine has other things to do
LAST_SECONDS = 30  # on top of that, for what is under way
NICE = 15


def run(question: Mapping[str, Any], progress: Callable[[], None]) -> dict[str, Any]:
    """Play what is asked: `draft` and `running` are whole documents, `rows` those of `past`.

    Raises BadTraffic.
    """
    books = [read(question["draft"]), read(question["running"])]
    points = {medium: one.points for medium, one in books[1].media.items()}
    traffic = past.traffic(question["rows"], question["names"], points)
    days = Days(traffic)
    usual = [Usual.of(question[name]) for name in ("draft", "running")]
    floors = [past.resized(traffic, usual[1], usual[0]), traffic]
    began, started = time.process_time(), time.monotonic()

    def enough() -> bool:
        spent, passed = time.process_time() - began, time.monotonic() - started
        return spent > question["seconds"] or passed > MOST_WAIT

    done = simulate.compare(
        books, days, replications=question["replications"], seed=question["seed"],
        within_ms=1000 * question["within"], how=question["how"], progress=progress,
        floors=floors, enough=enough,
    )  # fmt: skip
    return {
        **told.result(days.drawn(), done, within_ms=1000 * question["within"]),
        "left_out": dict(days.left_out()),
        "staffing": half_hours(traffic, points, within=question["within"]),
    }


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Answer one question."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    question = orjson.loads(sys.stdin.buffer.read())
    limit = int(MOST_SECONDS) + LAST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        _say({"done": done})

    try:
        _say({"result": run(question, progress)})
    except BadTraffic as error:
        _say({"failed": error.code, "text": str(error)})
    except MemoryError:
        _say({"failed": "too_many", "text": "out of memory"})


if __name__ == "__main__":
    main()
