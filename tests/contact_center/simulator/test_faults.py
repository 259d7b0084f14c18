"""What the fake providers do while a fault is switched on, seen by a house that only notes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from contact_center.simulator.faults import Request
from contact_center.simulator.serving import served
from contact_center.simulator.telegram import FakeTelegram
from contact_center.simulator.telegram_clients import SECRET_HEADER
from contact_center.simulator.twilio import FakeTwilio
from contact_center.simulator.twilio_wire import basic, signed
from tests.support.waiting import eventually

SECRET = "s3cret"


@dataclass
class House:
    """Takes what is well signed, and notes everything."""

    telegram: FakeTelegram
    twilio: FakeTwilio
    http: aiohttp.ClientSession
    url: str = ""
    bot_api: str = ""
    rest: str = ""
    updates: list[str] = field(default_factory=list)
    forms: list[tuple[str, bool]] = field(default_factory=list)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/bot", self._update)
        app.router.add_post("/sms", self._form)
        return app

    async def _update(self, request: web.Request) -> web.Response:
        if request.headers.get(SECRET_HEADER) != SECRET:
            return web.Response(status=401)
        update = await request.json()
        self.updates.append(update["message"]["text"])
        return web.Response()

    async def _form(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        good = signed(self.twilio.token, f"{self.url}/sms", form)
        self.forms.append((form["Body"], request.headers["X-Twilio-Signature"] == good))
        return web.Response(status=200 if self.forms[-1][1] else 403)

    async def send(self, **more: Any) -> tuple[int, dict[str, Any]]:
        """As a bot; a broken answer is status 0."""
        address = f"{self.bot_api}/bot{self.telegram.token}/sendMessage"
        given = {"chat_id": 4242, "text": "Уже едет", **more}
        try:
            async with self.http.post(address, json=given) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    async def text(self) -> tuple[int, dict[str, Any]]:
        """As a sender of SMS."""
        fake = self.twilio
        address = f"{self.rest}/2010-04-01/Accounts/{fake.account}/Messages.json"
        form = {"To": "+15005550009", "From": fake.number, "Body": "Уже едет"}
        login = {"Authorization": basic(fake.account, fake.token)}
        try:
            async with self.http.post(address, data=form, headers=login) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}


@pytest.fixture
async def house() -> AsyncIterator[House]:
    telegram, twilio = FakeTelegram(insecure=True), FakeTwilio()
    telegram.lateness = twilio.lateness = 20
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        house = House(telegram, twilio, http)
        async with (
            served(house.application()) as house.url,
            served(telegram.application()) as house.bot_api,
            served(twilio.application()) as house.rest,
        ):
            telegram.webhook.url, telegram.webhook.secret = f"{house.url}/bot", SECRET
            telegram.chat(4242)
            twilio.webhook = f"{house.url}/sms"
            yield house


async def test_too_many_requests_name_a_time_until_the_fault_is_switched_off(house: House) -> None:
    house.telegram.switches.turn("busy", on=True)
    for _ in range(2):
        status, told = await house.send()
        assert (status, told["parameters"]) == (429, {"retry_after": 1})
    house.telegram.switches.turn("busy", on=False)
    assert (await house.send())[0] == 200
    shown = house.telegram.switches.shown()
    assert shown["requests"][0] == {"name": "busy", "on": False, "count": 2}
    assert shown["events"] == {"asked": 1, "told": 0, "refused": 0}


@pytest.mark.parametrize(
    ("fault", "status", "arrived"), [("broken", 500, 0), ("half_answer", 0, 1), ("revoked", 401, 0)]
)
async def test_each_provider_spoils_an_answer_as_it_was_told(
    house: House, fault: Request, status: int, arrived: int
) -> None:
    house.telegram.switches.turn(fault, on=True)
    house.twilio.switches.turn(fault, on=True)
    assert (await house.send())[0] == status
    assert len(house.telegram.sent()) == arrived
    assert (await house.text())[0] == status
    assert len(house.twilio.messages) == arrived


@pytest.mark.parametrize(("fault", "arrived"), [("silent_before", 0), ("silent_after", 1)])
async def test_silence_does_or_does_not_hide_a_message(
    house: House, fault: Request, arrived: int
) -> None:
    for switches in (house.telegram.switches, house.twilio.switches):
        switches.turn(fault, on=True)
    asked = asyncio.gather(house.send(), house.text())
    both = (house.telegram.switches, house.twilio.switches)
    await eventually(lambda: all(one.counts[fault] for one in both))
    if arrived:
        await eventually(lambda: house.telegram.sent() and house.twilio.messages)
    assert (len(house.telegram.sent()), len(house.twilio.messages)) == (arrived, arrived)
    asked.cancel()


async def test_what_is_told_twice_is_the_same_update(house: House) -> None:
    for switches in (house.telegram.switches, house.twilio.switches):
        switches.turn("twice", on=True)
    await house.telegram.say(text="Где заказ?")
    await house.twilio.receive("+15005550009", "Где заказ?")
    assert house.updates == ["Где заказ?"] * 2
    assert house.forms == [("Где заказ?", True)] * 2


async def test_the_next_message_overtakes_the_one_before(house: House) -> None:
    for fake in (house.telegram, house.twilio):
        fake.switches.turn("backwards", on=True)
    await asyncio.gather(house.telegram.say(text="раз"), house.telegram.say(text="два"))
    await asyncio.gather(*(house.twilio.receive("+15005550009", one) for one in ("раз", "два")))
    assert house.updates == ["два", "раз"]
    assert [body for body, _ in house.forms] == ["два", "раз"]


async def test_what_is_wrongly_signed_is_refused_and_told_again_when_it_is_mended(
    house: House,
) -> None:
    house.telegram.switches.turn("wrongly_signed", on=True)
    message = await house.telegram.say(text="Где заказ?")
    chat = house.telegram.chat()
    assert chat.fates[message["message_id"]] == "401 Unauthorized"
    assert house.updates == []
    house.telegram.switches.reset()
    again = asyncio.create_task(house.telegram.keep_telling(0.01))
    await eventually(lambda: house.updates == ["Где заказ?"])
    await eventually(lambda: chat.fates[message["message_id"]] == "taken")
    again.cancel()
    assert house.telegram.pending == []


async def test_of_a_wrongly_signed_sms_the_phone_says_who_refused_it(house: House) -> None:
    house.twilio.switches.turn("wrongly_signed", on=True)
    message = await house.twilio.receive("+15005550009", "Где заказ?")
    assert (message.told, house.forms) == (403, [("Где заказ?", False)])


async def test_who_wrote_stop_is_written_to_again_only_after_start(house: House) -> None:
    await house.twilio.receive("+15005550009", "stop")
    assert (await house.text())[1]["code"] == 21610
    await house.twilio.receive("+15005550009", " Start ")
    assert (await house.text())[0] == 201


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": 7}, "text must be of the type str"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"chat_id": 1}, "chat not found"),
        ({"colour": "red"}, "colour is no parameter of sendMessage"),
        ({"parse_mode": "XML"}, "unsupported parse_mode"),
        (
            {"entities": [{"type": "shiny", "offset": 0, "length": 1}]},
            "can't parse MessageEntity: Unsupported type specified",
        ),
        (
            {"entities": [{"type": "bold", "offset": 0}]},
            "can't parse MessageEntity: Can't find field \"length\"",
        ),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "Да"}]]}},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "Да", "callback_data": "x" * 65}]]}},
            "BUTTON_DATA_INVALID",
        ),
        ({"reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ],
)
async def test_a_wrong_request_is_refused_in_the_words_of_telegram(
    house: House, given: dict[str, Any], words: str
) -> None:
    status, told = await house.send(**given)
    assert (status, told["description"]) == (400, f"Bad Request: {words}")
    assert house.telegram.sent() == []
