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
from contact_center.kernel.log import get_logger

LIMIT = 16_384  # of each half: some eight megabytes in all

log = get_logger(__name__)


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
        guessed = set()
        for row in rows:
            if row.values[MODE] or row.values[KIND] not in SPOKEN:
                continue
            talk = row.conversation
            if talk in opening:
                row.values[MODE] = "attach"
            elif talk in guessed:
                row.values[MODE] = "?attach"
            elif guesses and not row.is_answer and self._met.is_new(talk):
                self._guess(row)
                guessed.add(talk)

    def _guess(self, row: Row) -> None:
        """A message that breaks its verdict is asked for alone: the others are not to suffer."""
        try:
            self.judge(row, None, guessed=True)
        except Exception:
            log.exception("guess_failed", account=str(row.account.id))
