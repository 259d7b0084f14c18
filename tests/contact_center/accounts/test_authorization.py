"""Connecting a mailbox by its owner's consent, from the console's button to the login."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import aiohttp
import pytest

from contact_center.access.tokens import digest, new_api_token
from contact_center.accounts.service import Accounts
from contact_center.kernel.ids import new_id
from tests.support.oauth import FakeOAuth, broken, fake_oauth
from tests.support.office import Answer, Office, Person
from tests.support.scripted_imap import GO_ON, Fault, ScriptedImap, Session

CALLBACK = "http://127.0.0.1:8080/api/v1/oauth/callback"


@pytest.fixture
async def fake() -> AsyncIterator[FakeOAuth]:
    async with fake_oauth() as provider:
        provider.redirect_uri = CALLBACK
        yield provider


@pytest.fixture
async def imap(fake: FakeOAuth) -> AsyncIterator[ScriptedImap]:
    """Takes the newest access token and no other."""
    scripted = ScriptedImap()
    scripted.faults["AUTHENTICATE"] += [_follow(fake)] * 20
    await scripted.start()
    yield scripted
    await scripted.stop()


def _follow(fake: FakeOAuth) -> Fault:
    async def fault(session: Session, _tag: str, _words: str) -> str:
        session.server.token = fake.access[-1]
        return GO_ON

    return fault


class Desk:
    """An administrator with a mailbox to connect."""

    def __init__(self, office: Office, boss: Person, account: str) -> None:
        self.office, self.boss, self.account = office, boss, account
        self.path = f"/accounts/{account}/authorization"

    async def begin(self) -> str:
        answer = await self.office.ask("POST", self.path, self.boss)
        assert answer.status == 200, answer.body
        url: str = answer.body["url"]
        return url

    async def agree(self) -> str:
        """The address the provider sends the browser back to, under /api/v1."""
        async with (
            aiohttp.ClientSession() as browser,
            browser.get(await self.begin(), allow_redirects=False) as answer,
        ):
            assert answer.status == 302, await answer.text()
            back = str(answer.headers["Location"])
        assert back.startswith(CALLBACK)
        return back.removeprefix("http://127.0.0.1:8080/api/v1")

    async def connect(self) -> Answer:
        return await self.office.ask("GET", await self.agree(), self.boss)

    async def consent(self) -> dict[str, Any]:
        body: dict[str, Any] = (await self.office.ask("GET", self.path, self.boss)).body
        return body

    async def shown(self) -> dict[str, Any]:
        answer = await self.office.ask("GET", f"/accounts/{self.account}", self.boss)
        body: dict[str, Any] = answer.body
        return body


@pytest.fixture
async def desk(office: Office, fake: FakeOAuth, imap: ScriptedImap) -> Desk:
    boss = await office.hire("boss", "administrator")
    settings = {
        "address": "help@shop.example", "imap_host": "127.0.0.1", "imap_port": imap.port,
        "imap_security": "plain", "login": "google", "oauth_client_id": fake.client_id,
        "oauth_client_secret": fake.client_secret, "oauth_endpoint": f"{fake.url}/token",
        "oauth_authorize_address": f"{fake.url}/authorize",
    }  # fmt: skip
    made = await office.ask("POST", "/accounts", boss, json={
        "provider": "mail", "title": "Help", "brand_id": str(office.ids["brand"]),
        "queue_id": str(office.ids["sales_queue"]), "settings": settings,
    })  # fmt: skip
    assert made.status == 201, made.body
    return Desk(office, boss, made.body["id"])


def outcome(answer: Answer, account: str | None) -> str:
    """What the console is told; whatever happened, the browser ends up there."""
    assert answer.status == 303, answer.body
    place = urlsplit(answer.headers["Location"])
    assert place.path == (f"/admin/accounts/{account}" if account else "/admin/accounts")
    query = parse_qs(place.query)
    assert list(query) == ["authorization"], "nothing else is told in an address"
    return str(query["authorization"][0])


async def test_an_account_that_waits_for_consent_says_so_and_names_what_to_register(desk: Desk):
    told = await desk.consent()
    assert (told["authority"], told["connected"], told["connected_at"]) == ("Google", False, None)
    assert told["redirect_uri"] == CALLBACK
    checked = await desk.office.ask("POST", f"/accounts/{desk.account}/check", desk.boss)
    assert checked.body["health"] == "red"
    assert "not connected to Google yet" in checked.body["health_text"]


async def test_agreeing_connects_the_account_and_the_mailbox_is_opened_at_once(
    desk: Desk, imap: ScriptedImap
):
    assert outcome(await desk.connect(), desk.account) == "granted"
    told = await desk.consent()
    assert told["connected"]
    assert told["connected_at"]
    assert told["refused"] is None
    assert (await desk.shown())["health"] == "green"
    assert imap.count("AUTHENTICATE XOAUTH2") == 1
    events = await desk.office.events("account.changed")
    assert f"employee:{desk.boss.id}" in {event["actor"] for event in events}


async def test_no_answer_no_row_and_no_log_line_shows_a_token_or_the_state(
    desk: Desk, fake: FakeOAuth, caplog: pytest.LogCaptureFixture, capsys
):
    caplog.set_level(logging.DEBUG)
    fake.rolls = True
    back = await desk.agree()
    state = parse_qs(urlsplit(back).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    answers = [await desk.office.ask("GET", back, desk.boss), await desk.consent()]
    answers.append(await desk.shown())
    verifier = fake.asked[0]["code_verifier"]
    planted = [state, code, verifier, fake.client_secret, *fake.good, *fake.access]
    # The test's web servers keep an access log; the service has none.
    logged = [r.getMessage() for r in caplog.records if r.name != "aiohttp.access"]
    said = f"{answers} {logged} {capsys.readouterr()}"
    assert [word for word in planted if word in said] == []
    tables = await desk.office.db.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
    for table in tables:
        rows = await desk.office.db.fetch(f'SELECT t::text AS line FROM "{table["tablename"]}" t')
        for row in rows:
            for word in planted:
                assert word not in row["line"], table["tablename"]
                assert word.encode().hex() not in row["line"], table["tablename"]


async def test_an_answer_is_good_once(desk: Desk, fake: FakeOAuth):
    back = await desk.agree()
    first = await desk.office.ask("GET", back, desk.boss)
    again = await desk.office.ask("GET", back, desk.boss)
    assert (outcome(first, desk.account), outcome(again, None)) == ("granted", "unknown")
    assert fake.grants.count("authorization_code") == 1


async def test_the_session_that_asked_is_the_only_one_that_may_answer(desk: Desk, fake: FakeOAuth):
    other = await desk.office.hire("other", "administrator")
    back = await desk.agree()
    foreign = await desk.office.ask("GET", back, other)
    assert outcome(foreign, None) == "unknown"
    assert fake.asked == [], "the code was not even shown to the provider"
    own = await desk.office.ask("GET", back, desk.boss)
    assert outcome(own, desk.account) == "granted", "and a stranger did not use it up"


async def test_an_answer_after_ten_minutes_is_too_late(desk: Desk):
    back = await desk.agree()
    lasts = "SELECT expires_at - begun_at FROM authorizations"
    assert (await desk.office.db.fetchval(lasts)).total_seconds() == 600
    await desk.office.db.execute("UPDATE authorizations SET expires_at = now()")
    assert outcome(await desk.office.ask("GET", back, desk.boss), None) == "unknown"


async def test_an_answer_nobody_asked_for_leads_back_to_the_list(desk: Desk):
    for query in ("", "?state=forged&code=x", "?error=access_denied", "?state=%00%ff"):
        answer = await desk.office.ask("GET", f"/oauth/callback{query}", desk.boss)
        assert outcome(answer, None) == "unknown", query


async def test_words_no_column_can_hold_are_no_fault(desk: Desk):
    state = parse_qs(urlsplit(await desk.begin()).query)["state"][0]
    back = f"/oauth/callback?state={state}&error=a%00b%ed%a0%80{'c' * 2000}"
    assert outcome(await desk.office.ask("GET", back, desk.boss), desk.account) == "refused"
    words = (await desk.consent())["refused"]
    assert words.startswith("Google did not agree: ab")
    assert len(words) == 500


async def test_what_the_provider_says_no_with_is_shown_in_its_words(desk: Desk, fake: FakeOAuth):
    fake.says_no = "The user <b>declined</b>"
    assert outcome(await desk.connect(), desk.account) == "refused"
    told = await desk.consent()
    assert not told["connected"]
    assert told["refused"] == "Google did not agree: access_denied The user <b>declined</b>"
    fake.says_no = ""
    assert outcome(await desk.connect(), desk.account) == "granted"
    assert (await desk.consent())["refused"] is None, "over and done with"


async def test_a_wrong_client_secret_and_a_broken_provider_are_words_and_no_fault(
    desk: Desk, fake: FakeOAuth
):
    fake.faults.append(broken)
    assert outcome(await desk.connect(), desk.account) == "refused"
    assert "HTTP 500" in (await desk.consent())["refused"]
    fake.client_secret = "another"
    assert outcome(await desk.connect(), desk.account) == "refused"
    assert "client id or client secret is wrong" in (await desk.consent())["refused"]


async def test_a_rolled_token_survives_a_restart_and_builds_no_channel_anew(
    desk: Desk, fake: FakeOAuth
):
    fake.rolls = True
    await desk.connect()
    version = (await desk.shown())["version"]
    accounts = desk.office.workspace.accounts
    live = accounts.get(UUID(desk.account))
    fresh = Accounts(
        desk.office.db, accounts.registry, accounts._sealer, accounts.clock,
        deps=accounts._live._deps,
    )  # fmt: skip
    await fresh.load()
    await fresh.check(UUID(desk.account))
    shown = await desk.shown()
    assert (shown["health"], shown["version"]) == ("green", version)
    assert accounts.get(UUID(desk.account)) is live
    assert fake.grants == ["authorization_code", "refresh_token", "refresh_token"]


async def test_a_withdrawn_consent_makes_the_account_red_with_the_words(
    desk: Desk, fake: FakeOAuth
):
    await desk.connect()
    fake.revoke()
    accounts = desk.office.workspace.accounts
    restarted = Accounts(
        desk.office.db, accounts.registry, accounts._sealer, accounts.clock,
        deps=accounts._live._deps,
    )  # fmt: skip
    await restarted.load()
    await restarted.check(UUID(desk.account))
    shown = await desk.shown()
    assert shown["health"] == "red"
    assert "Token has been expired or revoked.; " in shown["health_text"]
    assert shown["health_text"].endswith("connect the account again")


async def test_a_consent_given_to_another_provider_is_none(desk: Desk):
    await desk.connect()
    change = {"settings": {"login": "microsoft"}}
    await desk.office.ask("PATCH", f"/accounts/{desk.account}", desk.boss, json=change)
    told = await desk.consent()
    assert (told["authority"], told["connected"]) == ("Microsoft", False)


async def test_a_token_of_the_api_cannot_connect_for_there_is_no_browser(desk: Desk):
    token = new_api_token()
    await desk.office.db.execute(
        "INSERT INTO api_tokens (id, hash, employee_id, title, scopes) VALUES ($1, $2, $3, $4, $5)",
        new_id(), digest(token), desk.boss.id, "t", ["administer", "supervise"],
    )  # fmt: skip
    answer = await desk.office.ask("POST", desk.path, token=token)
    assert (answer.status, answer.code) == (403, "needs_session")


async def test_an_account_nobody_has_to_agree_to_offers_nothing(desk: Desk):
    change = {"settings": {"login": "password", "password": "x"}}
    await desk.office.ask("PATCH", f"/accounts/{desk.account}", desk.boss, json=change)
    assert (await desk.office.ask("GET", desk.path, desk.boss)).status == 204
    refused = await desk.office.ask("POST", desk.path, desk.boss)
    assert (refused.status, refused.code) == (409, "not_authorizing")
    nowhere = f"/accounts/{new_id()}/authorization"
    assert (await desk.office.ask("GET", nowhere, desk.boss)).status == 404
    assert (await desk.office.ask("POST", nowhere, desk.boss)).status == 404


async def test_only_administrators_connect_and_supervisors_see_how_it_stands(desk: Desk):
    chief = await desk.office.hire("chief", "supervisor")
    back = await desk.agree()
    assert (await desk.office.ask("GET", desk.path, chief)).status == 200
    assert (await desk.office.ask("POST", desk.path, chief)).status == 403
    assert (await desk.office.ask("GET", back, chief)).status == 403


async def test_settings_that_need_a_consent_are_not_tried_before_they_are_saved(
    office: Office,
) -> None:
    boss = await office.hire("boss", "administrator")
    settings = {"address": "help@shop.example", "receives": "hook", "login": "google",
                "oauth_client_id": "ours", "oauth_client_secret": "secret"}  # fmt: skip
    body = {"provider": "mail", "settings": settings}
    told = await office.ask("POST", "/accounts/try", boss, json=body)
    assert (told.status, told.body["problem"]) == (200, "consent")
