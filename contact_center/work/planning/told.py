"""What a dry run found, as it is kept and shown: figures of each policy side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contact_center.work.planning import simulate
from contact_center.work.planning.simulate import Compared
from contact_center.work.planning.traffic import Seen
from routing.figures import ALL, Mean

SHOWN = ("came", "service_level", "mean_wait", "p95_wait", "abandoned", "occupancy", "overflow",
         "waiting", "relaxed", "missed_offers")  # fmt: skip
"""Of the figures those an administrator decides by, in this order."""
OPERATORS = 500
"""More are not kept: those whose time changes most."""


def result(seen: Sequence[Seen], done: Compared, *, within_ms: int) -> dict[str, Any]:
    """Per queue and medium and figure: as it was, and what the policies make of it."""
    was, table = simulate.as_it_was(seen, within_ms), done.table()
    kinds = [ALL, *(kind for kind in table if kind != ALL)]
    people = sorted(done.operators().items(), key=lambda one: -abs(one[1][-1].value))
    return {
        "replications": done.replications,
        "seen": len(seen),
        "kinds": [
            {
                "queue": kind[0], "medium": kind[1],
                "figures": {
                    name: {**_means(table[kind][name]), "was": was.get(kind, {}).get(name)}
                    for name in SHOWN if name in table[kind]
                },
            }
            for kind in kinds
        ],
        "operators": [
            {"operator_id": name, **_means(means)} for name, means in people[:OPERATORS]
        ],
    }  # fmt: skip


def _means(means: Sequence[Mean]) -> dict[str, Any]:
    draft, running, difference = means
    return {"draft": _mean(draft), "running": _mean(running), "difference": _mean(difference)}


def _mean(one: Mean) -> dict[str, Any]:
    """Rounded to what anybody reads; `certain` before that."""
    half = None if one.half is None else round(one.half, 3)
    return {"mean": round(one.value, 3), "half": half, "certain": one.certain}
