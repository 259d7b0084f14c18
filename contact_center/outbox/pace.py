"""How fast an account may send: what is declared, what refusals teach, rest after failures."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from channels.contract import RateLimit
from channels.errors import (
    LoginRefused,
    Misconfigured,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
)
from contact_center.kernel.clock import Clock
from contact_center.outbox.model import Kept, NotBegun, describe
from contact_center.outbox.rates import Rates

TOLERATED = 3
FIRST_REST = 1.0
LONGEST_REST = 60.0
BROKEN_REST, LONGEST_BROKEN_REST = 30.0, 900.0
LONGEST_PAUSE = 3600.0
RED_AFTER = 30.0  # seconds of nothing but failures
WORTH_TELLING = 5.0  # a pause nobody would notice is no news


class Circuit:
    """Rest after several failures in a row, then one message tries whether it works again.

    Closed, open (`rest`), half open (`probing` without rest). No answer is a failure, too: what is
    sent to a provider that hangs becomes uncertain, so little is. Refused logins are not tried
    again at all, for that locks accounts: whoever changes the settings or finds by a check that
    they are right makes another channel, and that a new circuit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.failures = 0
        self._broken = 0
        self._until = 0.0
        self._since = 0.0
        self.refused: str | None = None  # the provider's words

    @property
    def rest(self) -> float:
        """Seconds of rest left; 0 when sending is allowed."""
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def probing(self) -> bool:
        """Whether only one message may be in flight."""
        return self.failures >= TOLERATED

    @property
    def failing(self) -> float:
        """Seconds since the first failure of those in a row."""
        return self._clock.monotonic() - self._since if self.failures else 0.0

    def note(self, error: BaseException | None) -> None:
        """Learn how a send ended."""
        if self.refused is not None or isinstance(error, NotBegun):
            return
        if isinstance(error, LoginRefused):
            self.refused = str(error)
            self.failures = max(self.failures, TOLERATED)
            self._until = math.inf
        elif isinstance(error, Misconfigured):
            self.failures = max(self.failures, TOLERATED)
            rest = min(LONGEST_BROKEN_REST, BROKEN_REST * 2.0 ** min(10, self._broken))
            self._broken += 1
            self._until = self._clock.monotonic() + rest
        elif error is None or isinstance(error, Rejected | Throttled):  # the provider is there
            self.failures = self._broken = 0
            self._until = 0.0
        elif isinstance(error, Temporary | Uncertain | TimeoutError):
            self._failed()

    def _failed(self) -> None:
        if not self.failures:
            self._since = self._clock.monotonic()
        self.failures += 1
        if self.probing:
            longest = min(LONGEST_REST, FIRST_REST * 2.0 ** min(10, self.failures - TOLERATED))
            rest = longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
            self._until = self._clock.monotonic() + rest

    def restore(self, kept: Kept) -> None:
        """Go on where the last holder was."""
        now = self._clock.monotonic()
        self.failures, self._since = kept.failures, now - kept.failing
        self._until = now + kept.rest if self.probing else 0.0


class Lesson:
    """What "too many" has taught: how long to say nothing, and how many at once.

    A refusal of one recipient makes only his line wait. It is the whole account's where the
    provider says so, or where several recipients in a row were refused. The width halves then, and
    grows again by one for as many messages as are sent at once.
    """

    def __init__(self, clock: Clock, width: int) -> None:
        self._clock = clock
        self._most = width
        self._width = float(width)
        self._until = 0.0
        self._refused: set[str] = set()

    @property
    def rest(self) -> float:
        """Seconds to say nothing."""
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def width(self) -> int:
        """How many sends at once."""
        return int(self._width)

    def accepted(self) -> None:
        """One was taken, so the account as a whole is not refused."""
        self._refused.clear()
        self._width = min(self._most, self._width + 1 / self._width)

    def refused(self, recipient: str, error: Throttled) -> bool:
        """Whether this was about the whole account."""
        if len(self._refused) < TOLERATED:
            self._refused.add(recipient)
        few = len(self._refused) < TOLERATED
        if error.per == "recipient" or (error.per is None and few):
            return False
        if not self.rest:  # what was under way at the same time teaches nothing more
            self._width = max(1.0, self._width / 2)
        seconds = min(LONGEST_PAUSE, error.retry_after or FIRST_REST)
        until = self._clock.monotonic() + seconds
        self._until = max(self._until, until)
        return True

    def restore(self, kept: Kept) -> None:
        """Go on where the last holder was."""
        self._width = float(max(1, min(self._most, kept.width)))
        self._until = self._clock.monotonic() + kept.rest


class Pace:
    """All of it, for one account and one channel."""

    def __init__(self, clock: Clock, width: int, kept: Kept | None = None) -> None:
        """`kept`: what another holder has left."""
        self._clock = clock
        self._circuit = Circuit(clock)
        self._lesson = Lesson(clock, width)
        self._rates = Rates((), clock)
        if kept is not None:
            self._circuit.restore(kept)
            self._lesson.restore(kept)

    @property
    def refused(self) -> str | None:
        """The words with which the provider refused our login."""
        return self._circuit.refused

    @property
    def rest(self) -> float:
        """Seconds in which nothing may be sent."""
        return max(self._circuit.rest, self._lesson.rest)

    @property
    def probing(self) -> bool:
        """Whether a single message tries if the provider is well again."""
        return self._circuit.probing

    def room(self, under_way: int) -> int:
        """How many more may be sent now."""
        if self.rest:
            return 0
        return max(0, (1 if self.probing else self._lesson.width) - under_way)

    def declare(self, limits: Sequence[RateLimit]) -> None:
        """The provider's limits, as its capabilities say now."""
        if self._rates.limits != tuple(limits):
            self._rates = Rates(limits, self._clock)

    def take(self, conversation_key: str) -> float:
        """Take room in the declared limits; else how long to wait."""
        return self._rates.take(conversation_key)

    def note(self, recipient: str, error: BaseException | None) -> bool:
        """Learn how a send ended; whether the next holder has to know more now."""
        before = self._circuit.probing
        self._circuit.note(error)
        if isinstance(error, Throttled):
            return self._lesson.refused(recipient, error)
        if error is None:
            self._lesson.accepted()
        return self._circuit.probing or before

    def kept(self) -> Kept | None:
        """What the next holder has to know; None when all is well.

        Rest after a refusal that a person has to cure is not kept: he may have, meanwhile.
        """
        if not (self.rest or self.probing):
            return None
        cured_by_hand = self._circuit.rest > LONGEST_REST or self.refused is not None
        rest = self._lesson.rest if cured_by_hand else self.rest
        return Kept(rest, self._circuit.failures, self._circuit.failing, self._lesson.width)

    def health(self, error: BaseException | None) -> tuple[str, str | None] | None:
        """What a send's end says of the account: green, yellow or red, and why; None: nothing."""
        if self.refused is not None:
            return "red", self.refused
        if error is None:
            return "green", None
        words = describe(error)[1]
        if isinstance(error, Misconfigured):
            return "red", words
        if isinstance(error, Throttled):
            return ("yellow", words) if self._lesson.rest >= WORTH_TELLING else None
        if isinstance(error, Temporary | Uncertain | TimeoutError) and self.probing:
            return "red" if self._circuit.failing >= RED_AFTER else "yellow", words
        return None
