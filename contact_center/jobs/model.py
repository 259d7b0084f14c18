"""What a job is and how long it waits before the next try. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

ATTEMPTS = 8
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 3600.0


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed job. `attempts` counts this try; handlers are idempotent by (kind, key)."""

    id: UUID
    kind: str
    key: str
    due_at: datetime
    attempts: int
    payload: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """Whose job it is; empty where its payload does not say."""
        return str(self.payload.get("account_id") or "")


Handler = Callable[[Job], Awaitable[None]]
TOGETHER = 256
"""How many jobs one run of a `Together` takes at most."""


@dataclass(frozen=True, slots=True)
class Together:
    """A handler that runs all due jobs of its kind in one step.

    One such run of a kind goes on in a process at a time; what becomes due meanwhile waits for the
    next, so the more there is to do, the more is done at once. When a run raises, its jobs are run
    one by one: a bad job fails alone.
    """

    run: Callable[[Sequence[Job]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outside:
    """A handler that waits for somebody outside, who may hang: such jobs have few places.

    They take half of a runner's places at most, and `PER_ACCOUNT` of them for one `account_id` of
    their payloads; jobs that name none share one account's. Where these are taken, an account that
    has none still gets one, so that whoever hangs holds up only himself.
    """

    run: Handler


PER_ACCOUNT = 4
MOST_OUTSIDE = 64
"""How many of them run at most, the single ones of many accounts among them."""


class GiveUp(Exception):
    """Raised by a handler that knows no further try can help: dead at once, with this reason."""


def pause(attempts: int, jitter: float) -> float:
    """Seconds before the next try after `attempts` tries; `jitter` is a number from 0 to 1.

    Doubles up to an hour; the upper half is left to chance, so that what failed together does not
    come back together.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** max(0, attempts - 1))
    return longest * (0.5 + jitter / 2)
