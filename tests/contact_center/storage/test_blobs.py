"""One behaviour of two stores: a directory, and an S3-compatible one over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.toolkit.http import Client
from contact_center.contacts.files import orphans
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import NotFound, TooLarge, Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database
from contact_center.storage.object_blobs import ObjectBlobs
from contact_center.storage.s3 import Refused
from contact_center.storage.store import open_store

CLOCK = SystemClock()
BUCKET = "files"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Where an S3-compatible server is."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def store(s3: str) -> str:
    """A bucket of it."""
    made = urllib.request.Request(f"http://{s3}/{BUCKET}", method="PUT")
    with urllib.request.urlopen(made) as answer:
        assert answer.status == 200
    return f"s3+http://key:secret@{s3}/{BUCKET}"


@pytest.fixture
def bucket(store: str) -> str:
    """A folder of the bucket for one test."""
    return f"{store}/{secrets.token_hex(4)}"


@pytest.fixture
async def http() -> AsyncIterator[Client]:
    async with Client() as client:
        yield client


@pytest.fixture(params=["files", "s3"])
def blobs(request: pytest.FixtureRequest, bucket: str, tmp_path: Path, http: Client) -> Blobs:
    address = bucket if request.param == "s3" else None
    return open_store(address, tmp_path, http, CLOCK)


@pytest.fixture
def far(bucket: str, tmp_path: Path, http: Client) -> ObjectBlobs:
    """The object store; another node's when asked for with another folder."""
    found = open_store(bucket, tmp_path, http, CLOCK)
    assert isinstance(found, ObjectBlobs)
    return found


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(blobs: Blobs, key: str) -> bytes:
    return b"".join([piece async for piece in blobs.open(key)])


def kept(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def test_what_was_put_is_given_back(blobs: Blobs) -> None:
    blob = await blobs.put(stream(b"hello ", b"there"), limit=100)
    assert (blob.size, blob.head) == (11, b"hello there")
    assert await read(blobs, blob.key) == b"hello there"
    assert (await blobs.path(blob.key)).read_bytes() == b"hello there"


async def test_too_much_leaves_nothing_behind(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await blobs.put(stream(b"x" * 60, b"x" * 60), limit=100)
    assert kept(tmp_path) == []
    assert await _all(blobs) == set()


async def test_a_stream_that_breaks_leaves_nothing_behind(blobs: Blobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(broken(), limit=100)
    assert kept(tmp_path) == []


async def test_what_was_deleted_is_gone_and_deleting_it_again_is_no_error(blobs: Blobs) -> None:
    blob = await blobs.put(stream(b"hello"), limit=100)
    await blobs.delete(blob.key)
    await blobs.delete(blob.key)
    with pytest.raises(NotFound):
        await blobs.path(blob.key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 40, "a" * 39, "a" * 40])
async def test_what_is_no_key_of_ours_is_not_there(blobs: Blobs, key: str) -> None:
    with pytest.raises(NotFound):
        await blobs.path(key)


async def test_blobs_are_listed_by_when_they_were_written(blobs: Blobs) -> None:
    made = {(await blobs.put(stream(b"x"), limit=9)).key for _ in range(3)}
    now = CLOCK.now()
    assert made <= await blobs.written(now - timedelta(hours=1), now + timedelta(hours=1))
    assert await blobs.written(now + timedelta(hours=1), now + timedelta(hours=2)) == set()
    assert not made & await blobs.written(now - timedelta(hours=2), now - timedelta(hours=1))
    for key in made:
        await blobs.delete(key)


async def test_a_store_that_works_says_where_it_is(blobs: Blobs, tmp_path: Path) -> None:
    assert ("127.0.0.1" if isinstance(blobs, ObjectBlobs) else str(tmp_path)) in await blobs.check()
    assert kept(tmp_path) == []


async def test_many_files_at_once(blobs: Blobs) -> None:
    made = await asyncio.gather(*(blobs.put(stream(b"%d" % n), limit=9) for n in range(20)))
    assert [await read(blobs, blob.key) for blob in made] == [b"%d" % n for n in range(20)]
    await asyncio.gather(*(blobs.delete(blob.key) for blob in made))


# --- what an object store alone can do -----------------------------------------------------------


async def _all(blobs: Blobs) -> set[str]:
    return await blobs.written(CLOCK.now() - timedelta(days=1), CLOCK.now() + timedelta(days=1))


async def test_another_node_reads_what_this_one_wrote(
    far: ObjectBlobs, bucket: str, tmp_path: Path, http: Client
) -> None:
    content = b"x" * 1_000_000
    blob = await far.put(stream(content), limit=2_000_000)
    other = open_store(bucket, tmp_path / "other", http, CLOCK)
    first, second = await asyncio.gather(other.path(blob.key), other.path(blob.key))
    assert first == second
    assert first.read_bytes() == content
    await far.delete(blob.key)


async def test_lists_go_on_behind_a_page(far: ObjectBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_center.storage.object_blobs.PAGE", 2)
    made = {(await far.put(stream(b"x"), limit=9)).key for _ in range(5)}
    assert await _all(far) == made
    for key in made:
        await far.delete(key)


async def test_what_no_row_names_goes_from_the_object_store_too(
    far: ObjectBlobs, database_url: str
) -> None:
    database = await Database.connect(database_url)
    named, lost = [await far.put(stream(b"x"), limit=9) for _ in range(2)]
    await database.execute(
        "INSERT INTO attachments (id, blob_key, state) VALUES ($1, $2, 'stored')",
        new_id(), named.key,
    )  # fmt: skip
    assert await orphans.forget(database, far, CLOCK.now()) == 0, "it may be under way"
    assert await orphans.forget(database, far, CLOCK.now() + timedelta(days=2)) == 1
    assert await _all(far) == {named.key}
    assert lost.key != named.key
    await database.close()


async def test_copies_on_the_disk_give_way_when_there_are_too_many(
    far: ObjectBlobs, tmp_path: Path
) -> None:
    far._most = 5000
    made = [await far.put(stream(bytes(1000)), limit=1000) for _ in range(8)]
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 5000
    assert await read(far, made[0].key) == bytes(1000)
    for blob in made:
        await far.delete(blob.key)


async def test_a_bucket_that_is_not_there_is_named(s3: str, tmp_path: Path, http: Client) -> None:
    wrong = open_store(f"s3+http://key:secret@{s3}/nowhere", tmp_path, http, CLOCK)
    with pytest.raises(Refused, match="there is no bucket nowhere"):
        await wrong.check()
    assert kept(tmp_path) == []


@contextlib.asynccontextmanager
async def refusing(status: int, body: str) -> AsyncIterator[str]:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", refuse)
    async with TestServer(app) as server:
        yield f"s3+http://KEY:s%2Fcret@{server.host}:{server.port}/files"


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ((403, "InvalidAccessKeyId"), Refused, "does not know the access key"),
        ((403, "SignatureDoesNotMatch"), Refused, "the secret of the access key is wrong"),
        ((403, "AccessDenied"), Refused, "may not read, write, list and delete in files"),
        ((301, "PermanentRedirect"), Refused, "at another address or in another region"),
        ((400, "AuthorizationHeaderMalformed"), Refused, r"in another region \(eu-north-1\)"),
        ((403, "RequestTimeTooSkewed"), Refused, "the clock of this machine is wrong"),
        ((503, "SlowDown"), Unavailable, "SlowDown"),
        ((500, ""), Unavailable, "HTTP 500"),
    ],
)
async def test_a_refusal_says_what_to_do(
    told: tuple[int, str], error: type[Exception], words: str, tmp_path: Path, http: Client
) -> None:
    status, code = told
    body = f"<Error><Code>{code}</Code><Region>eu-north-1</Region></Error>" if code else "oops"
    async with refusing(status, body) as address:
        blobs = open_store(address, tmp_path, http, CLOCK)
        with pytest.raises(error, match=words) as caught:
            await blobs.put(stream(b"x"), limit=9)
    assert "s/cret" not in str(caught.value)
    assert "KEY" not in str(caught.value)
    assert kept(tmp_path) == []


async def test_a_store_that_is_away_is_unavailable(tmp_path: Path, http: Client) -> None:
    blobs = open_store("s3+http://key:secret@127.0.0.1:9/files", tmp_path, http, CLOCK)
    with pytest.raises(Unavailable, match="does not answer"):
        await blobs.put(stream(b"x"), limit=9)
