"""The suite sees what it is there to see: who has one fault fails the test that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest

from channels.contract import Received, WebhookRequest
from channels.errors import Malformed, Refused
from channels.toolkit import signing
from channels.toolkit.suite import Mutation, WebhookContract
from tests.walkthrough.tree.channels.example import PROVIDER, Example, Settings
from tests.walkthrough.tree.tests.channels.example.samples import (
    MUTATIONS,
    account_settings,
    message,
    signed,
)

JSON = {"content-type": "application/json"}


class Suspect(WebhookContract):
    """The contract of the walk-through's messenger, for whatever is built."""

    provider = PROVIDER

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


# --- faults --------------------------------------------------------------------------------------


class TakesWhatIsNotSigned(Example):
    def verify(self, request: WebhookRequest) -> None:
        if "x-example-signature" in request.headers:
            super().verify(request)


class TakesAnySignature(Example):
    def verify(self, request: WebhookRequest) -> None:
        if "x-example-signature" not in request.headers:
            raise Refused("not signed")


class KnowsOneSecretForAll(Example):
    def verify(self, request: WebhookRequest) -> None:
        for which in (0, 1):
            other = Settings.model_validate(account_settings(which))
            try:
                return Example(other, Any).verify(request)  # type: ignore[arg-type]
            except Refused:
                continue
        raise Refused("not signed")


class TakesASignatureItHasSeen(Example):
    def verify(self, request: WebhookRequest) -> None:
        seen = signed(message(text="Здравствуйте")).headers["x-example-signature"]
        if request.headers.get("x-example-signature") != seen:
            super().verify(request)


class ForgetsTheTime(Example):
    def verify(self, request: WebhookRequest) -> None:
        super().verify(replace(request, received_at=at(request.headers.get("x-example-time"))))


class RefusesWithAFault(Example):
    def verify(self, request: WebhookRequest) -> None:
        try:
            super().verify(request)
        except Refused:
            raise Refused("no", status=500) from None


class RefusesAll(Example):
    def verify(self, request: WebhookRequest) -> None:
        raise Refused("no")


class NeedsNoSecret(Example):
    def verify(self, request: WebhookRequest) -> None:
        if self.settings.secret:
            super().verify(request)


class NamesByArrival(Example):
    def parse(self, request: WebhookRequest) -> Received:
        return renamed(super().parse(request), str(request.received_at))


class BelievesTheHost(Example):
    def parse(self, request: WebhookRequest) -> Received:
        return renamed(super().parse(request), request.headers.get("host", ""))


class ReadsAnyType(Example):
    def parse(self, request: WebhookRequest) -> Received:
        return super().parse(replace(request, headers={**request.headers, **JSON}))


class TriesAForm(Example):
    def parse(self, request: WebhookRequest) -> Received:
        if request.body[:1] not in b"{[" and b"=" in request.body:
            told: dict[str, Any] = dict(parse_qsl(request.body.decode("utf-8", "replace")))
            told |= {"from": {"id": "anna"}, "at": 0}
            body = orjson.dumps(told)
            return super().parse(replace(request, headers={**request.headers, **JSON}, body=body))
        return super().parse(request)


class StumblesOverBytes(Example):
    def parse(self, request: WebhookRequest) -> Received:
        request.body.decode()
        return super().parse(request)


class StumblesOverJson(Example):
    def parse(self, request: WebhookRequest) -> Received:
        received = super().parse(request) if request.body[:1] == b"{" else Received()
        orjson.loads(request.body)["id"]
        return received


class StumblesOverHeaders(Example):
    def receive(self, request: WebhookRequest) -> Received:
        int(request.headers.get("content-length", "0"))
        return super().receive(request)


class ForbidsNewFields(Example):
    def parse(self, request: WebhookRequest) -> Received:
        if b"mood" in request.body:
            raise Malformed("unknown field")
        return super().parse(request)


class DropsNewKinds(Example):
    def parse(self, request: WebhookRequest) -> Received:
        received = super().parse(request)
        kept = tuple(one for one in received.events if not getattr(one, "unsupported", None))
        return replace(received, events=kept)


class HidesNewKinds(Example):
    def parse(self, request: WebhookRequest) -> Received:
        received = super().parse(request)
        return Received(tuple(replace(one, unsupported=None) for one in received.events))  # type: ignore[call-arg]


class KnowsNoZone(Example):
    def parse(self, request: WebhookRequest) -> Received:
        received = super().parse(request)
        return Received(
            tuple(replace(one, at=one.at.replace(tzinfo=None)) for one in received.events)
        )


class ReadsOnlyWhatIsProven(Example):
    parse = None  # type: ignore[assignment]

    def receive(self, request: WebhookRequest) -> Received:
        self.verify(request)
        return Example.parse(self, request)


class WritesOne(Example):
    def typing(self) -> None: ...


def at(stamp: str | None) -> datetime:
    return datetime.fromtimestamp(int(stamp or 0), message().received_at.tzinfo)


def renamed(received: Received, by: str) -> Received:
    return Received(tuple(
        replace(one, external_id=f"{one.external_id}{by}") for one in received.events
    ))  # fmt: skip


FAULTS: list[tuple[type[Example], str]] = [
    (TakesWhatIsNotSigned, "test_what_proves_nothing_is_refused"),
    (TakesAnySignature, "test_what_proves_nothing_is_refused"),
    (KnowsOneSecretForAll, "test_what_proves_nothing_is_refused"),
    (KnowsOneSecretForAll, "test_the_other_account_takes_only_its_own"),
    (TakesASignatureItHasSeen, "test_what_proves_nothing_is_refused"),
    (ForgetsTheTime, "test_what_proves_nothing_is_refused"),
    (RefusesWithAFault, "test_what_proves_nothing_is_refused"),
    (RefusesAll, "test_a_proven_request_is_received"),
    (NeedsNoSecret, "test_an_account_without_secrets_refuses_everything"),
    (NamesByArrival, "test_a_repeated_request_has_the_same_external_ids"),
    (BelievesTheHost, "test_the_host_a_request_names_is_of_no_account"),
    (ReadsAnyType, "test_a_wrong_content_type_is_refused_or_malformed"),
    (TriesAForm, "test_json_for_a_form_and_a_form_for_json_are_refused_or_malformed"),
    (StumblesOverBytes, "test_any_bytes_with_a_proof_are_received_refused_or_malformed"),
    (StumblesOverJson, "test_any_json_with_a_proof_is_received_refused_or_malformed"),
    (StumblesOverHeaders, "test_any_headers_are_received_refused_or_malformed"),
    (ForbidsNewFields, "test_an_unknown_field_changes_nothing"),
    (DropsNewKinds, "test_an_unknown_kind_is_a_message_that_names_it"),
    (HidesNewKinds, "test_an_unknown_kind_is_a_message_that_names_it"),
    (DropsNewKinds, "test_a_mutation_has_its_fate"),
    (KnowsNoZone, "test_events_carry_aware_times_and_keys"),
    (ReadsOnlyWhatIsProven, "test_it_can_be_read_without_verifying"),
    (WritesOne, "test_capabilities_and_optional_protocols_come_together"),
]


def tried(contract: WebhookContract, test: str) -> None:
    """Run one test of the suite as pytest would."""
    by_mutation = test == "test_a_mutation_has_its_fate"
    for given in [(name,) for name in contract.mutations()] if by_mutation else [()]:
        getattr(contract, test)(*given)


def suspected(build: Callable[..., Example]) -> WebhookContract:
    contract = Suspect()
    contract.provider = replace(PROVIDER, build=build)
    return contract


@pytest.mark.parametrize(("fault", "test"), FAULTS)
def test_a_fault_fails_the_test_that_names_it(fault: type[Example], test: str) -> None:
    if "_any_" not in test:  # those take their time, and pass in the walk-through
        tried(suspected(Example), test)
    with pytest.raises(Exception):  # noqa: B017 - an assertion, or what the adapter raised
        tried(suspected(fault), test)


@dataclass
class _Metafunc:
    fixturenames: tuple[str, ...] = ("mutation",)
    given: tuple[str, ...] = ()

    def parametrize(self, _name: str, values: list[str]) -> None:
        self.given = tuple(values)


def test_a_provider_without_an_english_title_is_seen() -> None:
    contract = suspected(Example)
    contract.provider = replace(PROVIDER, title={"ru": "Пример", "en": ""})
    with pytest.raises(AssertionError):
        contract.test_settings_speak_both_languages_and_hide_secrets()


def test_every_mutation_is_a_test_of_its_own() -> None:
    metafunc = _Metafunc()
    Suspect().pytest_generate_tests(metafunc)
    assert metafunc.given == tuple(MUTATIONS)


def test_nine_mutations_are_too_few() -> None:
    contract = Suspect()
    nine = dict(list(MUTATIONS.items())[:9])
    contract.mutations = lambda: nine  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        contract.test_ten_mutations_are_told_with_their_fates()


def test_a_proof_that_covers_the_address_must_cover_the_host() -> None:
    """Found by itself: whoever signs another address otherwise is held to it."""

    class Addressed(Suspect):
        def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
            made = signed(request, which)
            return replace(made, headers={**made.headers, "x-address": mark(request.url)})

    class Believing(Example):
        def receive(self, request: WebhookRequest) -> Received:
            host = request.headers.get("host")
            url = f"https://{host}/hooks/key" if host else request.url
            if request.headers.get("x-address", "") != mark(url):
                raise Refused("for another address")
            return super().receive(request)

    contract = Addressed()
    contract.provider = replace(PROVIDER, build=Believing)
    assert "a proof for another host" in contract.forgeries()
    with pytest.raises(AssertionError, match="another host"):
        contract.test_what_proves_nothing_is_refused()


def mark(url: str) -> str:
    return signing.hexdigest("key", url)
