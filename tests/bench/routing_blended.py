"""One pool for calls and chats: do calls starve although a fifth of the pool is free?

30 operators of 100 points, a call takes them all, a chat 20; half of the load is chats, callers
wait 300 s on average. The rule of many peers, fewest open chats first, meets the same clients.
"""

from __future__ import annotations

from tests.bench._report import report
from tests.bench._routing_queue import Kind, Simulation

OPERATORS, LOAD, CONTACTS = 30, 0.8, 40_000
TALK, CHAT = 240.0, 600.0
SEEDS = (1, 2, 3)
REPORTS = ("routing_blended_abandoned",)


def kinds() -> list[Kind]:
    half = OPERATORS * 100 * LOAD / 2  # points busy with each medium, on average
    return [
        Kind("voice", 100, 100 * TALK / half, TALK, 300.0),
        Kind("chat", 20, 20 * CHAT / half, CHAT),
    ]


def run(strategy: str) -> tuple[float, float, float]:
    """(% of calls abandoned, mean wait of calls, mean wait of chats)."""
    calls, chats = [], []
    for seed in SEEDS:
        results = Simulation(OPERATORS, kinds(), strategy, seed).run(CONTACTS)
        calls.append(results["voice"])
        chats.append(results["chat"])
    count = len(SEEDS)
    return (
        100 * sum(one.p_abandon for one in calls) / count,
        sum(one.mean for one in calls) / count,
        sum(one.mean for one in chats) / count,
    )


async def main() -> None:
    ours, theirs = run("automatic"), run("least_loaded")
    report(
        "routing_blended_abandoned", ours[0], 3,
        f"% of calls at load {LOAD}, calls wait {ours[1]:.1f} s, chats {ours[2]:.1f} s; least "
        f"loaded first: {theirs[0]:.1f} %, {theirs[1]:.0f} s, {theirs[2]:.1f} s",
        lower=True,
    )  # fmt: skip
