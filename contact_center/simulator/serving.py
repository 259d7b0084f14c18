"""A fake provider on a port of this machine alone, and answers that break off."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import web

LAST_PRIVILEGED = 1023
KEPT_BYTES = 128 * 1024 * 1024  # of files, in each fake: it may run for days


class Room:
    """For so many things at most, and for `KEPT_BYTES` of them; the newest always finds a place."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: deque[int] = deque()
        self._bytes = 0

    def take(self, size: int) -> int:
        """One more comes in: how many of the oldest must go."""
        self._sizes.append(size)
        self._bytes += size
        gone = 0
        while len(self._sizes) > 1 and (len(self._sizes) > self._most or self._bytes > KEPT_BYTES):
            self._bytes -= self._sizes.popleft()
            gone += 1
        return gone


@contextlib.asynccontextmanager
async def served(application: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve it for as long as the block lasts, on this port where it is free; gives its address."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        yield await _listen(runner, port if port > LAST_PRIVILEGED else 0)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int) -> str:
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, found = runner.addresses[0][:2]
    return f"http://{host}:{found}"


async def half(request: web.Request, answer: bytes, status: int = 200) -> web.StreamResponse:
    """The first half of an answer in JSON; then the line is cut."""
    told = web.StreamResponse(status=status, headers={"Content-Length": str(len(answer))})
    told.content_type = "application/json"
    await told.prepare(request)
    await told.write(answer[: len(answer) // 2])
    if request.transport is not None:
        request.transport.close()
    return told
