"""Pictures too large for a channel: smaller, upright, of the same kind; all others untouched."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from channels.contract import Capabilities, Pictures
from channels.errors import Unsupported
from contact_center.contacts.files import shrink
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.service import Files
from contact_center.kernel.clock import SystemClock
from contact_center.storage.blobs import FileBlobs
from contact_center.storage.database import Database

ORIENTATION, TURNED = 0x0112, 6  # the camera was held upright: turn it by 90 degrees
GPS = 0x8825
MOST = 60_000


def noise(width: int, height: int, kind: str, **how: Any) -> bytes:
    """A picture that does not get small by itself."""
    size = (width, height)
    picture = Image.frombytes("RGB", size, random.Random(1).randbytes(width * height * 3))
    made = io.BytesIO()
    picture.save(made, kind, **how)
    return made.getvalue()


def can(most: int = MOST, side: int | None = None) -> Capabilities:
    return Capabilities(
        authentication="body", attachments={"image": 10**7}, pictures=Pictures(most, side)
    )


@pytest.fixture
async def files(database_url: str, tmp_path: Path) -> AsyncIterator[Files]:
    database = await Database.connect(database_url)

    async def account(_id: object) -> Any:
        raise AssertionError

    yield Files(
        database, FileBlobs(tmp_path), Links(b"k" * 32), SystemClock(), account, max_bytes=10**7
    )
    await database.close()


async def sent(files: Files, content: bytes, of: Capabilities) -> tuple[Any, bytes]:
    """What leaves of an upload."""

    async def stream() -> AsyncIterator[bytes]:
        yield content

    row = await files.upload(stream(), name="photo.bin", owner="e")
    (file,) = await files.outbound([row["id"]], of)
    return file, Path(file.path).read_bytes()


async def test_a_photo_becomes_small_enough_and_stands_upright(files: Files) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[GPS] = TURNED, {1: "N"}
    photo = noise(400, 300, "JPEG", quality=95, exif=exif, icc_profile=b"profile")
    file, content = await sent(files, photo, can())
    assert file.size == len(content) <= MOST < len(photo)
    with Image.open(io.BytesIO(content)) as made:
        assert made.format == "JPEG"
        assert made.height > made.width
        assert abs(made.height / made.width - 4 / 3) < 0.02
        assert not made.getexif()
        assert made.info["icc_profile"] == b"profile"
    assert (file.kind, file.type, file.name) == ("image", "image/jpeg", "photo.bin")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_a_picture_keeps_its_kind(files: Files, kind: str) -> None:
    _, content = await sent(files, noise(300, 200, kind), can(40_000, 250))
    with Image.open(io.BytesIO(content)) as made:
        assert made.format == kind
        assert max(made.size) <= 250
    assert len(content) <= 40_000


async def test_what_is_small_enough_leaves_as_it_is(files: Files) -> None:
    photo = noise(100, 80, "JPEG")
    assert (await sent(files, photo, can()))[1] == photo


async def test_what_moves_stays_as_it_is(files: Files) -> None:
    frames = [Image.new("RGB", (50, 50), (n * 90, 0, 0)) for n in range(3)]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    assert (await sent(files, made.getvalue(), can(50)))[1] == made.getvalue()
    made = io.BytesIO()
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(Unsupported, match="it moves"):
        await sent(files, made.getvalue(), can(50))


async def test_a_copy_is_made_once_and_goes_as_drafts_go(files: Files) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield noise(400, 300, "JPEG", quality=95)

    row = await files.upload(stream(), name="a", owner="e")
    first = await files.outbound([row["id"]], can())
    assert await files.outbound([row["id"]], can()) == first
    database = files.fetching._database
    copies = await database.fetch("SELECT message_id FROM attachments WHERE id <> $1", row["id"])
    assert [one["message_id"] for one in copies] == [None]


async def test_a_broken_picture_is_refused_aloud(files: Files) -> None:
    with pytest.raises(Unsupported, match=r"photo\.bin cannot be made smaller: it cannot be read"):
        await sent(files, noise(400, 300, "PNG")[:90_000], can())


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(noise(100, 100, "PNG")[:200])  # there is nothing to unpack
    with pytest.raises(shrink.CannotShrink, match="too many pixels"):
        shrink.shrink(tmp_path / "bomb", tmp_path / "to", 1000, 50, pixels=9999)
