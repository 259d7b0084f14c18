"""What is said to clients who are led out of the line."""

from __future__ import annotations

from contact_center.desk.passing import WORDS, spoken


def test_lines_in_brackets_are_buttons_where_the_channel_has_so_many() -> None:
    text = "All busy.\n[Where is my order?]\n [ Wait ] \nThank you."
    labels = ["Where is my order?", "Wait"]
    said, buttons = spoken(text, 2)
    assert [button["text"] for button in buttons] == labels
    assert "[" not in said
    assert said.startswith("All busy.")
    assert said.endswith("Thank you.")
    plain, none = spoken(text, 1)
    assert none == []
    assert plain == "All busy.\n— Where is my order?\n— Wait\nThank you."


def test_the_house_has_words_of_its_own_in_both_languages() -> None:
    for texts in WORDS.values():
        assert set(texts) == {"ru", "en"}
        assert all(spoken(text, 3)[0] for text in texts.values())
