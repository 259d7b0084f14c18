"""Files: taken whole or not at all, told by their content, given only to who holds an address."""

from __future__ import annotations

import base64
import errno
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from channels.contract import Capabilities
from channels.errors import Rejected, Temporary
from contact_center.contacts import shapes
from contact_center.contacts.files import copies, fetching, service
from contact_center.contacts.files.fetching import FETCH
from contact_center.contacts.files.images import dimensions
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.nature import served_type, shown_name
from contact_center.contacts.files.service import Files
from contact_center.jobs.model import ATTEMPTS, GiveUp, Job
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Forbidden, Invalid, NotFound, TooLarge
from contact_center.kernel.ids import new_id
from contact_center.storage.blobs import FileBlobs
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")
    + b"\x08\x02\0\0\0" + bytes(16)
)  # fmt: skip
JPEG = (
    b"\xff\xd8\xff\xe1" + (5000).to_bytes(2, "big") + bytes(4998)
    + b"\xff\xc0\0\x11\x08" + (300).to_bytes(2, "big") + (200).to_bytes(2, "big") + bytes(12)
)  # fmt: skip
GIF = b"GIF89a" + (7).to_bytes(2, "little") + (9).to_bytes(2, "little") + bytes(20)

CAN = Capabilities(authentication="body")


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


class Holding:
    """A channel that holds files at its provider."""

    def __init__(self) -> None:
        self.content: bytes | Exception = b""

    async def open(self, _ref: str) -> AsyncIterator[bytes]:
        if isinstance(self.content, Exception):
            raise self.content
        return stream(self.content)

    async def send(self, message: Any) -> Any:
        raise NotImplementedError

    async def check(self) -> None:
        """Always well."""


class House:
    """Files over a database and a directory."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.clock = ManualClock()
        self.blobs = FileBlobs(directory)
        self.channel = Holding()
        self.directory = directory
        self.files = Files(
            database, self.blobs, Links(b"k" * 32), self.clock, self._account, max_bytes=10_000,
            base_url="https://desk.example",
        )  # fmt: skip

    async def _account(self, _account_id: UUID) -> Any:
        return self

    async def wanted(self, **values: Any) -> UUID:
        file_id = new_id()
        await self.database.execute(
            "INSERT INTO attachments (id, ref, kind, size) VALUES ($1, 'r', $2, $3)",
            file_id, values.get("kind", "file"), values.get("size"),
        )  # fmt: skip
        return file_id

    async def fetch(self, file_id: UUID, attempts: int = 1) -> dict[str, Any]:
        job = Job(new_id(), FETCH, str(file_id), self.clock.now(), attempts)
        await self.files.fetching.run(job)
        return await self.row(file_id)

    async def row(self, file_id: UUID) -> dict[str, Any]:
        row = await self.database.fetchrow("SELECT * FROM attachments WHERE id = $1", file_id)
        assert row is not None
        return dict(row)

    async def sweep(self) -> None:
        """A day's sweep, and what it leaves to do."""
        await self.files.sweep(Job(new_id(), service.SWEEP, "daily", self.clock.now(), 1))
        for row in await self.database.fetch("SELECT * FROM jobs WHERE kind = 'files.drop'"):
            await self.files.drop(Job(row["id"], row["kind"], row["key"], row["due_at"], 1,
                                      row["payload"]))  # fmt: skip

    def kept(self) -> list[Path]:
        return [path for path in self.directory.rglob("*") if path.is_file()]


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    database = await Database.connect(database_url)
    yield House(database, tmp_path)
    await database.close()


async def test_an_upload_is_kept_whole_and_told_by_its_content(house: House) -> None:
    row = await house.files.upload(
        stream(PNG[:20], PNG[20:]), name="../../page.html", owner="employee:1"
    )
    assert (row["kind"], row["type"], row["name"], row["size"]) == (
        "image", "image/png", "page.html", len(PNG),
    )  # fmt: skip
    assert row["data"] == {"width": 640, "height": 480}
    path = await house.blobs.path(row["blob_key"])
    assert path.read_bytes() == PNG
    assert b"".join([chunk async for chunk in house.blobs.open(row["blob_key"])]) == PNG


async def test_a_file_over_the_limit_leaves_nothing_behind(house: House) -> None:
    with pytest.raises(TooLarge):
        await house.files.upload(stream(b"x" * 9000, b"x" * 2000), name="big", owner="e")
    with pytest.raises(Invalid):
        await house.files.upload(stream(), name="empty", owner="e")
    assert house.kept() == []


async def test_a_cut_upload_leaves_nothing_behind(house: House) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await house.files.upload(cut(), name="x", owner="e")
    assert house.kept() == []


async def test_only_a_fresh_address_of_ours_opens_a_file(house: House) -> None:
    row = await house.files.upload(stream(b"hello there"), name="a.txt", owner="e")
    url = house.files.url(row["id"])
    path, _, query = url.partition("?")
    given = dict(part.split("=") for part in query.split("&"))
    expires, signature = int(given["e"]), given["s"]
    assert path == f"/api/v1/files/{row['id']}"
    assert (await house.files.open(row["id"], expires, signature))["name"] == "a.txt"
    for wrong in ((expires + 1, signature), (expires, signature[:-1] + "x"), (expires, "")):
        with pytest.raises(Forbidden):
            await house.files.open(row["id"], *wrong)
    with pytest.raises(Forbidden):
        await house.files.open(new_id(), expires, signature)
    house.clock.advance(minutes=11)
    with pytest.raises(Forbidden):
        await house.files.open(row["id"], expires, signature)


async def test_a_visitors_address_lives_as_long_as_his_page_stands_open_and_is_no_other(
    house: House,
) -> None:
    row = await house.files.upload(stream(b"hello there"), name="a.txt", owner="visitor")
    path, _, query = house.files.visitor_url(row["id"]).partition("?")
    assert path == f"/api/v1/files/{row['id']}/visitor"
    given = dict(part.split("=") for part in query.split("&"))
    address = (row["id"], int(given["e"]), given["s"])
    house.clock.advance(hours=23, minutes=59)
    assert (await house.files.open_visitor(*address))["name"] == "a.txt"
    for wrong in (house.files.open, house.files.open_public):
        with pytest.raises(Forbidden):
            await wrong(*address)
    with pytest.raises(Forbidden):
        await house.files.open_visitor(new_id(), *address[1:])
    house.clock.advance(hours=24, minutes=2)
    with pytest.raises(Forbidden):
        await house.files.open_visitor(*address)


async def test_a_providers_address_works_for_some_hours_and_is_no_other(house: House) -> None:
    row = await house.files.upload(stream(b"hello there"), name="a.txt", owner="e")
    url = house.files.public_url(row["id"])
    path, _, query = url.partition("?")
    assert path == f"https://desk.example/api/v1/files/{row['id']}/public"
    given = dict(part.split("=") for part in query.split("&"))
    address = (row["id"], int(given["e"]), given["s"])
    house.clock.advance(hours=3, minutes=59)
    assert (await house.files.open_public(*address))["name"] == "a.txt"
    with pytest.raises(Forbidden):
        await house.files.open(*address)
    with pytest.raises(Forbidden):
        await house.files.open_public(new_id(), *address[1:])
    house.clock.advance(minutes=2)
    with pytest.raises(Forbidden):
        await house.files.open_public(*address)


async def test_a_blob_key_never_becomes_a_path(house: House) -> None:
    for key in ("../../etc/passwd", "", "a" * 39, "A" * 40):
        with pytest.raises(NotFound):
            await house.blobs.path(key)


async def test_a_provider_file_is_fetched_once(house: House) -> None:
    file_id = await house.wanted()
    house.channel.content = JPEG
    row = await house.fetch(file_id)
    assert (row["state"], row["type"], row["kind"], row["size"]) == (
        "stored", "image/jpeg", "image", len(JPEG),
    )  # fmt: skip
    assert row["data"] == {"width": 200, "height": 300}
    again = await house.fetch(file_id)
    assert again["version"] == row["version"]
    assert len(house.kept()) == 1


async def test_what_cannot_be_fetched_says_why(house: House) -> None:
    large = await house.wanted()
    house.channel.content = b"x" * 10_001
    assert (await house.fetch(large))["state"] == "too_large"
    announced = await house.wanted(size=10**9)
    assert (await house.fetch(announced))["state"] == "too_large"
    gone = await house.wanted()
    house.channel.content = Rejected("404")
    row = await house.fetch(gone)
    assert (row["state"], row["data"]["reason"]) == ("gone", "404")
    refused = await house.wanted()
    house.channel.content = Rejected("20 MB at most", code="too_large")
    assert (await house.fetch(refused))["state"] == "too_large"
    assert house.kept() == []


async def test_a_provider_that_is_away_is_asked_again_and_at_last_given_up(house: House) -> None:
    file_id = await house.wanted()
    house.channel.content = Temporary("503")
    with pytest.raises(Temporary):
        await house.fetch(file_id)
    row = await house.row(file_id)
    assert (row["state"], row["data"]["reason"]) == ("wanted", "503")
    with pytest.raises(GiveUp):
        await house.fetch(file_id, ATTEMPTS)
    assert (await house.row(file_id))["state"] == "failed"


async def test_whatever_goes_wrong_a_file_is_not_wanted_for_ever(house: House) -> None:
    file_id = await house.wanted()
    house.channel.content = ZeroDivisionError("canary")
    with pytest.raises(GiveUp):
        await house.fetch(file_id, ATTEMPTS)
    row = await house.row(file_id)
    assert (row["state"], row["data"]["reason"]) == ("failed", "fetching failed: ZeroDivisionError")


async def test_a_full_disk_of_ours_is_not_called_the_providers_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("contact_center.storage.blobs._finish", full)
    file_id = await house.wanted()
    with pytest.raises(OSError, match="No space left"):
        await house.fetch(file_id)
    said = (await house.row(file_id))["data"]["reason"]
    assert said == "there is no room left for files on our side"


async def test_a_voice_note_stays_a_voice_note(house: House) -> None:
    file_id = await house.wanted(kind="voice")
    house.channel.content = b"OggS" + bytes(100)
    assert (await house.fetch(file_id))["kind"] == "voice"


async def test_uploads_nobody_sent_are_forgotten(house: House) -> None:
    old = await house.files.upload(stream(b"old text"), name="old", owner="e")
    new = await house.files.upload(stream(b"new text"), name="new", owner="e")
    await house.database.execute(
        "UPDATE attachments SET created_at = now() - interval '8 days' WHERE id = $1", old["id"]
    )
    await house.sweep()
    assert len(house.kept()) == 1
    assert await house.database.fetchval("SELECT array_agg(id) FROM attachments") == [new["id"]]
    assert (
        await house.database.fetchval("SELECT count(*) FROM jobs WHERE kind = 'files.sweep'") == 1
    )


async def test_an_upload_that_is_being_named_is_not_forgotten(house: House) -> None:
    row = await house.files.upload(stream(b"old text"), name="old", owner="e")
    await house.database.execute("UPDATE attachments SET created_at = now() - interval '8 days'")

    async def naming(unit: Unit) -> None:
        await unit.execute("UPDATE attachments SET version = version + 1")
        await house.sweep()

    await house.database.run(naming)
    assert (await house.row(row["id"]))["state"] == "stored"
    assert len(house.kept()) == 1


async def test_a_message_to_send_gets_local_copies_or_is_rejected(house: House) -> None:
    row = await house.files.upload(stream(b"hello there"), name="a.txt", owner="e")
    [file] = await house.files.outbound([row["id"]], CAN)
    assert Path(file.path).read_bytes() == b"hello there"
    with pytest.raises(Rejected):
        await house.files.outbound([row["id"], new_id()], CAN)
    await house.blobs.delete(row["blob_key"])
    with pytest.raises(Rejected):
        await house.files.outbound([row["id"]], CAN)


def test_dimensions_come_from_headers_alone() -> None:
    webp = base64.b64decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAIAAgA0JaQAA3AA/vuUAAA=")
    assert dimensions(PNG) == (640, 480)
    assert dimensions(JPEG) == (200, 300)
    assert dimensions(GIF) == (7, 9)
    assert dimensions(webp) == (1, 2)
    bomb = PNG[:16] + (10**9).to_bytes(4, "big") * 2 + PNG[24:]
    assert dimensions(bomb) is None, "no such picture is honest"
    for end in range(30):
        dimensions(PNG[:end])
        dimensions(JPEG[:end])
        dimensions(webp[:end])
    assert dimensions(zlib.compress(b"x" * 100)) is None


def test_names_and_types_cannot_harm() -> None:
    assert shown_name("..\\..\\a\r\nb.png") == "ab.png"
    assert shown_name("..") == "file"
    assert served_type("text/html") == "application/octet-stream"
    assert served_type("image/svg+xml") == "application/octet-stream"
    assert served_type("image/png") == "image/png"


async def test_a_copy_is_a_file_of_its_own_and_what_is_gone_is_left_out(house: House) -> None:
    original = await house.files.upload(stream(PNG), name="план.png", owner="employee:1")
    lost = await house.files.upload(stream(GIF), name="b.gif", owner="employee:1")
    await house.blobs.delete(lost["blob_key"])
    (made,) = await copies.copy(house.files, [original, lost], "employee:2")
    assert (made["name"], made["owner"], made["kind"]) == ("план.png", "employee:2", "image")
    assert made["id"] != original["id"]
    await house.blobs.delete(original["blob_key"])
    assert (await house.blobs.path(made["blob_key"])).read_bytes() == PNG


async def test_how_far_a_file_is_can_be_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TELL_EVERY", 0.0)
    file_id, seen = await house.wanted(size=2000), []

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"x" * 1000
            seen.append(shapes.progress(await house.row(file_id)))

    async def open_(_ref: str) -> AsyncIterator[bytes]:
        return slow()

    monkeypatch.setattr(house.channel, "open", open_)
    row = await house.fetch(file_id)
    assert seen == [0.5, 1.0]
    assert (row["state"], row["data"], shapes.progress(row)) == ("stored", {}, None)
