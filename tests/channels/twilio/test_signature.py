"""The examples of twilio-python's tests/unit/test_request_validator.py (read 2026-11-27)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from channels.contract import WebhookRequest
from channels.errors import Refused
from channels.families.twilio import signature

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = (
    ("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"),
    ("To", "+18005551212"), ("Caller", "+14158675309"),
)  # fmt: skip
FORM = (
    b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    b"&Caller=%2B14158675309"
)
PLAIN = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def verify(url: str, mark: str, body: bytes = FORM, kind: str = signature.FORM) -> None:
    headers = {"content-type": kind, "x-twilio-signature": mark}
    request = WebhookRequest("POST", url, headers, {}, body, datetime(2026, 1, 5, tzinfo=UTC))
    signature.verify(request, TOKEN, url)


def test_a_form_is_signed_as_documented() -> None:
    assert signature.sign(TOKEN, URL, FIELDS) == PLAIN
    verify(URL, PLAIN)


def test_repeated_parameters_are_sorted_and_count_once() -> None:
    fields = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
    assert signature.sign(TOKEN, URL, [*fields, *fields]) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("url", "mark"),
    [
        (URL.replace(".com", ".com:1234"), PLAIN),  # the port is left away
        (URL.replace(".com", ".com:1234").replace("https", "http"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),  # :443 is added
        (URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),  # :80 is added
    ],
)
def test_the_port_may_be_there_or_not(url: str, mark: str) -> None:
    verify(url, mark)


def test_another_body_is_named_by_its_hash() -> None:
    body = b'{"property": "value", "boolean": true}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    verify(url, "a9nBmqA0ju/hNViExpshrM61xv4=", body, "application/json")
    with pytest.raises(Refused):
        verify(url, "a9nBmqA0ju/hNViExpshrM61xv4=", body + b" ", "application/json")


def test_an_empty_token_and_a_thousand_fields_prove_nothing() -> None:
    request = WebhookRequest(
        "POST", URL, {"x-twilio-signature": signature.sign("", URL)}, {}, b"",
        datetime(2026, 1, 5, tzinfo=UTC),
    )  # fmt: skip
    with pytest.raises(Refused):
        signature.verify(request, "", URL)
    with pytest.raises(Refused):
        verify(URL, PLAIN, b"&".join([b"a=1"] * 1001))
