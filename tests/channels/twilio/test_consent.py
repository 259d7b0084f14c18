"""Words of consent."""

from __future__ import annotations

import pytest

from channels.sms import consent


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
