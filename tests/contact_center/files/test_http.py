"""Files over HTTP: what goes in comes out harmless, and only by a fresh address."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import pytest_asyncio
from pydantic import SecretStr

from contact_center.app import Workspace, running
from contact_center.settings import Media, Settings
from contact_center.simulator import company
from tests.support.house import free_port
from tests.support.postgres import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")
    + b"\x08\x02\0\0\0" + bytes(16)
)  # fmt: skip


class Browser:
    def __init__(self, http: aiohttp.ClientSession, url: str, house: Workspace) -> None:
        self.http, self.url, self.csrf, self.house = http, url, "", house

    async def sign_in(self) -> None:
        body = {"email": "olga@vasilek.example", "password": company.load().password}
        async with self.http.post(f"{self.url}/api/v1/auth/sign-in", json=body) as reply:
            self.csrf = (await reply.json())["csrf"]

    async def upload(self, content: bytes, name: str) -> tuple[int, dict[str, Any]]:
        headers = {"X-CSRF-Token": self.csrf, "X-File-Name": name}
        address = f"{self.url}/api/v1/files"
        async with self.http.post(address, data=io.BytesIO(content), headers=headers) as reply:
            return reply.status, await reply.json()


@pytest.fixture(scope="module")
def url(postgres: Server, template: str) -> Iterator[str]:
    found = postgres.create(template)
    yield found
    postgres.drop(found)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    port = free_port()
    settings = Settings(
        database_url=SecretStr(url), listen_port=port, demo=True,
        data_dir=tmp_path_factory.mktemp("files"), media=Media(max_bytes=2_000_000),
    )  # fmt: skip
    jar = aiohttp.CookieJar(unsafe=True)
    async with running(settings) as house, aiohttp.ClientSession(cookie_jar=jar) as http:
        browser = Browser(http, f"http://127.0.0.1:{port}", house)
        await browser.sign_in()
        yield browser


async def test_a_picture_comes_back_as_it_was(browser: Browser) -> None:
    status, file = await browser.upload(PNG, "%D0%BC%D1%91%D0%B4.png")
    assert status == 200
    assert (file["name"], file["kind"], file["width"], file["height"]) == (
        "мёд.png", "image", 640, 480,
    )  # fmt: skip
    async with browser.http.get(f"{browser.url}{file['url']}&inline=1") as reply:
        assert await reply.read() == PNG
        assert reply.headers["Content-Type"] == "image/png"
        assert reply.headers["Content-Disposition"].startswith("inline")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in reply.headers["Content-Security-Policy"]


async def test_a_page_is_only_ever_downloaded(browser: Browser) -> None:
    _, file = await browser.upload(b"<!doctype html><script>alert(1)</script>", "x.png")
    async with browser.http.get(f"{browser.url}{file['url']}&inline=1") as reply:
        assert reply.headers["Content-Type"] == "application/octet-stream"
        assert reply.headers["Content-Disposition"].startswith("attachment")


async def test_a_changed_address_opens_nothing(browser: Browser) -> None:
    _, file = await browser.upload(PNG, "a.png")
    wrong = file["url"][:-1] + ("0" if file["url"][-1] != "0" else "1")
    async with browser.http.get(f"{browser.url}{wrong}") as reply:
        assert reply.status == 403
    async with browser.http.get(f"{browser.url}/api/v1/files/{file['id']}") as reply:
        assert reply.status == 422


async def test_a_file_that_is_too_large_is_refused_with_the_limit(browser: Browser) -> None:
    status, problem = await browser.upload(b"x" * 2_000_001, "big")
    assert (status, problem["limit"]) == (413, 2_000_000)
    status, problem = await browser.upload(b"x" * 1_500_000, "fits")
    assert (status, problem["size"]) == (200, 1_500_000)


async def test_a_voice_note_may_be_played_from_its_middle(browser: Browser) -> None:
    _, file = await browser.upload(b"OggS" + bytes(1000), "voice.ogg")
    heard = {"Range": "bytes=500-"}
    async with browser.http.get(f"{browser.url}{file['url']}&inline=1", headers=heard) as reply:
        assert (reply.status, reply.headers["Content-Type"]) == (206, "audio/ogg")
        assert reply.headers["Content-Disposition"].startswith("inline")
        assert len(await reply.read()) == 504


async def test_a_picture_that_would_burst_a_browser_is_a_file_and_never_shown(
    browser: Browser,
) -> None:
    bomb = PNG[:16] + (60_000).to_bytes(4, "big") * 2 + PNG[24:]
    _, file = await browser.upload(bomb, "bomb.png")
    assert file["kind"] == "file"
    async with browser.http.get(f"{browser.url}{file['url']}&inline=1") as reply:
        assert reply.status == 413
    async with browser.http.get(f"{browser.url}{file['url']}") as reply:
        assert await reply.read() == bomb
        assert reply.headers["Content-Disposition"].startswith("attachment")


async def test_a_provider_fetches_exactly_the_file_it_was_told_of_and_only_for_some_hours(
    browser: Browser,
) -> None:
    _, file = await browser.upload(PNG, "мёд, 1.jpeg")
    _, other = await browser.upload(PNG, "b.png")
    url = browser.house.files.public_url(UUID(file["id"]))
    assert url.startswith(browser.url)
    async with aiohttp.ClientSession() as stranger:
        async with stranger.head(url) as head:
            assert (head.status, head.content_length) == (200, len(PNG))
        async with stranger.get(url) as reply:
            assert await reply.read() == PNG
            assert reply.headers["Content-Type"] == "image/png"
            assert reply.headers["Content-Disposition"] == 'inline; filename="1.png"'
            assert "Set-Cookie" not in reply.headers
        plain = f"{browser.url}{file['url']}"
        for wrong in (
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.replace(file["id"], other["id"]),
            url.replace("/public", ""),
            plain.replace("?", "/public?"),
            url.replace("e=1", "e=2"),
            url.replace(f"/{file['id']}", "/..%2f..%2fetc"),
        ):
            async with stranger.get(wrong) as reply:
                assert reply.status in (403, 404), wrong
