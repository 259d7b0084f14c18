"""Standing tasks outlive their failures."""

import asyncio

from contact_center.kernel.background import Background
from contact_center.kernel.errors import Unavailable


async def test_a_failing_task_is_started_again_and_a_finished_one_is_not() -> None:
    runs: list[str] = []

    async def fails_twice() -> None:
        runs.append("a")
        if len(runs) == 1:
            raise Unavailable("the database is away")
        if len(runs) == 2:
            raise ValueError("a fault")

    background = Background()
    background.start("a", fails_twice)
    for _ in range(200):
        if len(runs) == 3:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    assert len(runs) == 3
    await background.close()


async def test_closing_cancels_in_reverse_order_and_waits() -> None:
    ended: list[str] = []

    async def runs_on(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    background = Background()
    for name in ("first", "second"):
        background.start(name, lambda name=name: runs_on(name))
    await asyncio.sleep(0)
    await background.close()
    assert ended == ["second", "first"]
