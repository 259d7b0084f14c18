"""Which files a channel carries, and which pictures must be made smaller."""

from __future__ import annotations

import pytest

from channels.contract import Capabilities, Pictures
from channels.toolkit.files import PIXELS, Picture, complaint, made, targets

MMS = Capabilities(
    authentication="body", attachments={"image": 5000000, "file": 5000000}, files_most=2,
    files_bytes=5000000, file_types=frozenset({"image/jpeg", "image/gif", "application/pdf"}),
    pictures=Pictures(5000000, 4000),
)  # fmt: skip


def photo(size: int, width: int = 100, height: int = 100, media: str = "image/jpeg") -> Picture:
    return Picture("image", "p", media, size, width, height)


def pdf(size: int) -> Picture:
    return Picture("file", "f.pdf", "application/pdf", size)


def test_only_what_is_too_large_is_made_smaller() -> None:
    files = [photo(4000000), photo(900000, 4001, 10)]
    assert targets(files, MMS) == [None, Pictures(5000000, 4000)]
    assert targets([photo(6000000)], Capabilities(authentication="body")) == [None]


def test_pictures_share_what_other_files_leave() -> None:
    files = [photo(3000000), pdf(2000000), photo(3000000)]
    assert targets(files, MMS) == [Pictures(1500000, 4000), None, Pictures(1500000, 4000)]


@pytest.mark.parametrize(
    "file", [photo(6000000, media="image/gif"), photo(6000000, PIXELS, 2), photo(6000000, 0, 0)]
)
def test_what_moves_and_what_is_no_honest_picture_stays_and_is_refused(file: Picture) -> None:
    assert targets([file], MMS) == [None]
    found = complaint(made([file], MMS), MMS)
    assert found is not None
    assert (found.code, found.limit) == ("attachment_too_large", 5000000)
    assert "6.0 MB" in found.words
    assert "5.0 MB" in found.words


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([photo(9000000)], None),
        ([photo(9000000), pdf(4000000)], None),
        ([Picture("voice", "v", "audio/ogg", 1)], "attachment_kind"),
        ([Picture("file", "a.zip", "application/zip", 1)], "attachment_type"),
        ([pdf(5000001)], "attachment_too_large"),
        ([pdf(3000000), pdf(3000000)], "attachments_too_large"),
        ([pdf(1)] * 3, "attachments_too_many"),
    ],
)
def test_files_are_judged_as_they_will_be(files: list[Picture], code: str | None) -> None:
    found = complaint(made(files, MMS), MMS)
    assert (found and found.code) == code


def test_a_channel_without_files_says_so() -> None:
    none = Capabilities(authentication="body")
    found = complaint([pdf(1)], none)
    assert found is not None
    assert found.code == "attachments_none"
    assert complaint([], none) is None
