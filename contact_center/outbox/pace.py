"""How fast an account may send: provider's rate limits, and rest after failures in a row."""

from __future__ import annotations

import math
import random
from collections import OrderedDict
from collections.abc import Sequence

from aiolimiter import AsyncLimiter

from channels.contract import RateLimit
from channels.errors import LoginRefused, Misconfigured, Temporary
from contact_center.kernel.clock import Clock
from contact_center.outbox.model import NotBegun

RECIPIENTS = 10_000
TOLERATED = 3
FIRST_REST = 1.0
LONGEST_REST = 60.0
BROKEN_REST, LONGEST_BROKEN_REST = 30.0, 900.0


class Rates:
    """The limits of one account, for all it sends and for each recipient."""

    def __init__(self, limits: Sequence[RateLimit]) -> None:
        self._account = [_limiter(limit) for limit in limits if limit.per == "account"]
        self._limits = [limit for limit in limits if limit.per == "recipient"]
        self._recipients: OrderedDict[str, list[AsyncLimiter]] = OrderedDict()

    async def take(self, conversation_key: str) -> bool:
        """Take room for one message now; False when there is none."""
        limiters = self._account + self._of(conversation_key)
        if not all(limiter.has_capacity() for limiter in limiters):
            return False
        for limiter in limiters:
            await limiter.acquire()  # has room, so it does not wait
        return True

    def again(self) -> float:
        """Seconds after which asking again makes sense."""
        paces = [limiter.time_period / limiter.max_rate for limiter in self._account]
        paces += [limit.seconds / limit.count for limit in self._limits]
        return min(paces, default=0.0)

    def _of(self, key: str) -> list[AsyncLimiter]:
        if not self._limits:
            return []
        found = self._recipients.pop(key, None) or [_limiter(limit) for limit in self._limits]
        self._recipients[key] = found
        if len(self._recipients) > RECIPIENTS:
            self._recipients.popitem(last=False)
        return found


def _limiter(limit: RateLimit) -> AsyncLimiter:
    return AsyncLimiter(limit.count, limit.seconds)


class Circuit:
    """Rest after several failures in a row, then one message tries whether it works again.

    Refused logins are not tried again at all, for that locks accounts: whoever changes the settings
    or finds by a check that they are right makes another channel, and that a new circuit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._broken = 0
        self._until = 0.0
        self.refused: str | None = None  # the provider's words

    @property
    def rest(self) -> float:
        """Seconds of rest left; 0 when sending is allowed."""
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def probing(self) -> bool:
        """Whether only one message may be in flight."""
        return self._failures >= TOLERATED

    def note(self, error: BaseException | None) -> None:
        """Learn how a send ended."""
        if isinstance(error, NotBegun) or self.refused is not None:
            return
        if isinstance(error, LoginRefused):
            self.refused = str(error)
            self._until = math.inf
        elif isinstance(error, Misconfigured):
            self._failures = max(self._failures, TOLERATED)
            rest = min(LONGEST_BROKEN_REST, BROKEN_REST * 2.0 ** min(10, self._broken))
            self._broken += 1
            self._until = self._clock.monotonic() + rest
        elif isinstance(error, Temporary):
            self._failures += 1
            if self._failures >= TOLERATED:
                self._until = self._clock.monotonic() + self._rest()
        else:  # accepted, refused for good, uncertain: the provider is there
            self._failures = self._broken = 0
            self._until = 0.0

    def _rest(self) -> float:
        longest = min(LONGEST_REST, FIRST_REST * 2.0 ** min(10, self._failures - TOLERATED))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
