import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Deps, WebhookRequest
from channels.errors import Malformed, Misconfigured, Refused
from channels.messages import DeliveryChanged, MessageReceived, Proof
from channels.webchat.channel import WebChat
from channels.webchat.session import (
    Session,
    issue_session,
    origin_allowed,
    verify_identity,
    verify_session,
    visitor_of_user,
)
from channels.webchat.settings import WebChatSettings
from channels.webchat.wire import ReadCursor
from tests.channels.webchat.samples import (
    EXPIRES,
    NOW,
    ORIGIN,
    SECRETS,
    account_settings,
    token,
)

OWN = "https://chat.example/chat/v1/k/events"


def channel(**more: object) -> WebChat:
    settings = WebChatSettings.model_validate(account_settings() | more)
    return WebChat(settings, Deps("account-0"))


def posted(body: object, *, by: str | None = None, origin: str = ORIGIN) -> WebhookRequest:
    headers = {
        "content-type": "application/json",
        "origin": origin,
        "authorization": f"Bearer {by or token()}",
    }
    return WebhookRequest("POST", OWN, headers, {}, orjson.dumps(body), NOW)


def test_a_session_comes_back_as_it_was_issued() -> None:
    session = Session("v1", "a1", EXPIRES, "42", "Анна", "a@shop.example")
    assert (
        verify_session("k" * 32, issue_session("k" * 32, session), account="a1", now=NOW) == session
    )


def test_a_session_of_another_account_with_the_same_secret_is_refused() -> None:
    with pytest.raises(Refused):
        verify_session(SECRETS[0], token(), account="account-1", now=NOW)


def test_an_expired_session_is_refused() -> None:
    with pytest.raises(Refused, match="expired"):
        verify_session(SECRETS[0], token(), account="account-0", now=NOW + timedelta(hours=1))


def test_no_session_is_accepted_under_an_empty_secret() -> None:
    with pytest.raises(Refused):
        verify_session("", token(), account="account-0", now=NOW)


@given(at=st.integers(min_value=0), to=st.sampled_from("AbZ09-_."))
def test_a_changed_character_of_a_token_is_refused(at: int, to: str) -> None:
    whole = token()
    at %= len(whole)
    changed = whole[:at] + to + whole[at + 1 :]
    if changed == whole:
        return
    with pytest.raises(Refused):
        verify_session(SECRETS[0], changed, account="account-0", now=NOW)


def test_a_site_user_is_believed_only_with_the_sites_signature() -> None:
    right = hmac.new(b"s", b"42", hashlib.sha256).hexdigest()
    assert verify_identity("s", "42", right) == "42"
    for user, given_hash in (("43", right), ("42", ""), ("42", right[:-1] + "x"), ("", right)):
        with pytest.raises(Refused):
            verify_identity("s", user, given_hash)
    with pytest.raises(Refused):
        verify_identity("", "42", hmac.new(b"", b"42", hashlib.sha256).hexdigest())


def test_a_signed_in_user_has_one_visitor_id_per_account() -> None:
    assert visitor_of_user("a", "42") == visitor_of_user("a", "42")
    assert visitor_of_user("a", "42") != visitor_of_user("b", "42")
    assert visitor_of_user("a", "42") != visitor_of_user("a", "43")


@pytest.mark.parametrize(
    ("origin", "allowed", "expected"),
    [
        ("https://shop.example", ("https://shop.example",), True),
        ("https://SHOP.example:443", ("https://shop.example/",), True),
        ("http://shop.example", ("https://shop.example",), False),
        ("https://shop.example.evil.example", ("https://shop.example",), False),
        ("https://evilshop.example", ("https://*.shop.example",), False),
        ("https://a.shop.example", ("https://*.shop.example",), True),
        ("https://shop.example", ("https://*.shop.example",), False),
        ("https://chat.example", (), True),
        ("https://other.example", (), False),
        ("https://other.example", ("*",), True),
        ("null", ("https://shop.example",), False),
        ("", ("https://shop.example",), True),
        ("https://shop.example:99999", ("https://shop.example",), False),
    ],
)
def test_origins(origin: str, allowed: tuple[str, ...], expected: bool) -> None:
    assert origin_allowed(origin, allowed, OWN) is expected


def test_a_page_of_another_site_is_refused_with_403() -> None:
    request = posted({"type": "message", "id": "1", "text": "x"}, origin="https://evil.example")
    with pytest.raises(Refused) as refusal:
        channel().receive(request)
    assert refusal.value.status == 403


def test_typed_addresses_are_claims_and_a_signed_user_is_signed() -> None:
    answers = {"name": "Анна", "email": "ANNA@shop.example ", "phone": "029 123-45-67"}
    body = {"type": "message", "id": "1", "text": "x", "prechat": answers}
    (event,) = channel().receive(posted(body, by=token(user="42"))).events
    proofs = {(claim.medium, claim.value): claim.proof for claim in event.claims}
    assert proofs == {
        ("user", "account-0:42"): Proof.SIGNED,
        ("email", "anna@shop.example"): Proof.CLAIMED,
        ("phone", "+375291234567"): Proof.CLAIMED,
    }
    assert (event.sender.medium, event.sender.value, event.sender.name) == ("visitor", "v1", "Анна")
    assert event.sender.proof is Proof.PROVIDER


@pytest.mark.parametrize("number", ["12", "not a number", "+1", "🎉" * 30, "0" * 200])
def test_what_is_no_phone_number_claims_nothing(number: str) -> None:
    body = {"type": "profile", "name": "", "email": "no mail", "phone": number}
    (event,) = channel().receive(posted(body)).events
    assert event.claims == ()


def test_two_visitors_may_use_the_same_client_id() -> None:
    body = {"type": "message", "id": "1", "text": "x"}
    (first,) = channel().receive(posted(body)).events
    (second,) = channel().receive(posted(body, by=token(visitor="v2"))).events
    assert first.external_id != second.external_id


def test_uploads_are_named_by_our_own_id() -> None:
    body = {"type": "message", "id": "1", "text": "", "attachments": ["f-1"]}
    (event,) = channel().receive(posted(body)).events
    assert isinstance(event, MessageReceived)
    assert event.attachments[0].ref == event.attachments[0].data["upload"] == "f-1"


def test_an_empty_message_and_a_far_too_long_one_are_malformed() -> None:
    for text in ("  ", "x" * 4001):
        with pytest.raises(Malformed) as refusal:
            channel().receive(posted({"type": "message", "id": "1", "text": text}))
        assert refusal.value.status == 422


def test_a_read_cursor_names_our_last_message() -> None:
    contact = "0198f2c0-0000-7000-8000-000000000001"
    cursor = ReadCursor(contact, 5, "0198-aa")
    assert ReadCursor.parse(str(cursor)) == cursor
    part = f"{contact}:5:{contact}-r1.2of2"  # the last part of a text that went in several
    assert str(ReadCursor.parse(part)) == part
    (read,) = channel().receive(posted({"type": "read", "cursor": part})).events
    assert isinstance(read, DeliveryChanged)
    assert read.target == f"{contact}-r1.2of2"
    assert ReadCursor.parse(f"{contact}:5") == ReadCursor(contact, 5)
    assert ReadCursor.parse("12:5") is ReadCursor.parse("x:y") is ReadCursor.parse("") is None
    assert channel().receive(posted({"type": "read", "cursor": f"{contact}:5"})).events == ()


async def test_check_wants_secrets_of_some_length() -> None:
    await channel().check()
    with pytest.raises(Misconfigured, match="identity_secret"):
        await channel(identity_secret="short").check()


def test_a_header_that_is_no_text_is_refused() -> None:
    request = posted({"type": "typing"})
    bad = replace(request, headers={**request.headers, "authorization": "Bearer \udcff.\udcff"})
    with pytest.raises(Refused):
        channel().receive(bad)
