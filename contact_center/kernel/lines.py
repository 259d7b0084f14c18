"""Lines of JSON that commands read: an object in each, bytes in base64 within it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson


class BadLine(ValueError):
    """The line does not hold what the command reads; the message says why."""

    kind = "line"


def object_of(line: bytes) -> dict[str, Any]:
    """The object of a line. Raises BadLine."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error}") from None
    if not isinstance(given, dict):
        raise BadLine("not a JSON object")
    return given


def bytes_of(given: Mapping[str, Any], name: str) -> bytes:
    """The bytes that stand in base64 under this name; none where it is missing. Raises BadLine."""
    try:
        return base64.b64decode(str(given.get(name) or ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadLine(f"{name} is not base64") from None
