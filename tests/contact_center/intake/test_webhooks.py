"""The door: what a provider hears, and what is kept."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from channels.contract import Received, Reply, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import MessageReceived
from channels.settings import AccountSettings
from channels.webchat.channel import WebChat
from channels.webchat.session import Session, issue_session
from channels.webchat.settings import WebChatSettings
from contact_center.accounts.traffic import Traffic
from contact_center.intake.notes import Notes
from contact_center.intake.parsing import Parsers
from contact_center.intake.quarantine import Quarantine
from contact_center.intake.store import get
from contact_center.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from contact_center.web import bodies
from contact_center.web.guard import SECURE, guard
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.origins import ORIGINS, Origins
from contact_center.web.webhooks import Hooks, setup_hooks
from tests.support.intake import House, visitor

LIMIT = 1024 * 1024


class FakeProvider:
    """A provider that signs by a header; its bodies are JSON."""

    settings = AccountSettings()
    broken = False
    address = ""

    def receive(self, request: WebhookRequest) -> Received:
        self.address = request.url
        if request.headers.get("x-secret") != "right":
            raise Refused("wrong secret", status=403)
        if request.method == "GET":
            return Received(reply=Reply(200, {}, request.query["challenge"].encode()))
        if b"kaboom" in request.body:
            raise RecursionError("our own fault")
        if self.broken or not request.body.startswith(b"{"):
            raise Malformed("not JSON")
        given = orjson.loads(request.body)
        event = MessageReceived(
            external_id=given["id"], at=request.received_at, conversation_key="v1",
            sender=visitor("v1"), text=given["text"],
        )  # fmt: skip
        return Received((event,), Reply(202, {"x-answer": "yes"}, b"taken"))

    async def send(self, message: Any) -> Any:
        raise NotImplementedError

    async def check(self) -> None:
        return


class NoTrials:
    """No account is being connected."""

    def watches(self, _account_id: UUID) -> bool:
        return False


@dataclass
class Door:
    house: House
    client: TestClient[web.Request, web.Application]
    quarantine: Quarantine
    provider: FakeProvider
    metrics: Metrics
    hooks: Hooks = None  # type: ignore[assignment]
    accounts: dict[str, Any] = field(default_factory=dict)

    def by_public_key(self, key: str) -> Any:
        return self.accounts.get(key)

    def get(self, account_id: Any) -> Any:
        return next((one for one in self.accounts.values() if one.id == account_id), None)

    async def post(self, body: bytes, key: str = "key", secret: str = "right") -> Any:
        return await self.client.post(f"/hooks/{key}", data=body, headers={"x-secret": secret})


@pytest.fixture
async def door(house: House) -> AsyncIterator[Door]:
    app = web.Application(middlewares=[guard], client_max_size=LIMIT)
    app[METRICS], app[ORIGINS], app[SECURE] = Metrics(), Origins(), False
    provider = FakeProvider()
    house.account.channel, house.account.settings = provider, provider.settings
    made = Door(house, None, None, provider, app[METRICS])  # type: ignore[arg-type]
    made.accounts = {"key": house.account}
    parsers = Parsers(wait=60)
    made.quarantine = Quarantine(house.database, house.intake, made, parsers)
    notes = Notes(Traffic(house.database), NoTrials(), made.quarantine)  # type: ignore[arg-type]
    hooks = Hooks(
        made, house.intake, made.quarantine, parsers, house.clock, "https://cc.example", notes
    )
    setup_hooks(app, hooks)
    made.hooks = hooks
    async with TestClient(TestServer(app)) as client:
        made.client = client
        yield made
    parsers.close()


async def test_a_request_is_answered_as_the_provider_expects_after_the_commit(door: Door) -> None:
    answer = await door.post(b'{"id": "1", "text": "hello"}')

    assert answer.status == 202
    assert await answer.read() == b"taken"
    assert answer.headers["x-answer"] == "yes"
    assert (await door.house.one("SELECT text FROM messages"))["text"] == "hello"
    raw = await door.house.one("SELECT body FROM raw_events")
    assert raw["body"] == b'{"id": "1", "text": "hello"}'


async def test_the_providers_question_is_answered(door: Door) -> None:
    answer = await door.client.get(
        "/hooks/key", params={"challenge": "42"}, headers={"x-secret": "right"}
    )
    assert await answer.text() == "42"


async def test_what_follows_the_key_in_an_address_is_the_providers_own(door: Door) -> None:
    body = b'{"id": "1", "text": "hello"}'
    assert (await door.post(body, "key/mime")).status == 202
    assert (await door.post(body, "other/mime")).status == 404
    assert (await door.house.one("SELECT text FROM messages"))["text"] == "hello"


async def test_an_adapter_reads_the_address_as_it_was_sent_for_some_are_signed(door: Door) -> None:
    sent = "/hooks/key/status?m=a%2Fb%2fc/d&s=%7E+%20"
    url = URL(f"{door.client.make_url('')}{sent}", encoded=True)
    body = b'{"id": "1", "text": "hello"}'
    await door.client.session.post(url, data=body, headers={"x-secret": "right"})
    assert door.provider.address == f"https://cc.example{sent}"


async def test_an_unknown_address_gives_no_hint(door: Door) -> None:
    unknown = await door.post(b"{}", key="guess")
    door.house.account.state = "off"
    off = await door.post(b'{"id": "1", "text": "x"}')
    elsewhere = await door.client.post("/nothing")

    assert unknown.status == off.status == elsewhere.status == 404
    bodies = [{**(await answer.json()), "request_id": ""} for answer in (unknown, off, elsewhere)]
    assert bodies[0] == bodies[1] == bodies[2]


async def test_what_is_not_proven_is_counted_and_not_kept(door: Door) -> None:
    answer = await door.post(b'{"id": "1", "text": "x"}', secret="wrong")

    assert answer.status == 403
    assert "secret" not in await answer.text()
    assert door.metrics.registry.get_sample_value("cc_http_refused_total", {"code": "refused"}) == 1
    for table in ("messages", "raw_events", "inbound_keys", "quarantine"):
        assert await door.house.count(table) == 0


async def test_a_malformed_body_is_answered_kindly_and_quarantined(door: Door) -> None:
    answer = await door.post(b"<xml>\x00\xff")

    assert answer.status == 200
    row = await door.house.one("SELECT * FROM quarantine")
    assert (row["kind"], row["error"], row["state"]) == ("malformed", "not JSON", "waiting")


async def test_a_fault_of_our_parser_is_no_500(door: Door) -> None:
    answer = await door.post(b'{"kaboom"')
    assert answer.status == 200
    assert "our own fault" in (await door.house.one("SELECT error FROM quarantine"))["error"]


async def test_too_much_is_refused_with_the_limit(door: Door) -> None:
    body = io.BytesIO(b"x" * (LIMIT + 1))
    answer = await door.client.post("/hooks/key", data=body, headers={"x-secret": "right"})
    assert answer.status == 413
    assert (await answer.json())["limit"] == LIMIT


async def test_without_a_database_the_provider_is_asked_to_come_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("the database does not answer", retry_after=2)

    monkeypatch.setattr(door.house.intake, "submit", away)
    answer = await door.post(b'{"id": "1", "text": "x"}')
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"


async def test_any_bytes_get_an_answer_that_is_no_fault_of_ours(door: Door) -> None:
    for size in (0, 1, 10, 1000, 70_000):
        for body in (os.urandom(size), b"{" * size, b'{"id": ' * (size // 7), b"\x00" * size):
            assert (await door.post(body)).status < 500


# --- quarantine ----------------------------------------------------------------------------


async def quarantined(door: Door, body: bytes = b'{"id": "1", "text": "late"}') -> Any:
    door.provider.broken = True
    await door.post(body)
    door.provider.broken = False
    return (await door.house.one("SELECT id FROM quarantine"))["id"]


async def test_a_replay_takes_the_request_in_and_marks_it(door: Door) -> None:
    one = await quarantined(door)

    result = await door.quarantine.replay(one, door.house.employee_id)

    assert result.stored == 1
    row = await door.house.one("SELECT * FROM quarantine")
    assert (row["state"], row["settled_by"]) == ("replayed", door.house.employee_id)
    assert (await door.house.one("SELECT text FROM messages"))["text"] == "late"
    logged = await door.house.rows("SELECT cause FROM events WHERE kind = 'quarantine.changed'")
    assert [event["cause"] for event in logged] == ["malformed", "replayed"]
    with pytest.raises(Conflict):
        await door.quarantine.replay(one, None)


async def test_a_replay_that_fails_again_says_why_and_stays(door: Door) -> None:
    one = await quarantined(door)
    door.provider.broken = True
    with pytest.raises(Invalid, match="not JSON"):
        await door.quarantine.replay(one, None)
    row = await get(door.house.database, one)
    assert row is not None
    assert (row.state, row.attempts) == ("waiting", 2)


async def test_what_is_dropped_is_not_replayed(door: Door) -> None:
    one = await quarantined(door)
    await door.quarantine.drop(one, door.house.employee_id)
    with pytest.raises(Conflict):
        await door.quarantine.replay(one, None)
    with pytest.raises(NotFound):
        await door.quarantine.drop(door.house.employee_id, None)


async def test_a_body_that_does_not_come_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(600)

    monkeypatch.setattr(bodies, "READ_SECONDS", 0.3)
    async with asyncio.timeout(60):
        answer = await door.client.post(
            "/hooks/key", data=never(), headers={"x-secret": "right"}
        )  # fmt: skip
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert await door.house.count("quarantine") == 0


async def test_what_finds_the_line_of_the_parsers_full_is_to_come_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door.hooks, "_parsers", Parsers(large=0, waiting=0))
    answer = await door.post(b'{"id": "1", "text": "hello"}')
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert await door.house.count("quarantine") == 0
    assert await door.house.count("messages") == 0


# --- large requests ------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_large_request_is_read_in_another_process(door: Door) -> None:
    account = door.house.account
    chat = WebChatSettings(session_secret="s" * 40)
    account.provider, account.settings = "webchat", chat
    account.channel = WebChat(chat, type("Deps", (), {"account_id": str(account.id)})())
    token = issue_session("s" * 40, Session("v1", str(account.id), 4_000_000_000))
    body = orjson.dumps({"type": "message", "id": "1", "text": "hi", "extra": "x" * 80_000})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    answer = await door.client.post("/hooks/key", data=body, headers=headers)
    refused = await door.client.post(
        "/hooks/key", data=body, headers={**headers, "authorization": "x"}
    )
    malformed = await door.client.post("/hooks/key", data=body[:-1], headers=headers)

    assert (answer.status, refused.status, malformed.status) == (200, 401, 400)
    assert (await door.house.one("SELECT text FROM messages"))["text"] == "hi"
