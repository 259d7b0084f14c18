"""What runs in a process aside (`aside.py`): it answers groups of calls until its parent hangs up.

To start it is to load this and what the calls need, so this needs next to nothing.
"""

from __future__ import annotations

import gc
import mmap
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from channels.errors import ChannelError
from contact_center.intake import parcels

MEMORY_BYTES = 1024 * 1024 * 1024  # address space, libraries included
CPU_SECONDS = 10  # of one call
HEAD = 8  # bytes that say how many come

Call = tuple[Callable[..., Any], tuple[Any, ...]]


def start() -> None:
    """Serve the file descriptors that the command line names."""
    main(int(sys.argv[1]), int(sys.argv[2]))


def main(wire: int, shared: int) -> None:
    """Answer groups of calls until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that is for the parent
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    at = mmap.mmap(shared, 1)
    gc.set_threshold(20_000, 20, 50)  # a letter makes many objects, and hardly a cycle
    with socket.socket(fileno=wire) as parent, parent.makefile("rwb") as stream:
        while head := stream.read(HEAD):
            calls: list[Call] = parcels.loads(stream.read(int.from_bytes(head)))
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
    body = parcels.dumps(answers)
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
