"""Play a fixed history of a busy house and print every decision: for comparing interpreters."""

from __future__ import annotations

import random
import sys

from routing.engine import Engine
from routing.model import Tick
from tests.routing.actions import MEDIA, OPERATORS, QUEUES, World


def main() -> None:
    chance = random.Random(7)
    world = World()
    engine = Engine()
    for _ in range(2000):
        world.now += chance.randrange(5_000)
        match chance.randrange(10):
            case 0 | 1 | 2 | 3:
                queue, medium = chance.choice(QUEUES), chance.choice(sorted(MEDIA))
                preferred = chance.choice([None, None, *OPERATORS])
                world.arrive(queue, medium, 60 * chance.randrange(3), preferred, 30)
            case 4 | 5:
                world.accept(chance.randrange(100))
            case 6 | 7:
                world.finish(chance.randrange(100))
            case 8:
                world.decline(chance.randrange(100))
            case _:
                world.presence(chance.choice(OPERATORS), chance.choice(["ready", "ready", "break"]))
        for state in world.told():
            engine.observe(state, world.now)
        for decision in engine.apply(Tick(), world.now):
            sys.stdout.write(f"{decision}\n")
            if not world.rows.take(decision):
                raise AssertionError(decision)
    sys.stdout.write(f"{engine.snapshot()}\n")


if __name__ == "__main__":
    main()
