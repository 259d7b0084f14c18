"""Reading a policy: the shape of its parts, and what it must not say although they are well-formed.

`read(data)` gives a `Rulebook` or raises `BadPolicy`, which names every fault with its place and
its reason, so that who edits sees all of them at once and the running policy stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from routing.ladder import TO_QUEUE, weaker
from routing.model import Rung as Step
from routing.rulebook import HOLIDAY_YEARS, PATTERNS, STAYS, QueueRules, Rulebook
from routing.wording import place_of, reason_of


@dataclass(frozen=True, slots=True)
class Problem:
    """`place`: `queues.orders.ladder[2].needs.ru`; `reason`: a sentence."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class BadPolicy(ValueError):
    """The policy cannot be used; `problems` says what is wrong, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read(data: Mapping[str, Any]) -> Rulebook:
    """The policy of a parsed TOML or JSON document. Raises BadPolicy."""
    try:
        book = Rulebook.model_validate(dict(data))
    except ValidationError as error:
        found = [
            Problem(place_of(data, one["loc"]), reason_of(one, PATTERNS))
            for one in error.errors(include_url=False)
        ]
        raise BadPolicy(list(dict.fromkeys(found))) from None
    problems = problems_of(book)
    if problems:
        raise BadPolicy(problems)
    return book


def problems_of(book: Rulebook) -> list[Problem]:
    """All faults, queue by queue, then cycles of overflows."""
    found = list(_room(book))
    codes: set[str] = set()
    for rules in book.queues:
        if rules.code in codes:
            found.append(Problem(f"queues.{rules.code}", "there is another queue of this code"))
        codes.add(rules.code)
    for rules in book.queues:
        found += _skills(book, rules)
        found += _media(book, rules)
        found += _ladder(rules)
        found += _hours(rules)
        found += _targets(book, rules)
    return found + list(_cycles(book))


def _room(book: Rulebook) -> Iterator[Problem]:
    """Nobody may be unable to take anything, nor a wrap-up or a head start be beyond its limit."""
    for medium, one in book.media.items():
        if one.points > book.house.capacity:
            yield Problem(
                f"media.{medium}.points",
                f"is more than the house.capacity of {book.house.capacity}: nobody could take one",
            )
    limit = book.house.wrap_up_limit_seconds
    for rules in book.queues:
        if rules.wrap_up_seconds > limit:
            place = f"queues.{rules.code}.wrap_up_seconds"
            yield Problem(place, f"is more than the house.wrap_up_limit_seconds of {limit}")
        most = book.house.most_priority_seconds
        if rules.priority_seconds > most:
            place = f"queues.{rules.code}.priority_seconds"
            yield Problem(place, f"is more than the house.most_priority_seconds of {most}")


def _skills(book: Rulebook, rules: QueueRules) -> Iterator[Problem]:
    at = f"queues.{rules.code}"
    asked = [(f"{at}.needs", rules.needs)]
    asked += [(f"{at}.ladder[{n}].needs", rung.needs) for n, rung in enumerate(rules.ladder, 1)]
    asked += [
        (f"{at}.ladder[{n}].drop", dict.fromkeys(rung.drop, 1))
        for n, rung in enumerate(rules.ladder, 1)
    ]
    for place, skills in asked:
        for skill in skills:
            if skill not in book.skills:
                yield Problem(f"{place}.{skill}", f"there is no skill {skill!r}")


def _media(book: Rulebook, rules: QueueRules) -> Iterator[Problem]:
    for medium in rules.offer_seconds_by:
        if medium not in book.media:
            place = f"queues.{rules.code}.offer_seconds_by.{medium}"
            yield Problem(place, f"there is no medium {medium!r}")


def _ladder(rules: QueueRules) -> Iterator[Problem]:
    bottom = tuple(sorted(rules.needs.items()))
    below = Step(0, bottom, (), everyone=not rules.members_only)
    for number, rung in enumerate(rules.ladder, 1):
        place = f"queues.{rules.code}.ladder[{number}]"
        if below.overflow is not None:
            yield Problem(place, "comes after an overflow, so nobody reaches it")
        above = rung.step()
        if not rules.members_only and not above.everyone:  # nobody was shut out to begin with
            above = Step(above.after_seconds, above.needs, above.drop, True, above.overflow)
        reason = weaker(below, above, bottom)
        if reason is not None:
            yield Problem(place, f"{reason}: a rung may only ask for less")
        below = above


def _hours(rules: QueueRules) -> Iterator[Problem]:
    at, (first, last) = f"queues.{rules.code}", HOLIDAY_YEARS
    days: list[tuple[str, Sequence[tuple[str, str]]]] = []
    days += [(f"{at}.hours.{day}", spans) for day, spans in rules.hours.items()]
    days += [(f"{at}.holidays.{day}", spans) for day, spans in rules.holidays.items()]
    if rules.hours and not any(rules.hours.values()):
        yield Problem(f"{at}.hours", "is never open")
    for day in rules.holidays:
        if not _is_day(day):
            yield Problem(f"{at}.holidays.{day}", f"there is no day {day}")
        elif not first <= int(day[:4]) <= last:
            reason = f"the year must be between {first} and {last}"
            yield Problem(f"{at}.holidays.{day}", reason)
    for place, spans in days:
        closed_at = "00:00"
        for start, end in sorted(spans):
            if start >= end:
                yield Problem(place, f"{start} is not before {end}")
            elif start < closed_at:
                yield Problem(place, f"the span from {start} overlaps the one before it")
            closed_at = max(closed_at, end)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _targets(book: Rulebook, rules: QueueRules) -> Iterator[Problem]:
    codes = {other.code for other in book.queues}
    for place, target in _overflows(rules):
        queue = target.removeprefix(TO_QUEUE)
        if target.startswith(TO_QUEUE) and queue not in codes:
            yield Problem(place, f"there is no queue {queue!r}")


def _overflows(rules: QueueRules) -> Iterator[tuple[str, str]]:
    """(place, target) of a queue's ways out."""
    for number, rung in enumerate(rules.ladder, 1):
        if rung.overflow is not None:
            yield f"queues.{rules.code}.ladder[{number}].overflow", rung.overflow
    if rules.closed not in STAYS:
        yield f"queues.{rules.code}.closed", rules.closed


def _cycles(book: Rulebook) -> Iterator[Problem]:
    """A contact must not go round for ever: each cycle is told once, at its first queue."""
    ways = {
        rules.code: [
            (place, target.removeprefix(TO_QUEUE))
            for place, target in _overflows(rules)
            if target.startswith(TO_QUEUE)
        ]
        for rules in book.queues
    }
    told: set[frozenset[str]] = set()
    for code in ways:
        for place, path in _returns(ways, code):
            if frozenset(path) not in told:
                told.add(frozenset(path))
                yield Problem(place, f"contacts go round: {' → '.join([*path, code])}")


def _returns(
    ways: dict[str, list[tuple[str, str]]], code: str
) -> Iterable[tuple[str, list[str]]]:  # fmt: skip
    """(place of the first step, queues on the way) of the ways that lead back to a queue."""
    for place, first in ways[code]:
        reached = {code: [code], first: [code, first]}
        ahead = [first]
        if first == code:
            yield place, [code]
            continue
        while ahead:
            for _, target in ways.get(ahead[0], ()):
                if target == code:
                    yield place, reached[ahead[0]]
                    return
                if target not in reached:
                    reached[target] = [*reached[ahead[0]], target]
                    ahead.append(target)
            ahead.pop(0)
