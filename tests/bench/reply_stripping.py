"""Exact replies out of the corpus of mails, beside three libraries and on their own ground too."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from channels.mail.text import plain_lines
from tests.bench._reply_libraries import LIBRARIES, Library, fetched
from tests.bench._report import report
from tests.channels.mail.replies_corpus import Mail, read, stripped

TARGET = 0.95  # of all mails, exactly
AHEAD = 1.25  # times as many as a library, on the languages and forms it claims


class Result(NamedTuple):
    """Who was asked, and the ids of the mails answered exactly."""

    name: str
    right: frozenset[str]


def judge(name: str, mails: Iterable[Mail], ask: Callable[[Mail], list[str]]) -> Result:
    right = [mail.id for mail in mails if mail.reply in map(_spaces, _asked(ask, mail))]
    return Result(name, frozenset(right))


def _asked(ask: Callable[[Mail], list[str]], mail: Mail) -> list[str]:
    """A library that raises has no answer."""
    try:
        return ask(mail)
    except Exception as problem:  # noqa: BLE001 - whatever a stranger's code raises
        print(f"{mail.id}: {type(problem).__name__}: {problem}", flush=True)
        return []


def _spaces(text: str) -> str:
    """Spaces and blank lines are not what is judged."""
    return "\n".join(line.text for line in plain_lines(text))


def table(title: str, mails: list[Mail], results: list[Result], key: Callable[[Mail], str]) -> None:
    print(f"{title:<12}{'mails':>6}" + "".join(f"{result.name:>20}" for result in results))
    for name in [*dict.fromkeys(map(key, mails)), "all"]:
        ids = {mail.id for mail in mails if name in {"all", key(mail)}}
        shares = "".join(f"{_share(result.right, ids):>20}" for result in results)
        print(f"{name:<12}{len(ids):>6}{shares}", flush=True)


def _share(right: frozenset[str], ids: set[str]) -> str:
    return f"{len(right & ids)} ({len(right & ids) / len(ids):.0%})"


def own_ground(library: Library, mails: list[Mail]) -> set[str]:
    return {
        mail.id
        for mail in mails
        if mail.language in library.languages and (library.html or mail.form == "text")
    }


def on_own_ground(library: Library, mails: list[Mail], ours: Result, result: Result) -> None:
    """The languages it claims alone, and texts alone where it takes no HTML."""
    ids = own_ground(library, mails)
    here, there = len(ours.right & ids), len(result.right & ids)
    ground = " ".join(sorted(library.languages)) + ("" if library.html else ", texts alone")
    detail = f"{here} to {there} of {len(ids)} exact, on its own ground: {ground}"
    report(f"reply_stripping_{library.module}", here / max(there, 1), AHEAD, detail)


async def main() -> None:
    halves = {half: read(half) for half in ("seen", "held")}
    mails = [mail for half in halves.values() for mail in half]
    ours = judge("ours", mails, lambda mail: [stripped(mail)])
    modules = [(library, fetched(library)) for library in LIBRARIES]
    others = [
        (library, judge(library.name, mails, partial(library.ask, module)))
        for library, module in modules
        if module is not None
    ]
    results = [ours, *(result for _, result in others)]
    table("half", mails, results, lambda mail: "seen" if mail in halves["seen"] else "held")
    for field in ("language", "client", "kind", "form"):
        table(field, mails, results, attrgetter(field))
    shares = [
        f"{half} {_share(ours.right, {one.id for one in part})}" for half, part in halves.items()
    ]
    detail = f"exact, of {len(mails)} mails: {', '.join(shares)}"
    report("reply_stripping", len(ours.right) / len(mails), TARGET, detail)
    for library, result in others:
        on_own_ground(library, mails, ours, result)
