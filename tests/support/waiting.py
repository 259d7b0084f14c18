"""Waiting for something to become true, with a limit far above what it takes."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

PATIENCE = 60.0  # seconds; a loaded machine may stand still for some of them
SELDOM = 0.05


async def eventually(
    condition: Callable[[], Any | Awaitable[Any]],
    *,
    seconds: float = PATIENCE,
    every: float = 0.01,
) -> Any:
    """Ask until the answer is true, and return it; fails with what was asked.

    The longer it takes the less often it asks: what is waited for needs the machine as well.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(f"did not become true in {seconds} s: {_source(condition)}")
        await asyncio.sleep(every)
        every = max(every, min(SELDOM, every * 1.2))


def _source(condition: Callable[[], Any]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except OSError:
        return repr(condition)
