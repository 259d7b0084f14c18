"""The calls a process aside is given: to read a request, or a file inside of one.

Only what is read decides what is loaded here: a channel that has a reader comes as one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from channels.contract import Deps, Embeds, Reader, Received, WebhookRequest

Recipe = tuple[str, str, str]  # provider, account and settings: a channel to be built again


def read(by: Reader | Recipe, request: WebhookRequest, how: str) -> Received:
    """What the account's channel makes of it; `how`: its method."""
    received: Received = getattr(_reads(by), how)(request)
    return received


def part(by: Reader | Recipe, raw: bytes, ref: str) -> bytes:
    """A file that lies inside a raw request."""
    return cast("Embeds", _reads(by)).part(raw, ref)


def _reads(by: Reader | Recipe) -> Any:
    return _channel(*by) if isinstance(by, tuple) else by


@lru_cache(maxsize=32)
def _channel(name: str, account_id: str, settings: str) -> Any:
    from channels.registry import provider  # noqa: PLC0415 - loads what a reader does without

    found = provider(name)
    return found.build(found.Settings.model_validate_json(settings), Deps(account_id))
