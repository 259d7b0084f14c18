"""Words by which people say that they want no more messages, or want them again. Pure.

Twilio's own words (https://www.twilio.com/docs/api/errors/23002 and "Twilio support for opt-out
keywords", read 2026-11) with Russian and Belarusian counterparts: after such a word, standing
alone, a provider refuses what we send, so the house must know of it, too. Its YES is left out, for
people say that to much else.
"""

from __future__ import annotations

from typing import Literal

Wish = Literal["stop", "start", "help"]

STOP = frozenset({
    "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout",
    "opt out", "стоп", "отписаться", "отписка", "отпишите", "спыніць", "адпісацца",
})  # fmt: skip
START = frozenset({"start", "unstop", "старт", "подписаться", "падпісацца"})


def wish(text: str) -> Wish | None:
    """What a message asks for that says nothing else; None for all others."""
    word = " ".join(text.split()).strip(" .!\"'«»").casefold()
    if word in STOP:
        return "stop"
    return "start" if word in START else None
