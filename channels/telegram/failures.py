"""What Telegram's refusals mean: https://core.telegram.org/bots/api#making-requests. Pure.

What `parameters` holds: https://core.telegram.org/bots/api#responseparameters. The texts are not
documented. All below were met in public code of others (vrumger/telegram-errors,
TelegramBotAPI/errors, tests of teloxide and grammY; 2026-11), those behind `business_connection_`
in capitals excepted, which are unverified; one that is not known here is told as it came. Nothing
says whether a 429 is about a chat or about the bot: whoever paces the account finds out
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this names both limits).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from channels.errors import ChannelError, Misconfigured, Rejected, Temporary, Throttled, Uncertain
from channels.toolkit.answers import Answer, retry_after

# Part of the description, lower case → our code and the words an operator understands.
_REASONS = (
    ("bot was blocked by the user", "blocked", "the client has blocked the bot"),
    ("user_is_blocked", "blocked", "the client has blocked the bot"),
    ("input_user_deactivated", "gone", "the client has deleted the Telegram account"),
    ("user is deactivated", "gone", "the client has deleted the Telegram account"),
    ("bot can't initiate conversation", "unknown", "the client has not written to this bot yet"),
    ("bot was kicked", "kicked", "the bot was removed from the group"),
    ("bot is not a member", "kicked", "the bot is not in this group any more"),
    ("group chat was deleted", "gone", "the group was deleted"),
    ("group chat was deactivated", "gone", "the group was deleted"),
    ("group is deactivated", "gone", "the group was deleted"),
    ("chat not found", "unknown", "there is no such chat, or it has not written yet"),
    ("peer_id_invalid", "unknown", "there is no such chat, or it has not written yet"),
    ("upgraded to a supergroup", "migrated", "the group has a new address: it has to write first"),
    ("topic_closed", "closed", "the topic of the group is closed"),
    ("message thread not found", "gone", "the topic of the group was deleted"),
    ("not enough rights", "rights", "the bot may not do this in the group"),
    ("have no rights", "rights", "the bot may not write in this group"),
    ("chat_write_forbidden", "rights", "the bot may not write in this group"),
    ("voice_messages_forbidden", "rights", "the client takes no voice messages"),
    ("business_connection_", "rights", "the business account does not let the bot answer"),
    ("business connection not found", "rights", "the business account has disconnected the bot"),
    ("message can't be edited", "late", "Telegram does not let this message be changed any more"),
    ("message can't be deleted", "late", "Telegram does not let this message be deleted any more"),
    ("caption is too long", "too_long", "the words below a file are longer than Telegram takes"),
    ("caption_too_long", "too_long", "the words below a file are longer than Telegram takes"),
    ("message is too long", "too_long", "the text is too long"),
    ("message_too_long", "too_long", "the text is too long"),
    ("can't send messages to bots", "unknown", "bots cannot write to bots"),
    ("need administrator rights", "rights", "the bot may not do this in the group"),
    ("chat_restricted", "rights", "the bot may not write in this group"),
    ("message to edit not found", "gone", "the message was deleted"),
    ("message to delete not found", "gone", "the message was deleted already"),
    ("file is too big", "too_large", "the file is larger than Telegram gives to bots"),
    ("wrong file_id", "gone", "Telegram does not hold this file any more"),
    ("invalid file_id", "gone", "Telegram does not hold this file any more"),
    ("button_url_invalid", "button", "the address on a button is not valid"),
)  # fmt: skip
_TOO_LARGE = 413


class Moved(Rejected):
    """Nothing was sent: the group has another id by now."""

    def __init__(self, to: int) -> None:
        super().__init__(f"the group has become a supergroup, its address is {to}", code="migrated")
        self.to = to


def failure(answer: Answer, *, idempotent: bool) -> ChannelError:
    """The error an answer stands for; `idempotent`: asking again cannot do it twice."""
    told = _told(answer.body)
    words = str(told.get("description") or f"HTTP {answer.status}")[:300]
    parameters = told.get("parameters")
    given: Mapping[str, Any] = parameters if isinstance(parameters, dict) else {}
    if answer.status == 429 or "retry_after" in given:  # noqa: PLR2004
        return Throttled(words, retry_after=_seconds(given) or retry_after(answer.headers))
    if isinstance(moved := given.get("migrate_to_chat_id"), int):
        return Moved(moved)
    if answer.status in (401, 404):
        return Misconfigured(f"Telegram does not know this bot token ({words}): @BotFather has it")
    if answer.status == 409:  # noqa: PLR2004
        return Temporary(words)
    if answer.status >= 500:  # noqa: PLR2004
        return Temporary(words) if idempotent else Uncertain(words)
    return refusal(words, answer.status)


def refusal(words: str, status: int) -> Rejected:
    """A refusal for good, in words an operator understands, with Telegram's own behind them."""
    if status == _TOO_LARGE:
        return Rejected("the file is larger than Telegram takes from bots", code="too_large")
    low = words.lower()
    for part, code, reason in _REASONS:
        if part in low:
            return Rejected(f"{reason} ({words})", code=code)
    return Rejected(words, code=str(status))


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(parameters: Mapping[str, Any]) -> float | None:
    given = parameters.get("retry_after")
    return float(given) if isinstance(given, int | float) and given > 0 else None
