"""Mail that is posted: who may, in which forms, and that its files are found again."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from urllib.parse import quote_plus, urlencode

import pytest

from channels.contract import Deps, WebhookRequest
from channels.errors import Malformed, Refused
from channels.mail import hooks
from channels.mail.channel import Mail
from channels.messages import MessageReceived
from tests.channels.mail.samples import (
    ACCOUNT,
    KEY,
    OWN,
    SECRETS,
    STAMP,
    later,
    mail,
    request,
    settings,
    signed,
    token,
)

PDF = b"%PDF-1.7\r\n" + bytes(range(256)) * 3 + b"\r\n--not-the-boundary\r\n"
WITH_FILE = (
    mail(Content_Type="").partition(b"Content-Type:")[0]
    + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="in&side=1"\r\n\r\n'
    + b"--in&side=1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    + "Счёт + 100%".encode()
    + b'\r\n--in&side=1\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(PDF).replace(b"\n", b"\r\n")
    + b"--in&side=1--\r\n"
)


def channel(**more: object) -> Mail:
    return Mail(settings(**more), Deps(ACCOUNT))


def text_of(given: WebhookRequest) -> str:
    (event,) = channel().receive(given).events
    assert isinstance(event, MessageReceived)
    return event.text


def refused(given: WebhookRequest, **more: object) -> Refused:
    with pytest.raises(Refused) as caught:
        channel(**more).receive(given)
    return caught.value


# --- Standard Webhooks --------------------------------------------------------------------------


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # standard-webhooks specification, "Signature scheme": the libraries' test vector.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = hooks.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_mail_is_taken() -> None:
    assert text_of(signed(request())) == "Где мой заказ?"


def test_one_good_signature_of_several_is_enough() -> None:
    given = signed(request())
    good = given.headers["webhook-signature"]
    for several in (f"v1,AAAA {good}", f"{good} v1a,BBBB", f"v2,x  v1,{'A' * 43}= {good}"):
        headers = {**given.headers, "webhook-signature": several}
        assert text_of(replace(given, headers=headers))


@pytest.mark.parametrize(
    "changed", ["body", "webhook-id", "webhook-timestamp", "webhook-signature"]
)
def test_any_changed_byte_is_refused(changed: str) -> None:
    given = signed(request())
    if changed == "body":
        refused(replace(given, body=given.body[:-1] + b"!"))
        return
    value = given.headers[changed]
    last = "0" if value[-1] != "0" else "1"
    for other in (value[:-2] + last + value[-1], value[:-1], ""):
        refused(replace(given, headers={**given.headers, changed: other}))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stale_signature_is_refused(seconds: int) -> None:
    refused(signed(request(), at=later(seconds)))
    assert text_of(signed(request(), at=later(seconds * 299 / 301)))


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1e9", "９" * 10, "9" * 40])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    given = signed(request())
    refused(replace(given, headers={**given.headers, "webhook-timestamp": stamp}))


def test_an_account_without_a_key_refuses() -> None:
    refused(signed(request()), hook_secret="")


def test_a_secret_may_be_any_text() -> None:
    made = {
        hooks.sign(secret, "1", "2", b"3") for secret in ("plain", "whsec_no base64!", SECRETS[0])
    }
    assert len(made) == 3


def test_the_envelopes_recipient_finds_the_conversation_and_adds_nothing_else() -> None:
    given = request(x_envelope_to=f"help+{token()}@shop.example")
    (event,) = channel().receive(signed(given)).events
    assert event.conversation_key == KEY
    given = request(x_envelope_to="x@y\r\nFrom: evil@other.example")
    (event,) = channel().receive(signed(given)).events
    assert event.sender.value == "anna@client.example"


def test_nothing_unproven_is_ever_called_malformed() -> None:
    """For what is malformed is kept in quarantine, and strangers are not to fill it."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    multi = {"content-type": "multipart/form-data"}
    for given in (
        replace(request(), method="GET"),
        replace(request(), headers=form, body=b"\xff=1&" * 1000),
        replace(request(), headers=multi, body=b"--x\r\n\r\n"),
        replace(request(), headers={"content-type": "image/png"}),
    ):
        refused(given)
    refused(signed(request()), receives="imap", imap_host="imap.shop.example")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b" \r\n", "message/rfc822", 200), (mail(), "image/png", 415), (b"\0\1\2" * 99, "", 200)],
    ids=["empty", "of another kind", "no mail"],
)
def test_a_proven_request_that_is_no_mail_is_malformed(body: bytes, kind: str, status: int) -> None:
    headers = {"content-type": kind} if kind else {}
    with pytest.raises(Malformed) as caught:
        channel().receive(signed(replace(request(body), headers=headers)))
    assert caught.value.status == status


# --- Mailgun ------------------------------------------------------------------------------------


def mailgun(raw: bytes = WITH_FILE, **changed: str) -> dict[str, bytes]:
    proof = hmac.new(b"key-0", f"{STAMP}tok".encode(), hashlib.sha256).hexdigest()
    fields = {"recipient": OWN, "timestamp": STAMP, "token": "tok", "signature": proof} | changed
    return {**{name: value.encode() for name, value in fields.items()}, "body-mime": raw}


def urlencoded(fields: dict[str, bytes]) -> WebhookRequest:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return replace(request(urlencode(fields).encode()), headers=headers)


def multipart(fields: dict[str, bytes]) -> WebhookRequest:
    body = b"".join(
        b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n%s\r\n" % (name.encode(), value)
        for name, value in fields.items()
    )
    headers = {"content-type": "multipart/form-data; boundary=xYzZY"}
    return replace(request(body + b"--xYzZY--\r\n"), headers=headers)


FORMS = {"urlencoded": urlencoded, "multipart": multipart}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_brings_the_mail_and_its_files_are_found_in_it_again(form: str) -> None:
    given = FORMS[form](mailgun())
    received = channel().receive(given)
    (event,) = received.events
    assert isinstance(event, MessageReceived)
    assert event.text == "Счёт + 100%"
    (file,) = event.attachments
    assert (file.name, file.size) == ("a.pdf", len(PDF))
    assert file.ref is not None
    assert channel().part(given.body, file.ref) == PDF
    assert received.parts == {file.ref: PDF}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("field", ["timestamp", "token", "signature"])
def test_a_form_with_another_proof_is_refused(form: str, field: str) -> None:
    refused(FORMS[form](mailgun(**{field: STAMP[:-1] + "7"})))
    fields = mailgun()
    del fields[field]
    refused(FORMS[form](fields))


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_refused_when_it_is_old_or_the_account_has_no_key(form: str) -> None:
    given = FORMS[form](mailgun())
    refused(replace(given, received_at=later(301)))
    refused(given, mailgun_key="")


def test_a_field_inside_the_mail_is_none_of_the_form() -> None:
    smuggled = mail(
        '--xYzZY-not\r\nContent-Disposition: form-data; name="token"\r\n\r\nevil\r\n&token=evil'
    )
    for form in FORMS.values():
        fields = mailgun(smuggled)
        first = {"body-mime": fields.pop("body-mime"), **fields}
        assert "evil" in text_of(form(first))


@pytest.mark.parametrize("form", FORMS)
def test_a_proven_form_without_a_mail_says_what_is_wrong(form: str) -> None:
    fields = mailgun()
    del fields["body-mime"]
    with pytest.raises(Malformed, match="/mime"):
        channel().receive(FORMS[form](fields))


@pytest.mark.parametrize("form", FORMS)
def test_a_large_forged_form_costs_next_to_nothing(form: str) -> None:
    """It is looked at before anybody is known, in the process that serves everybody."""
    letter = b"%D0%9F" if form == "urlencoded" else b"\xd0\x9f"
    given = FORMS[form](mailgun(b"MAIL", signature="0" * 64))
    given = replace(given, body=given.body.replace(b"MAIL", letter * 5_000_000))
    started = time.thread_time()
    refused(given)
    assert time.thread_time() - started < 1


def test_a_form_of_very_many_fields_is_refused() -> None:
    many = {f"f{n}": b"" for n in range(5_000)}
    for form in FORMS.values():
        refused(form({**many, **mailgun()}))


def test_a_quoted_boundary_and_a_quoted_plus_are_read() -> None:
    given = multipart(mailgun())
    quoted = {"content-type": 'multipart/form-data; charset=x; boundary="xYzZY"'}
    assert text_of(replace(given, headers=quoted))
    assert quote_plus("+").encode() in urlencoded(mailgun()).body
