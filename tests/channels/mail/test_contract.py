from dataclasses import replace
from pathlib import Path

import pytest

from channels import registry
from channels.contract import WebhookRequest
from channels.toolkit.suite import WebhookContract
from tests.channels.mail.samples import account_settings, request, signed
from tests.channels.recordings import compare, recorded

HERE = Path(__file__).parent / "recordings"


class TestMail(WebhookContract):
    provider = registry.provider("mail")
    wrong_content_type = "application/json"

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return request()

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return signed(request, which)

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        given = signed(request)
        return replace(
            given, headers={**given.headers, "webhook-signature": "v1," + "A" * 43 + "="}
        )


@pytest.mark.parametrize("sentence", recorded(HERE))
def test_recording(sentence: str) -> None:
    compare(HERE, "mail", sentence, verify=True)


def test_there_are_recordings() -> None:
    assert len(recorded(HERE)) >= 5
