"""Takes personal data and secrets out of whatever is about to be logged.

It errs on the side of masking: a log line that lost an order number is a nuisance, a log line
that kept a token is an incident.
"""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

SECRET = "[secret]"  # noqa: S105 - the mask itself
PHONE = "[phone]"
EMAIL = "[email]"

_HARMLESS = (bool, int, float, Decimal, UUID, date, time, timedelta, Enum, type(None))
_DEEPEST = 6

# Keys whose values are never shown, whatever they look like. A fencing token is a counter.
_SECRET_KEY = re.compile(
    r"(?i)(?<!fencing_)(secret|token|passw(or)?d|passphrase|authorization|cookie|api_?key|private_?key|credential)"
)
_PERSON_KEYS = {"phone": PHONE, "telephone": PHONE, "msisdn": PHONE, "email": EMAIL, "mail": EMAIL}

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # "Cookie: a=b; c=d" and "Authorization: anything", as headers are printed
    (re.compile(r"(?i)\b((?:set-)?cookie|(?:proxy-)?authorization)(['\"]?\s*[:=]\s*)[^\r\n]+"),
     rf"\1\2{SECRET}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {SECRET}"),
    # Telegram puts the token into the path: /bot123456:AA…/sendMessage
    (re.compile(r"(?i)\bbot\d+(?::|%3A)[\w-]{10,}"), f"bot{SECRET}"),
    (re.compile(r"\b\d{6,12}:[\w-]{30,}"), SECRET),
    # scheme://user:password@host
    (re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+@"), rf"\1:{SECRET}@"),
    # ?token=… &access_token=… password: …
    (re.compile(
        r"(?i)\b([\w-]*(?:secret|token|passw(?:or)?d|api_?key|signature|hub\.verify_token))"
        r"(['\"]?\s*[=:]\s*['\"]?)(?!\[secret\])[^\s&;,'\"]+"),
     rf"\1\2{SECRET}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), EMAIL),
    (re.compile(r"(?<![\w+])\+(?:[ .()/-]{0,2}\d){7,15}(?!\w)"), PHONE),
    # 8 (029) 123-45-67 and 79123456789; not a date, not a piece of a UUID or of a number
    (re.compile(r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)\(?\d(?:[ ()-]{0,2}\d){9,14}(?![\w-])"), PHONE),
)  # fmt: skip


def mask_text(text: str) -> str:
    """The text without phone numbers, mail addresses, tokens and cookies."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def mask_value(value: Any, key: str = "", depth: int = 0) -> Any:
    """A copy of a value, masked by its key, by its text, and all the way down."""
    if value is not None and key and _SECRET_KEY.search(key):
        return SECRET
    if type(value) in (int, str) and key.lower() in _PERSON_KEYS:
        return _PERSON_KEYS[key.lower()]
    if isinstance(value, _HARMLESS):
        return value
    return mask_text(value) if isinstance(value, str) else _mask_inside(value, key, depth)


def _mask_inside(value: Any, key: str, depth: int) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {mask_text(str(k)): mask_value(v, str(k), depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(item, key, depth + 1) for item in value]
    # Anything else reaches the log as its repr, which may hold whatever the object holds.
    return mask_text(repr(value))
