"""What a check of `contact-center doctor` says."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, what was seen, and how to mend it if need be."""

    check: str
    state: State
    seen: str
    remedy: str = ""


def fine(check: str, seen: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", seen)


def poor(check: str, seen: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, "warning", seen, remedy)


def bad(check: str, seen: str, remedy: str) -> Finding:
    """It does not work or promises are not kept."""
    return Finding(check, "failed", seen, remedy)
