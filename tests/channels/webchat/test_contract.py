from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from channels import registry
from channels.contract import WebhookRequest
from channels.toolkit.suite import NOW, WebhookContract
from tests.channels.recordings import compare, recorded
from tests.channels.webchat.samples import ORIGIN, account_settings, token

HERE = Path(__file__).parent


class TestWebChat(WebhookContract):
    provider = registry.provider("webchat")

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        body = orjson.dumps({"type": "message", "id": "c1", "text": "Здравствуйте"})
        headers = {"content-type": "application/json", "origin": ORIGIN}
        url = "https://chat.example/chat/v1/key/events"
        return WebhookRequest("POST", url, headers, {}, body, NOW)

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return self._with(request, token(which))

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        whole = token()
        return self._with(request, whole[:-2] + ("AA" if whole[-2:] != "AA" else "BB"))

    def _with(self, request: WebhookRequest, text: str) -> WebhookRequest:
        return replace(request, headers={**request.headers, "authorization": f"Bearer {text}"})


@pytest.mark.parametrize("sentence", recorded(HERE))
def test_recording(sentence: str) -> None:
    compare(HERE, "webchat", sentence, verify=True)
