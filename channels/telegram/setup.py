"""What Telegram says of a bot, its webhook and its clients. Pure.

https://core.telegram.org/bots/api#getme, #webhookinfo, #userprofilephotos
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from channels.contract import Report
from channels.errors import Misconfigured, Temporary
from channels.telegram.reading import ALLOWED

LATEST = 2**33
AVATAR = 160  # pixels


def report(me: Any, info: Any) -> Report:
    """How Telegram's side does; a date of an error that has been got over is told all the same."""
    bot, hook = _object(me), _object(info)
    waiting, words, since = (
        hook.get(name) for name in ("pending_update_count", "last_error_message", "last_error_date")
    )
    name, url = bot.get("username"), hook.get("url")
    return Report(
        waiting=waiting if isinstance(waiting, int) else None,
        error=words if isinstance(words, str) else "",
        error_at=_instant(since),
        address=url if isinstance(url, str) else "",
        name=f"@{name}" if isinstance(name, str) and name else "",
    )


def start_link(me: Any, word: str) -> str:
    """https://core.telegram.org/bots/features#deep-linking. Raises Misconfigured."""
    name = _object(me).get("username")
    if not isinstance(name, str) or not name:
        raise Misconfigured("this bot has no name by which a link could lead to it")
    return f"https://t.me/{name}?start={word}"


def avatar(photos: Any) -> str | None:
    """The smaller one of the sizes that are large enough to be looked at."""
    shown = _object(photos).get("photos")
    sizes = shown[0] if isinstance(shown, list) and shown else []
    fitting = [one for one in map(_object, sizes if isinstance(sizes, list) else []) if _fits(one)]
    best = min(fitting, key=lambda one: (one["width"] < AVATAR, abs(one["width"] - AVATAR)),
               default=None)  # fmt: skip
    return str(best["file_id"]) if best else None


def _fits(size: dict[str, Any]) -> bool:
    return isinstance(size.get("file_id"), str) and isinstance(size.get("width"), int)


def require_registered(info: Any) -> None:
    """Raise Misconfigured without a webhook that hears all, Temporary where updates pile up."""
    told = _object(info)
    if not told.get("url"):
        raise Misconfigured("no webhook is registered at Telegram: register it")
    missing = set(ALLOWED) - set(told.get("allowed_updates") or ())
    if missing:
        names = ", ".join(sorted(missing))
        raise Misconfigured(f"Telegram was not asked for {names}: register the webhook again")
    waiting, words = told.get("pending_update_count"), told.get("last_error_message")
    if waiting and words:
        raise Temporary(f"{waiting} updates wait at Telegram, which says: {words}")


def _instant(seconds: Any) -> datetime | None:
    if not isinstance(seconds, int) or not 0 < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
