"""A fake Bot API over real HTTP, and a bot of ours at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Deps
from channels.messages import Button, Outbound, OutboundFile
from channels.telegram.channel import Telegram
from channels.telegram.settings import TelegramSettings
from channels.toolkit.http import Client
from contact_center.simulator.telegram import FakeTelegram, serving
from tests.channels.telegram.samples import account_settings


@dataclass
class Bot:
    """Ours, with what it talks to."""

    fake: FakeTelegram
    url: str
    http: Client
    folder: Path

    def channel(self, **more: object) -> Telegram:
        given = {**account_settings(), "api_url": self.url, **more}
        return Telegram(TelegramSettings.model_validate(given), Deps("account-0", self.http))

    def file(
        self,
        name: str,
        kind: str = "file",
        media: str = "application/pdf",
        content: bytes = b"%PDF",
    ) -> OutboundFile:
        path = self.folder / name
        path.write_bytes(content)
        return OutboundFile(kind, name, media, len(content), str(path))

    async def send(self, text: str = "Добрый день", key: str = "4242", **more: Any) -> Any:
        """As the house does it: in as many calls as it takes; the last one's receipt."""
        channel = self.channel()
        whole = Outbound(id="m1", conversation_key=key, text=text, **more)
        for call in channel.split(whole):
            receipt = await channel.send(call)
        return receipt


def button(text: str = "Да", value: str = "yes", url: str | None = None) -> Button:
    return Button(text, value, url)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    fake = FakeTelegram(insecure=True)
    fake.chat(4242)
    async with serving(fake) as url, Client(deadline=2.0) as http:
        yield Bot(fake, url, http, tmp_path)
