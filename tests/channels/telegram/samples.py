"""The bots of these tests and what Telegram would send them. The token is the documentation's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from channels.contract import WebhookRequest

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DATE = int(NOW.timestamp()) - 1
TOKENS = (
    "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
    "654321:ZYX-DEF1234ghIkl-zyx57W2v1u123ew11",
)
SECRETS = ("first-webhook-secret", "other-webhook-secret")
HEADER = "X-Telegram-Bot-Api-Secret-Token"
OLGA = {
    "id": 4242, "is_bot": False, "first_name": "Ольга", "last_name": "Иванова",
    "username": "olga", "language_code": "ru",
}  # fmt: skip
CHAT = {"id": 4242, "type": "private", "first_name": "Ольга", "last_name": "Иванова"}


def account_settings(which: int = 0, **more: object) -> dict[str, object]:
    return {"token": TOKENS[which], "webhook_secret": SECRETS[which], **more}


def message(**content: Any) -> dict[str, Any]:
    """A message of Olga's."""
    return {"message_id": 7, "from": OLGA, "chat": CHAT, "date": DATE, **content}


def update(**fields: Any) -> dict[str, Any]:
    return {"update_id": 10_000, **fields}


def posted(body: Any, secret: str | None = None) -> WebhookRequest:
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers[HEADER.lower()] = secret
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return WebhookRequest("POST", "https://cc.example/hooks/key", headers, {}, data, NOW)
