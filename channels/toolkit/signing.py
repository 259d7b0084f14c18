"""Signatures over raw bytes, compared in constant time; an empty key never fits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from channels.errors import Refused

LONGEST_TOKEN = 4096


def digest(key: str | bytes, data: str | bytes, *, algorithm: str = "sha256") -> bytes:
    """The HMAC of data."""
    return hmac.new(_bytes(key), _bytes(data), algorithm).digest()


def hexdigest(key: str | bytes, data: str | bytes, *, algorithm: str = "sha256") -> str:
    """The HMAC of data in lower-case hex."""
    return digest(key, data, algorithm=algorithm).hex()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Whether two secrets agree, in time that tells nothing. Empty ones never agree."""
    first, second = _bytes(left), _bytes(right)
    return bool(first) and bool(second) and hmac.compare_digest(first, second)


def signed_hex(
    key: str | bytes, data: str | bytes, given: str, *, algorithm: str = "sha256"
) -> bool:
    """Whether `given` is the hex HMAC of data under a key that is not empty."""
    return bool(key) and same(hexdigest(key, data, algorithm=algorithm), given.strip().lower())


def issue(key: str | bytes, payload: Mapping[str, Any]) -> str:
    """A token that carries its payload: base64url(payload).base64url(HMAC-SHA256)."""
    if not key:
        raise ValueError("a token needs a key")
    body = _encode(orjson.dumps(dict(payload)))
    return f"{body}.{_encode(digest(key, body))}"


def verify(key: str | bytes, token: str) -> dict[str, Any]:
    """The payload of a token under this key; raises Refused. Expiry is the caller's to read."""
    body, dot, mark = token.partition(".")
    if not (key and dot) or len(token) > LONGEST_TOKEN:
        raise Refused("the token is not one of ours")
    if not same(_encode(digest(key, body)), mark):
        raise Refused("the token is not signed by this account")
    return read_unverified(token)


def read_unverified(token: str) -> dict[str, Any]:
    """The payload of a token without looking at its signature; raises Refused when unreadable."""
    try:
        body = token.partition(".")[0].encode("ascii")
        payload = orjson.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Refused("the token cannot be read") from None
    if not isinstance(payload, dict):
        raise Refused("the token cannot be read")
    return payload


def fingerprint(*parts: str | bytes) -> str:
    """A short stable name for some content: 32 hex digits of SHA-256."""
    made = hashlib.sha256()
    for part in map(_bytes, parts):
        made.update(len(part).to_bytes(8))
        made.update(part)
    return made.hexdigest()[:32]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(value: str | bytes) -> bytes:
    # Surrogates reach us in header values that were not UTF-8; they must not raise here.
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
