import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from channels.errors import (
    ChannelError,
    Malformed,
    Misconfigured,
    Rejected,
    Temporary,
    Uncertain,
)
from channels.toolkit.answers import Answer, accepted
from channels.toolkit.guard import is_public
from channels.toolkit.http import Client

HERE = frozenset({"127.0.0.1"})


class World:
    """A server inside the house that must never be reached by a stranger's address."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if request.path == "/away":
            raise web.HTTPFound("http://169.254.169.254/latest")
        if request.path == "/by-name":
            raise web.HTTPFound(f"http://localhost:{self.port}/inside")
        if request.path == "/loop":
            raise web.HTTPFound("/loop")
        if request.path == "/large":
            return web.Response(body=b"x" * 5000)
        if request.path == "/dead":
            assert request.transport is not None
            request.transport.abort()
        if request.path == "/stalls":
            stalling = web.StreamResponse()
            await stalling.prepare(request)
            await stalling.write(b"begun")
            await asyncio.sleep(30)
        if request.path == "/slow":
            await asyncio.sleep(30)
        return web.json_response({"ok": True})

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def running() -> AsyncIterator[World]:
    world, application = World(), web.Application()
    application.router.add_route("*", "/{tail:.*}", world.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    world.port = listener.getsockname()[1]
    await web.SockSite(runner, listener).start()
    try:
        yield world
    finally:
        await runner.cleanup()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as one:
        yield one


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::1]:{port}/",
        "http://0x7f.1:{port}/",
        "http://2130706433:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http:///nowhere",
        "http://user@:80:80/",
    ],
)
async def test_a_strangers_address_never_reaches_the_house(world: World, url: str) -> None:
    async with Client() as client:
        with pytest.raises((Rejected, Temporary)) as refusal:
            await client.request("GET", url.format(port=world.port))
    assert world.seen == []
    assert not isinstance(refusal.value, Rejected) or refusal.value.code == "blocked"


@pytest.mark.parametrize("path", ["/away", "/by-name"])
async def test_a_redirect_does_not_lead_inside(world: World, path: str) -> None:
    async with Client(HERE) as client:
        with pytest.raises(Rejected, match="not called"):
            await client.request("GET", world.url(path))
    assert [request.path for request in world.seen] == [path]


async def test_a_public_address_on_another_port_is_not_called() -> None:
    async with Client() as client:
        with pytest.raises(Rejected, match="port 8080"):
            await client.request("GET", "http://8.8.8.8:8080/")


async def test_a_host_the_administrator_named_is_called(world: World) -> None:
    async with Client(HERE) as client:
        answer = await client.request("POST", world.url(), json={"a": 1})
    assert answer.json() == {"ok": True}


async def test_credentials_stay_with_the_host_they_were_meant_for() -> None:
    async with running() as other:

        async def away(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(other.url("/there"))

        async with running_with(away) as port, Client(HERE) as client:
            headers = {"Authorization": "Bearer secret", "X-Plain": "1"}
            await client.request("GET", f"http://127.0.0.1:{port}/", headers=headers)
        assert "Authorization" not in other.seen[0].headers
        assert other.seen[0].headers["X-Plain"] == "1"


@asynccontextmanager
async def running_with(handler: object) -> AsyncIterator[int]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    try:
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()


async def test_endless_redirects_end(world: World) -> None:
    async with Client(HERE) as client:
        with pytest.raises(Rejected, match="too often"):
            await client.request("GET", world.url("/loop"))


async def read(client: Client, url: str, got: list[bytes], fault: OSError | None = None) -> None:
    async with client.stream("GET", url, deadline=60) as (_, pieces):
        async for piece in pieces:
            got += [piece]
            if fault is not None:
                raise fault


async def test_a_file_whose_pieces_cease_to_come_is_not_waited_for(world: World) -> None:
    got: list[bytes] = []
    async with Client(trusted=HERE, idle=1.0) as client:
        with pytest.raises(Temporary, match="no answer in time"):
            await read(client, world.url("/stalls"), got)
    assert got == [b"begun"]


async def test_a_readers_own_fault_is_not_laid_at_the_providers_door(world: World) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    async with Client(trusted=HERE) as client:
        with pytest.raises(OSError, match="No space left"):
            await read(client, world.url("/large"), [], full)


async def test_an_answer_over_the_limit_is_not_read(world: World) -> None:
    async with Client(HERE) as client:
        with pytest.raises(Rejected) as refusal:
            await client.request("GET", world.url("/large"), limit=1000)
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize(("method", "named"), [("GET", Temporary), ("POST", Uncertain)])
@pytest.mark.parametrize("path", ["/dead", "/slow"])
async def test_no_answer_after_bytes_went_out(
    world: World, path: str, method: str, named: type[ChannelError]
) -> None:
    async with Client(HERE) as client:
        with pytest.raises(named):
            await client.request(method, world.url(path), deadline=0.5)


async def test_no_connection_is_temporary_even_for_a_post() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with Client(HERE) as client:
        with pytest.raises(Temporary):
            await client.request("POST", f"http://127.0.0.1:{port}/")


async def test_no_error_text_holds_a_secret() -> None:
    async with Client(secrets=("sec/ret.internal",)) as client:
        with pytest.raises(ChannelError) as refusal:
            await client.request("GET", "http://127.0.0.1/botsec/ret.internal")
        assert client.redact("x sec%2Fret.internal sec/ret.internal") == "x *** ***"
    assert "ret.internal" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "headers", "named"),
    [
        (401, {}, Misconfigured),
        (403, {}, Misconfigured),
        (404, {}, Rejected),
        (429, {"retry-after": "7"}, Temporary),
        (500, {}, Uncertain),
        (503, {}, Uncertain),
        (503, {"retry-after": "7"}, Temporary),
    ],
)
def test_statuses_become_what_to_do_next(
    status: int, headers: dict[str, str], named: type[ChannelError]
) -> None:
    with pytest.raises(named) as error:
        accepted(Answer(status, headers, b""))
    if headers:
        assert isinstance(error.value, Temporary)
        assert error.value.retry_after == 7


def test_a_body_that_is_not_json_is_malformed() -> None:
    with pytest.raises(Malformed):
        Answer(200, {}, b"<html>").json()


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "100.64.0.1", "169.254.169.254", "192.168.1.1", "224.0.0.1", "fe80::1%eth0",
     "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "::7f00:1", "not an address"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
