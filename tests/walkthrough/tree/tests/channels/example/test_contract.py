"""What every messenger has to stand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from channels import registry
from channels.contract import WebhookRequest
from channels.toolkit.suite import Mutation
from tests.channels.contract import ProviderContract
from tests.channels.example.samples import MUTATIONS, account_settings, message, signed


class TestExample(ProviderContract):
    provider = registry.provider("example")
    recordings = Path(__file__).parent

    def account_settings(self, which: int) -> Mapping[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return message(text="Здравствуйте")

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return signed(request, which)

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        whole = signed(request)
        return replace(whole, headers={**whole.headers, "x-example-signature": "0" * 64})

    def with_unknown_field(self) -> WebhookRequest:
        return message(text="Здравствуйте", mood=1)

    def with_unknown_kind(self) -> WebhookRequest:
        return message(hologram={"a": 1})

    def mutations(self) -> Mapping[str, Mutation]:
        return MUTATIONS
