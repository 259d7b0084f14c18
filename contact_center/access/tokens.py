"""Random secrets and what of them is stored: 256 bits go out, SHA-256 stays."""

from __future__ import annotations

import hashlib
import hmac
import secrets

API_TOKEN = "cct_"  # noqa: S105 - the mark by which a scanner recognises a leaked token


def new_secret() -> str:
    """256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """An API token, recognisable by its beginning."""
    return API_TOKEN + new_secret()


def digest(secret: str) -> bytes:
    """What is stored. A plain hash will do: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
