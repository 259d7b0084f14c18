"""Connections: validated settings, sealed secrets, live channels, health."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from channels.contract import Capabilities, Provider
from channels.errors import Misconfigured, Temporary
from channels.messages import Medium
from channels.registry import UnknownProvider
from channels.settings import AccountSettings, setting
from contact_center.accounts import keys, store
from contact_center.accounts.service import SERVICE, Accounts
from contact_center.kernel.errors import SettingsError
from contact_center.kernel.secrets import Sealer
from contact_center.storage.events import LogReader
from tests.support.office import Answer, Office, Person

PLANTED = "planted-bot-token-4711"


class BotSettings(AccountSettings):
    token: str = setting(secret=True, label={"ru": "Токен", "en": "Token"}, min_length=5)
    webhook_secret: str = setting(
        "", secret=True, generated=True, label={"ru": "Секрет", "en": "Secret"}
    )
    api_url: str = setting(
        "https://bots.example", label={"ru": "Адрес", "en": "Address"},
        guards=("token", "webhook_secret"),
    )  # fmt: skip
    mode: Literal["fast", "slow"] = setting("fast", label={"ru": "Режим", "en": "Mode"})


def settings_of(accounts: Accounts, account: UUID) -> Any:
    live = accounts.get(account)
    assert live is not None
    return live.settings


class Bot:
    trouble: Exception | None = None
    built = 0

    def __init__(self, settings: BotSettings, deps) -> None:
        Bot.built += 1
        self.settings, self.deps = settings, deps

    async def check(self) -> None:
        if Bot.trouble:
            raise Bot.trouble


BOT = Provider(
    name="bot", title={"ru": "Бот", "en": "Bot"}, icon="robot", medium=Medium.MESSENGER,
    Settings=BotSettings, capabilities=Capabilities(authentication="secret"), build=Bot,  # type: ignore[arg-type]
)  # fmt: skip


class Registry:
    def provider(self, name):
        if name != "bot":
            raise UnknownProvider(f"there is no channel {name!r}")
        return BOT

    def providers(self):
        return [BOT]


@pytest.fixture
async def accounts(office: Office) -> Accounts:
    """The office's accounts, with a provider that behaves as told."""
    Bot.trouble, Bot.built = None, 0
    service = office.app[SERVICE]
    service.registry = service._live._registry = Registry()
    return service


async def add(office: Office, boss: Person, **more) -> Answer:
    body = {
        "provider": "bot", "title": "Shop bot", "brand_id": str(office.ids["brand"]),
        "queue_id": str(office.ids["sales_queue"]), "settings": {"token": PLANTED},
    }  # fmt: skip
    return await office.ask("POST", "/accounts", boss, json=body | more)


class Installing(Bot):
    """A bot that tells its provider where to call."""

    async def install(self, webhook_url: str) -> None:
        INSTALLED.append(webhook_url)
        if Bot.trouble:
            raise Bot.trouble


INSTALLED: list[str] = []
INSTALLER = replace(
    BOT, capabilities=replace(BOT.capabilities, installs_webhook=True),
    build=Installing,  # type: ignore[arg-type]
)  # fmt: skip


async def test_an_account_tells_its_provider_where_to_call_as_soon_as_it_is_on(
    office: Office, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
):
    INSTALLED.clear()
    monkeypatch.setattr(Registry, "provider", lambda _self, _name: INSTALLER)
    boss = await office.hire("boss", "administrator")
    account = (await add(office, boss)).body

    async def asked() -> bool:
        return bool(await office.db.fetchval(
            "UPDATE jobs SET state = 'done', ended_at = now() WHERE kind = 'accounts.check'"
            " AND key = $1 AND state = 'waiting' RETURNING true", account["id"]
        ))  # fmt: skip

    assert await asked()
    seen = await office.ask("POST", f"/accounts/{account['id']}/check", boss)
    assert seen.body["health"] == "green"
    assert [f"{office.workspace.settings.base_url}/hooks/{account['public_key']}"] == INSTALLED
    await office.ask("PATCH", f"/accounts/{account['id']}", boss, json={"title": "Renamed"})
    assert not await asked()
    await office.ask(
        "PATCH", f"/accounts/{account['id']}", boss, json={"settings": {"mode": "slow"}}
    )
    assert await asked()
    Bot.trouble = Misconfigured("https alone")
    seen = await office.ask("POST", f"/accounts/{account['id']}/check", boss)
    assert (seen.body["health"], seen.body["health_text"]) == ("red", "https alone")
    await office.ask("PATCH", f"/accounts/{account['id']}", boss, json={"state": "off"})
    INSTALLED.clear()
    await office.ask("POST", f"/accounts/{account['id']}/check", boss)
    assert INSTALLED == []


async def test_a_secret_goes_to_no_address_it_was_not_entered_for(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    account = (await add(office, boss)).body
    place, away = f"/accounts/{account['id']}", {"api_url": "https://mine.example"}
    hook = settings_of(accounts, UUID(account["id"])).webhook_secret
    tried = {"provider": "bot", "account_id": account["id"], "settings": away}
    for refused in (
        await office.ask("PATCH", place, boss, json={"settings": away}),
        await office.ask("POST", "/accounts/try", boss, json=tried),
    ):
        assert refused.status == 422
        assert [(one["field"], one["reason"]) for one in refused.body["errors"]] == [
            ("settings.token", "enter_again")
        ]
    assert settings_of(accounts, UUID(account["id"])).api_url == "https://bots.example"

    same = {"api_url": "https://bots.example", "mode": "slow"}
    assert (await office.ask("PATCH", place, boss, json={"settings": same})).status == 200
    given = {**away, "token": PLANTED}
    changed = await office.ask("PATCH", place, boss, json={"settings": given})
    settings = settings_of(accounts, UUID(account["id"]))
    assert (changed.status, settings.api_url) == (200, "https://mine.example")
    assert settings.token == PLANTED
    assert settings.webhook_secret not in ("", hook), "what the house makes, it makes anew"


async def test_an_account_is_live_at_once_with_its_touchpoint(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    assert accounts.by_public_key(made["public_key"]) is accounts.get(UUID(made["id"]))
    live: Any = accounts.get(UUID(made["id"]))
    assert live.settings.token == PLANTED
    assert live.channel.deps.account_id == made["id"]
    touchpoint = await office.db.fetchrow("SELECT * FROM touchpoints")
    assert touchpoint is not None
    assert (touchpoint["kind"], touchpoint["key"]) == ("account", made["id"])
    assert touchpoint["id"] == live.touchpoint_id
    assert accounts.by_public_key("no such key") is None


async def test_no_answer_and_no_row_shows_a_secret(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    assert made["settings"] == {"mode": "fast", "api_url": "https://bots.example"}
    assert made["secrets_set"] == ["token", "webhook_secret"]
    answers = [
        made,
        (await office.ask("GET", "/accounts", boss)).body,
        (await office.ask("GET", f"/accounts/{made['id']}", boss)).body,
        (await office.ask("GET", "/accounts/providers", boss)).body,
        (await office.ask("PATCH", f"/accounts/{made['id']}", boss, json={"title": "B"})).body,
        (await office.ask("GET", "/health-report", boss)).body,
        (await office.ask("GET", "/directory", boss)).body,
    ]
    assert PLANTED not in str(answers)
    tables = await office.db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    for table in tables:
        rows = await office.db.fetch(f'SELECT t::text AS line FROM "{table["tablename"]}" t')
        for row in rows:
            assert PLANTED not in row["line"], table["tablename"]
            assert PLANTED.encode().hex() not in row["line"], table["tablename"]


async def test_a_generated_secret_is_shown_when_it_is_made_and_never_again(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    secret = made["made_secrets"]["webhook_secret"]
    assert len(secret) >= 43
    address = f"/accounts/{made['id']}"
    changed = (await office.ask("PATCH", address, boss, json={"settings": {"mode": "slow"}})).body
    assert changed["made_secrets"] is None
    assert settings_of(accounts, UUID(made["id"])).webhook_secret == secret
    renewed = await office.ask("PATCH", address, boss, json={"settings": {"webhook_secret": None}})
    assert renewed.body["made_secrets"]["webhook_secret"] not in ("", secret)
    assert settings_of(accounts, UUID(made["id"])).token == PLANTED, "the rest stays"


async def test_settings_the_provider_would_not_take_are_refused_by_field(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    for settings, field in [
        ({}, "settings.token"),
        ({"token": "abc"}, "settings.token"),
        ({"token": PLANTED, "mode": "sideways"}, "settings.mode"),
        ({"token": PLANTED, "surprise": 1}, "settings.surprise"),
    ]:
        answer = await add(office, boss, settings=settings)
        assert (answer.status, answer.body["field"]) == (422, field)
        assert PLANTED not in str(answer.body)
        assert accounts.all() == []


async def test_unknown_provider_queue_and_brand_are_refused(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    for wrong in ({"provider": "pigeon"}, {"queue_id": str(uuid4())}, {"brand_id": str(uuid4())}):
        answer = await add(office, boss, **wrong)
        assert (answer.status, answer.body["field"]) == (422, next(iter(wrong)))


async def test_another_process_follows_a_change_by_the_log(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    other = Accounts(office.db, Registry(), accounts._sealer, office.workspace.clock)
    await other.load()
    reader = LogReader(office.db, "other")
    await reader.open()
    made = (await add(office, boss)).body
    await other.on_events(await reader.poll())
    assert settings_of(other, UUID(made["id"])).token == PLANTED
    await office.ask("PATCH", f"/accounts/{made['id']}", boss, json={"state": "off"})
    await other.on_events(await reader.poll())
    switched: Any = other.get(UUID(made["id"]))
    assert switched.state == "off"
    await office.ask("PATCH", f"/accounts/{made['id']}", boss, json={"archived": True})
    await other.on_events(await reader.poll())
    assert other.get(UUID(made["id"])) is None
    assert other.by_public_key(made["public_key"]) is None


async def test_news_of_health_does_not_build_the_channel_anew(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    built = Bot.built
    await accounts.set_health(UUID(made["id"]), "yellow", "slow today")
    await accounts.set_health(UUID(made["id"]), "yellow", "slow today")
    await accounts.refresh([UUID(made["id"])])
    assert Bot.built == built
    told = [e for e in await office.events("account.changed") if e["cause"] == "health"]
    assert len(told) == 1, "the same health twice is no news"


async def test_one_account_that_cannot_be_opened_does_not_stop_the_others(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    good, bad = (await add(office, boss)).body, (await add(office, boss)).body
    sealed = await office.db.fetchval(
        "SELECT secrets FROM accounts WHERE id = $1", UUID(good["id"])
    )
    await office.db.execute(
        "UPDATE accounts SET secrets = $2 WHERE id = $1", UUID(bad["id"]), sealed
    )
    fresh = Accounts(office.db, Registry(), accounts._sealer, office.workspace.clock)
    await fresh.load()
    assert [str(live.id) for live in fresh.all()] == [good["id"]]
    assert fresh.broken() == {UUID(bad["id"]): "Unsealable"}, "copied from another row"


@pytest.mark.parametrize(
    ("trouble", "health", "text"),
    [
        (None, "green", None),
        (Misconfigured("the token was revoked"), "red", "the token was revoked"),
        (Temporary("too busy"), "yellow", "too busy"),
    ],
)
async def test_a_check_writes_what_the_provider_says(
    office: Office, accounts: Accounts, trouble, health, text
):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    Bot.trouble = trouble
    answer = await office.ask("POST", f"/accounts/{made['id']}/check", boss)
    assert (answer.body["health"], answer.body["health_text"]) == (health, text)


async def talk(office: Office, account: str) -> UUID:
    """An open contact of an account."""
    client, identity, contact = uuid4(), uuid4(), uuid4()
    await office.db.execute("INSERT INTO clients (id, name) VALUES ($1, 'A')", client)
    await office.db.execute(
        "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'x', 'y')",
        identity, client,
    )  # fmt: skip
    await office.db.execute(
        "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id,"
        " identity_id) VALUES ($1, $2, 'k', 'chat', $3, $4, $5)",
        contact, UUID(account), office.ids["brand"], office.ids["sales_queue"], identity,
    )  # fmt: skip
    return contact


async def message(office: Office, contact: UUID, seq: int, state: str) -> UUID:
    """A message of ours on its way; a claim of it is over."""
    made, line = uuid4(), uuid4()
    await office.db.execute(
        "INSERT INTO messages (id, contact_id, seq, kind) VALUES ($1, $2, $3, 'outbound')",
        made, contact, seq,
    )  # fmt: skip
    await office.db.execute(
        "INSERT INTO outbox_lines (id, account_id, conversation_key)"
        " SELECT $1, account_id, $3 FROM contacts WHERE id = $2", line, contact, str(seq),
    )  # fmt: skip
    await office.db.execute(
        "INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, state, due_at,"
        " claim_until) SELECT $1, $2, 1, account_id, id, $3, $4, now(), now() FROM contacts"
        " WHERE id = $5", uuid4(), line, made, state, contact,
    )  # fmt: skip
    return made


async def test_an_account_with_open_talks_is_not_archived_and_a_used_brand_neither(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    await talk(office, made["id"])
    archive = {"archived": True}
    for path in (f"/accounts/{made['id']}", f"/brands/{office.ids['brand']}",
                 f"/queues/{office.ids['sales_queue']}"):  # fmt: skip
        answer = await office.ask("PATCH", path, boss, json=archive)
        assert (answer.status, answer.code) == (409, "in_use"), path


async def test_messages_of_an_account_leave_before_it_is_archived_or_end_where_it_is_off(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    path = f"/accounts/{(await add(office, boss)).body['id']}"
    contact = await talk(office, path.rpartition("/")[2])
    states = ("held", "pending", "sending", "sent")
    messages = [await message(office, contact, at, one) for at, one in enumerate(states)]
    await office.db.execute("UPDATE contacts SET state = 'closed', closed_at = now()")

    refused = await office.ask("PATCH", path, boss, json={"archived": True})
    assert (refused.status, refused.code) == (409, "messages_wait")
    off = {"state": "off", "archived": True}
    claim = "UPDATE outbox SET claim_until = now() + make_interval(hours => $1)"
    await office.db.execute(claim, 1)
    assert (await office.ask("PATCH", path, boss, json=off)).code == "sending"
    await office.db.execute(claim, -1)
    assert (await office.ask("PATCH", path, boss, json=off)).status == 200
    rows = await office.db.fetch("SELECT message_id, state, error_text FROM outbox")
    ended = {row["message_id"]: row["state"] for row in rows}
    assert [ended[one] for one in messages] == ["failed", "failed", "uncertain", "sent"]
    assert {row["error_text"] for row in rows if row["state"] == "failed"} == {
        "the connection was archived before the message left"
    }
    again = await office.ask("POST", f"/messages/{messages[0]}/retry", boss)
    assert (again.status, again.code) == (409, "account_archived")
    versions = await office.db.fetch("SELECT version FROM messages ORDER BY seq")
    assert [row["version"] for row in versions] == [2, 2, 2, 1]  # screens are told


async def test_an_account_does_not_come_back_to_an_archived_queue_or_brand(
    office: Office, accounts: Accounts
):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss)).body
    path, queue = f"/accounts/{made['id']}", f"/queues/{office.ids['sales_queue']}"
    brand = f"/brands/{office.ids['brand']}"
    for one in (path, queue, brand):
        assert (await office.ask("PATCH", one, boss, json={"archived": True})).status == 200
    for one, field in ((brand, "brand_id"), (queue, "queue_id")):
        refused = await office.ask("PATCH", path, boss, json={"archived": False})
        assert (refused.status, refused.code) == (409, "needs_archived")
        assert refused.body["field"] == field
        assert refused.body["name"] in refused.body["detail"]
        assert (await office.ask("PATCH", one, boss, json={"archived": False})).status == 200
    assert (await office.ask("PATCH", path, boss, json={"archived": False})).status == 200


async def test_traffic_of_a_burst_is_written_once(office: Office, accounts: Accounts, monkeypatch):
    boss = await office.hire("boss", "administrator")
    made = UUID((await add(office, boss)).body["id"])
    writes = []
    written = store.note_traffic

    async def counting(db, traffic):
        writes.append(dict(traffic))
        await written(db, traffic)

    monkeypatch.setattr(store, "note_traffic", counting)
    accounts.traffic._every = 0.05
    at = datetime(2026, 1, 5, tzinfo=UTC)
    for n in range(500):
        accounts.traffic.came_in(made, at + timedelta(seconds=n))
        accounts.traffic.went_out(made, at)
    await accounts.close()
    await asyncio.sleep(0.1)
    row = await store.account(office.db, made)
    assert (row["last_in_at"], row["last_out_at"]) == (at + timedelta(seconds=499), at)
    assert len(writes) == 1
    accounts.traffic.came_in(made, at)
    await accounts.close()
    assert (await store.account(office.db, made))["last_in_at"] == at + timedelta(seconds=499)


async def test_a_node_with_another_key_refuses_to_start(office: Office, tmp_path: Path):
    with pytest.raises(SettingsError, match="sealed with"):
        await keys.require_key(office.db, Sealer(b"x" * 32), tmp_path / "key")


async def test_a_web_chat_shows_how_to_embed_it(office: Office):
    boss = await office.hire("boss", "administrator")
    answer = await add(office, boss, provider="webchat", settings={})
    assert answer.status == 201, answer.body
    key = answer.body["public_key"]
    assert f'data-key="{key}"' in answer.body["embed_snippet"]
    assert answer.body["page_url"].endswith(f"/chat/{key}")
    assert answer.body["webhook_url"] is None


async def test_a_web_chat_says_how_long_a_reply_can_be_taken_back(office: Office):
    boss = await office.hire("boss", "administrator")
    made = (await add(office, boss, provider="webchat", settings={"undo_seconds": 5})).body
    assert settings_of(office.app[SERVICE], UUID(made["id"])).undo_seconds == 5
    refused = await office.ask(
        "PATCH", f"/accounts/{made['id']}", boss, json={"settings": {"undo_seconds": 61}}
    )
    assert refused.body["field"] == "settings.undo_seconds"


async def test_a_supervisor_reads_accounts_and_changes_none(office: Office, accounts: Accounts):
    boss = await office.hire("boss", "administrator")
    chief = await office.hire("chief", "supervisor")
    made = (await add(office, boss)).body
    assert len((await office.ask("GET", "/accounts", chief)).body["items"]) == 1
    refused = await office.ask("PATCH", f"/accounts/{made['id']}", chief, json={"title": "x"})
    assert refused.status == 403
