"""Work that a process aside gets to do, and does not always bear."""

from __future__ import annotations

import os
import time

from channels.errors import Rejected
from contact_center.intake.aside_process import MEMORY_BYTES


def spin(_: str) -> None:
    while True:
        pass


def leave(_: str) -> None:
    os._exit(3)


def hoard(_: str) -> int:
    return len(bytearray(MEMORY_BYTES))


def rest(seconds: str) -> str:
    time.sleep(float(seconds))
    return seconds


def settings(_: str) -> list[str]:
    return [name for name in os.environ if name.startswith("CC_")]


def refuse(_: str) -> None:
    raise Rejected("no")


def stumble(_: str) -> None:
    raise KeyError("ours")
