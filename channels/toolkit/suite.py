# ruff: noqa: S101, ARG002, PT017, PLR2004 - these are tests, wherever they stand
"""The contract every webhook adapter passes. Subclass `WebhookContract` in the adapter's tests.

A subclass says how its provider looks: sample settings, a sample request, how a request is
signed. The suite derives what must be refused from the declared capabilities.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from channels import contract
from channels.contract import (
    Capabilities,
    Channel,
    Deps,
    Provider,
    Received,
    WebhookChannel,
    WebhookRequest,
)
from channels.errors import Malformed, Refused
from channels.settings import describe
from channels.toolkit.fitting import fit
from channels.toolkit.http import Client

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FORGERY = (401, 403)

OPTIONAL: dict[str, type] = {  # the capability and the protocol that come only together
    "typing": contract.SendsTyping,
    "marks_read": contract.SendsReads,
    "edit": contract.Edits,
    "delete": contract.Deletes,
    "fetches_media": contract.Media,
    "embeds_media": contract.Embeds,
    "installs_webhook": contract.Installs,
    "backfills": contract.Backfills,
    "authorizes": contract.Authorizes,
    "reports": contract.Reports,
}

# Each provider runs these tests as its own; their examples are no secrets between them.
SHARED = (HealthCheck.differing_executors,)

__all__ = ["NOW", "WebhookContract", "fit"]


class WebhookContract:
    """Tests of one provider; `sign`, `unsigned`, `account_settings` and `request` are its own."""

    provider: Provider
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

    # --- helpers ---------------------------------------------------------------------------

    def channel(self, which: int = 0) -> WebhookChannel:
        """The built channel of account 0 or 1."""
        built = self.provider.build(self._settings(which), Deps(f"account-{which}", Client()))
        assert isinstance(built, WebhookChannel)
        return built

    def _settings(self, which: int) -> BaseModel:
        return self.provider.Settings.model_validate(dict(self.account_settings(which)))

    @property
    def can(self) -> Capabilities:
        return self.provider.capabilities

    def refuses(self, request: WebhookRequest) -> None:
        """Assert that account 0 refuses the request with 401 or 403."""
        try:
            self.channel().receive(request)
        except Refused as error:
            assert error.status in FORGERY
        else:
            raise AssertionError("the request was accepted")

    # --- the contract ----------------------------------------------------------------------

    def test_a_proven_request_is_received(self) -> None:
        received = self.channel().receive(self.sign(self.request(), 0))
        assert received.events
        assert received.reply.status < 300

    def test_a_request_without_proof_is_refused(self) -> None:
        self.refuses(self.request())

    def test_a_wrong_proof_is_refused(self) -> None:
        self.refuses(self.wrongly_signed(self.request()))

    def test_the_secret_of_another_account_is_refused(self) -> None:
        self.refuses(self.sign(self.request(), 1))

    def test_an_account_without_secrets_refuses_everything(self) -> None:
        values = dict(self.account_settings(0))
        for field in describe(self.provider.Settings):
            if field["secret"] and not field["required"]:
                values.pop(field["name"], None)
        if values == dict(self.account_settings(0)):
            return  # they are required: such an account cannot be made
        bare = self.provider.build(self.provider.Settings.model_validate(values), Deps("account-0"))
        assert isinstance(bare, WebhookChannel)
        try:
            bare.receive(self.sign(self.request(), 0))
        except Refused:
            return
        raise AssertionError("an account without secrets accepted a request")

    def test_a_changed_byte_of_a_signed_body_is_refused(self) -> None:
        if self.can.authentication != "body":
            return
        signed = self.sign(self.request(), 0)
        changed = bytes([signed.body[0] ^ 1]) + signed.body[1:]
        self.refuses(replace(signed, body=changed))

    def test_a_repeated_request_has_the_same_external_ids(self) -> None:
        signed = self.sign(self.request(), 0)
        later = replace(signed, received_at=NOW + timedelta(seconds=30))
        first, second = self.channel().receive(signed), self.channel().receive(later)
        assert ids(first) == ids(second)
        assert len(set(ids(first))) == len(ids(first))

    def test_a_stale_request_is_refused_where_the_signature_covers_a_time(self) -> None:
        if self.can.timestamped:
            signed = self.sign(self.request(), 0)
            self.refuses(replace(signed, received_at=NOW + self.stale_after))

    def test_a_wrong_content_type_is_refused_or_malformed(self) -> None:
        request = self.request()
        headers = {**request.headers, "content-type": self.wrong_content_type}
        signed = self.sign(replace(request, headers=headers), 0)
        try:
            self.channel().receive(signed)
        except (Refused, Malformed):
            return
        raise AssertionError("a body of another content type was read")

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(body=st.binary(max_size=400))
    def test_any_bytes_with_a_proof_are_received_refused_or_malformed(self, body: bytes) -> None:
        self.survives(self.sign(replace(self.request(), body=body), 0))

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(
        body=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.text(max_size=12), inner, max_size=4)
            ),
        )
    )
    def test_any_json_with_a_proof_is_received_refused_or_malformed(self, body: Any) -> None:
        import json  # noqa: PLC0415 - the lenient one, so that NaN is tried too

        data = json.dumps(body).encode("utf-8", "surrogatepass")
        self.survives(self.sign(replace(self.request(), body=data), 0))

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(
        headers=st.dictionaries(
            st.sampled_from(["authorization", "origin", "content-type", "x-signature"]),
            st.text(max_size=60),
        ),
        url=st.text(max_size=60),
        query=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
    )
    def test_any_headers_are_received_refused_or_malformed(
        self, headers: dict[str, str], url: str, query: dict[str, str]
    ) -> None:
        self.survives(replace(self.request(), headers=headers, url=url, query=query))

    def survives(self, request: WebhookRequest) -> None:
        """Assert that `receive` (and `parse`) end as the contract allows."""
        channel = self.channel()
        reads = [
            channel.receive,
            *([channel.parse] if isinstance(channel, contract.Parses) else []),
        ]
        for read in reads:
            try:
                received = read(request)
            except (Refused, Malformed):
                continue
            assert isinstance(received, Received)

    def test_it_can_be_read_without_verifying(self) -> None:
        channel = self.channel()
        assert isinstance(channel, contract.Parses)
        signed = self.sign(self.request(), 0)
        assert ids(channel.parse(signed)) == ids(channel.receive(signed))

    def test_capabilities_and_optional_protocols_come_together(self) -> None:
        channel: Channel = self.channel()
        for capability, protocol in OPTIONAL.items():
            declared, fulfilled = getattr(self.can, capability), isinstance(channel, protocol)
            assert declared == fulfilled, f"{capability} is {declared}, {protocol} is {fulfilled}"

    def test_events_carry_aware_times_and_keys(self) -> None:
        for event in self.channel().receive(self.sign(self.request(), 0)).events:
            assert event.at.utcoffset() is not None
            assert event.external_id
            assert event.conversation_key
            assert event.sender.medium
            assert event.sender.value

    def test_receive_is_a_plain_function(self) -> None:
        assert not inspect.iscoroutinefunction(self.channel().receive)

    def test_settings_speak_both_languages_and_hide_secrets(self) -> None:
        for field in describe(self.provider.Settings):
            assert field["label"]["ru"], field["name"]
            assert field["label"]["en"], field["name"]
            assert not (field["secret"] and field["default"]), field["name"]
        assert self.provider.title["ru"]
        assert self.provider.title["en"]


def ids(received: Received) -> list[str]:
    """The external ids in order."""
    return [event.external_id for event in received.events]
