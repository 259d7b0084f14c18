"""The authorization-code flow against a fake OAuth server."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import Misconfigured, Temporary
from channels.mail.oauth import (
    GMAIL,
    OAuthClient,
    OAuthProvider,
    Renewed,
    begin,
    exchange,
    microsoft,
    refresh,
    xoauth2,
)
from channels.toolkit.http import Client


class FakeOAuth:
    """`answers` are given in turn; `asked` keeps the forms."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any]] = []

    async def token(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        status, body = self.answers.pop(0)
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers={"Retry-After": "7"})
        return web.json_response(body, status=status)


@pytest.fixture
async def fake() -> FakeOAuth:
    return FakeOAuth()


@pytest.fixture
async def client(fake: FakeOAuth) -> AsyncIterator[OAuthClient]:
    app = web.Application()
    app.router.add_post("/token", fake.token)
    server = TestServer(app)
    await server.start_server()
    provider = OAuthProvider("https://login/authorize", str(server.make_url("/token")), ("mail",))
    yield OAuthClient(provider, "our-id", "our-secret", "https://cc.example/back")
    await server.close()


@pytest.fixture
async def http() -> AsyncIterator[Client]:
    async with Client(trusted=frozenset({"127.0.0.1"})) as made:
        yield made


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_address_to_agree_at_carries_state_and_a_challenge() -> None:
    client = OAuthClient(GMAIL, "id", "secret", "https://cc.example/back")
    begun = begin(client, "the-state", login_hint="a@b.c")
    asked = query(begun.url)
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    assert asked["code_challenge"] == urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["state"] == "the-state"
    assert asked["redirect_uri"] == "https://cc.example/back"
    assert asked["access_type"] == "offline"
    assert asked["login_hint"] == "a@b.c"
    assert "secret" not in begun.url.replace("client_secret", "")
    assert len(begun.verifier) >= 43
    assert begun.verifier not in repr(begun)


def test_microsoft_is_asked_for_imap_smtp_and_a_refresh_token() -> None:
    begun = begin(OAuthClient(microsoft("contoso.example"), "id", "secret"), "s")
    scopes = query(begun.url)["scope"].split()
    assert "/contoso.example/" in begun.url
    assert scopes[0] == "offline_access"
    assert {scope.rsplit("/", 1)[1] for scope in scopes[1:]} == {
        "IMAP.AccessAsUser.All", "SMTP.Send",
    }  # fmt: skip


async def test_a_code_becomes_tokens(fake: FakeOAuth, client: OAuthClient, http: Client) -> None:
    fake.answers = [(200, {"access_token": "A", "refresh_token": "R", "expires_in": 3599})]
    tokens = await exchange(http, client, "the-code", "the-verifier")
    assert (tokens.access, tokens.refresh, tokens.expires_in) == ("A", "R", 3599.0)
    assert fake.asked == [{
        "grant_type": "authorization_code", "code": "the-code", "client_id": "our-id",
        "client_secret": "our-secret", "code_verifier": "the-verifier",
        "redirect_uri": "https://cc.example/back",
    }]  # fmt: skip


async def test_no_refresh_token_is_told_at_once_and_not_an_hour_later(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    fake.answers = [(200, {"access_token": "A"})]
    with pytest.raises(Misconfigured, match="no refresh token"):
        await exchange(http, client, "c", "v")


async def test_a_withdrawn_consent_stops_the_account(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    told = {"error": "invalid_grant", "error_description": "Token R has been revoked: our-secret"}
    fake.answers = [(400, told)]
    with pytest.raises(Misconfigured, match=r"invalid_grant .*: connect the account") as failed:
        await refresh(http, client, "R-very-secret")
    assert "our-secret" not in str(failed.value)


async def test_a_secret_in_a_long_refusal_is_struck_out_before_it_is_cut(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    told = {"error": "invalid_grant", "error_description": "x" * 280 + "R-very-secret"}
    fake.answers = [(400, told)]
    with pytest.raises(Misconfigured) as failed:
        await refresh(http, client, "R-very-secret")
    assert "R-v" not in str(failed.value)


async def test_the_numbers_for_microsofts_support_are_left_out(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    words = "AADSTS7000215: Invalid client secret.\r\nTrace ID: 0f\r\nCorrelation ID: 0e"
    fake.answers = [(401, {"error": "invalid_client", "error_description": words})]
    with pytest.raises(Misconfigured) as failed:
        await refresh(http, client, "R")
    assert "Invalid client secret.; client id or client secret is wrong" in str(failed.value)


async def test_a_token_address_inside_the_house_is_not_called_unless_it_is_named(
    client: OAuthClient, fake: FakeOAuth
) -> None:
    async with Client() as guarded:
        with pytest.raises(Misconfigured, match="cannot be used"):
            await refresh(guarded, client, "R")
        fake.answers = [(200, {"access_token": "A"})]
        assert (await refresh(guarded.trusting("127.0.0.1"), client, "R")).access == "A"
        with pytest.raises(Misconfigured, match="cannot be used"):
            await refresh(guarded, client, "R")
    assert len(fake.asked) == 1


@pytest.mark.parametrize("answer", [(503, "down"), (429, "slow"), (200, "<html>"), (200, {})])
async def test_a_provider_in_trouble_is_asked_again(
    fake: FakeOAuth, client: OAuthClient, http: Client, answer: tuple[int, Any]
) -> None:
    fake.answers = [answer]
    with pytest.raises(Temporary):
        await refresh(http, client, "R")


async def test_a_token_is_kept_until_shortly_before_it_runs_out(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    clock, rolled = [0.0], []

    async def changed(token: str) -> None:
        rolled.append(token)

    fake.answers = [
        (200, {"access_token": "A1", "expires_in": 3600}),
        (200, {"access_token": "A2", "expires_in": 3600, "refresh_token": "R2"}),
        (200, {"access_token": "A3", "expires_in": "no number"}),
    ]
    source = Renewed(http, client, "R1", now=lambda: clock[0], changed=changed)
    assert [await source(False), await source(False)] == ["A1", "A1"]
    clock[0] = 3500.0
    assert await source(False) == "A2"
    assert rolled == ["R2"]
    assert await source(True) == "A3"
    assert [form["refresh_token"] for form in fake.asked] == ["R1", "R1", "R2"]


async def test_logins_that_ask_at_once_share_one_renewal(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    fake.answers = [(200, {"access_token": name, "expires_in": 3600}) for name in ("A1", "A2")]
    source = Renewed(http, client, "R1", now=lambda: 0.0)
    assert set(await asyncio.gather(*(source(False) for _ in range(4)))) == {"A1"}
    assert set(await asyncio.gather(*(source(True) for _ in range(4)))) == {"A2"}
    assert len(fake.asked) == 2


async def test_a_token_that_another_process_exchanged_meanwhile_is_taken_over(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    told = iter(["R1", "R2"])

    async def current() -> str:
        return next(told)

    fake.answers = [(400, {"error": "invalid_grant"}), (200, {"access_token": "A"})]
    source = Renewed(http, client, "R1", now=lambda: 0.0, current=current)
    assert await source(False) == "A"
    assert [form["refresh_token"] for form in fake.asked] == ["R1", "R2"]


async def test_a_rolled_token_that_could_not_be_kept_is_kept_before_anything_else(
    fake: FakeOAuth, client: OAuthClient, http: Client
) -> None:
    kept: list[str] = []
    away = [True]

    async def changed(token: str) -> None:
        if away.pop():
            away.append(False)
            raise Temporary("the database is away")
        away.append(False)
        kept.append(token)

    fake.answers = [(200, {"access_token": "A", "expires_in": 3600, "refresh_token": "R2"})]
    source = Renewed(http, client, "R1", now=lambda: 0.0, changed=changed)
    with pytest.raises(Temporary):
        await source(False)
    assert await source(False) == "A"
    assert kept == ["R2"]
    assert len(fake.asked) == 1


def test_the_string_of_xoauth2_is_the_providers_example() -> None:
    # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
    assert xoauth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg") == (
        b"user=someuser@example.com\x01"
        b"auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"
    )
