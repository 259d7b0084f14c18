"""A process aside that reads what nobody trusts, limited in memory and time.

It takes a few calls at a time over a socket and answers them together; which one it is at can be
seen from here without asking it. A call that is too much for it takes the process along, nothing
else. It ends when its parent does.
"""

from __future__ import annotations

import asyncio
import gc
import mmap
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from channels.errors import ChannelError

TASKS = 10_000  # then the process is replaced with what it has leaked: to start one takes a second
MEMORY_BYTES = 1024 * 1024 * 1024  # address space, libraries included
CPU_SECONDS = 10  # of one call
HEAD = 8
AT_ONCE = 256 * 1024  # bytes that are packed or unpacked on the event loop

Call = tuple[Callable[..., Any], tuple[Any, ...]]


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
                    [sys.executable, "-m", __name__, *map(str, fds)],
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
        body = await asyncio.to_thread(pickle.dumps, given) if large else pickle.dumps(given)
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
            answers: list[Any] = pickle.loads(packed)  # noqa: S301 - ours
        else:
            answers = await asyncio.to_thread(pickle.loads, packed)
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


def main(wire: int, shared: int) -> None:
    """Answer groups of calls until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that is for the parent
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    at = mmap.mmap(shared, 1)
    gc.set_threshold(20_000, 20, 50)  # a letter makes many objects, and hardly a cycle
    with socket.socket(fileno=wire) as parent, parent.makefile("rwb") as stream:
        while head := stream.read(HEAD):
            calls: list[Call] = pickle.loads(stream.read(int.from_bytes(head)))  # noqa: S301 - ours
            answers = []
            for number, call in enumerate(calls):
                at[0] = number + 1
                answers.append(_answer(call))
            _tell(stream, answers)


def _answer(call: Call) -> Any:
    _limit_time()
    work, args = call
    try:
        return work(*args)
    except (ChannelError, MemoryError) as error:
        return error
    except Exception as error:  # noqa: BLE001 - a fault of ours; whatever it is must fit the wire
        return RuntimeError(f"{type(error).__name__}: {error}")


def _tell(stream: Any, answers: list[Any]) -> None:
    body = pickle.dumps(answers)
    stream.write(len(body).to_bytes(HEAD))
    stream.write(body)
    stream.flush()


_limited = -1  # seconds of processor time used when it was last limited


def _limit_time() -> None:
    """To set a limit takes the system a while: only where it would be another one."""
    global _limited  # noqa: PLW0603 - one process, one limit
    spent = int(time.process_time())
    if spent == _limited:
        return
    _limited = spent
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
