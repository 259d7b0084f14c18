"""A Twilio of our own over real HTTP, and a channel of an account there with its door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.contract import Deps, WebhookRequest
from channels.errors import ChannelError
from channels.messages import DeliveryChanged, Event, Outbound
from channels.sms.twilio.channel import TwilioSms
from channels.sms.twilio.settings import TwilioSmsSettings
from channels.toolkit.http import Client
from contact_center.simulator.twilio import FakeTwilio
from tests.channels.twilio.samples import ACCOUNT, CLIENT, NUMBER, TOKENS, account_settings


@dataclass
class Place:
    """`events` are what came through the door; `shut` is what it answers instead of looking."""

    twilio: FakeTwilio
    api: str
    door: str
    http: Client
    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    shut: int = 0
    paths: list[str] = field(default_factory=list)

    def channel(self, **more: object) -> TwilioSms:
        given = account_settings(0, **{"api_address": self.api, **more})
        settings = TwilioSmsSettings.model_validate(given)
        return TwilioSms(settings, Deps("account-0", self.http, webhook=self.door))

    async def handle(self, request: web.Request) -> web.Response:
        self.paths.append(request.path_qs)
        if self.shut:
            return web.Response(status=self.shut)
        given = WebhookRequest(
            request.method, self.door.removesuffix("/hooks/key") + request.raw_path,
            request.headers, dict(request.query), await request.read(), datetime.now(UTC),
        )  # fmt: skip
        try:
            received = self.channel().receive(given)
        except ChannelError as error:
            self.refused.append(str(error))
            return web.Response(status=401)
        self.events += received.events
        reply = received.reply
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))

    def fates(self) -> list[tuple[str, str | None]]:
        """The statuses that were told, with our id."""
        told = [one for one in self.events if isinstance(one, DeliveryChanged)]
        return [(one.status.value, one.data.get("own")) for one in told]


def outbound(text: str = "Добрый день", to: str = CLIENT, name: str = "m1") -> Outbound:
    return Outbound(id=name, conversation_key=to, text=text)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    twilio = FakeTwilio(account=ACCOUNT, token=TOKENS[0], number=NUMBER)
    api, app = TestServer(twilio.application()), web.Application()
    door = TestServer(app)
    async with Client() as http:
        found = Place(twilio, "", "", http)
        app.router.add_route("*", "/hooks/{rest:.*}", found.handle)
        async with api, door:
            found.api = str(api.make_url("")).rstrip("/")
            found.door = str(door.make_url("/hooks/key"))
            twilio.webhook = found.door
            yield found
        assert twilio.complaints == []
