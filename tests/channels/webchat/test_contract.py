from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from channels import registry
from channels.contract import WebhookRequest
from channels.toolkit.suite import NOW, Fate, Mutation
from tests.channels.contract import ProviderContract
from tests.channels.webchat.samples import ORIGIN, account_settings, token

HERE = Path(__file__).parent


def told(body: Any) -> WebhookRequest:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {"content-type": "application/json", "origin": ORIGIN}
    return WebhookRequest("POST", "https://chat.example/chat/v1/key/events", headers, {}, data, NOW)


def message(**more: Any) -> WebhookRequest:
    return told({"type": "message", "id": "c1", "text": "Здравствуйте", **more})


def read(check: Callable[[Any], bool] = lambda _event: True, **more: Any) -> Mutation:
    return Mutation(message(**more), Fate.READ, check)


def unread(**more: Any) -> Mutation:
    return Mutation(message(**more), Fate.MALFORMED)


# Changes of a good message, each with what becomes of it. The kinds are our own widget's.
MUTATIONS = {
    "a field of a newer widget": read(mood="glad"),
    "spaces around the words": read(text="  hi "),
    "neither text nor file": unread(text=""),
    "answers of the form before it": read(prechat={"name": "Анна"}),
    "somebody writes": Mutation(told({"type": "typing"}), Fate.READ),
    "read up to nowhere": Mutation(told({"type": "read", "cursor": "x"}), Fate.MALFORMED),
    "a kind of a newer widget": Mutation(told({"type": "dance"}), Fate.MALFORMED),
    "a path for an id": unread(id="../../x"),
    "a text that is a list": unread(text=["hi"]),
    "a text longer than the widget lets anybody write": unread(text="x" * 4001),
    "eleven files": unread(attachments=["a"] * 11),
    "a file with an address for an id": unread(attachments=["https://evil.example/"]),
    "an object where a list is expected": unread(attachments={"a": 1}),
    "no UTF-8": Mutation(told(b"\xff\xfe"), Fate.MALFORMED),
}


class TestWebChat(ProviderContract):
    provider = registry.provider("webchat")
    recordings = HERE

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return message()

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return self._with(request, token(which, account=self.account_ids[which]))

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        whole = token(account=self.account_ids[0])
        return self._with(request, whole[:-2] + ("AA" if whole[-2:] != "AA" else "BB"))

    def with_unknown_field(self) -> WebhookRequest:
        return message(mood="glad")

    def with_unknown_kind(self) -> None:
        return None

    def mutations(self) -> Mapping[str, Mutation]:
        return MUTATIONS

    def _with(self, request: WebhookRequest, text: str) -> WebhookRequest:
        return replace(request, headers={**request.headers, "authorization": f"Bearer {text}"})
