"""Words of links by which a talk begins. Only their digests are kept. Pure but for chance."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

# Providers carry little: Telegram 64 of these characters.
_OURS = re.compile(r"^go-[A-Za-z0-9_-]{32}$")


def new_word() -> str:
    """A word nobody can guess."""
    return f"go-{secrets.token_urlsafe(24)}"


def digest_of(word: Any) -> str | None:
    """The digest of a word as hexadecimal; None for one that cannot be ours."""
    if not (isinstance(word, str) and _OURS.match(word)):
        return None
    return hashlib.sha256(word.encode()).hexdigest()
