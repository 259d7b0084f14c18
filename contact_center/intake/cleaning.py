"""Cleaning at the border, once: what the database cannot hold and what nobody can read.

NUL and lone surrogates are taken out, lengths are cut. Keys that are too long for an index keep
their beginning and get a digest of the whole, so different ones stay different. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

TEXT = 65_536
BODY = 2_000_000  # a letter as a whole
NAME = 200
KEY = 500
DEPTH = 32

_OPTIONS = orjson.OPT_NON_STR_KEYS


def text(value: str, limit: int = TEXT) -> str:
    """A text PostgreSQL can hold, at most `limit` characters."""
    if len(value) > limit:
        value = value[:limit]
    if "\x00" in value:
        value = value.replace("\x00", "")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            # Halves of surrogate pairs become whole where they meet, the rest becomes "?".
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def key(value: str) -> str:
    """A dedupe key, address or conversation key: as it is where that can be done."""
    if len(value) <= KEY and value.isascii() and "\x00" not in value:
        return value
    cleaned = text(value, len(value) + 1)
    if cleaned == value and len(value) <= KEY:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{cleaned[: KEY - 65]}~{digest}"


def dump(value: Any) -> str:
    """JSON for a jsonb column; values JSON cannot say become text."""
    try:
        dumped = orjson.dumps(value, option=_OPTIONS)
    except TypeError:  # lone surrogates, huge integers, foreign types, too deep
        dumped = orjson.dumps(_plain(value, 0), option=_OPTIONS)
    if b"\\u0000" in dumped:
        dumped = orjson.dumps(_plain(value, 0), option=_OPTIONS)
    return dumped.decode()


def _plain(value: Any, depth: int) -> Any:
    if depth > DEPTH:
        return "…"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(str(k), KEY): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in value]
    small = isinstance(value, int) and -(2**53) < value < 2**53
    if value is None or small or isinstance(value, bool | float):
        return value
    return text(str(value))
