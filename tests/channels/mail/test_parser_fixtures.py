"""Every form of mail is a pair: `<sentence>.eml` and what parse-mail says of it."""

import json
from pathlib import Path

import pytest

from channels.mail.automatic import Own
from contact_center.parse_mail import answer

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.eml"))
OWN = Own.of(["desk.shop.example"])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_mail_is_read_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert answer(path.stem, path.read_bytes(), OWN) == expected


def test_there_is_a_pair_for_every_expectation() -> None:
    folder = Path(__file__).parent / "fixtures"
    expected = {path.name.removesuffix(".expected.json") for path in folder.glob("*.json")}
    assert expected == {path.stem for path in FIXTURES}
    assert len(FIXTURES) >= 40
