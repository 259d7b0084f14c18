"""How many messages a text becomes on its way, counted before it is sent. Pure.

3GPP TS 23.038 (alphabet and extension table) and TS 23.040 (concatenation): 160 septets or 70
UTF-16 units in one message; 153 or 67 in each of several, whose header takes the rest. A character
that is two units wide is never parted. Twilio counts the same
(https://www.twilio.com/docs/glossary/what-sms-character-limit).

The composer counts while somebody types: `console/src/inbox/segments.json` holds the alphabet and
the limits, `segments.cases.json` what both must find; a test holds them against this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
_ALPHABET = BASIC | EXTENDED
LIMITS = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_WIDE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Count:
    """What a text costs. `left`: units that the last message still takes before there is one more.

    `forced_by`: the characters that keep the text from the cheaper alphabet, in their order.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int
    left: int
    forced_by: str = ""


def count(text: str) -> Count:
    """Count a text; an empty one takes one message."""
    forced = "".join(dict.fromkeys(char for char in text if char not in _ALPHABET))
    encoding: Literal["GSM-7", "UCS-2"] = "UCS-2" if forced else "GSM-7"
    alone, joined = LIMITS[encoding]
    widths = [_width(char, encoding) for char in text]
    units = sum(widths)
    if units <= alone:
        return Count(encoding, units, 1, alone - units, forced)
    segments, last = _fill(widths, joined)
    return Count(encoding, units, segments, joined - last, forced)


def _width(char: str, encoding: str) -> int:
    if encoding == "GSM-7":
        return 2 if char in EXTENDED else 1
    return 2 if ord(char) > _WIDE else 1


def _fill(widths: Iterable[int], limit: int) -> tuple[int, int]:
    """How many messages there are, and how full the last one is."""
    segments, used = 1, 0
    for width in widths:
        if used + width > limit:
            segments, used = segments + 1, 0
        used += width
    return segments, used
