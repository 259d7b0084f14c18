"""Waiting for something to become true, with a limit far above what it takes."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(
    condition: Callable[[], Any | Awaitable[Any]], *, seconds: float = 10.0, every: float = 0.01
) -> Any:
    """Ask until the answer is true, and return it; fails with what was asked."""
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


def _source(condition: Callable[[], Any]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except OSError:
        return repr(condition)
