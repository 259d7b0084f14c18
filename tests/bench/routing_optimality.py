"""The greedy match at the beginning of a shift against the best there is.

60 operators become ready at once (six of ten with one of eight skills, three with three, one with
all), while 40, 60 or 200 contacts wait for one skill each. The best match is scipy's.
"""

from __future__ import annotations

import random

import numpy as np
from scipy.optimize import linear_sum_assignment

from routing.engine import Engine
from routing.model import Offer, Operator, Queue, Work
from routing.policy import Policy
from tests.bench._report import report

SEEDS, OPERATORS, WAITING = 40, 60, (40, 60, 200)
SKILLS = [f"s{number}" for number in range(8)]
NOW = 10_000_000
REPORTS = ("routing_optimality_matched", "routing_optimality_waiting")


def floor(waiting: int, seed: int) -> tuple[list[Operator], list[Work]]:
    chance = random.Random(f"{waiting} {seed}")
    operators = []
    for number in range(OPERATORS):
        count = chance.choices([1, 3, 8], [6, 3, 1])[0]
        skills = dict.fromkeys(chance.sample(SKILLS, count), 3)
        idle = chance.randrange(1000)
        operators.append(
            Operator(f"o{number}", 1, "ready", 100, 0, {}, {}, idle, 0, (), skills=skills)
        )
    works = []
    for number in range(waiting):
        since = NOW - chance.randrange(1, 600_000)
        needs = ((chance.choice(SKILLS), 2),)
        works.append(
            Work(f"w{number}", 1, "q", "voice", 100, "waiting", number, since, since, needs=needs)
        )
    return operators, works


def greedy(operators: list[Operator], works: list[Work]) -> list[Work]:
    engine = Engine(Policy(exclusive=("voice",)))
    engine.tell([Queue("q", 1, members_only=False, strategy="automatic"), *works], NOW)
    engine.decide()
    engine.tell(operators, NOW)
    served = {one.work_id for one in engine.decide() if isinstance(one, Offer)}
    return [work for work in works if work.id in served]


def best(operators: list[Operator], works: list[Work], *, by_wait: bool) -> float:
    worth = np.zeros((len(works), len(operators)))
    for row, work in enumerate(works):
        ((skill, _),) = work.needs
        value = NOW - work.arrived_ms if by_wait else 1
        for column, one in enumerate(operators):
            if skill in one.skills:
                worth[row, column] = value
    return float(worth[linear_sum_assignment(worth, maximize=True)].sum())


async def main() -> None:
    matched, waited = {}, {}
    for waiting in WAITING:
        counts, spans = [], []
        for seed in range(SEEDS):
            operators, works = floor(waiting, seed)
            served = greedy(operators, works)
            counts.append(len(served) / best(operators, works, by_wait=False))
            wait = sum(NOW - work.arrived_ms for work in served)
            spans.append(wait / best(operators, works, by_wait=True))
        matched[waiting], waited[waiting] = sum(counts) / SEEDS, sum(spans) / SEEDS
    for name, found, target in (
        ("routing_optimality_matched", matched, 0.985),
        ("routing_optimality_waiting", waited, 0.99),
    ):
        said = ", ".join(f"{share:.4f} with {count}" for count, share in found.items())
        report(name, min(found.values()), target, f"least of {said} waiting")
