"""The list of providers. Adding a channel adds one line here and nothing elsewhere.

A provider's module is imported when it is first asked for, so the command line starts fast and an
installation pays only for the channels it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from channels.contract import Provider

PROVIDERS: dict[str, str] = {
    "mail": "channels.mail.provider",
    "telegram": "channels.telegram",
    "twilio_sms": "channels.sms.twilio",
    "webchat": "channels.webchat",
}


class UnknownProvider(LookupError):
    """There is no provider of that name; the message lists those there are."""


def names() -> list[str]:
    """The names of all providers, without importing any."""
    return sorted(PROVIDERS)


@cache
def provider(name: str) -> Provider:
    """The provider of a name; imports its module. Raises UnknownProvider."""
    try:
        module = PROVIDERS[name]
    except KeyError:
        known = ", ".join(names())
        raise UnknownProvider(f"there is no channel {name!r}; there are: {known}") from None
    found: Provider = import_module(module).PROVIDER
    return found


def providers() -> Iterator[Provider]:
    """All providers by name; imports every module."""
    return (provider(name) for name in names())
