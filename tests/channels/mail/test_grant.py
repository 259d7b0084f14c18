"""A mailbox in its owner's name: consent, tokens that run out, roll, and are withdrawn."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from pydantic import ValidationError

from channels import contract
from channels.contract import Deps
from channels.errors import Misconfigured, Temporary
from channels.mail.channel import Mail
from channels.mail.provider import PROVIDER
from channels.mail.settings import MailSettings
from channels.toolkit.http import Client
from channels.toolkit.suite import OPTIONAL
from tests.support.oauth import FakeOAuth, broken, fake_oauth, slow
from tests.support.scripted_imap import GO_ON, Fault, ScriptedImap, Session
from tests.support.scripted_smtp import ScriptedSmtp

BACK = "https://cc.example/back"


class FakeMemory:
    """What outlives a process."""

    def __init__(self) -> None:
        self.kept: Mapping[str, str] = {}

    async def recall(self) -> Mapping[str, str]:
        return self.kept

    async def keep(self, values: Mapping[str, str]) -> None:
        self.kept = dict(values)


@pytest.fixture
async def fake() -> AsyncIterator[FakeOAuth]:
    async with fake_oauth() as provider:
        provider.redirect_uri = BACK
        yield provider


@pytest.fixture
async def http() -> AsyncIterator[Client]:
    async with Client(deadline=5) as made:
        yield made


@pytest.fixture
async def imap() -> AsyncIterator[ScriptedImap]:
    scripted = ScriptedImap()
    await scripted.start()
    yield scripted
    await scripted.stop()


def settings(fake: FakeOAuth, port: int = 1, **more: Any) -> MailSettings:
    return MailSettings.model_validate({
        "address": "help@shop.example", "imap_host": "127.0.0.1", "imap_port": port,
        "imap_security": "plain", "login": "microsoft", "oauth_client_id": fake.client_id,
        "oauth_client_secret": fake.client_secret, "oauth_endpoint": f"{fake.url}/token",
        "oauth_authorize_address": f"{fake.url}/authorize", **more,
    })  # fmt: skip


async def agreed(mailbox: Mail) -> str:
    """A person agrees in the browser; the refresh token that comes of it."""
    asked = mailbox.begin(BACK, "the-state")
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(asked.url, allow_redirects=False) as answer,
    ):
        told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert told["state"] == ["the-state"]
    kept = await mailbox.finish(told["code"][0], asked.verifier, BACK)
    return kept["oauth_refresh_token"]


def follow(fake: FakeOAuth) -> Fault:
    """The mail server takes the newest token and no other."""

    async def fault(session: Session, _tag: str, _words: str) -> str:
        session.server.token = fake.access[-1]
        return GO_ON

    return fault


async def a_moment_later(mailbox: Mail) -> str:
    token = await mailbox._grant.token(False)
    assert token
    return token


def test_a_mailbox_asks_for_consent_as_the_contract_says() -> None:
    can = PROVIDER.capabilities
    mailbox = Mail(MailSettings(address="a@b.example", receives="hook"), Deps("a"))
    assert OPTIONAL["authorizes"] is contract.Authorizes
    assert can.authorizes == isinstance(mailbox, contract.Authorizes)


def test_a_mailbox_with_a_password_asks_nobody() -> None:
    mailbox = Mail(MailSettings(address="a@b.example", receives="hook"), Deps("a"))
    assert mailbox.authority() == ""
    with pytest.raises(Misconfigured, match="nobody has to agree"):
        mailbox.begin(BACK, "s")


async def test_a_consent_opens_the_mailbox_by_xoauth2(
    fake: FakeOAuth, http: Client, imap: ScriptedImap
) -> None:
    granted = await agreed(Mail(settings(fake), Deps("a", http)))
    mailbox = Mail(settings(fake, imap.port, oauth_refresh_token=granted), Deps("a", http))
    imap.faults["AUTHENTICATE"].append(follow(fake))
    await mailbox.check()
    assert mailbox.authorized()
    assert imap.count("AUTHENTICATE XOAUTH2") == 1
    assert imap.count("LOGIN") == 0


async def test_reading_and_sending_share_one_access_token(
    fake: FakeOAuth, http: Client, imap: ScriptedImap
) -> None:
    smtp = ScriptedSmtp()
    await smtp.start()
    granted = await agreed(Mail(settings(fake), Deps("a", http)))
    sending = {"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "smtp_security": "plain"}
    given = settings(fake, imap.port, oauth_refresh_token=granted, **sending)
    mailbox = Mail(given, Deps("a", http))
    imap.token = smtp.token = await a_moment_later(mailbox)
    await mailbox.check()
    assert fake.grants == ["authorization_code", "refresh_token"]
    assert imap.count("AUTHENTICATE XOAUTH2") == 1
    assert any(line.startswith("AUTH XOAUTH2") for line in smtp.said)
    await smtp.stop()


async def test_an_access_token_the_server_refuses_is_renewed_once_and_then_the_account_stops(
    fake: FakeOAuth, http: Client, imap: ScriptedImap
) -> None:
    granted = await agreed(Mail(settings(fake), Deps("a", http)))
    mailbox = Mail(settings(fake, imap.port, oauth_refresh_token=granted), Deps("a", http))
    imap.token = "none of ours"
    with pytest.raises(Misconfigured, match="Invalid credentials"):
        await mailbox.check()
    assert fake.grants == ["authorization_code", "refresh_token", "refresh_token"]
    assert imap.count("AUTHENTICATE XOAUTH2") == 2


async def test_a_token_about_to_run_out_is_renewed_before_it_is_used(
    fake: FakeOAuth, http: Client
) -> None:
    granted = await agreed(Mail(settings(fake), Deps("a", http)))
    mailbox = Mail(settings(fake, oauth_refresh_token=granted), Deps("a", http))
    fake.expires_in = 0
    first = await a_moment_later(mailbox)
    fake.expires_in = 3600
    second = await a_moment_later(mailbox)
    assert first != second
    assert await a_moment_later(mailbox) == second


async def test_a_rolled_token_is_known_after_a_restart_and_to_the_other_process(
    fake: FakeOAuth, http: Client
) -> None:
    fake.rolls = True
    deps = Deps("a", http, FakeMemory())
    given = settings(fake, oauth_refresh_token=await agreed(Mail(settings(fake), deps)))
    here, there = Mail(given, deps), Mail(given, deps)
    await a_moment_later(here)
    await a_moment_later(there)  # the token of the settings is dead by now
    await here._grant.token(True)
    await a_moment_later(Mail(given, deps))
    used = [form["refresh_token"] for form in fake.asked if "refresh_token" in form]
    assert len(set(used)) == 4, "each is good once"


async def test_a_new_consent_needs_nobody_to_forget_what_followed_from_the_old_one(
    fake: FakeOAuth, http: Client
) -> None:
    fake.rolls = True
    deps = Deps("a", http, FakeMemory())
    old = settings(fake, oauth_refresh_token=await agreed(Mail(settings(fake), deps)))
    await a_moment_later(Mail(old, deps))
    fake.revoke()
    new = settings(fake, oauth_refresh_token=await agreed(Mail(settings(fake), deps)))
    await a_moment_later(Mail(new, deps))
    assert fake.asked[-1]["refresh_token"] == new.oauth_refresh_token


async def test_a_withdrawn_consent_stops_the_account_with_what_to_do(
    fake: FakeOAuth, http: Client, imap: ScriptedImap
) -> None:
    granted = await agreed(Mail(settings(fake), Deps("a", http)))
    mailbox = Mail(settings(fake, imap.port, oauth_refresh_token=granted), Deps("a", http))
    fake.revoke()
    with pytest.raises(Misconfigured) as failed:
        await mailbox.check()
    assert "Token has been expired or revoked." in str(failed.value)
    assert "connect the account again" in str(failed.value)
    assert granted not in str(failed.value)


async def test_a_mailbox_nobody_has_agreed_to_says_so(
    fake: FakeOAuth, http: Client, imap: ScriptedImap
) -> None:
    with pytest.raises(Misconfigured, match="not connected to Microsoft yet"):
        await Mail(settings(fake, imap.port), Deps("a", http)).check()
    assert fake.asked == []


@pytest.mark.parametrize("fault", [broken, slow(3)])
async def test_a_provider_in_trouble_or_silent_is_only_waited_for(
    fake: FakeOAuth, imap: ScriptedImap, fault
) -> None:
    async with Client(deadline=1.0) as http:
        given = settings(fake, imap.port, oauth_refresh_token="R")
        fake.good.add("R")
        mailbox = Mail(given, Deps("a", http))
        fake.faults.append(fault)
        with pytest.raises(Temporary):
            await mailbox.check()
        imap.faults["AUTHENTICATE"].append(follow(fake))
        await mailbox.check()


async def test_the_code_of_another_flow_gives_no_token(fake: FakeOAuth, http: Client) -> None:
    mailbox = Mail(settings(fake), Deps("a", http))
    asked = mailbox.begin(BACK, "s")
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(asked.url, allow_redirects=False) as answer,
    ):
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    with pytest.raises(Misconfigured, match="not yours"):
        await mailbox.finish(code, mailbox.begin(BACK, "s").verifier, BACK)


def test_where_mails_are_only_read_a_channel_needs_neither_client_nor_memory() -> None:
    deps = pickle.loads(pickle.dumps(Deps("account-0")))
    given = MailSettings(
        address="a@b.example", receives="hook", login="google", oauth_client_id="id"
    )
    assert Mail(given, deps).authority() == "Google"


@pytest.mark.parametrize("field", ["oauth_endpoint", "oauth_authorize_address"])
@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("", True),
        ("https://login.shop.example/token", True),
        ("http://127.0.0.1:8080/token", True),
        ("http://localhost/token", True),
        ("http://[::1]:8080", True),
        ("http://login.shop.example/token", False),
        ("http://127.0.0.1:80@login.shop.example/token", False),
        ("http://localhost.shop.example/", False),
        ("http://127.0.0.1.shop.example/", False),
        ("ftp://127.0.0.1/", False),
    ],
)
def test_a_secret_goes_out_encrypted_or_stays_on_this_machine(
    field: str, address: str, taken: bool
) -> None:
    given: dict[str, Any] = {"address": "help@shop.example", "receives": "nothing", field: address}
    if taken:
        assert getattr(MailSettings(**given), field) == address
    else:
        with pytest.raises(ValidationError):
            MailSettings(**given)
