"""python-telegram-bot on the house's HTTP client. Imported only where a bot does something.

Importing the library takes more than a second and some 30 MB, so nothing else here may import it
but `sending.py`, which comes in by the same late door (`channel.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar, cast

import orjson
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from channels.errors import ChannelError, Uncertain
from channels.telegram.api import Api
from channels.toolkit.multipart import FilePart, Multipart

T = TypeVar("T")

# At DEBUG the library writes addresses, which hold the token, and whole answers.
logging.getLogger("telegram").setLevel(logging.WARNING)


class HouseRequest(BaseRequest):
    """The library's door to the network: guarded, bounded and discreet like everybody else's."""

    __slots__ = ("_api",)

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def read_timeout(self) -> float | None:
        """The deadline of a call; the library's own time-outs are not used."""
        return self._api.http.deadline

    async def initialize(self) -> None:
        """Nothing to open: the client is shared."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(  # noqa: PLR0917 - the library calls it so
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        """Status and body of a success. Raises a channel error, which `asked` brings out."""
        del read_timeout, write_timeout, connect_timeout, pool_timeout
        data, media = _body(request_data)
        headers = {"Content-Type": media} if data is not None else {}
        answer = await self._api.ask(method, url, data=data, headers=headers)
        return answer.status, answer.body


def bot(api: Api) -> Bot:
    """The library's client of this bot; it opens no connection of its own."""
    request = HouseRequest(api)
    return Bot(
        api.token, base_url=api.base, base_file_url=api.files,
        request=request, get_updates_request=request,
    )  # fmt: skip


async def asked(call: Awaitable[T]) -> T:
    """The result of a call. The library wraps what its network raises: it is taken out again."""
    try:
        return await call
    except TelegramError as error:
        if isinstance(error.__cause__, ChannelError):
            raise error.__cause__ from None
        raise Uncertain(f"Telegram's answer could not be read: {type(error).__name__}") from None


class Lying:
    """A file for `InputFile(…, read_file_handle=False)`: nobody reads it before it is sent."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, size: int = -1) -> bytes:
        """What the library asks of a handle; it never calls it."""
        raise NotImplementedError(size)


def _body(request: RequestData | None) -> tuple[bytes | Multipart | None, str]:
    if request is None:
        return None, ""
    if not request.contains_files:
        return orjson.dumps(request.parameters), "application/json"
    files = [
        FilePart(field, name, media, cast("Lying", content).path)
        for field, (name, content, media) in request.multipart_data.items()
    ]
    form = Multipart(request.json_parameters, files)
    return form, form.media_type
