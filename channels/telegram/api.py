"""One bot at the Bot API: addresses, calls, errors.

https://core.telegram.org/bots/api#making-requests

The token stands in every address, as Telegram wants it, and nowhere else: the client strikes it
out of every error. python-telegram-bot is not needed for this and not imported.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from yarl import URL

from channels.errors import Misconfigured, Rejected, Temporary, Uncertain
from channels.telegram.failures import failure
from channels.telegram.settings import OFFICIAL, TelegramSettings
from channels.toolkit.answers import Answer
from channels.toolkit.bodies import Streamed
from channels.toolkit.http import Client

SLOWEST = 500_000  # bytes per second of a line on which files are given time to go
LARGEST = 20_000_000  # what `getFile` gives: https://core.telegram.org/bots/api#getfile


class Api:
    """The addresses of one bot and the one way to call them."""

    def __init__(self, settings: TelegramSettings, http: Client | None) -> None:
        self._token = settings.token
        self.base = f"{settings.api_url}/bot"
        self.files = f"{settings.api_url}/file/bot"
        self._http = http and self._own(http, settings)

    def _own(self, http: Client, settings: TelegramSettings) -> Client:
        own = http.with_secrets(settings.token)
        host = URL(settings.api_url).host
        return own if settings.api_url == OFFICIAL or host is None else own.trusting(host)

    @property
    def token(self) -> str:
        return self._token

    @property
    def http(self) -> Client:
        """The client. Raises Misconfigured where requests are only read."""
        if self._http is None:
            raise Misconfigured("there is no network here")
        return self._http

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method. Raises a channel error."""
        given = {name: value for name, value in parameters.items() if value is not None}
        wait = float(given.get("timeout", 0))
        answer = await self.ask(
            "POST", f"{self.base}{self._token}/{method}", data=orjson.dumps(given),
            headers={"Content-Type": "application/json"}, patience=wait,
        )  # fmt: skip
        return orjson.loads(answer.body)["result"]

    async def ask(
        self, verb: str, url: str, *, data: bytes | Streamed | None, headers: Mapping[str, str],
        patience: float = 0.0,
    ) -> Answer:  # fmt: skip
        """A successful answer. Raises a channel error; `patience`: seconds Telegram may wait."""
        safe = is_safe(url)
        http = self.http
        size = data.size if data is not None and not isinstance(data, bytes) else len(data or b"")
        answer = await http.request(
            verb, url, headers=headers, data=data, idempotent=safe, limit=16 * 1024 * 1024,
            deadline=http.deadline + patience + size / SLOWEST,
        )  # fmt: skip
        if answer.status >= 300:  # noqa: PLR2004
            raise failure(answer, idempotent=safe)
        if not _whole(answer.body):
            words = "Telegram's answer could not be read"
            raise Temporary(words) if safe else Uncertain(words)
        return answer

    async def open(self, file_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file, by https://core.telegram.org/bots/api#getfile.

        Its address holds the token and is good for an hour: it is asked for anew each time.
        """
        told = await self.call("getFile", file_id=file_id)
        path = told.get("file_path") if isinstance(told, dict) else None
        if not isinstance(path, str) or not path:
            raise Rejected("Telegram does not give this file", code="gone")
        return self._pieces(f"{self.files}{self._token}/{quote(path)}")

    async def _pieces(self, url: str) -> AsyncIterator[bytes]:
        async with self.http.stream("GET", url, deadline=300.0, limit=LARGEST) as (head, pieces):
            if head.status >= 500 or head.status == 429:  # noqa: PLR2004
                raise Temporary(f"Telegram does not give this file now: HTTP {head.status}")
            if head.status >= 300:  # noqa: PLR2004
                raise Rejected("Telegram does not hold this file any more", code="gone")
            async for piece in pieces:
                yield piece


def is_safe(url: str) -> bool:
    """Whether a method may be called again where no answer came: all that send nothing new."""
    return not url.rpartition("/")[2].lower().startswith("send") or url.endswith("/sendChatAction")


def _whole(body: bytes) -> bool:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(told, dict) and told.get("ok") is True and "result" in told
