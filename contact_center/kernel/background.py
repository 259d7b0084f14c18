"""Tasks that must go on for as long as the service does.

A task that fails is started again after a pause that grows while it keeps failing, so an outage
of the database or of a provider ends without anybody's help.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.log import get_logger

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
HEALTHY_AFTER = 30.0
"""Seconds a task must have run for its next failure to count as the first."""

log = get_logger(__name__)


class Background:
    """The service's standing tasks; closed in the reverse order of their start."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(
        self, name: str, work: Callable[[], Awaitable[None]], *, longest: float = LONGEST_PAUSE
    ) -> None:
        """Run `work()` until it returns, is cancelled by `close`, or the process ends.

        `longest`: the pause, in seconds, to which those between failures grow.
        """
        self._tasks[name] = asyncio.create_task(_keep(name, work, longest), name=name)

    async def close(self, seconds: float = 5.0) -> None:
        """Cancel all tasks and wait for them, each at most `seconds`."""
        for task in reversed(self._tasks.values()):
            task.cancel()
            await asyncio.wait([task], timeout=seconds)
        self._tasks.clear()


async def _keep(name: str, work: Callable[[], Awaitable[None]], longest: float) -> None:
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await work()
        except Unavailable as error:
            log.warning("task_waits", task=name, reason=str(error))
        except Exception:
            log.exception("task_failed", task=name)
        else:
            return
        if loop.time() - began > HEALTHY_AFTER:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
        pause = min(pause * 2, longest)
