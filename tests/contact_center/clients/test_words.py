"""What was typed is found whatever alphabet, layout or phone form was used."""

import pytest

from contact_center.clients import words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("bdfyjd", "иванов"), ("ivanov", "иванов"), ("Иванов", "ivanov"), ("руддщ", "hello"),
     ("Shchukin", "щукин")],
)  # fmt: skip
def test_the_other_alphabet_and_the_other_layout_are_tried(typed: str, meant: str) -> None:
    assert meant in [one.lower() for one in words.readings(typed)]


@pytest.mark.parametrize(
    "typed", ["+375 29 123-45-67", "8 (029) 123-45-67", "80291234567", "291234567", "375291234567"]
)
def test_all_ways_of_writing_a_phone_end_alike(typed: str) -> None:
    tail = words.digits(typed)
    assert tail is not None
    assert "+375291234567".endswith(tail)


@pytest.mark.parametrize("typed", ["Anna 2", "12", "a@b.example", ""])
def test_what_is_no_phone_is_not_taken_for_one(typed: str) -> None:
    assert words.digits(typed) is None


def test_wildcards_are_taken_literally() -> None:
    assert words.pattern("50%_\\") == "%50\\%\\_\\\\%"
