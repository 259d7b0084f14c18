"""The account of these tests, and what the messenger would post to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from channels.contract import WebhookRequest
from channels.toolkit import signing
from channels.toolkit.suite import NOW, Fate, Mutation

SECRETS = ("first-secret-of-an-account", "other-secret-of-an-account")
STAMP = str(int(NOW.timestamp()))
URL = "https://cc.example/hooks/key"


def account_settings(which: int = 0) -> dict[str, Any]:
    return {"token": f"token-of-account-{which}", "secret": SECRETS[which]}


def posted(body: Any) -> WebhookRequest:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return WebhookRequest("POST", URL, {"content-type": "application/json"}, {}, data, NOW)


def message(**more: Any) -> WebhookRequest:
    author = {"id": "anna", "name": "Анна"}
    return posted({"id": "m1", "from": author, "at": int(STAMP) - 1, **more})


def signed(request: WebhookRequest, which: int = 0) -> WebhookRequest:
    proof = signing.hexdigest(SECRETS[which], f"{STAMP}.".encode() + request.body)
    headers = {**request.headers, "x-example-time": STAMP, "x-example-signature": proof}
    return replace(request, headers=headers)


MUTATIONS: Mapping[str, Mutation] = {
    "a new field beside a text": Mutation(
        message(text="hi", mood=1), Fate.READ, lambda event: event.text == "hi"
    ),
    "a picture": Mutation(
        message(picture="p1"), Fate.READ, lambda event: event.attachments[0].ref == "p1"
    ),
    "a picture that is a number, with a text": Mutation(message(picture=1, text="hi"), Fate.READ),
    "a kind newer than we are": Mutation(
        message(hologram={}), Fate.UNSUPPORTED, lambda event: event.unsupported == "hologram"
    ),
    "nothing in it": Mutation(message(), Fate.UNSUPPORTED),
    "a text that is a list": Mutation(message(text=["hi"]), Fate.UNSUPPORTED),
    "no id": Mutation(message(text="hi", id=""), Fate.MALFORMED),
    "no author": Mutation(message(text="hi", **{"from": None}), Fate.MALFORMED),
    "a time that is a word": Mutation(message(text="hi", at="soon"), Fate.MALFORMED),
    "a time beyond all calendars": Mutation(message(text="hi", at=2**60), Fate.MALFORMED),
    "a list": Mutation(posted([]), Fate.MALFORMED),
    "no UTF-8": Mutation(posted(b"\xff"), Fate.MALFORMED),
}
