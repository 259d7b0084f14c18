"""Large requests and letters are read in processes aside, limited in memory, time and count.

A parser that eats all of these takes only its process along: the request counts as malformed, and
everybody else's go on. A process is started by the first request that needs one. What waits is
handed over in small groups, so the more there is, the less a request costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast

from channels.contract import (
    Parses,
    Reader,
    Reads,
    Received,
    Verifies,
    WebhookChannel,
    WebhookRequest,
    offers,
)
from channels.errors import Malformed
from channels.messages import Medium
from contact_center.intake.aside import Aside, Ended
from contact_center.intake.aside_process import Call
from contact_center.intake.model import LiveAccount
from contact_center.intake.reading import Recipe, part, read
from contact_center.kernel.errors import Unavailable

LARGE = 64 * 1024
WAIT_SECONDS = 20.0
PROCESSES = 2
WAITING = 64  # requests in line for a process; more are asked to come again
PATIENT = 8  # of these, what came in already: it never fills the line
GROUP = 8  # requests a process is given at once
GROUP_BYTES = 256 * 1024  # of all of them; a larger one goes alone
GATHER_SECONDS = 0.004  # so long less than a group waits for more of it
HURRY_SECONDS = 0.1  # so long it waits for a process that is at work already
SILENCE_SECONDS = 0.25  # so long the others of a group wait for one


@dataclass(slots=True, eq=False, repr=False)
class _Task:
    """A request in the line or being read. Shown without what it carries: that may be megabytes."""

    call: Call
    size: int
    done: asyncio.Future[Any]
    since: float  # of the loop's clock
    patience: asyncio.TimerHandle | None = None
    alone: bool = False  # not to be grouped, and in the line again if it was in a group
    tries: int = 0

    def begin(self) -> bool:
        """Whether anybody still waits for it; he will no more grow tired of the line."""
        if self.patience is not None:
            self.patience.cancel()
        return not self.done.done()

    def end(self, answer: Any) -> None:
        if self.done.done():
            return
        if isinstance(answer, MemoryError):
            answer = Malformed("could not be read within the limits: out of memory")
        if isinstance(answer, BaseException):
            self.done.set_exception(answer)
        else:
            self.done.set_result(answer)


class _Silence:
    """Asks again and again, until it is told that the matter is settled."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._timer = asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._again)

    def _again(self) -> None:
        if not self._ask():
            self._timer = asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._again)

    def end(self) -> None:
        self._timer.cancel()


class Parsers:
    """Reads requests: small ones here and at once, large ones and all letters in a process aside.

    A request that is killed over its limits takes nobody else's along: those that shared its group
    are read again, each alone, and do not wait for it either. Who finds the line full, or waits in
    it for as long as a request may take, hears Unavailable: nothing was read.
    """

    def __init__(
        self, *, large: int = LARGE, wait: float = WAIT_SECONDS, count: int = PROCESSES,
        waiting: int = WAITING,
    ) -> None:  # fmt: skip
        self._large = large
        self._wait = wait
        self._count = count
        self._waiting = waiting
        self._patient = asyncio.Semaphore(PATIENT)
        self._line: deque[_Task] = deque()
        self._idle: list[Aside] = []
        self._busy: dict[asyncio.Task[None], Aside] = {}
        self._hurry: asyncio.TimerHandle | None = None
        self._hurry_at = 0.0
        self._closed = False

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
        how, kind = "receive", type(account.channel)
        if offers(kind, Verifies):
            # Strangers do not get the processes to work for them.
            cast("Verifies", account.channel).verify(request)
            how = "parse" if offers(kind, Parses) else how  # it is proven by now
        return await self._aside(account, request, how)

    async def read(self, account: LiveAccount, request: WebhookRequest) -> Received:
        """What the channel makes of something it fetched itself. Raises as `receive` does."""
        async with self._patient:
            return await self._aside(account, request, "parse")

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
            found: bytes = await self._run(len(raw), part, _by(account, "part"), raw, ref)
        return found

    async def _aside(self, account: LiveAccount, request: WebhookRequest, how: str) -> Received:
        plain = replace(request, headers={k.lower(): v for k, v in request.headers.items()})
        received: Received = await self._run(len(request.body), read, _by(account, how), plain, how)
        return received

    async def _run(self, size: int, work: Callable[..., Any], *args: Any) -> Any:
        if self._closed or len(self._line) >= self._waiting:
            raise Unavailable("too many requests wait to be read", retry_after=5)
        loop = asyncio.get_running_loop()
        task = _Task((work, args), size, loop.create_future(), loop.time())
        tired = Unavailable("this has waited too long to be read", retry_after=5)
        task.patience = loop.call_later(self._wait, task.end, tired)
        self._line.append(task)
        try:
            self._serve()
            return await task.done
        except OSError as error:
            raise Unavailable(f"no process can be started: {error}", retry_after=5) from error
        finally:
            task.begin()
            with suppress(ValueError):  # given up while it waited
                self._line.remove(task)

    def _serve(self) -> None:
        """Give the free processes what waits."""
        while self._line and len(self._busy) < self._count and not self._closed:
            if not self._pressing():
                return
            process = self._idle.pop() if self._idle else Aside()
            group = self._take()
            if not group:
                self._idle.append(process)
                return
            serving = asyncio.create_task(self._read(process, group))
            self._busy[serving] = process
            serving.add_done_callback(self._served)

    def _pressing(self) -> bool:
        """Whether what waits is to be read at once.

        Small groups cost whoever stores them most: what comes with the answers to the last group
        makes one group with what waits, and a few letters more one of a group that begins soon.
        """
        if len(self._line) >= GROUP or any(task.alone for task in self._line):
            return True
        loop, first = asyncio.get_running_loop(), self._line[0]
        due = first.since + (HURRY_SECONDS if self._busy else GATHER_SECONDS)
        if due <= loop.time():
            return True
        if self._hurry is None or self._hurry_at > due:
            if self._hurry is not None:
                self._hurry.cancel()
            self._hurry, self._hurry_at = loop.call_at(due, self._hurried), due
        return False

    def _hurried(self) -> None:
        self._hurry = None
        self._serve()

    def _served(self, serving: asyncio.Task[None]) -> None:
        process = self._busy.pop(serving)
        if serving.cancelled() or serving.exception() or process.left <= 0:
            process.kill()  # worn out, over its limits, or at work still
        else:
            self._idle.append(process)
        self._serve()

    def _take(self) -> list[_Task]:
        """The next of the line, as many as may be in a group."""
        group: list[_Task] = []
        size = 0
        while self._line and len(group) < GROUP:
            task = self._line[0]
            size += task.size
            if group and (task.alone or group[0].alone or size > GROUP_BYTES):
                break
            self._line.popleft()
            if task.begin():
                group.append(task)
        return group

    async def _read(self, process: Aside, group: Sequence[_Task]) -> None:
        """Raises what has harmed the process."""
        silence = _Silence(lambda: self._part_with(process, group))
        try:
            async with asyncio.timeout(self._wait):
                calls, size = [task.call for task in group], sum(task.size for task in group)
                answers = await process.run(calls, large=size > GROUP_BYTES)
        except (Ended, TimeoutError) as error:
            self._blame(process.at, group, error)
            raise
        finally:
            silence.end()
        for task, answer in zip(group, answers, strict=True):
            task.end(answer)
        for answer in answers:
            if isinstance(answer, MemoryError):
                raise answer

    def _part_with(self, process: Aside, group: Sequence[_Task]) -> bool:
        """One of a group takes long: the others are to be read without it.

        False while none is begun: a new process takes its time to start.
        """
        if process.at is None:
            return False
        self._alone([task for number, task in enumerate(group) if number != process.at])
        return True

    def _blame(self, at: int | None, group: Sequence[_Task], error: Exception) -> None:
        """Only the one it was busy with has harmed the process; the others are read again."""
        if self._closed:
            for task in group:
                task.end(Unavailable("this node is stopping", retry_after=5))
            return
        culprit = group[at or 0]
        late = isinstance(error, TimeoutError)
        culprit.tries += 1
        if culprit.tries > 1 and at is None:
            culprit.end(Unavailable("the processes that read do not start", retry_after=5))
        elif culprit.tries > 1 or not (late or at is None):
            what = "time it is given" if late else f"limits: {error}"
            culprit.end(Malformed(f"could not be read within the {what}"))
        # Else it is tried once more: what is poison uses up its processor time, not that of others.
        self._alone([task for task in group if not task.alone or task is culprit])

    def _alone(self, tasks: Sequence[_Task]) -> None:
        for task in tasks:
            if not task.done.done():
                task.alone = True
                self._line.appendleft(task)
        self._serve()

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._closed = True
        for process in (*self._idle, *self._busy.values()):
            process.kill()
        self._idle.clear()
        for task in self._line:
            task.end(Unavailable("this node is stopping", retry_after=5))


def _by(account: LiveAccount, how: str) -> Reader | Recipe:
    """What reads there for the account."""
    if how != "receive" and offers(type(account.channel), Reads):
        return cast("Reads", account.channel).reader()
    return account.provider, str(account.id), account.settings.model_dump_json()
