"""Large requests are read in a process of their own, with limits on memory, time and count.

A parser that eats all of these takes only its process along: the request counts as malformed, and
everybody else's go on. The process is started by the first large request.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from channels.contract import Deps, Received, WebhookChannel, WebhookRequest
from channels.errors import Malformed
from channels.registry import provider
from contact_center.intake.model import LiveAccount

LARGE = 64 * 1024
TASKS = 200  # then the process is replaced: whatever it has leaked goes with it
MEMORY_BYTES = 1024 * 1024 * 1024  # address space, libraries included
CPU_SECONDS = 10
WAIT_SECONDS = 20.0


class Parsers:
    """Reads requests: small ones here and at once, large ones in the limited process."""

    def __init__(self, *, large: int = LARGE, wait: float = WAIT_SECONDS) -> None:
        self._large = large
        self._wait = wait
        self._pool: ProcessPoolExecutor | None = None

    def at_once(self, account: LiveAccount, request: WebhookRequest) -> Received | None:
        """What the channel makes of a small request; None for a large one, which `receive` reads.

        Raises Refused or Malformed.
        """
        if len(request.body) > self._large:
            return None
        return cast("WebhookChannel", account.channel).receive(request)

    async def receive(self, account: LiveAccount, request: WebhookRequest) -> Received:
        """What the account's channel makes of it. Raises Refused or Malformed."""
        received = self.at_once(account, request)
        if received is not None:
            return received
        recipe = (account.provider, str(account.id), account.settings.model_dump_json())
        return await self._aside(recipe, request)

    async def _aside(self, recipe: tuple[str, str, str], request: WebhookRequest) -> Received:
        pool = self._pool = self._pool or _start()
        try:
            plain = replace(request, headers={k.lower(): v for k, v in request.headers.items()})
            future = asyncio.get_running_loop().run_in_executor(pool, _read, recipe, plain)
            return await asyncio.wait_for(future, self._wait)
        except (BrokenProcessPool, TimeoutError, MemoryError) as error:
            self.close()
            raise Malformed(f"could not be read within the limits: {error!r}") from error

    def close(self) -> None:
        """End the process, whatever it does."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001 - no public way
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _start() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_limit_memory,
        max_tasks_per_child=TASKS,
    )


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(recipe: tuple[str, str, str], request: WebhookRequest) -> Received:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, hard))
    received: Received = _channel(*recipe).receive(request)
    return received


@lru_cache(maxsize=32)
def _channel(name: str, account_id: str, settings: str) -> Any:
    found = provider(name)
    return found.build(found.Settings.model_validate_json(settings), Deps(account_id))
