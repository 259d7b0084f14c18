"""What is told of a wait, as figures and in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routing.estimate import minutes, position_of

_HOURS = 120
"""From so many minutes on hours are told."""
# language → (the whole sentence, the wait, a wait that may be over at once, minutes, hours)
_WORDS = {
    "en": ("You are number {position} in line: {wait}", "{low}–{high} {unit}",
           "up to {high} {unit}", "min", "h"),
    "ru": ("Ваш номер в очереди — {position}, ждать {wait}", "{low}–{high} {unit}",
           "до {high} {unit}", "мин", "ч"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wait:
    """Position and range in minutes, as `routing.estimate.Promise.told` rounds them."""

    position: int
    low: int
    high: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Wait:
        """From the columns ahead, low_ms and high_ms of a promise."""
        return cls(position_of(row["ahead"]), minutes(row["low_ms"]), minutes(row["high_ms"]))

    def span(self, language: str) -> str:
        """The wait in words, as in 2–5 min."""
        _, between, up_to, minute, hour = _WORDS.get(language, _WORDS["en"])
        low, high, unit = self.low, self.high, minute
        if high >= _HOURS:
            low, high, unit = low // 60, -(-high // 60), hour
        words = up_to if low in (0, high) or self.low == 1 else between
        return words.format(low=low, high=high, unit=unit)

    def sentence(self, language: str) -> str:
        """Both in words, for a client."""
        whole = _WORDS.get(language, _WORDS["en"])[0]
        return whole.format(position=self.position, wait=self.span(language))


def sentences(wait: Wait | None) -> dict[str, str] | None:
    """In every language: the widget shows the visitor's."""
    if wait is None:
        return None
    return {language: wait.sentence(language) for language in _WORDS}
