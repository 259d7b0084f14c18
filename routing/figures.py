"""What supervisors ask of a day, from the fates of its visits; means and their confidence.

Spans are seconds, shares are per cent of all who came unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt
from statistics import mean, stdev

from routing.simulation import Fate, Shift

Kind = tuple[str, str]
"""(queue, medium); "" for all of them, where a queue has several."""
Figures = dict[str, float]
ALL: Kind = ("", "")
NAMES = (
    "came", "service_level", "mean_wait", "p95_wait", "abandoned", "overflow", "waiting",
    "relaxed", "overtakes", "preferred_hit", "missed_offers", "occupancy",
)  # fmt: skip
"""`came` and `missed_offers` are counts; `service_level`: taken in time; `overflow`: moved by a
ladder or a closed door; `waiting`: not served at the end; `relaxed` and `overtakes`: per cent of
those taken, for whom less was asked, and who passed somebody; `preferred_hit`: of those who were
for somebody and taken; `occupancy`: how busy those who took them were, with whatever it was, of the
time they were there. What there was nothing of is left out."""

# Student's t for 95 % on both sides, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
_T = (
    inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
    2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060,
    2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def figures(fates: Iterable[Fate], within_ms: int) -> dict[Kind, Figures]:
    """Of every queue and medium, and of `ALL`."""
    return {kind: _figures(of, within_ms) for kind, of in grouped(fates).items()}


def grouped(fates: Iterable[Fate]) -> dict[Kind, list[Fate]]:
    """All, then queue by queue: as a whole where it has several media, and medium by medium."""
    queues: dict[str, dict[str, list[Fate]]] = {}
    everything: list[Fate] = []
    for fate in fates:
        media = queues.setdefault(fate.visit.queue_id, {})
        media.setdefault(fate.visit.medium, []).append(fate)
        everything.append(fate)
    found = {ALL: everything}
    for queue, media in sorted(queues.items()):
        if len(media) > 1:
            found[queue, ""] = [fate for of in media.values() for fate in of]
        found |= {(queue, medium): media[medium] for medium in sorted(media)}
    return found


def _figures(fates: Sequence[Fate], within_ms: int) -> Figures:
    taken = [one for one in fates if one.end == "taken"]
    waits = sorted(one.wait_ms / 1000 for one in fates if one.end in ("taken", "abandoned"))
    wanted = [one for one in taken if one.visit.preferred_id is not None]
    found: Figures = {"came": len(fates), "missed_offers": sum(one.missed for one in fates)}
    if waits:
        found["mean_wait"] = mean(waits)
        found["p95_wait"] = waits[ceil(0.95 * len(waits)) - 1]
    shares = {
        "service_level": (sum(one.wait_ms <= within_ms for one in taken), fates),
        "abandoned": (sum(one.end == "abandoned" for one in fates), fates),
        "overflow": (sum(one.moved for one in fates), fates),
        "waiting": (sum(one.end == "waiting" for one in fates), fates),
        "relaxed": (sum(one.relaxed for one in taken), taken),
        "overtakes": (sum(one.overtook > 0 for one in taken), taken),
        "preferred_hit": (
            sum(one.operator_id == one.visit.preferred_id for one in wanted), wanted,
        ),
    }  # fmt: skip
    found |= {name: 100 * part / len(of) for name, (part, of) in shares.items() if of}
    return found


def occupancy(shifts: Mapping[str, Shift]) -> Figures:
    """Per cent of their time that operators were busy, by operator."""
    return {
        name: 100 * shift.busy_ms / shift.present_ms
        for name, shift in sorted(shifts.items())
        if shift.present_ms
    }


def busy(fates: Iterable[Fate], shifts: Mapping[str, Shift]) -> float | None:
    """Per cent of their time that those who took these were busy; None where nobody did."""
    takers = {one.operator_id for one in fates if one.operator_id is not None}
    mine = [shifts[name] for name in sorted(takers) if name in shifts]
    present = sum(shift.present_ms for shift in mine)
    return 100 * sum(shift.busy_ms for shift in mine) / present if present else None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of replications; the truth is within `± half` of it in 95 of 100 cases.

    `half` is None where one replication says nothing of the others.
    """

    value: float
    half: float | None

    @property
    def certain(self) -> bool:
        """Whether it differs from 0 by more than chance."""
        return self.half is not None and abs(self.value) > self.half


def average(values: Sequence[float]) -> Mean:
    """Of one figure in several replications."""
    count = len(values)
    if count == 1:
        return Mean(values[0], None)
    t = _T[count - 1] if count <= len(_T) else 1.96 + 2.5 / (count - 1)
    return Mean(mean(values), t * stdev(values) / sqrt(count))


def averages(runs: Sequence[Figures]) -> dict[str, Mean]:
    """Of every figure, over the replications that have it."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: average([run[name] for run in runs if name in run]) for name in names}


def differences(runs: Sequence[Figures], others: Sequence[Figures]) -> dict[str, Mean]:
    """First minus second, replication by replication: both met the same clients."""
    pairs = list(zip(runs, others, strict=True))
    return averages([{n: one[n] - two[n] for n in one if n in two} for one, two in pairs])
