# ruff: noqa: S101, ARG002 - these are tests, wherever they stand
"""What a provider's tests say of it; everything else the suite finds out itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from channels.contract import Capabilities, Deps, Provider, Received, WebhookChannel, WebhookRequest
from channels.toolkit.http import Client
from channels.toolkit.suite.fates import Fate, Mutation, fate_of

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ELSEWHERE = "https://evil.example"
FORGED = {  # what a stranger may say of the place he has reached
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-original-url": f"{ELSEWHERE}/hooks/key",
    "forwarded": "for=127.0.0.1;host=evil.example;proto=http",
}


class Subject:
    """The provider under test. A subclass answers the first half, the second follows from it."""

    provider: Provider
    account_ids = ("account-0", "account-1")
    stale_after = timedelta(seconds=301)
    wrong_content_type = "text/plain"

    def account_settings(self, which: int) -> Mapping[str, Any]:
        """Valid settings of account 0 or 1, with different secrets."""
        raise AssertionError("say what the settings look like")

    def request(self) -> WebhookRequest:
        """A request with one message, not yet signed, received at NOW."""
        raise AssertionError("say what a request looks like")

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        """The request as the provider of account `which` would prove it."""
        raise AssertionError("say how a request is proven")

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        """The request with a proof of the right form and the wrong content."""
        raise AssertionError("say what a wrong proof looks like")

    def with_unknown_field(self) -> WebhookRequest:
        """What `request` gives, and beside it a field nobody knows; not signed."""
        raise AssertionError("say where a provider would add a field")

    def with_unknown_kind(self) -> WebhookRequest | None:
        """A message of a kind nobody knows, not signed; None where all kinds are our own."""
        raise AssertionError("say what a message of a new kind looks like")

    def mutations(self) -> Mapping[str, Mutation]:
        """At least ten changes of a valid request, by the sentence that says what is strange."""
        raise AssertionError("say what may be wrong with a request, and what becomes of it")

    # --- what follows ----------------------------------------------------------------------------

    @property
    def can(self) -> Capabilities:
        """What the provider declares."""
        return self.provider.capabilities

    def channel(self, which: int = 0) -> WebhookChannel:
        """The built channel of account 0 or 1."""
        deps = Deps(self.account_ids[which], Client())
        built = self.provider.build(self.settings_of(which), deps)
        assert isinstance(built, WebhookChannel)
        return built

    def settings_of(self, which: int) -> BaseModel:
        """The validated settings of account 0 or 1."""
        return self.provider.Settings.model_validate(dict(self.account_settings(which)))

    def fate(self, request: WebhookRequest) -> tuple[Fate, Received | None]:
        """What account 0 makes of a request."""
        return fate_of(self.channel().receive, request)

    def refuses(self, request: WebhookRequest) -> None:
        """Assert that account 0 refuses the request, with 401 or 403."""
        found, _ = self.fate(request)
        assert found is Fate.REFUSED, f"the request was {found}"

    def forgeries(self) -> Mapping[str, WebhookRequest]:
        """Requests that prove nothing, by what is the matter with them."""
        request = self.request()
        signed = self.sign(request, 0)
        found = {
            "no proof": request,
            "a wrong proof": self.wrongly_signed(request),
            "the secret of another account": self.sign(request, 1),
        }
        if self.can.authentication == "body":
            found |= {
                f"byte {place} of the body changed": replace(signed, body=body)
                for place, body in changed(signed.body).items()
            }
        if self.can.timestamped:
            late = request.received_at + self.stale_after
            found["a stale proof"] = replace(signed, received_at=late)
        elsewhere = self.sign(replace(request, url=f"{ELSEWHERE}/hooks/key"), 0)
        if elsewhere.headers != signed.headers:  # the proof covers the address
            headers = {**elsewhere.headers, **FORGED}
            found["a proof for another host"] = replace(elsewhere, url=request.url, headers=headers)
        return found


def changed(body: bytes) -> dict[str, bytes]:
    """The body with one byte changed, at places from its beginning to its end, or added."""
    places = sorted({*range(0, len(body), max(1, len(body) // 20)), len(body) - 1})
    found = {str(at): body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in places}
    return {**found, "beyond the last": body + b"0"}


def ids(received: Received | None) -> list[str]:
    """The external ids in order."""
    return [event.external_id for event in received.events] if received else []
