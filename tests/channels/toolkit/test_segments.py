"""Segments: counted here, and by the composer while somebody types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.toolkit import segments

COMPOSER = Path(__file__).parents[3] / "contact_center" / "console" / "src" / "inbox"
CASES = json.loads((COMPOSER / "segments.cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[str(number) for number in range(len(CASES))])
def test_a_text_is_counted(case: dict[str, Any]) -> None:
    """`text`: what it is made of, each piece with how often it stands there."""
    found = segments.count("".join(piece * times for piece, times in case["text"]))
    told = {name: getattr(found, name) for name in case.keys() - {"text"}}
    assert told == {name: case[name] for name in told}


def test_the_composer_knows_the_same_alphabet() -> None:
    known = json.loads((COMPOSER / "segments.json").read_text("utf-8"))
    assert set(known["basic"]) == segments.BASIC
    assert set(known["extended"]) == segments.EXTENDED
    assert {name: tuple(pair) for name, pair in known["limits"].items()} == segments.LIMITS
