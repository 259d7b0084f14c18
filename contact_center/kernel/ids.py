"""Row ids: UUIDv7 made in Python.

An id made before the insert lets one batch write rows that refer to each other, and ids that
grow with time keep inserts at the right edge of the index.
"""

import random
import threading
import time
from datetime import datetime
from uuid import UUID

_SUBMS_BITS = 12
_COUNTER_BITS = 14  # of rand_b's 62 bits: a counter, so that ids of one process only grow
_RANDOM_BITS = 62 - _COUNTER_BITS


class IdMaker:
    """Makes UUIDv7 that strictly increase within one process.

    Layout (RFC 9562, method 3 and 1 together): 48 bits of milliseconds, 12 bits of the fraction
    of the millisecond, then a 14-bit counter and 48 random bits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> UUID:
        """The next id."""
        nanoseconds = time.time_ns()
        milliseconds, rest = divmod(nanoseconds, 1_000_000)
        fraction = (rest << _SUBMS_BITS) // 1_000_000
        tick = ((milliseconds << _SUBMS_BITS) | fraction) << _COUNTER_BITS
        with self._lock:
            # A clock that stands still or steps back continues from the last id: the counter
            # runs over into the fraction, which borrows time but never repeats.
            self._last = tick = max(tick, self._last + 1)
        # Ids must differ, not be secret; the generator is seeded anew in a forked child.
        return _assemble(tick, random.getrandbits(_RANDOM_BITS))


def _assemble(tick: int, chance: int) -> UUID:
    """Lay out time, counter and random bits as RFC 9562 wants them."""
    counter = tick & ((1 << _COUNTER_BITS) - 1)
    fraction = (tick >> _COUNTER_BITS) & ((1 << _SUBMS_BITS) - 1)
    milliseconds = tick >> (_COUNTER_BITS + _SUBMS_BITS)
    return UUID(
        int=(milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | fraction << 64
        | 0b10 << 62
        | counter << _RANDOM_BITS
        | chance
    )


new_id = IdMaker()
"""Make one id. Safe in threads; a forked child diverges by its random bits."""


def first_id_of(at: datetime) -> UUID:
    """The smallest UUIDv7 of this instant: what was made before it has a smaller id."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
