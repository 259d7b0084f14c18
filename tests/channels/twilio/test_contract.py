"""What every webhook adapter has to stand, and what is special to Twilio's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from channels import registry
from channels.contract import Deps, Received, WebhookRequest
from channels.errors import Malformed, Refused
from channels.families.twilio import signature
from channels.messages import DeliveryChanged, DeliveryStatus
from channels.sms.twilio import callbacks
from channels.sms.twilio.channel import TwilioSms
from channels.sms.twilio.settings import TwilioSmsSettings
from channels.toolkit.suite import Fate, Mutation
from contact_center.simulator import twilio_wire as wire
from tests.channels.contract import ProviderContract
from tests.channels.twilio.samples import (
    CLIENT,
    HOOK,
    TOKENS,
    account_settings,
    incoming,
    posted,
    report,
    signed,
    with_signature,
)

HERE = Path(__file__).parent
OUR_ID = "01890000-0000-7000-8000-000000000001"


def channel(**more: object) -> TwilioSms:
    settings = TwilioSmsSettings.model_validate(account_settings(0, **more))
    return TwilioSms(settings, Deps("account-0", webhook=HOOK))


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in incoming().items() if key != name}


def read(form: Mapping[str, str], check: Callable[[Any], bool]) -> Mutation:
    return Mutation(posted(form), Fate.READ, check)


def unread(form: Mapping[str, str]) -> Mutation:
    return Mutation(posted(form), Fate.MALFORMED)


FOREIGN = {"NumMedia": "1", "MediaUrl0": "https://evil.example/x", "MediaContentType0": "a/b"}
# Changes of a good message, each with what becomes of it.
MUTATIONS = {
    "no body": read(without("Body"), lambda event: event.text == ""),
    "no count of files": read(without("NumMedia"), lambda event: event.attachments == ()),
    "a count that is a word": read(
        incoming(NumMedia="many"), lambda event: event.attachments == ()
    ),
    "a file that is announced and not named": read(
        incoming(NumMedia="1"), lambda event: event.attachments[0].ref is None
    ),
    "a file that lies elsewhere": read(
        incoming(**FOREIGN), lambda event: event.attachments[0].ref is None
    ),
    "a thousand million files": read(
        incoming(NumMedia="9" * 9), lambda event: len(event.attachments) == 100
    ),
    "signs beyond the first plane, and NUL": read(
        incoming(Body="😀 €\0"), lambda event: len(event.text) > 2
    ),
    "a new parameter": read(incoming(NewParameter="x"), lambda event: event.text == "Hello"),
    "a wish newer than we are": read(
        incoming(OptOutType="SOMETHING"), lambda event: event.data["consent"] == "something"
    ),
    "nothing that we can read": Mutation(
        posted(incoming(Body="", Hologram="x")), Fate.UNSUPPORTED,
        lambda event: event.unsupported == "Hologram",
    ),
    "no id": unread(without("MessageSid") | {"SmsSid": ""}),
    "no sender": unread(without("From")),
    "no account": unread(without("AccountSid")),
    "a path for an id": unread(incoming(MessageSid="../../etc/passwd")),
    "the sender of another channel": unread(incoming(From="whatsapp:" + CLIENT)),
    "a status newer than we are": unread(report("teleported")),
    "a report about nobody": unread(report(To="")),
}  # fmt: skip


class TestTwilioSms(ProviderContract):
    provider = registry.provider("twilio_sms")
    recordings = HERE / "recordings"

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return posted(incoming())

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        try:
            fields = signature.fields_of(request.body)
        except ValueError:
            fields = ()
        if signature.media_type(request) != signature.FORM:
            fields = ()
        return with_signature(request, signature.sign(TOKENS[which], request.url, fields))

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        return with_signature(request, wire.signed("no token of ours", request.url, incoming()))

    def with_unknown_field(self) -> WebhookRequest:
        return posted(incoming(NewParameter="x"))

    def with_unknown_kind(self) -> WebhookRequest:
        return posted(incoming(Body="", Hologram="x"))

    def mutations(self) -> Mapping[str, Mutation]:
        return MUTATIONS


# --- proof ---------------------------------------------------------------------------------------


def test_the_address_that_is_checked_is_the_configured_one_not_the_hosts() -> None:
    """Whoever forges a Host header has signed another address than the house knows."""
    elsewhere = signed(incoming(), url="https://evil.example/hooks/key")
    forged = replace(elsewhere, url=HOOK, headers={**elsewhere.headers, "host": "evil.example"})
    with pytest.raises(Refused):
        channel().receive(forged)


def test_a_public_address_of_its_own_is_checked_instead_of_the_services() -> None:
    behind = channel(public_address="https://sms.shop.example")
    outside = signed(incoming(), url="https://sms.shop.example/hooks/key")
    assert behind.receive(replace(outside, url="http://10.0.0.7:8080/hooks/key")).events
    with pytest.raises(Refused):
        behind.receive(signed(incoming()))


def test_a_body_that_is_no_form_is_proven_by_its_hash_and_cannot_be_read() -> None:
    body = b'{"MessageSid":"SM1"}'
    url = f"{HOOK}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    request = replace(posted({}, url), body=body, headers={"content-type": "application/json"})
    proven = with_signature(request, wire.signed(TOKENS[0], url, {}))
    with pytest.raises(Malformed):
        channel().receive(proven)
    with pytest.raises(Refused):
        channel().receive(replace(proven, body=body + b" "))


def test_a_form_cannot_pass_for_json_that_was_signed_without_it() -> None:
    """The signature of an address alone proves no parameters."""
    url = f"{HOOK}?bodySHA256={hashlib.sha256(b'').hexdigest()}"
    bare = with_signature(posted({}, url), wire.signed(TOKENS[0], url, {}))
    with pytest.raises(Refused):
        channel().receive(replace(bare, body=posted(incoming()).body))


def test_a_request_signed_with_a_shared_key_says_what_is_the_matter() -> None:
    request = signed(incoming())
    named = {**request.headers, "x-twilio-webhooks-signature-settings": "key=a,algorithm=b"}
    with pytest.raises(Refused, match="shared key"):
        channel().receive(replace(request, headers=named))


def test_of_a_repeated_parameter_every_value_is_signed() -> None:
    body = posted(incoming()).body + b"&Tag=b&Tag=a&Tag=b"
    request = replace(posted({}), body=body)
    fields = sorted(set(parse_qsl(body.decode(), keep_blank_values=True)))
    text = HOOK + "".join(name + value for name, value in fields)
    mark = wire.signed(TOKENS[0], text, {})
    assert channel().receive(with_signature(request, mark)).events


# --- reports -------------------------------------------------------------------------------------


def told(status: str, url: str = HOOK, **more: str) -> DeliveryChanged:
    received = channel().receive(signed(report(status, **more), url=url))
    assert received.reply.status == 204
    (event,) = received.events
    assert isinstance(event, DeliveryChanged)
    return event


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("queued", DeliveryStatus.SENT), ("sending", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT), ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.READ), ("undelivered", DeliveryStatus.FAILED),
        ("failed", DeliveryStatus.FAILED), ("canceled", DeliveryStatus.FAILED),
    ],
)  # fmt: skip
def test_a_status_becomes(status: str, becomes: DeliveryStatus) -> None:
    event = told(status)
    assert event.status is becomes
    assert (event.reason is not None) == (becomes is DeliveryStatus.FAILED)


def test_a_failure_says_why_in_words_and_with_the_code() -> None:
    reason = told("undelivered", ErrorCode="30006").reason
    assert reason == "a landline, or an operator that cannot be reached (Twilio 30006)"
    assert told("failed", ErrorCode="39999").reason == "not delivered (Twilio 39999)"


def test_the_address_of_a_report_names_our_message() -> None:
    url = callbacks.address(HOOK, TOKENS[0], OUR_ID).partition("#")[0]
    assert told("sent", url).data == {"own": OUR_ID}
    assert told("sent", url.replace("0001&", "0002&")).data == {}
    assert told("sent", HOOK + "/status?m=" + OUR_ID).data == {}


def test_an_unknown_status_is_kept_for_a_look() -> None:
    with pytest.raises(Malformed):
        told("teleported")


def test_a_message_gets_no_answer_and_every_status_its_own_key() -> None:
    received: Received = channel().receive(signed(incoming()))
    assert received.reply.body.endswith(b"<Response/>")
    assert received.reply.headers["content-type"].startswith("text/xml")
    assert told("sent").external_id != told("delivered").external_id


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": ""}, {"number": "375291234567890123"}, {"account_sid": "SK1"},
        {"auth_token": ""}, {"api_key_sid": "SK" + "0" * 32}, {"api_address": "http://evil.example"},
        {"messaging_service_sid": "SM1"}, {"public_address": "https://a.example/path"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TwilioSmsSettings.model_validate(account_settings(**wrong))
