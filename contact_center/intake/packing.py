"""A request as quarantine keeps it: everything a replay needs, in one blob. Pure."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import orjson

from channels.contract import WebhookRequest


def pack(request: WebhookRequest | None, raw: bytes) -> bytes:
    """JSON of the request; without one (a listener's delivery) only the raw bytes."""
    if request is None:
        return orjson.dumps({"body": _encode(raw)})
    return orjson.dumps(
        {
            "method": request.method,
            "url": _plain(request.url),
            "headers": {_plain(k).lower(): _plain(v) for k, v in request.headers.items()},
            "query": {_plain(k): _plain(v) for k, v in request.query.items()},
            "body": _encode(request.body),
            "received_at": request.received_at.isoformat(),
        }
    )


def unpack(blob: bytes) -> tuple[WebhookRequest | None, bytes]:
    """The request (None where there was none) and its raw bytes."""
    kept: dict[str, Any] = orjson.loads(blob)
    raw = base64.b64decode(kept["body"])
    if "method" not in kept:
        return None, raw
    request = WebhookRequest(
        method=kept["method"],
        url=kept["url"],
        headers=kept["headers"],
        query=kept["query"],
        body=raw,
        received_at=datetime.fromisoformat(kept["received_at"]),
    )
    return request, raw


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _plain(value: str) -> str:
    """Header values may hold lone surrogates, which JSON cannot say."""
    return value.encode("utf-8", "replace").decode()
