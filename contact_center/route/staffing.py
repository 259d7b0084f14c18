"""`contact-center staffing`: how many operators each stretch of a day needs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from contact_center.kernel.errors import SettingsError
from contact_center.work.planning.staffing import Answer, Asked, BadRow, answer

BAD = 2
COLUMNS = ("at", "arrivals", "talk", "patience")
MOST = 10_000
WIDE = 200  # where no terminal says how wide it is


def day(path: Path, asked: Asked) -> list[Answer] | None:
    """A file of stretches; None when it has faults, which are printed with their lines."""
    answers, faults = [], 0
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read ({error})", file=str(path)) from None
    for number, row in _rows(text, path):
        try:
            answers.append(_answer(row, asked))
        except BadRow as error:
            sys.stderr.write(f"{path}:{number}: {error}\n")
            faults += 1
        if faults == 20 or len(answers) > MOST:  # noqa: PLR2004
            break
    return None if faults else answers


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines as Excel writes them, too: with semicolons, and then with decimal commas."""
    first = text.partition("\n")[0]
    semicolons = ";" in first
    reader = csv.reader(text.splitlines(), delimiter=";" if semicolons else ",")
    names = [name.strip() for name in next(_read(reader, path), [])]
    if "arrivals" not in names or not set(names) <= set(COLUMNS):
        raise SettingsError(f"the first line must name columns of {COLUMNS}", file=str(path))
    for row in _read(reader, path):
        if any(cell.strip() for cell in row):
            cells = [cell.strip().replace(",", ".") if semicolons else cell.strip() for cell in row]
            yield reader.line_num, dict(zip(names, cells, strict=False))


def _read(reader: Iterable[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise SettingsError(f"is not CSV: {error}", file=str(path)) from None


def _answer(row: dict[str, str], asked: Asked) -> Answer:
    arrivals = _number(row, "arrivals")
    if arrivals is None:
        raise BadRow("arrivals is missing")
    own = {"talk": _number(row, "talk"), "patience": _number(row, "patience")}
    return answer(row.get("at", ""), arrivals, asked, **own)


def _number(row: dict[str, str], name: str) -> float | None:
    cell = row.get(name, "")
    try:
        return float(cell) if cell else None
    except ValueError:
        raise BadRow(f"{name} must be a number, not {cell[:40]!r}") from None


def show(answers: Sequence[Answer], asked: Asked, *, as_json: bool) -> None:
    """Print them, as JSON or as a table."""
    if as_json:
        sys.stdout.write(orjson.dumps([_plain(one) for one in answers]).decode() + "\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    heads = ["at", "arrivals", "talk s", "operators", "to plan", f"≤ {asked.target.within:g} s",
             "wait", "abandoned", "busy"]  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for one in answers:
        found = one.found
        table.add_row(
            one.at, f"{one.demand.arrivals:g}", f"{one.demand.talk:g}", str(found.operators),
            str(one.scheduled), f"{100 * found.within:.1f} %", f"{found.wait:.1f} s",
            f"{100 * found.abandoned:.1f} %", f"{100 * found.occupancy:.1f} %",
        )  # fmt: skip
    console = Console()
    console.print(table, width=None if console.is_terminal else WIDE)


def _plain(one: Answer) -> dict[str, Any]:
    found = {**asdict(one.found), "scheduled": one.scheduled}
    return {"at": one.at, "arrivals": one.demand.arrivals, "talk": one.demand.talk, **found}
