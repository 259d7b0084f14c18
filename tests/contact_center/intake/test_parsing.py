"""The line before the processes that read: it has an end, and nobody stands in it for ever."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from channels.contract import WebhookRequest
from contact_center.intake import listening
from contact_center.intake.parsing import PATIENT, Parsers
from contact_center.kernel.errors import Unavailable
from tests.support.intake import START
from tests.support.waiting import eventually


class Line(Parsers):
    """Parsers whose processes are all busy until `let_go`."""

    async def block(self) -> None:
        while not self._places.locked():
            await self._places.acquire()

    async def stand(self) -> None:
        async with self._place():
            return

    @property
    def room(self) -> int:
        return self._free

    def let_go(self) -> None:
        self._places.release()


async def test_beyond_the_line_a_request_is_refused_at_once_and_the_line_goes_on() -> None:
    line = Line(waiting=3)
    await line.block()
    waiting = [asyncio.create_task(line.stand()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await line.stand()
    assert refused.value.retry_after > 0
    line.let_go()
    await asyncio.gather(*waiting)
    await line.stand()
    assert line.room == 3


async def test_nobody_stands_in_the_line_longer_than_a_request_may_take() -> None:
    line = Line(wait=0.05)
    await line.block()
    room = line.room
    with pytest.raises(Unavailable):
        await line.stand()
    assert line.room == room


async def test_what_we_fetched_ourselves_leaves_room_for_those_who_come() -> None:
    line = Line(waiting=PATIENT + 1)
    await line.block()
    request, account = WebhookRequest("POST", "", {}, {}, b"", START), cast("Any", Account())
    fetched = [asyncio.create_task(line.read(account, request)) for _ in range(PATIENT * 3)]
    await eventually(lambda: line.room == 1)
    await asyncio.sleep(0.05)
    assert line.room == 1
    for task in fetched:
        task.cancel()
    await asyncio.gather(*fetched, return_exceptions=True)
    assert line.room == PATIENT + 1


class Account:
    provider, id = "fake", "1"

    @property
    def settings(self) -> Any:
        return self

    def model_dump_json(self) -> str:
        return "{}"


async def test_a_listener_waits_for_room_and_puts_nothing_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    kept: list[Any] = []

    class House:
        tries = 0
        parsers = quarantine = property(lambda self: self)

        async def read(self, _account: Any, _request: Any) -> str:
            self.tries += 1
            if self.tries < 4:
                raise Unavailable("too many requests wait to be read")
            return "read"

        async def keep(self, *given: Any) -> None:
            kept.append(given)

    listener = listening.Listener.__new__(listening.Listener)
    listener._house, listener._account = House(), Account()  # type: ignore[assignment]
    request: Any = None
    read: Any = await listener._read(request)
    assert (read, kept, len(pauses)) == ("read", [], 3)
