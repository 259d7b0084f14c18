"""What the fakes remember, as the page shows it: a phone's screen, and a provider's troubles."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from contact_center.simulator.phones import shown
from contact_center.simulator.telegram import FakeTelegram
from contact_center.simulator.twilio import FakeTwilio

NEWEST = 80


def telegram(fake: FakeTelegram, chat_id: int) -> dict[str, Any]:
    """The screen of a client who writes to the bot."""
    chat, bot = fake.chat(chat_id), int(fake.bot["id"])
    items = [
        shown.telegram(one, chat.fates.get(number, "waits"), fake.files, bot)
        for number, one in chat.messages.items()
    ]
    return {
        "number": f"id {chat_id}", "typing": fake.types(chat_id), "items": items[-NEWEST:],
        "blocked": chat.refuses is not None,
    }  # fmt: skip


def sms(fake: FakeTwilio, number: str, hidden: Collection[str]) -> dict[str, Any]:
    """The screen of a client with this number; `hidden`: what he has deleted."""
    kept = [one for name, one in fake.messages.items() if name not in hidden]
    return {
        "number": number, "typing": False, "items": shown.sms(kept, number)[-NEWEST:],
        "blocked": number in fake.unsubscribed, "pressing": {},
    }  # fmt: skip


def faults(bot_api: FakeTelegram, twilio: FakeTwilio) -> dict[str, Any]:
    """Switches and counts; what waits to be told, and the last words about it."""
    complaints = twilio.complaints
    return {
        "telegram": {**bot_api.switches.shown(), "waiting": len(bot_api.pending),
                     "words": bot_api.webhook.error if bot_api.pending else ""},
        "sms": {**twilio.switches.shown(), "waiting": 0,
                "words": complaints[-1] if complaints else ""},
    }  # fmt: skip
