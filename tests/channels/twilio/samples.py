"""The account, the sender and the signatures of these tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from channels.contract import WebhookRequest
from channels.toolkit.suite import NOW
from contact_center.simulator import twilio_wire as wire

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKENS = ("first-auth-token-of-the-account", "other-auth-token-of-the-account")
NUMBER, CLIENT = "+15005550006", "+375291234567"
HOOK = "https://cc.example/hooks/key"
SID = "SM" + "a" * 32
FORM = "application/x-www-form-urlencoded"


def account_settings(which: int = 0, **more: object) -> dict[str, Any]:
    return {"account_sid": ACCOUNT, "auth_token": TOKENS[which], "number": NUMBER, **more}


def incoming(**more: str) -> dict[str, str]:
    """What is posted of a message to us."""
    message = wire.Message(SID, ACCOUNT, "inbound", CLIENT, NUMBER, "Hello", "received", NOW)
    return {**wire.incoming(message), **more}


def report(status: str = "delivered", **more: str) -> dict[str, str]:
    """What is posted of a message of ours."""
    message = wire.Message(SID, ACCOUNT, "outbound-api", NUMBER, CLIENT, "Hi", status, NOW)
    return {**wire.report(message), **more}


def posted(form: Mapping[str, str], url: str = HOOK) -> WebhookRequest:
    """Not yet signed."""
    body = urlencode(form).encode()
    return WebhookRequest("POST", url, {"content-type": FORM}, {}, body, NOW)


def with_signature(request: WebhookRequest, text: str) -> WebhookRequest:
    return replace(request, headers={**request.headers, "x-twilio-signature": text})


def signed(form: Mapping[str, str], which: int = 0, url: str = HOOK) -> WebhookRequest:
    return with_signature(posted(form, url), wire.signed(TOKENS[which], url, form))
