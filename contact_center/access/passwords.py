"""Passwords: argon2id, at least twelve characters, the commonest refused.

Hashing is slow on purpose, so it runs in a thread, a few at a time: a flood of sign-ins waits in
line and cannot take all memory and processors from the people who already work.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contact_center.kernel.errors import Invalid

SHORTEST = 12
LONGEST = 256
AT_ONCE = 2
MEMORY_KIB = 32 * 1024
PASSES = 3
COMMON_FILE = Path(__file__).with_name("common_passwords.txt")

_WORDS = re.compile(r"(?i)password|passw0rd|p@ssw0rd|qwerty|admin|welcome|letmein|пароль|йцукен")
_FEWEST_SIGNS = 5
_REST = 6  # signs beside a guessable word that make it worth something again


@cache
def common() -> frozenset[str]:
    """What people type when twelve characters are asked for, in small letters."""
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").split())


def require_strong(password: str, *, email: str = "", name: str = "") -> None:
    """Raise Invalid (code `weak_password`, with a `reason`) unless the password may be used."""
    reason = _weakness(password, email, name)
    if reason:
        raise Invalid(
            _SAID[reason], field="password", code="weak_password", reason=reason, shortest=SHORTEST
        )


_SAID = {
    "short": f"a password has at least {SHORTEST} characters",
    "long": f"a password has at most {LONGEST} characters",
    "common": "this password is among the first that are tried",
    "personal": "this password is made of the name or address it belongs to",
}


def _weakness(password: str, email: str, name: str) -> str | None:
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", password)).lower()
    if plain in common() or len(set(plain)) < _FEWEST_SIGNS or len(_WORDS.sub("", plain)) < _REST:
        return "common"
    for own in (email.lower(), email.lower().partition("@")[0], *name.lower().split()):
        if len(own) > 3 and len(plain.replace(own, "")) < _REST:  # noqa: PLR2004
            return "personal"
    return None


class Passwords:
    """Hashes and verifies; one per process."""

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = AT_ONCE) -> None:
        self._hasher = hasher or PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1
        )
        self._turn = asyncio.Semaphore(at_once)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _canonical(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; without a hash it takes as long and fails."""
        async with self._turn:
            right = await asyncio.to_thread(self._verify, stored, _canonical(password[:LONGEST]))
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._nobody = self._nobody or self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(stored or self._nobody or "", password)
        except (VerificationError, InvalidHashError):
            return False


def _canonical(password: str) -> str:
    # The same letters typed on a phone and on a desktop may come composed or decomposed.
    return unicodedata.normalize("NFC", password)
