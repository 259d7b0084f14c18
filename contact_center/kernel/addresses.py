"""E-mail addresses, as they are compared."""

from __future__ import annotations

import contextlib


def in_ascii(address: str) -> str:
    """An address without capitals, its domain in ASCII where it can be said so (RFC 3490)."""
    local, at, domain = address.strip().lower().rpartition("@")
    with contextlib.suppress(UnicodeError):
        return f"{local}{at}{domain.encode('idna').decode()}"
    return f"{local}{at}{domain}"
