"""Which verdicts a batch takes along, asked for or guessed. No I/O.

A message whose conversation has no open contact needs a verdict, and what it depends on stands in
the database. Of most that begin a conversation nobody knows anything, so their verdict is guessed
and goes along at once; where something is known the database forgets the guess.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from contact_center.contacts.triage import Rule, triage
from contact_center.intake.facts import facts_of
from contact_center.intake.rows import KIND, MODE, SPOKEN, Row, arrival_of

LIMIT = 16_384  # of each half: some eight megabytes in all


class Met:
    """Remembers at least the last `limit` keys and at most twice as many."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._young: set[Hashable] = set()
        self._old: set[Hashable] = set()

    def is_new(self, key: Hashable) -> bool:
        """Whether it was not met lately; from now on it was."""
        if key in self._young:
            return False
        if len(self._young) >= self._limit:
            self._young, self._old = set(), self._young
        self._young.add(key)
        return key not in self._old


class Judge:
    """Puts verdicts into rows."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._met = Met()

    def judge(self, row: Row, facts: dict[str, Any] | None, *, guessed: bool = False) -> None:
        """By what the database has told of its conversation; None: nobody knows it."""
        verdict = triage(arrival_of(row), facts_of(facts, row.account), self._rules)
        row.judge(verdict, guessed=guessed)

    def place(self, rows: Sequence[Row]) -> None:
        """Guess for what begins a conversation; what follows it in the same batch goes with it.

        One we have met lately is hardly unknown, and one that moves is known under another name.
        """
        opening = {row.conversation for row in rows if row.values[MODE]}
        guesses = all(row.values[KIND] != "move" for row in rows)
        for row in rows:
            if row.values[MODE] or row.values[KIND] not in SPOKEN:
                continue
            if row.conversation in opening:
                row.values[MODE] = "attach"
            elif self._met.is_new(row.conversation) and guesses and not row.is_answer:
                self.judge(row, None, guessed=True)
                opening.add(row.conversation)
