"""What a visitor may send and how much of it; where the page may stand."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from contact_center.kernel.errors import Unavailable
from contact_center.web import bodies
from contact_center.web.chat import Limits
from tests.contact_center.web_chat.site import ORIGIN, Site, Visitor, opened, until
from tests.support.waiting import eventually


async def _upload(visitor: Visitor, body: bytes, name: str = "a.png") -> tuple[int, dict[str, Any]]:
    headers = visitor.headers(**{"X-File-Name": name, "Content-Type": "image/png"})
    async with visitor.site.http.post(
        visitor.url("/files"), data=BytesIO(body), headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def test_a_file_is_what_its_content_says_whatever_it_is_called(site: Site) -> None:
    visitor = await site.visitor()
    status, file = await _upload(visitor, b"<html><script>alert(1)</script>", "..%2F..%2Fa.png")
    assert status == 200
    assert (file["type"], file["name"], file["size"]) == ("text/html", "a.png", 31)
    row = await site.house.database.fetchrow("SELECT kind, owner, state FROM attachments")
    assert row
    assert tuple(row.values()) == ("file", visitor.session["visitor"], "stored")
    await visitor.write("", attachments=[file["id"]])
    (item,) = (await visitor.read())["items"]
    assert [one["id"] for one in item["attachments"]] == [file["id"]]
    assert item["attachments"][0]["url"].endswith(f"/files/{file['id']}")


async def test_a_file_too_large_for_its_kind_is_413_with_the_limit(site: Site) -> None:
    visitor = await site.visitor()
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * (10 * 1024 * 1024)
    status, answer = await _upload(visitor, picture)
    assert (status, answer["limit"]) == (413, 10 * 1024 * 1024)
    assert await site.house.database.fetchval("SELECT count(*) FROM attachments") == 0
    assert (await _upload(visitor, b""))[0] == 422


async def test_too_many_of_anything_is_429(database_url: str) -> None:
    limits = Limits(sessions=2, uploads=1, events=2, sockets=1)
    async with opened(database_url, limits=limits) as site:
        visitor = await site.visitor()
        await site.visitor()
        status, answer = await Visitor(site).call("/session", {})
        assert (status, answer["code"]) == (429, "too_many")
        await visitor.begin()  # who comes back is not counted
        await visitor.write("1", "1")
        await visitor.write("2", "2")
        assert (await visitor.call("/events", {"type": "typing"}))[0] == 429
        assert (await _upload(visitor, b"text"))[0] == 200
        assert (await _upload(visitor, b"text"))[0] == 429
        wire = await visitor.socket()
        await until(wire, "ready")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.socket()
        assert refusal.value.status == 429
        await wire.close()


async def test_new_sessions_do_not_buy_an_address_more_uploads(database_url: str) -> None:
    async with opened(database_url, limits=Limits(uploads=2, address_uploads=3)) as site:
        one, other = await site.visitor(), await site.visitor()
        assert [(await _upload(one, b"text"))[0] for _ in range(2)] == [200, 200]
        assert [(await _upload(other, b"text"))[0] for _ in range(2)] == [200, 429]
        assert len(site.blobs) == 3


async def test_an_upload_that_takes_too_long_ends_and_keeps_nothing(database_url: str) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"x" * 600
        await asyncio.sleep(600)

    async with opened(database_url, limits=Limits(upload_seconds=0.3)) as site:
        visitor = await site.visitor()
        async with asyncio.timeout(60), site.http.post(
            visitor.url("/files"), data=trickle(), headers=visitor.headers()
        ) as answer:  # fmt: skip
            assert (answer.status, (await answer.json())["code"]) == (503, "deadline")
            assert "Retry-After" in answer.headers
        assert site.blobs == {}
        assert await site.house.database.fetchval("SELECT count(*) FROM attachments") == 0


async def test_a_body_that_does_not_come_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(600)

    monkeypatch.setattr(bodies, "READ_SECONDS", 0.3)
    visitor = await site.visitor()
    async with asyncio.timeout(60), site.http.post(
        visitor.url("/session"), data=never(), headers=visitor.headers()
    ) as answer:  # fmt: skip
        assert (answer.status, (await answer.json())["code"]) == (503, "deadline")


async def test_the_whole_page_may_be_framed_by_the_allowed_sites_only(site: Site) -> None:
    async with site.http.get(f"{site.base}/chat/key", params={"lang": "en"}) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors 'self' {ORIGIN}" in policy
        assert "unsafe-inline" not in policy
        assert "X-Frame-Options" not in answer.headers
        text = await answer.text()
    assert 'data-key="key"' in text
    assert "<title>Write to us</title>" in text
    async with site.http.get(f"{site.base}/chat/other") as answer:
        assert answer.status == 404


async def test_windows_that_met_no_database_are_not_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await site.visitor()

    async def away(*_: object) -> None:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as broken:
        broken.setattr("contact_center.web.chat.store.contact", away)
        wire = await visitor.socket()
        assert (await wire.receive(5)).data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
        key = (site.account.id, visitor.session["visitor"])
        with pytest.raises(Unavailable):
            await site.chat.join(key, waiter=asyncio.Event())
    await eventually(lambda: site.chat.sockets_of(key) == 0)
    assert key not in site.chat._talks
