"""How long a waiting contact will probably wait: by its place, as a range, never longer by itself.

With n ahead of it in a line whose operators are all busy, a contact waits for n + 1 departures, one
after the other. While j are still ahead, the next one comes at the rate Nμ + jθ: N talks that may
be held at once by those who may take it, each ending at the rate μ, and j clients who lose patience
at the rate θ. The sum of such steps is near enough to a gamma distribution with its mean and
variance, whose median and ninth decile are told (p50, p90).

What is told once is a promise (`promised`): it shrinks while the contact waits, half a step of the
line at most before the line moves, and grows only for a reason that has a name. Instants and spans
are milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_NINTH = 1.2815515655446004  # the normal distribution's ninth decile; its median is 0
MINUTE = 60_000
_EXACT, _HOUR = 10, 60


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured: how long a contact takes an operator's room; how clients lose patience."""

    handle_seconds: float
    leaving: float = 0.0
    """Departures unserved, per waiting client and second."""


@dataclass(frozen=True, slots=True)
class Span:
    """As likely as not shorter than `low_ms`, nine times of ten shorter than `high_ms`."""

    low_ms: int
    high_ms: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact stands (`places.py`).

    `asked` is its queue and class. `senior` counts who comes before it there and in other classes
    of its operators, `ahead` how many of them will probably be served by those operators, `room`
    how many such talks these can hold at once.
    """

    work_id: str
    queue_id: str
    medium: str
    asked: str
    ahead: float
    senior: int
    room: int

    @property
    def position(self) -> int:
        """1 for the next one."""
        return position_of(self.ahead)


@dataclass(frozen=True, slots=True)
class Promise:
    """What was told at `at_ms` to who stood at this place.

    `cause`: `arrived` for the first one, `waited` where neither wait nor position is more than
    before, else why it is more: `operator_left`, `senior_came`, `shared` (of who comes before it,
    more count on its operators than did), `moved` (to another queue, or it asks for something
    else).
    """

    place: Place
    span: Span
    at_ms: int
    cause: str

    @property
    def told(self) -> tuple[int, int, int]:
        """What people see of it: position and range in whole minutes, coarser the longer it is."""
        return self.place.position, minutes(self.span.low_ms), minutes(self.span.high_ms)


def position_of(ahead: float) -> int:
    """The place in line of who has so many ahead of him: 1 for the next one."""
    return 1 + math.ceil(ahead - 1e-9)


def minutes(span_ms: int) -> int:
    """Minutes rounded up; above ten to fives, above an hour to quarters."""
    exact = math.ceil(span_ms / MINUTE)
    step = 1 if exact <= _EXACT else 5 if exact <= _HOUR else 15
    return step * math.ceil(exact / step)


def step_ms(ahead: float, room: int, rates: Rates) -> float:
    """How long the line takes to the next departure, on average."""
    return 1000 / (room / rates.handle_seconds + ahead * rates.leaving)


class Curve:
    """The spans of one line, whatever is ahead; every step is computed once. `room` is positive."""

    def __init__(self, room: int, rates: Rates) -> None:
        self._room = room
        self._rates = rates
        self._sums = [(0.0, 0.0)]  # after so many steps: mean, variance

    def span(self, ahead: float) -> Span:
        """The wait of who has so many ahead of him; a part of one counts as a part of his step."""
        whole = math.floor(ahead)
        while len(self._sums) <= whole + 1:
            mean, variance = self._sums[-1]
            step = step_ms(len(self._sums) - 1, self._room, self._rates)
            self._sums.append((mean + step, variance + step * step))
        mean, variance = self._sums[whole + 1]
        part = (ahead - whole) * step_ms(whole + 1, self._room, self._rates)
        mean, variance = mean + part, variance + part * part
        return Span(_quantile(mean, variance, 0.0), _quantile(mean, variance, _NINTH))

    def spare(self, ahead: float) -> Span:
        """How much a promise may run ahead of the line: half of its next step."""
        half = step_ms(ahead, self._room, self._rates) / 2
        own = self.span(ahead)
        return Span(min(round(half), own.low_ms // 2), min(round(half), own.high_ms // 2))


def _quantile(mean: float, variance: float, normal: float) -> int:
    """Of a gamma distribution, by Wilson and Hilferty (within 1.5 % for one step and more)."""
    spread = variance / (9 * mean * mean)
    return round(mean * (1 - spread + normal * math.sqrt(spread)) ** 3)


def promised(before: Promise | None, place: Place, curve: Curve, now_ms: int) -> Promise:
    """What to tell who stands at this place, after what was told him before."""
    fresh = curve.span(place.ahead)
    if before is None:
        return Promise(place, fresh, now_ms, "arrived")
    cause = _cause(before.place, place)
    if cause is not None and fresh.high_ms > before.span.high_ms:
        return Promise(place, fresh, now_ms, cause)
    if cause is None or place.position <= before.place.position:
        cause = "waited"
    spare, waited = curve.spare(place.ahead), max(0, now_ms - before.at_ms)
    high = _next(before.span.high_ms, fresh.high_ms, spare.high_ms, waited)
    low = min(high, _next(before.span.low_ms, fresh.low_ms, spare.low_ms, waited))
    return Promise(place, Span(low, high), now_ms, cause)


def _next(before: int, fresh: int, spare: int, waited: int) -> int:
    return min(before, max(fresh - spare, min(fresh, before - waited)))


def _cause(before: Place, now: Place) -> str | None:
    """Why the wait may have grown; None where nothing but time or the measured rates changed."""
    if before.asked != now.asked:
        return "moved"
    if now.room < before.room:
        return "operator_left"
    if now.senior > before.senior:
        return "senior_came"
    # No more before it and yet more for its operators: the others' have left those alone, or one
    # has come who serves both.
    return "shared" if now.ahead > before.ahead else None
