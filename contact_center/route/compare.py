"""`contact-center simulate`: a day under a policy, or under two side by side."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contact_center.kernel.errors import Invalid, SettingsError
from contact_center.route.drive import load
from contact_center.route.recording import BadRecording, Recording
from contact_center.storage.database import Database
from contact_center.work.planning import past, store
from contact_center.work.planning.simulate import Compared, How, compare
from contact_center.work.planning.traffic import BadTraffic, Days, Traffic
from contact_center.work.policies import judging, model
from contact_center.work.policies import store as policy_store
from contact_center.work.policies.model import Usual
from routing.checks import BadPolicy
from routing.figures import ALL, NAMES, Mean
from routing.rulebook import Rulebook

BAD = 2
WIDE = 200  # where no terminal says how wide it is
UNITS = {"came": "", "missed_offers": "", "mean_wait": " s", "p95_wait": " s"}
"""Of a figure; all others are per cent."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is simulated. `floors`: what came, with the operators as they are under each policy."""

    names: Sequence[str]
    books: Sequence[Rulebook]
    floors: Sequence[Traffic]
    replications: int
    seed: int
    within: int
    how: How = "like"

    @property
    def traffic(self) -> Traffic:
        """What came."""
        return self.floors[0]


def policies(paths: Sequence[Path]) -> list[Rulebook] | None:
    """The policies of files; None when one has faults, which are printed with their places."""
    books = []
    for path in paths:
        try:
            books.append(load(path))
        except BadPolicy as error:
            sys.stderr.writelines(f"{path}: {problem}\n" for problem in error.problems)
            return None
        except OSError as error:
            raise SettingsError(f"cannot be read ({error.strerror})", file=str(path)) from None
    return books


def recorded(path: Path, books: Sequence[Rulebook]) -> list[Traffic] | None:
    """The day in a file of lines under each policy; it is read under the first one.

    None when it has faults, which are printed with their lines.
    """
    recording = Recording(books[0])
    try:
        with path.open("rb") as lines:
            day = recording.read(lines)
    except BadRecording as error:
        sys.stderr.writelines(f"{path}:{line}: {reason}\n" for line, reason in error.faults)
    except BadTraffic as error:
        sys.stderr.write(f"{path}: {error}\n")
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})", file=str(path)) from None
    else:
        return [day, *map(recording.under, books[1:])]
    return None


def resized(traffic: Traffic, running: Rulebook, books: Sequence[Rulebook]) -> list[Traffic]:
    """A day of the service under each policy: what was usual under the running one follows it."""
    before, *usual = [Usual(one.house.capacity, one.ceilings()) for one in (running, *books)]
    return [past.resized(traffic, before, after) for after in usual]


def last_day(url: str) -> tuple[Traffic, Rulebook]:
    """The last 24 hours of a service, with queues by their codes, and what runs. Raises Invalid."""
    return asyncio.run(_last_day(url))


async def _last_day(url: str) -> tuple[Traffic, Rulebook]:
    database = await Database.connect(url, size=2)
    try:
        row, world = await policy_store.current(database), await policy_store.world(database)
        rows = await store.last_day(database)
    except BadTraffic as error:
        raise Invalid(str(error)) from None
    finally:
        await database.close()
    book = judging.checked({}, world, row["body"] if row else model.house())
    points = {medium: one.points for medium, one in book.media.items()}
    return past.traffic(rows, world.names, points), book


def main(wanted: Wanted, *, as_json: bool, out: BinaryIO | None = None) -> int:
    """Simulate and print; 2 for what cannot be simulated."""
    try:
        days = Days(wanted.traffic)
        for medium, count in days.left_out().items():
            said = f"{count} contacts by {medium} are left out: nobody was served by it"
            sys.stderr.write(f"{said}, so nothing says how long that lasts\n")
        with _bar(wanted) as progress:
            done = compare(
                wanted.books, days, replications=wanted.replications,
                seed=wanted.seed, within_ms=1000 * wanted.within, progress=progress,
                how=wanted.how, floors=wanted.floors,
            )  # fmt: skip
    except BadTraffic as error:
        sys.stderr.write(f"{error}\n")
        return BAD
    if as_json:
        document = orjson.dumps(described(wanted, done), option=orjson.OPT_INDENT_2)
        (out or sys.stdout.buffer).write(document + b"\n")
    else:
        show(wanted, done, Console())
    return 0


@contextmanager
def _bar(wanted: Wanted) -> Iterator[Callable[[], None]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("simulating", total=wanted.replications * len(wanted.books))
        yield lambda: bar.advance(task)


def described(wanted: Wanted, done: Compared) -> dict[str, Any]:
    """Everything, for programs: means with the half of their 95 % interval."""
    keys = [*("policy", "against")[: len(wanted.books)], "difference"]

    def row(means: Sequence[Mean]) -> dict[str, Any]:
        return {k: {"mean": m.value, "half": m.half} for k, m in zip(keys, means, strict=False)}

    def rows(table: Mapping[str, Sequence[Mean]]) -> dict[str, Any]:
        return {name: row(means) for name, means in table.items()}

    return {
        "policies": list(wanted.names),
        "replications": wanted.replications,
        "seed": wanted.seed,
        "how": wanted.how,
        "within_seconds": wanted.within,
        "arrivals_seen": len(wanted.traffic.seen),
        "all": rows(done.table()[ALL]),
        "queues": [
            {"queue": queue, "medium": medium, **rows(table)}
            for (queue, medium), table in done.table().items()
            if (queue, medium) != ALL
        ],
        "occupancy": rows(done.operators()),
    }


def show(wanted: Wanted, done: Compared, console: Console) -> None:
    """The same as tables."""
    width = None if console.is_terminal else WIDE
    for (queue, medium), table in done.table().items():
        title = f"{queue} · {medium}".removesuffix(" · ") if queue else "all contacts"
        rows = {name: table[name] for name in NAMES if name in table}
        console.print(_table(title, wanted, rows), "", width=width)
    console.print(_table("occupancy of operators", wanted, done.operators()), "", width=width)
    drawn = "the same" if wanted.how == "same" else f"{wanted.replications} days drawn from"
    said = f"{drawn} {len(wanted.traffic.seen)} contacts, ± 95 %"
    console.print(f"{said}; * more than chance" if len(wanted.books) > 1 else said)


def _table(title: str, wanted: Wanted, rows: Mapping[str, Sequence[Mean]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None,
                  padding=(0, 2, 0, 0))  # fmt: skip
    table.add_column("", no_wrap=True)
    for name in (*wanted.names, *(["difference"] if len(wanted.books) > 1 else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for name, means in rows.items():
        unit = UNITS.get(name, " %")
        label = name.replace("_", " ") if name in NAMES else wanted.traffic.people.get(name, name)
        if name == "service_level":
            label += f" (≤ {wanted.within} s)"
        cells = [_cell(mean, unit) for mean in means]
        if len(wanted.books) > 1:
            cells[-1] = _cell(means[-1], unit, signed=True) + (" *" if means[-1].certain else "  ")
        table.add_row(label, *cells)
    return table


def _cell(mean: Mean, unit: str, *, signed: bool = False) -> str:
    value = f"{mean.value:+.1f}" if signed else f"{mean.value:.1f}"
    half = "" if mean.half is None else f" ± {mean.half:.1f}"
    return f"{value}{half}{unit}"
