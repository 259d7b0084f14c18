"""What the wizard draws from a provider's description is there, in both languages."""

from __future__ import annotations

import re

import pytest

from channels.contract import Provider
from channels.registry import providers
from channels.settings import describe, led_away, secret_names

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


@pytest.mark.parametrize("provider", list(providers()), ids=lambda one: one.name)
def test_what_an_address_guards_is_a_secret(provider: Provider) -> None:
    for name, field in provider.Settings.model_fields.items():
        extra = field.json_schema_extra
        guards = extra.get("guards") if isinstance(extra, dict) else None
        assert set(guards or ()) <= secret_names(provider.Settings), name  # type: ignore[arg-type]


MAILBOX = {"imap_host": "mx.shop.example", "imap_port": 993, "login": "password",
           "password": "kept", "oauth_refresh_token": "kept"}  # fmt: skip


def test_another_server_asks_for_the_password_and_forgets_what_was_consented() -> None:
    settings = next(one for one in providers() if one.name == "mail").Settings
    defaults = {"smtp_host": "", "smtp_port": 465, "oauth_endpoint": ""}
    before, moved = defaults | MAILBOX, defaults | MAILBOX | {"imap_port": 1993}
    assert led_away(settings, before, before, ()).asked == ()
    away = led_away(settings, before, moved, ["imap_port"])
    assert (away.asked, away.dropped) == (("password",), ("oauth_refresh_token",))
    assert led_away(settings, before, moved, ["imap_port", "password"]).asked == ()
    by_consent = moved | {"login": "google"}
    assert led_away(settings, before, by_consent, ["imap_port", "login"]).asked == ()
