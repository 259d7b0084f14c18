"""How many operators a stretch of time needs: Erlang C, and Erlang A where clients lose patience.

Arrivals by chance at an even rate, talks and patience exponential, operators alike. Spans are
seconds, shares go from 0 to 1. Nothing is summed that could overflow: Erlang B by the recurrence
of its inverse, Erlang A by the density of the offered wait (Zeltyn and Mandelbaum, "Call centers
with impatient customers: many-server asymptotics of the M/M/n+G queue", 2005), which is
log-concave, so that its mass is found and integrated in logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import asinh, ceil, cosh, exp, expm1, inf, log, sinh

MOST = 10_000
"""More operators than this are not looked for."""
_NEGLIGIBLE = 45.0  # e-45 of the peak is nothing
_PANELS = 400


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes: `arrivals` in `interval` seconds. `patience` None: clients wait for ever."""

    arrivals: float
    talk: float
    """Mean time an operator has a contact on his hands, wrap-up included."""
    patience: float | None = None
    interval: float = 1800.0

    def __post_init__(self) -> None:
        for name in ("talk", "interval"):
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"{name} must be more than 0")
        if not 0 <= self.arrivals < inf:
            raise ValueError("arrivals must not be negative")
        if self.patience is not None and not 0 < self.patience < inf:
            raise ValueError("patience must be more than 0")

    @property
    def load(self) -> float:
        """Erlangs: how many operators would be busy on average if all were served."""
        return self.arrivals / self.interval * self.talk


@dataclass(frozen=True, slots=True)
class Target:
    """What must hold; what is None is not asked for. Shares count all who came."""

    share: float | None = None
    within: float = 20.0
    """`share` of the contacts are taken within so many seconds."""
    wait: float | None = None
    abandoned: float | None = None
    occupancy: float = 1.0

    def met(self, by: Expected) -> bool:
        """Whether it holds."""
        return (
            (self.share is None or by.within >= self.share)
            and (self.wait is None or by.wait <= self.wait)
            and (self.abandoned is None or by.abandoned <= self.abandoned)
            and by.occupancy <= self.occupancy
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What so many operators give. Without patience and with too few of them waits are endless."""

    operators: int
    waits: float
    """Share that is not taken at once."""
    wait: float
    """Mean wait of all, those who leave included."""
    within: float
    """Share taken within the target's seconds; who leaves is not."""
    abandoned: float
    occupancy: float


def expected(demand: Demand, operators: int, within: float = 20.0) -> Expected:
    """What `operators` give to this demand."""
    load = demand.load
    if load == 0:
        return Expected(operators, 0.0, 0.0, 1.0, 0.0, 0.0)
    if operators <= 0:
        gone = 1.0 if demand.patience is not None else 0.0
        return Expected(0, 1.0, demand.patience or inf, 0.0, gone, 1.0)
    if demand.patience is None:
        return _erlang_c(load, demand.talk, operators, within)
    return _erlang_a(demand, demand.patience, operators, within)


def needed(demand: Demand, target: Target) -> Expected:
    """The fewest operators that meet the target. Raises ValueError where `MOST` do not."""
    if demand.load == 0:
        return expected(demand, 0, target.within)
    low, high = 0, max(1, min(MOST, ceil(demand.load)))
    while not target.met(expected(demand, high, target.within)):
        if high == MOST:
            raise ValueError(f"not even {MOST} operators are enough")
        low, high = high, min(MOST, 2 * high)
    while high - low > 1:  # everything asked for gets better with every operator
        middle = (low + high) // 2
        if target.met(expected(demand, middle, target.within)):
            high = middle
        else:
            low = middle
    return expected(demand, high, target.within)


def scheduled(operators: int, shrinkage: float) -> int:
    """How many to plan where this share of paid time is breaks, training and sickness."""
    return ceil(operators / (1 - shrinkage) - 1e-9)


def _inverse_erlang_b(operators: int, load: float) -> float:
    """1 / the share that finds all busy where nobody waits; `inf` where that is nothing."""
    inverse = 1.0
    for number in range(1, operators + 1):
        inverse = 1.0 + number / load * inverse
    return inverse


def _erlang_c(load: float, talk: float, operators: int, within: float) -> Expected:
    if load >= operators:
        return Expected(operators, 1.0, inf, 0.0, 0.0, 1.0)
    busy = load / operators
    waits = 1.0 / (busy + (1.0 - busy) * _inverse_erlang_b(operators, load))
    spare = operators - load
    late = waits * exp(-spare * within / talk)
    return Expected(operators, waits, waits * talk / spare, 1.0 - late, 0.0, busy)


def _erlang_a(demand: Demand, patience: float, operators: int, within: float) -> Expected:
    rate, leave = demand.arrivals / demand.interval, 1.0 / patience
    serve = operators / demand.talk

    def density(at: float) -> float:
        """Logarithm of the density of the wait one with endless patience would have, unscaled."""
        return -rate * patience * expm1(-leave * at) - serve * at

    # Its peak is where arrivals that stay are as many as are served.
    peak = patience * log(rate / serve) if rate > serve else 0.0
    total = partial(_integral, _Hill.of(density, peak))
    mass, height = total(inf, lambda _: 1.0), density(peak)
    # Against the states with a free operator, in units of the one with a single free operator.
    free = log(_inverse_erlang_b(operators - 1, demand.load))
    waits = _logistic(log(rate * mass) + height - free)
    abandoned = waits * total(inf, lambda at: -expm1(-leave * at)) / mass
    taken = 1.0 - waits + waits * total(within, lambda at: exp(-leave * at)) / mass
    return Expected(
        operators, waits, abandoned * patience, min(1.0, max(0.0, taken)), abandoned,
        min(1.0, demand.load * (1.0 - abandoned) / operators),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Hill:
    """Where a log-concave density is more than nothing, and how steep it is beside its peak."""

    density: Callable[[float], float]
    peak: float
    width: float
    low: float
    high: float

    @classmethod
    def of(cls, density: Callable[[float], float], peak: float) -> _Hill:
        """Look for its feet from its peak."""
        top = density(peak)
        high = _foot(density, top - _NEGLIGIBLE, peak)
        low = 0.0
        if density(0.0) < top - _NEGLIGIBLE:
            low = _crossing(density, top - _NEGLIGIBLE, 0.0, peak)
        return cls(density, peak, _foot(density, top - 1.0, peak) - peak, low, high)


def _foot(f: Callable[[float], float], level: float, peak: float) -> float:
    step = 1.0
    while f(peak + step) > level:
        step *= 2
    return _crossing(f, level, peak + step, peak)


def _crossing(f: Callable[[float], float], level: float, below: float, above: float) -> float:
    for _ in range(60):
        middle = (below + above) / 2
        if f(middle) < level:
            below = middle
        else:
            above = middle
    return below


def _integral(hill: _Hill, until: float, weight: Callable[[float], float]) -> float:
    """Of weight times density up to `until`, scaled by the peak.

    Simpson over x in `peak + width * sinh(x)`: fine steps beside the peak, wide ones in the tails.
    """
    peak, width = hill.peak, hill.width
    high = min(hill.high, until)
    if high <= hill.low:
        return 0.0
    top, start = hill.density(peak), asinh((hill.low - peak) / width)
    step = (asinh((high - peak) / width) - start) / _PANELS
    total = 0.0
    for number in range(_PANELS + 1):
        x = start + number * step
        at = max(0.0, peak + width * sinh(x))
        factor = 1 if number in (0, _PANELS) else 4 if number % 2 else 2
        total += factor * weight(at) * exp(hill.density(at) - top) * width * cosh(x)
    return total * step / 3


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + exp(-x)) if x > -_LARGEST else 0.0


_LARGEST = 700.0
