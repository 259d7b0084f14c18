"""A bot is connected step by step, tried out from a phone, breaks, and is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contact_center.kernel.ids import new_id
from contact_center.simulator.telegram import TOKEN, FakeTelegram, serving
from tests.contact_center.telegram.conftest import Shop
from tests.support.office import Answer, Office, Person, open_office
from tests.support.waiting import eventually

OTHER = "123456:another-token-that-was-given-by-BotFather"


class Wizard:
    """An administrator before the form, and a bot nobody has connected yet."""

    def __init__(self, office: Office, boss: Person, fake: FakeTelegram, url: str) -> None:
        self.office, self.boss, self.fake, self.url = office, boss, fake, url
        self.id = ""

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        return await self.office.ask(method, path, self.boss, **more)

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"token": TOKEN, "api_url": self.url, "undo_seconds": 0, **more}

    async def told(self, **more: Any) -> dict[str, Any]:
        body = {"provider": "telegram", "settings": self.settings(**more)}
        answer = await self.ask("POST", "/accounts/try", json=body)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body
        return found

    async def connect(self, **more: Any) -> None:
        """Save it in test, register the webhook, begin the live test."""
        ids = self.office.ids
        body = {"provider": "telegram", "title": "@shop_bot", "state": "test",
                "brand_id": str(ids["brand"]), "queue_id": str(ids["sales_queue"]),
                "settings": self.settings(**more)}  # fmt: skip
        made = await self.ask("POST", "/accounts", json=body)
        assert made.status == 201, made.body
        self.id = made.body["id"]
        checked = await self.ask("POST", f"/accounts/{self.id}/check")
        assert (checked.body["health"], checked.body["health_text"]) == ("green", None)
        await eventually(self._told_by_itself)  # else that undoes what a test does to the webhook
        begun = await self.ask("POST", f"/accounts/{self.id}/trial")
        assert begun.status == 200, begun.body

    async def _told_by_itself(self) -> bool:
        """Whether the house has done what it does for each new account: say where to call."""
        query = "SELECT bool_and(state = 'done') FROM jobs WHERE kind = 'accounts.check'"
        return bool(await self.office.db.fetchval(query))

    async def trial(self, **wanted: Any) -> dict[str, Any]:
        """The test, as soon as it is like this; True stands for any value."""

        async def like() -> Any:
            found = (await self.ask("GET", f"/accounts/{self.id}/trial")).body
            same = all(
                bool(found[name]) if value is True else found[name] == value
                for name, value in wanted.items()
            )
            return found if same else None

        found: dict[str, Any] = await eventually(like)
        return found


@pytest.fixture
async def wizard(database_url: str, tmp_path: Path) -> AsyncIterator[Wizard]:
    fake, told = FakeTelegram(insecure=True), "http://cc.example"
    fake.chat(4242)
    async with (
        serving(fake) as url,
        open_office(
            database_url, tmp_path, outbox={"send_timeout": 30, "lease_ttl": 10}, public_url=told
        ) as office,
    ):
        fake.reaches[told] = str(office.client.make_url("")).rstrip("/")
        office.workspace.start(office.app)
        office.workspace.accounts.traffic._every = 0.01
        yield Wizard(office, await office.hire("boss", "administrator"), fake, url)
        await office.workspace.background.close()


async def test_settings_are_shown_to_the_provider_before_they_are_saved(wizard: Wizard) -> None:
    wrong = await wizard.told(token=OTHER)
    assert (wrong["problem"], "Unauthorized" in wrong["words"]) == ("wrong", True)
    assert OTHER not in str(wrong)
    right = await wizard.told()
    assert (right["problem"], right["name"]) == (None, "@shop_bot")
    away = await wizard.told(api_url="http://127.0.0.1:9")
    assert away["problem"] == "unreachable"
    body = {"provider": "telegram", "settings": {"token": "no token"}}
    refused = await wizard.ask("POST", "/accounts/try", json=body)
    assert (refused.status, refused.body["field"]) == (422, "settings.token")
    assert await wizard.office.db.fetchval("SELECT count(*) FROM accounts") == 0
    assert wizard.fake.webhook.url == ""


async def test_a_message_from_a_phone_takes_four_steps_and_is_answered_once(wizard: Wizard) -> None:
    await wizard.connect()
    assert wizard.fake.webhook.url.startswith("http://cc.example/hooks/")
    before = await wizard.trial()
    steps = ("received_at", "proven_at", "stored_at", "answered_at")
    assert [before[name] for name in steps] == [None] * 4
    await wizard.fake.say(text="проверка")
    done = await wizard.trial(answered_at=True)
    assert all(done[name] for name in steps)
    assert (done["fault"], done["quarantine_id"]) == (None, None)
    await wizard.fake.say(text="ещё раз")
    contact = (await wizard.ask("GET", f"/contacts/{done['contact_id']}")).body
    assert contact["state"] == "open"
    assert ["Связь работает" in said["text"] for said in wizard.fake.sent()] == [True]
    told = await wizard.office.events("account.trial")
    assert [event["cause"] for event in told] == ["begun", "stored", "answering", "answered"]
    account = (await wizard.ask("GET", f"/accounts/{wizard.id}")).body
    opened = await wizard.ask(
        "PATCH", f"/accounts/{wizard.id}", json={"state": "on"},
        headers={"If-Match": str(account["version"])},
    )  # fmt: skip
    assert (opened.status, opened.body["state"]) == (200, "on")
    again = await wizard.ask("POST", f"/accounts/{wizard.id}/trial")
    assert (again.status, again.code) == (409, "not_in_test")


async def test_a_wrong_signature_is_shown_with_what_came_and_a_right_one_mends_it(
    wizard: Wizard,
) -> None:
    await wizard.connect()
    secret, wizard.fake.webhook.secret = wizard.fake.webhook.secret, "another-secret"
    await wizard.fake.say(text="is it there")
    await wizard.fake.deliver()  # Telegram comes again: one of them is kept
    seen = await wizard.trial(fault="refused", quarantine_id=True)
    assert (bool(seen["received_at"]), seen["proven_at"]) == (True, None)
    assert "secret" in seen["words"]
    entry = f"/quarantine/{seen['quarantine_id']}"
    kept = (await wizard.ask("GET", entry)).body
    assert (kept["kind"], "is it there" in kept["text"]) == ("refused", True)
    assert "another-secret" not in str(kept)
    listed = await wizard.ask("GET", f"/quarantine?account_id={wizard.id}")
    assert len(listed.body["items"]) == 1
    assert (await wizard.ask("GET", f"/quarantine?account_id={new_id()}")).body["items"] == []
    assert (await wizard.ask("POST", f"{entry}/replay")).code == "failed_again"
    wizard.fake.webhook.secret = secret
    await wizard.fake.deliver()
    mended = await wizard.trial(answered_at=True)
    assert (mended["fault"], mended["words"]) == (None, None)
    assert (await wizard.ask("GET", entry)).body["state"] == "dropped"  # nobody's task any more


async def test_what_cannot_be_read_is_proven_and_kept_without_our_secrets(wizard: Wizard) -> None:
    await wizard.connect()
    wizard.fake.webhook.allowed.clear()
    await wizard.fake.tell(teleported={"to": f"{wizard.url}/bot{TOKEN}/x"})
    seen = await wizard.trial(fault="unreadable", quarantine_id=True)
    assert (bool(seen["proven_at"]), seen["stored_at"]) == (True, None)
    kept = (await wizard.ask("GET", f"/quarantine/{seen['quarantine_id']}")).body
    assert TOKEN not in str(kept)
    assert "/bot•••/x" in kept["text"]


async def test_a_revoked_token_stops_the_bot_and_what_was_written_leaves_when_it_is_mended(
    shop: Shop,
) -> None:
    boss = await shop.office.hire("boss", "administrator")
    shop.office.workspace.accounts.traffic._every = 0.01
    await shop.fake.say(text="Где заказ?")
    contact = await shop.take()
    shop.fake.token = OTHER  # as BotFather does it
    first = await shop.reply(contact, "Уже едет")
    second = await shop.reply(contact, "Будет к шести")

    async def ill() -> Any:
        found = (await shop.office.ask("GET", "/accounts/ailing", boss)).body["items"]
        return found or None

    (account,) = await eventually(ill)
    assert (account["id"], "Unauthorized" in account["health_text"]) == (str(shop.account), True)
    assert (await shop.office.ask("GET", "/accounts/ailing", shop.olga)).status == 403
    path = f"/accounts/{shop.account}"
    asked = (await shop.office.ask("GET", f"{path}/report", boss)).body
    assert asked["problem"] == "wrong"
    waits = (await shop.office.ask("GET", f"{path}/health", boss)).body["outbox"]
    assert waits["pending"] == 2
    await shop.office.db.execute(  # as after many attempts in a long outage
        "UPDATE outbox SET due_at = now() + interval '1 hour' WHERE error_kind = 'misconfigured'"
    )
    version = (await shop.office.ask("GET", path, boss)).body["version"]
    mended = await shop.office.ask(
        "PATCH", path, boss, json={"settings": {"token": OTHER}},
        headers={"If-Match": str(version)},
    )  # fmt: skip
    assert mended.status == 200, mended.body
    await shop.delivery(first, "sent")
    await shop.delivery(second, "sent")
    assert [said["text"] for said in shop.fake.sent()] == ["Уже едет", "Будет к шести"]

    async def well() -> bool:
        return not (await shop.office.ask("GET", "/accounts/ailing", boss)).body["items"]

    await eventually(well)

    async def counted() -> Any:
        found = (await shop.office.ask("GET", f"{path}/health", boss)).body
        return found if found["hour"]["sent"] == 2 else None

    health = await eventually(counted)
    assert (health["hour"]["received"], health["day"]["received"]) == (1, 1)
    assert health["hour"]["postponed"] >= 1
    assert (health["hour"]["failures"], health["hours"][-1]["sent"]) == (0.0, 2)
    assert 0 < health["hour"]["half_within"] < 20
    assert health["outbox"]["pending"] == 0
    told = (await shop.office.ask("GET", f"{path}/report", boss)).body
    assert (told["name"], told["waiting"]) == ("@shop_bot", 0)
    assert UUID(account["id"]) == shop.account
