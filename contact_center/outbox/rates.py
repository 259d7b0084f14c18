"""The pace a provider has declared: so many messages in so many seconds, and when there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from channels.contract import RateLimit
from contact_center.kernel.clock import Clock

RECIPIENTS = 10_000


class Bucket:
    """One limit. It lets `count` pass at once after a rest, then one every `seconds / count`.

    It holds one number, the instant at which it would be empty (GCRA, as ATM networks count).
    `full`: to begin with; whoever sent before us may have used its room.
    """

    __slots__ = ("_burst", "_empty", "_step")

    def __init__(self, limit: RateLimit, now: float, *, full: bool) -> None:
        self._step = limit.seconds / limit.count
        self._burst = limit.seconds - self._step
        self._empty = now + self._burst if full else 0.0

    def wait(self, now: float) -> float:
        """Seconds until one may pass."""
        return max(0.0, self._empty - self._burst - now)

    def take(self, now: float) -> None:
        self._empty = max(self._empty, now) + self._step


class Rates:
    """The limits of one account, for all it sends and for each recipient."""

    def __init__(self, limits: Sequence[RateLimit], clock: Clock) -> None:
        self.limits = tuple(limits)
        self._clock = clock
        now = clock.monotonic()
        self._account = [Bucket(one, now, full=True) for one in limits if one.per == "account"]
        self._each = [one for one in limits if one.per == "recipient"]
        self._recipients: OrderedDict[str, list[Bucket]] = OrderedDict()

    def take(self, conversation_key: str) -> float:
        """Take room for one message; else nothing is taken, and it says how long to wait."""
        now = self._clock.monotonic()
        buckets = self._account + self._of(conversation_key, now)
        wait = max((bucket.wait(now) for bucket in buckets), default=0.0)
        if not wait:
            for bucket in buckets:
                bucket.take(now)
        return wait

    def _of(self, key: str, now: float) -> list[Bucket]:
        if not self._each:
            return []
        found = self._recipients.pop(key, None)
        found = found or [Bucket(limit, now, full=False) for limit in self._each]
        self._recipients[key] = found
        if len(self._recipients) > RECIPIENTS:
            self._recipients.popitem(last=False)
        return found
