"""Files that are sent piece by piece: whole, and never half taken for whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import Temporary, Uncertain
from channels.toolkit import multipart
from channels.toolkit.http import Client
from channels.toolkit.multipart import FilePart, Multipart

# aiohttp uses its own deprecated function to read forms.
pytestmark = pytest.mark.filterwarnings("ignore:unread_data:DeprecationWarning")

CONTENT = bytes(range(256)) * 4096


class Taker:
    """A server that takes forms, and hangs up where it is told to."""

    def __init__(self) -> None:
        self.forms: list[dict[str, object]] = []
        self.lengths: list[int | None] = []

    async def take(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/moved":
            raise web.HTTPPermanentRedirect("/")
        if request.path == "/deaf":
            await request.content.read(10)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        self.lengths.append(request.content_length)
        form = await request.post()
        self.forms.append(
            {k: v.file.read() if isinstance(v, web.FileField) else v for k, v in form.items()}
        )
        self.names = [v.filename for v in form.values() if isinstance(v, web.FileField)]
        if request.path == "/silent":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({})


@pytest.fixture
async def taker() -> AsyncIterator[tuple[Taker, str]]:
    one, app = Taker(), web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", one.take)
    async with TestServer(app) as server:
        yield one, str(server.make_url("")).rstrip("/")


@pytest.fixture
async def http() -> AsyncIterator[Client]:
    async with Client(trusted=frozenset({"127.0.0.1"})) as client:
        yield client


@pytest.fixture
def form(tmp_path: Path) -> Multipart:
    (tmp_path / "a").write_bytes(CONTENT)
    file = FilePart("photo", 'мёд "1"\r\nX: y.png', "image/png", str(tmp_path / "a"))
    return Multipart({"chat_id": "42"}, [file])


@pytest.mark.parametrize("path", ["/", "/moved"])
async def test_a_form_arrives_as_it_was(
    taker: tuple[Taker, str], http: Client, form: Multipart, path: str
) -> None:
    one, url = taker
    headers = {"Content-Type": form.media_type}
    answer = await http.request("POST", url + path, headers=headers, data=form)
    assert answer.status == 200
    assert one.forms == [{"chat_id": "42", "photo": CONTENT}]
    assert one.lengths == [form.size]
    assert one.names == ["мёд %221%22X: y.png"]


@pytest.mark.parametrize(("path", "error"), [("/deaf", Temporary), ("/silent", Uncertain)])
async def test_only_what_went_out_whole_may_have_arrived(
    taker: tuple[Taker, str], http: Client, tmp_path: Path, path: str, error: type[Exception]
) -> None:
    (tmp_path / "b").write_bytes(CONTENT * 16)  # more than sockets hold
    form = Multipart({}, [FilePart("f", "b", "image/png", str(tmp_path / "b"))])
    headers = {"Content-Type": form.media_type}
    with pytest.raises(error):
        await http.request("POST", taker[1] + path, headers=headers, data=form)


async def test_a_file_is_never_read_whole(form: Multipart) -> None:
    pieces = [piece async for piece in form.pieces()]
    assert max(map(len, pieces)) == multipart.PIECE < len(CONTENT)
    assert sum(map(len, pieces)) == form.size


async def test_a_file_that_is_gone_is_sent_later(tmp_path: Path) -> None:
    with pytest.raises(Temporary):
        Multipart({}, [FilePart("f", "b", "image/png", str(tmp_path / "gone"))])
