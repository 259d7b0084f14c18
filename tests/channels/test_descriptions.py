"""What the wizard draws from a provider's description is there, in both languages."""

from __future__ import annotations

import re

import pytest

from channels.contract import Provider
from channels.registry import providers
from channels.settings import describe

BOTH = {"ru", "en"}
PYTHON_ONLY = re.compile(r"\(\?P|\\[AZ]|\(\?[aiLmsux]")  # browsers read the patterns, too


def worded(words: dict[str, str]) -> bool:
    return set(words) == BOTH and all(words.values())


@pytest.mark.parametrize("provider", list(providers()), ids=lambda one: one.name)
def test_a_person_is_told_what_it_is_and_where_to_find_what_it_needs(provider: Provider) -> None:
    assert worded(dict(provider.about))
    for field in describe(provider.Settings):
        assert worded(field["label"]), field["name"]
        assert not field["required"] or worded(field["where"]), f"{field['name']}: where is it?"


@pytest.mark.parametrize("provider", list(providers()), ids=lambda one: one.name)
def test_choices_have_names_and_patterns_can_be_read_by_browsers(provider: Provider) -> None:
    for field in describe(provider.Settings):
        assert set(field["called"]) == set(field["options"]), field["name"]
        assert all(worded(words) for words in field["called"].values()), field["name"]
        assert not PYTHON_ONLY.search(field["pattern"]), field["name"]
