"""A process aside that reads what nobody trusts, limited in memory and time.

It takes a few calls at a time over a socket and answers them together; which one it is at can be
seen from here without asking it. A call that is too much for it takes the process along, nothing
else. It ends when its parent does. What runs in there is `aside_process.py`.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

from contact_center.intake import aside_process, parcels
from contact_center.intake.aside_process import HEAD, Call

TASKS = 10_000  # then the process is replaced, with what it has leaked
AT_ONCE = 256 * 1024  # bytes that are packed or unpacked on the event loop
START = f"from {aside_process.__name__} import start; start()"


class Ended(Exception):
    """The process is gone: a call was over the limits, or somebody ended it."""


class Aside:
    """One process; `run` one group of calls at a time."""

    def __init__(self) -> None:
        self.left = TASKS
        self._wire: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        with tempfile.TemporaryFile() as shared:
            shared.truncate(1)
            self._at = mmap.mmap(shared.fileno(), 1)
            self._ours, theirs = socket.socketpair()
            fds = (theirs.fileno(), shared.fileno())
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - ourselves
                    [sys.executable, "-c", START, *map(str, fds)],
                    pass_fds=fds, stdin=subprocess.DEVNULL,
                    env=_environment(),
                )  # fmt: skip

    @property
    def at(self) -> int | None:
        """The place in its group of the call it is busy with; None before the first."""
        return self._at[0] - 1 if self._at[0] else None

    async def run(self, calls: Sequence[Call], *, large: bool = False) -> list[Any]:
        """What each call returns or raises, as a value. Raises Ended.

        `large`: there is more to hand over than should be packed on the event loop.
        """
        self.left -= len(calls)
        self._at[0] = 0
        given = list(calls)
        body = await asyncio.to_thread(parcels.dumps, given) if large else parcels.dumps(given)
        try:
            if self._wire is None:
                self._wire = await asyncio.open_connection(sock=self._ours, limit=2**20)
            reader, writer = self._wire
            writer.writelines((len(body).to_bytes(HEAD), body))
            await writer.drain()
            size = int.from_bytes(await reader.readexactly(HEAD))
            packed = await reader.readexactly(size)
        except (OSError, EOFError) as error:
            raise Ended(f"it was ended by {self._process.poll()}") from error
        if size < AT_ONCE:
            answers: list[Any] = parcels.loads(packed)
        else:
            answers = await asyncio.to_thread(parcels.loads, packed)
        return answers

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        if self._wire is not None:
            self._wire[1].transport.abort()
        self._ours.close()
        # Giving back its memory may take the system a while: not on the loop.
        threading.Thread(target=self._process.wait, daemon=True).start()


def _environment() -> dict[str, str]:
    """As here, but for our settings: who gets control over a parser finds no passwords in it."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
