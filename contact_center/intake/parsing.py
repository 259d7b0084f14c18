"""Large requests and letters are read in processes aside, limited in memory, time and count.

A parser that eats all of these takes only its process along: the request counts as malformed, and
everybody else's go on. A process is started by the first request that needs one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from channels.contract import (
    Deps,
    Parses,
    Received,
    Verifies,
    WebhookChannel,
    WebhookRequest,
)
from channels.errors import ChannelError, Malformed
from channels.messages import Medium
from channels.registry import provider
from contact_center.intake.model import LiveAccount
from contact_center.kernel.errors import Unavailable

LARGE = 64 * 1024
TASKS = 1000  # then the process is replaced: whatever it has leaked goes with it
MEMORY_BYTES = 1024 * 1024 * 1024  # address space, libraries included
CPU_SECONDS = 10
WAIT_SECONDS = 20.0
PROCESSES = 2
WAITING = 64  # requests in line for a process; more are asked to come again
PATIENT = 8  # of these, what came in already: it never fills the line

Recipe = tuple[str, str, str]  # provider, account and settings: a channel to be built again


class Parsers:
    """Reads requests: small ones here and at once, large ones and all letters in a process aside.

    Each of the few processes reads one request at a time, so one that is killed over its limits
    takes nobody else's request along, and the next one does not wait for it. Who finds the line
    full, or waits in it for as long as a request may take, hears Unavailable: nothing was read.
    """

    def __init__(
        self, *, large: int = LARGE, wait: float = WAIT_SECONDS, count: int = PROCESSES,
        waiting: int = WAITING,
    ) -> None:  # fmt: skip
        self._large = large
        self._wait = wait
        self._places = asyncio.Semaphore(count)
        self._patient = asyncio.Semaphore(PATIENT)
        self._free = waiting
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()

    def at_once(self, account: LiveAccount, request: WebhookRequest) -> Received | None:
        """What the channel makes of a small request; None for what `receive` has to read.

        Raises Refused or Malformed.
        """
        if self._is_aside(account, request):
            return None
        return cast("WebhookChannel", account.channel).receive(request)

    def _is_aside(self, account: LiveAccount, request: WebhookRequest) -> bool:
        return len(request.body) > self._large or account.medium == Medium.MAIL

    async def receive(self, account: LiveAccount, request: WebhookRequest) -> Received:
        """What the account's channel makes of it. Raises Refused, Malformed or Unavailable."""
        received = self.at_once(account, request)
        if received is not None:
            return received
        if isinstance(account.channel, Verifies):
            account.channel.verify(request)  # strangers do not get the processes to work for them
        return await self._aside(_recipe(account), request, "receive")

    async def read(self, account: LiveAccount, request: WebhookRequest) -> Received:
        """What the channel makes of something it fetched itself. Raises as `receive` does."""
        async with self._patient:
            return await self._aside(_recipe(account), request, "parse")

    async def again(self, account: LiveAccount, request: WebhookRequest) -> Received:
        """What the channel makes of a request that was proven when it came: nobody asks again.

        Its signature is old by now, and what was fetched never had one. Raises as `receive` does.
        """
        if not isinstance(account.channel, Parses):
            return await self.receive(account, request)
        if self._is_aside(account, request):
            return await self.read(account, request)
        return account.channel.parse(request)

    async def part(self, account: LiveAccount, raw: bytes, ref: str) -> bytes:
        """A file that lies inside a raw request.

        Raises Rejected, Malformed over the limits, or Unavailable.
        """
        async with self._patient:
            found: bytes = await self._run(_part, _recipe(account), raw, ref)
        return found

    async def _aside(self, recipe: Recipe, request: WebhookRequest, how: str) -> Received:
        plain = replace(request, headers={k.lower(): v for k, v in request.headers.items()})
        received: Received = await self._run(_read, recipe, plain, how)
        return received

    async def _run(self, work: Callable[..., Any], *args: Any) -> Any:
        async with self._place():
            try:
                return await self._try(work, *args)
            except TimeoutError:  # a busy machine: what is poison uses up its processor time
                pass
            try:
                return await self._try(work, *args)
            except TimeoutError as error:
                raise Malformed("could not be read within the time it is given") from error

    async def _try(self, work: Callable[..., Any], *args: Any) -> Any:
        """Raises TimeoutError, ChannelError, or Malformed over the other limits."""
        process = self._idle.pop() if self._idle else _Process()
        self._busy.add(process)
        unharmed = False
        try:
            async with asyncio.timeout(self._wait):
                done = await process.run(work, *args)
            unharmed = True
        except ChannelError:
            unharmed = True
            raise
        except (BrokenProcessPool, MemoryError) as error:
            raise Malformed(f"could not be read within the limits: {error!r}") from error
        else:
            return done
        finally:
            self._busy.discard(process)
            if unharmed and process.left > 0:
                self._idle.append(process)
            else:  # worn out, or at work still: cancelled, over its limits
                process.kill()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Stand in the line until it is our turn. Raises Unavailable."""
        if self._free <= 0:
            raise Unavailable("too many requests wait to be read", retry_after=5)
        self._free -= 1
        try:
            async with asyncio.timeout(self._wait):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("this has waited too long to be read", retry_after=5) from None
        finally:
            self._free += 1
        try:
            yield
        finally:
            self._places.release()

    def close(self) -> None:
        """End the processes, whatever they do."""
        for process in (*self._idle, *self._busy):
            process.kill()
        self._idle.clear()


def _recipe(account: LiveAccount) -> Recipe:
    return account.provider, str(account.id), account.settings.model_dump_json()


class _Process:
    """One process aside. It is given up after TASKS requests: what it has leaked goes with it.

    Not by the executor's own `max_tasks_per_child`: on Python 3.11 that sometimes starts no
    successor, and the request behind it waits for ever (python/cpython issue 115634).
    """

    def __init__(self) -> None:
        self.left = TASKS
        self._pool = ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
        )

    async def run(self, work: Callable[..., Any], *args: Any) -> Any:
        self.left -= 1
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    def kill(self) -> None:
        """End it, whatever it does."""
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - no public way
            process.kill()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory()


def _end_with_parent() -> None:
    """Where the service is killed nobody is left to end its processes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(recipe: Recipe, request: WebhookRequest, how: str) -> Received:
    _limit_time()
    received: Received = getattr(_channel(*recipe), how)(request)
    return received


def _part(recipe: Recipe, raw: bytes, ref: str) -> bytes:
    _limit_time()
    found: bytes = _channel(*recipe).part(raw, ref)
    return found


def _limit_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, hard))


@lru_cache(maxsize=32)
def _channel(name: str, account_id: str, settings: str) -> Any:
    found = provider(name)
    return found.build(found.Settings.model_validate_json(settings), Deps(account_id))
