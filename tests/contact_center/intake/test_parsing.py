"""The line before the processes that read: it has an end, and nobody stands in it for ever.

What is too much for a process takes nobody else's request along.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from channels.contract import WebhookRequest
from channels.errors import Malformed, Rejected
from contact_center.intake import aside, aside_process, listening, parsing
from contact_center.intake.parsing import GROUP, GROUP_BYTES, PATIENT, SILENCE_SECONDS, Parsers
from contact_center.kernel.errors import Unavailable
from tests.support.intake import START
from tests.support.poison import hoard, leave, refuse, rest, settings, spin, stumble
from tests.support.waiting import eventually


class Line(Parsers):
    """Parsers whose processes are all busy until `let_go`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(count=0, **options)

    def stand(self, size: int = 0, work: Callable[..., Any] = len, given: Any = "") -> Any:
        return self._run(size, work, given)

    @property
    def room(self) -> int:
        return self._waiting - len(self._line)

    def let_go(self, count: int = 1) -> None:
        self._count = count
        self._serve()


@pytest.fixture
async def lines() -> AsyncIterator[Callable[..., Line]]:
    made: list[Line] = []

    def make(**options: Any) -> Line:
        made.append(Line(**options))
        return made[-1]

    yield make
    for line in made:
        line.close()


async def test_beyond_the_line_a_request_is_refused_at_once_and_the_line_goes_on(
    lines: Callable[..., Line],
) -> None:
    line = lines(waiting=3)
    waiting = [asyncio.create_task(line.stand(given="abc")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await line.stand()
    assert refused.value.retry_after > 0
    line.let_go()
    assert await asyncio.gather(*waiting) == [3, 3, 3]
    assert await line.stand(given="ab") == 2
    assert line.room == 3


async def test_nobody_stands_in_the_line_longer_than_a_request_may_take(
    lines: Callable[..., Line],
) -> None:
    line = lines(wait=0.05)
    room = line.room
    with pytest.raises(Unavailable):
        await line.stand()
    assert line.room == room


async def test_what_we_fetched_ourselves_leaves_room_for_those_who_come(
    lines: Callable[..., Line],
) -> None:
    line = lines(waiting=PATIENT + 1)
    request, account = WebhookRequest("POST", "", {}, {}, b"", START), cast("Any", Account())
    fetched = [asyncio.create_task(line.read(account, request)) for _ in range(PATIENT * 3)]
    await eventually(lambda: line.room == 1)
    await asyncio.sleep(0.05)
    assert line.room == 1
    for task in fetched:
        task.cancel()
    await asyncio.gather(*fetched, return_exceptions=True)
    assert line.room == PATIENT + 1


class Given:
    """A process that only notes what it is given."""

    groups: list[int]
    left = 1000
    at = None

    async def run(self, calls: list[aside_process.Call], *, large: bool = False) -> list[Any]:
        assert not large
        self.groups.append(len(calls))
        return [work(*args) for work, args in calls]

    def kill(self) -> None:
        self.left = 0


async def test_what_waits_is_handed_over_in_groups_and_what_is_large_alone(
    lines: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    Given.groups = []
    monkeypatch.setattr(parsing, "Aside", Given)
    line = lines()
    sizes = [10] * 20 + [GROUP_BYTES, GROUP_BYTES] + [10] * 3
    waiting = [asyncio.create_task(line.stand(size, given="a")) for size in sizes]
    await asyncio.sleep(0)
    line.let_go()
    assert await asyncio.gather(*waiting) == [1] * 25
    assert Given.groups == [GROUP, GROUP, 4, 1, 1, 3]


@pytest.mark.parametrize(
    ("poison", "error"),
    [(leave, Malformed), (hoard, Malformed), (refuse, Rejected), (stumble, RuntimeError)],
)
async def test_what_a_process_cannot_bear_takes_nobody_along(
    lines: Callable[..., Line], poison: Callable[..., Any], error: type[Exception]
) -> None:
    line = lines()
    given = [len, len, poison, len]
    waiting = [asyncio.create_task(line.stand(work=work, given="abc")) for work in given]
    await asyncio.sleep(0)
    line.let_go()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [3, 3, 3]
    assert type(answers[2]) is error
    assert await line.stand(given="ab") == 2


async def test_one_that_never_ends_keeps_those_it_was_handed_over_with_no_second(
    lines: Callable[..., Line],
) -> None:
    line = lines()
    line.let_go(2)
    await asyncio.gather(line.stand(), line.stand())  # the processes are started
    line.let_go(0)
    given = [len, spin, len, len, len]
    waiting = [asyncio.create_task(line.stand(work=work, given="abc")) for work in given]
    await asyncio.sleep(0)
    line.let_go(2)
    others = [waiting[at] for at in (0, 2, 3, 4)]
    assert await asyncio.gather(*others) == [3, 3, 3, 3]
    assert not waiting[1].done()
    assert await line.stand(given="ab") == 2  # the other process goes on


async def test_a_group_that_only_takes_its_time_is_answered_whole(
    lines: Callable[..., Line],
) -> None:
    line = lines()
    given = [str(SILENCE_SECONDS * 1.5), "0", "0.01"]
    waiting = [asyncio.create_task(line.stand(work=rest, given=one)) for one in given]
    await asyncio.sleep(0)
    line.let_go()
    assert await asyncio.gather(*waiting) == given
    assert line.room == line._waiting


async def test_processes_that_do_not_start_are_nobodys_fault(
    lines: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stillborn(Given):
        async def run(self, calls: list[aside_process.Call], *, large: bool = False) -> list[Any]:
            raise aside.Ended("no memory")

    monkeypatch.setattr(parsing, "Aside", Stillborn)
    line = lines()
    waiting = [asyncio.create_task(line.stand(given="abc")) for _ in range(3)]
    await asyncio.sleep(0)
    line.let_go()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3


async def test_no_settings_of_ours_lie_in_the_process(
    lines: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", "postgresql://user:secret@db/x")
    line = lines()
    line.let_go()
    assert await line.stand(work=settings) == []


class Account:
    provider, id, channel = "fake", "1", None

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
