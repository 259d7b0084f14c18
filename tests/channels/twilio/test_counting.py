"""Segments, and words of consent."""

from __future__ import annotations

import pytest

from channels.sms import consent, segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count", "left"),
    [
        ("", "GSM-7", 0, 1, 160),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("€" * 81, "GSM-7", 162, 2, 143),  # 76 in the first: a half of one never goes over
        ("a" * 159 + "€", "GSM-7", 161, 2, 145),
        ("я" * 70, "UCS-2", 70, 1, 0),
        ("я" * 71, "UCS-2", 71, 2, 63),
        ("я" * 134, "UCS-2", 134, 2, 0),
        ("я" * 135, "UCS-2", 135, 3, 66),
        ("я" * 66 + "😀" + "я" * 3, "UCS-2", 71, 2, 62),
        ("😀" * 35, "UCS-2", 70, 1, 0),
        ("Ünïcode", "UCS-2", 7, 1, 63),
        ("ÄÖÑÜ§¿äöñüàΔΦ\n\r", "GSM-7", 15, 1, 145),
    ],
)
def test_a_text_takes(text: str, encoding: str, units: int, count: int, left: int) -> None:
    found = segments.count(text)
    assert (found.encoding, found.units, found.segments, found.left) == (
        encoding, units, count, left,
    )  # fmt: skip


def test_it_is_told_which_characters_make_a_text_dear() -> None:
    assert segments.count("Nice — “day” — €").forced_by == "—“”"
    assert segments.count("Nice day").forced_by == ""


@pytest.mark.parametrize(
    "text", ["STOP", " Стоп! ", "стоп", "«Отписаться».", "StopAll", "Stop  all"]
)
def test_a_word_alone_says_no(text: str) -> None:
    assert consent.wish(text) == "stop"


@pytest.mark.parametrize("text", ["Стоп, а где заказ?", "Please stop", "", "да", "YES"])
def test_more_words_say_something_else(text: str) -> None:
    assert consent.wish(text) is None


def test_a_word_alone_takes_it_back() -> None:
    assert consent.wish("Старт") == consent.wish("UNSTOP") == "start"
