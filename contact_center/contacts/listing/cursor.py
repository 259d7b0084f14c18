"""Keyset cursors: the place after the last line of a page, opaque to whoever holds it."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

import orjson

from contact_center.kernel.errors import Invalid

Key = tuple[datetime, UUID]


def encode(key: Key) -> str:
    """The cursor of a page that ended with this key."""
    raw = orjson.dumps([key[0].isoformat(), str(key[1])])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str | None) -> Key | None:
    """The key in a cursor of ours. Raises Invalid for anything else."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        first, last = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        # astimezone: what somebody made up without a zone must not meet aware instants in SQL.
        return datetime.fromisoformat(first).astimezone(UTC), UUID(last)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise Invalid("this is no cursor of ours", field="cursor") from None
