"""The short way in for providers tells no two things apart that the usual way does not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from channels.contract import Reply, WebhookRequest
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import HouseError, NotFound, Unavailable
from contact_center.web import guard
from contact_center.web.answers import Encoder
from contact_center.web.front import Front, House, listening
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.origins import ORIGINS, Origins
from contact_center.web.webhooks import Hooks, setup_hooks

LIMIT = 1000
SAME = ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Cache-Control",
        "Referrer-Policy", "Strict-Transport-Security", "Retry-After", "X-Answer")  # fmt: skip


class Fake(Hooks):
    """Answers by what the body says; one account has a key."""

    def __init__(self) -> None:
        self.routed = self.said = 0
        self._base_url = "http://house.example"
        self._clock = SystemClock()
        self.held: asyncio.Event | None = None

    def knows(self, key: str) -> bool:
        return key == "key"

    def _account(self, key: str) -> Any:
        if not self.knows(key):
            raise NotFound("there is nothing at this address")
        return SimpleNamespace(medium="chat")

    async def handle(self, request: web.Request) -> web.Response:
        self.routed += 1
        return await super().handle(request)

    async def answer(self, account: Any, given: WebhookRequest) -> Reply:
        self.said += 1
        if self.held is not None:
            await self.held.wait()
        said = given.body.decode()
        if said == "busy":
            raise Unavailable("come again", retry_after=7)
        if said == "stranger":
            raise HouseError("not proven", code="refused", status=401)
        if said == "kaboom":
            raise RuntimeError("our own fault")
        if said == "split":
            return Reply(200, {"x-answer": "yes\r\nSet-Cookie: a=b"}, b"taken")
        if said == "nothing":
            return Reply(204)
        if said == "plainly":
            return Reply()
        return Reply(202, {"x-answer": given.headers.get("x-told", "no")}, b"taken")


@asynccontextmanager
async def served(hooks: Hooks, *, short: bool) -> AsyncIterator[tuple[str, Metrics]]:
    app = web.Application(middlewares=[guard.guard], client_max_size=LIMIT)
    app.on_response_prepare.append(guard.add_headers)
    app[METRICS], app[ORIGINS], app[guard.SECURE] = Metrics(), Origins(), True
    setup_hooks(app, hooks)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        if short:
            async with listening(runner, "127.0.0.1", 0, most=LIMIT, seconds=10) as server:
                yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", app[METRICS]
        else:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}", app[METRICS]
    finally:
        await runner.cleanup()


def counted(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Answers by route, method and status, and refusals by code; no times."""
    found = {}
    for metric in metrics.registry.collect():
        for sample in metric.samples:
            if sample.name in {"cc_http_requests_total", "cc_http_refused_total"}:
                found[tuple(sample.labels.values())] = sample.value
    return found


async def heard(session: aiohttp.ClientSession, url: str, body: str) -> Any:
    async with session.post(URL(url, encoded=True), data=body) as answer:
        said = await answer.read()
        assert answer.headers["X-Request-ID"]
        if answer.content_type == "application/problem+json":
            problem = await answer.json()
            assert problem.pop("request_id") == answer.headers["X-Request-ID"]
            said = problem
        return answer.status, {name: answer.headers.get(name) for name in SAME}, said


@pytest.mark.parametrize("path", ["/hooks/key", "/hooks/nobody", "/hooks/key?x=1", "/hooks/key/m"])
async def test_both_ways_answer_and_count_alike(path: str) -> None:
    bodies = ("hello", "busy", "stranger", "kaboom", "nothing", "plainly", "x" * (LIMIT + 1))
    heards, counts = [], []
    async with aiohttp.ClientSession() as session:
        for short in (True, False):
            async with served(Fake(), short=short) as (url, metrics):
                heards.append([await heard(session, url + path, body) for body in bodies])
                counts.append(counted(metrics))
    assert heards[0] == heards[1]
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) >= len(bodies)


async def test_only_what_is_plainly_an_event_of_an_account_goes_the_short_way() -> None:
    hooks = Fake()
    async with (
        served(hooks, short=True) as (url, _),
        aiohttp.ClientSession() as session,
    ):
        for _ in range(3):
            assert (await heard(session, f"{url}/hooks/key", "hello"))[0] == 202
        assert hooks.routed == 0
        for path in ("/hooks/nobody", "/hooks/key?x=1", "/hooks/key/mime", "/hooks/%6Bey"):
            await heard(session, url + path, "hello")
        assert hooks.routed == 4
        async with session.get(f"{url}/hooks/key") as answer:
            assert answer.status == 202
        async with session.post(f"{url}/hooks/key", data="hello", expect100=True) as answer:
            assert answer.status == 202
        assert hooks.routed == 6


HEAD = b"POST /hooks/key HTTP/1.1\r\nHost: house.example\r\n"


def post(body: bytes, *fields: bytes) -> bytes:
    lines = b"".join(field + b"\r\n" for field in fields)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Wire:
    """A connection by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Status and body; (0, b"") where the connection ends instead."""
        async with asyncio.timeout(60):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return 0, b""
            size = re.search(rb"(?i)content-length: (\d+)", head)
            body = await self.reader.readexactly(int(size[1]) if size else 0)
            return int(head[9:12]), body


@asynccontextmanager
async def wired(hooks: Fake) -> AsyncIterator[Wire]:
    async with served(hooks, short=True) as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()


async def test_a_request_that_comes_in_pieces_is_taken_when_it_is_whole() -> None:
    hooks, request = Fake(), post(b"hello", b"X-Told: in pieces")
    async with wired(hooks) as wire:
        for at in range(len(request) - 1):
            wire.send(request[at : at + 1])
            if at % 40 == 0:
                await asyncio.sleep(0.001)
        assert hooks.said == 0
        wire.send(request[-1:])
        assert await wire.answer() == (202, b"taken")
    assert (hooks.said, hooks.routed) == (1, 0)


async def test_requests_sent_without_waiting_are_answered_in_their_order() -> None:
    hooks = Fake()
    async with wired(hooks) as wire:
        wire.send(post(b"hello") * 2 + post(b"busy") + post(b"hello"))
        assert [(await wire.answer())[0] for _ in range(4)] == [202, 202, 503, 202]
    assert hooks.routed == 0


async def test_a_connection_changes_hands_in_the_middle_and_nothing_is_lost_or_taken_twice() -> (
    None
):
    hooks = Fake()
    hooks.held = asyncio.Event()
    async with wired(hooks) as wire:
        wire.send(post(b"hello"))
        await until(lambda: hooks.said == 1)
        wire.send(post(b"hello", b"Connection: keep-alive") + post(b"busy"))  # aiohttp's from here
        hooks.held.set()
        assert [(await wire.answer())[0] for _ in range(3)] == [202, 202, 503]
    assert (hooks.said, hooks.routed) == (3, 2)


@pytest.mark.parametrize(
    "request_", [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        b"POST /hooks/key HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
    ],
)  # fmt: skip
async def test_what_is_written_otherwise_is_read_by_aiohttp(request_: bytes) -> None:
    hooks = Fake()
    async with wired(hooks) as wire:
        wire.send(request_)
        assert await wire.answer() == (202, b"taken")
    assert hooks.routed == 1


@pytest.mark.parametrize(
    "request_", [
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        HEAD + b"Content-Length: +5\r\n\r\nhello",
        HEAD + b"Content-Length : 5\r\n\r\nhello",
        HEAD + b"Content-Length: 5\r\n X-Folded: yes\r\n\r\nhello",
        HEAD + b"X-Nul: \0\r\nContent-Length: 5\r\n\r\nhello",
        HEAD + b"X-Bare: a\rb\r\nContent-Length: 5\r\n\r\nhello",
        HEAD + "Content-Length: \u0665\r\n\r\nhello".encode(),
    ],
)  # fmt: skip
async def test_what_two_readers_could_read_differently_is_nobodys_event(request_: bytes) -> None:
    hooks = Fake()
    async with wired(hooks) as wire:
        wire.send(request_)
        assert (await wire.answer())[0] in (0, 400)
    assert hooks.said == 0


async def test_an_answer_never_carries_a_header_of_its_own_making() -> None:
    async with wired(Fake()) as wire:
        wire.send(post(b"split"))
        status, body = await wire.answer()
    assert status == 500
    assert b"Set-Cookie" not in body


async def test_a_house_that_stops_gives_the_answers_it_owes() -> None:
    hooks = Fake()
    hooks.held = asyncio.Event()
    async with served(hooks, short=True) as (url, _):
        wires = [Wire(*await asyncio.open_connection("127.0.0.1", URL(url).port)) for _ in range(2)]
        wires[0].send(post(b"hello"))
        await until(lambda: hooks.said == 1)
        asyncio.get_running_loop().call_later(0.05, hooks.held.set)
    assert await wires[0].answer() == (202, b"taken")
    assert await wires[0].answer() == await wires[1].answer() == (0, b"")
    for wire in wires:
        wire.writer.close()


class Full(asyncio.Transport):
    """A transport whose other end reads nothing: one answer fills it."""

    front: Any = None
    reads = True
    written = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.written += 1
        self.front.pause_writing()

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


async def test_who_does_not_read_his_answers_is_not_read_either() -> None:
    loop, hooks, wire = asyncio.get_running_loop(), Fake(), Full()
    house = House(hooks, Metrics(), Encoder(secure=True), LIMIT, asyncio.Protocol, loop)
    wire.front = Front(house)
    wire.front.connection_made(wire)
    wire.front.data_received(post(b"hello") * 3)
    for answers in (1, 2, 3):
        await until(lambda: wire.written == hooks.said == answers)  # noqa: B023 - awaited here
        await asyncio.sleep(0)
        assert (wire.written, wire.reads) == (answers, False)
        wire.front.resume_writing()
    assert wire.reads


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([HEAD, post(b"hello"), b"\r\n"])))
def test_any_bytes_are_answered_or_refused_and_never_break_the_house(pieces: list[bytes]) -> None:
    async def play() -> None:
        hooks = Fake()
        async with served(hooks, short=True) as (url, _):
            port = URL(url).port
            wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
            for piece in pieces:
                wire.send(piece)
                await asyncio.sleep(0)
            wire.writer.close()
            other = Wire(*await asyncio.open_connection("127.0.0.1", port))
            other.send(post(b"hello"))
            assert await other.answer() == (202, b"taken")
            other.writer.close()

    asyncio.run(play())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)
