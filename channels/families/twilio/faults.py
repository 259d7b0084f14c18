"""What Twilio's error codes mean to us, and in which words an operator is told.

The codes below stand in Twilio's dictionary, https://www.twilio.com/docs/api/errors (titles read
2026-11; of 11200 and 12300, unverified, not), and of 11751, 14107, 20003, 20429, 21211, 21408,
21606, 21610, 21611, 21617, 21623, 21658 to 21661, 30001, 30003, 30004, 30006, 30007, 30019, 30032,
30036 and 30450 the pages were read. Twilio adds finer codes and asks not to build logic on them:
what is not listed here is decided by the HTTP status, and told in Twilio's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from channels.errors import (
    ChannelError,
    Misconfigured,
    OptedOut,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
)
from channels.toolkit.answers import Answer, retry_after

OPTED_OUT = 21610
_UNREGISTERED = "the sender has to be registered in the recipient's country first"
_DAY_IS_FULL = "the day's limit of messages to this operator is reached"
_SUSPICIOUS = "held back by Twilio as suspicious"
_SWITCHED_OFF = "sending is switched off for this Twilio account"

# The message will never go, and why.
REJECTED: Mapping[int, str] = {
    11200: "Twilio could not fetch the file from us: is our address public?",
    11751: "the files are larger than 5 MB together",
    12300: "Twilio takes no files of this type",
    14107: "too many answers to this number in a row",
    21211: "there is no such phone number",
    21217: "there is no such phone number",
    21219: "a trial account may write to verified numbers only",
    21265: "a short number cannot be written to",
    21266: "sender and recipient are the same number",
    21268: "premium-rate and service numbers cannot be written to",
    21408: "sending to this country is switched off at Twilio (Messaging, Geo permissions)",
    21602: "the message has no text",
    21604: "no recipient was named",
    21608: "a trial account may write to verified numbers only",
    OPTED_OUT: "the recipient has unsubscribed from messages of this number (STOP)",
    21612: "this number cannot be reached from our sender",
    21614: "the number cannot receive SMS: it is no mobile number",
    21617: "the text is longer than 1600 characters",
    21619: "the message has no text",
    21620: "the file's address cannot be used",
    21623: "more than ten files in a message",
    21635: "a landline cannot get SMS",
    21658: "the text is longer than 1600 characters",
    30001: "too many messages were waiting at Twilio",
    30002: "the Twilio account was suspended",
    30003: "the phone cannot be reached: switched off, without network, or not able to get SMS",
    30004: "blocked: the recipient has opted out, or his operator does not let it through",
    30005: "the number is unknown or no longer in use",
    30006: "a landline, or an operator that cannot be reached",
    30007: "filtered by the operator as unwanted",
    30008: "not delivered, and the operator does not say why",
    30010: "the price is above the limit that was set",
    30011: "the recipient's number takes no files here",
    30017: "the operator's network is overloaded",
    30018: _UNREGISTERED,
    30019: "the file is larger than the recipient's operator carries",
    30022: "the operator's rate limit was exceeded",
    30023: _DAY_IS_FULL,
    30027: _DAY_IS_FULL,
    30032: "the toll-free sender is not verified",
    30033: "the sender's registration (A2P 10DLC) is suspended",
    30034: "the sender is not registered for messages from businesses (A2P 10DLC)",
    30035: "the sender is still being registered (A2P 10DLC)",
    30036: "not delivered in time",
    30037: _SWITCHED_OFF,
    30039: "held back by Twilio: it looks like two machines answering each other",
    30040: _UNREGISTERED,
    30041: _UNREGISTERED,
    30042: _UNREGISTERED,
    30044: "too long for a trial account",
    30410: "the operator did not answer in time",
    30450: _SUSPICIOUS,
    30453: _SUSPICIOUS,
    30454: "the Twilio account's limit of messages is reached",
    30485: _SUSPICIOUS,
}
# The account cannot send until somebody changes something.
MISCONFIGURED: Mapping[int, str] = {
    20003: "Twilio does not accept the account SID, token or API key",
    20005: "the Twilio account is not active",
    20006: "the API key may not do this",
    20008: "these are Twilio's test credentials",
    20010: _SWITCHED_OFF,
    20404: "there is no such account or service at Twilio",
    21212: "the sender is no valid number",
    21267: "a trial account may not send under a name",
    21601: "the sender is not one of the account's numbers",
    21603: "neither a number nor a Messaging Service is set",
    21606: "the number does not belong to the account or cannot send SMS",
    21609: "Twilio cannot reach our address for delivery reports: is it public?",
    21659: "the sender is not a number of Twilio's",
    21660: "the sender belongs to another Twilio account",
    21661: "the sender cannot send SMS",
    21701: "there is no such Messaging Service",
    21702: "the Messaging Service takes no messages now",
    21703: "the Messaging Service has no sender",
    21704: "the Messaging Service has no sender",
    21705: "there is no such Messaging Service",
}
TEMPORARY: Mapping[int, str] = {
    20429: "Twilio asks for fewer requests",
    21611: "too many messages of this sender wait at Twilio",
}
# Nobody knows whether it was done.
BROKEN: Mapping[int, str] = {20500: "Twilio has an internal fault"}
_SILENT = 500

KNOWN = (REJECTED, MISCONFIGURED, TEMPORARY, BROKEN)


def words(code: int | str | None, told: str = "") -> str | None:
    """Why a message was not delivered, for an operator; None where nobody said."""
    number = _number(code)
    if number is None:
        return told or None
    known = next((texts[number] for texts in KNOWN if number in texts), None)
    return f"{known or told or 'not delivered'} (Twilio {number})"


def fault(answer: Answer, *, sending: bool) -> ChannelError:
    """The error an answer that is no success stands for."""
    given = _given(answer)
    number = _number(given.get("code"))
    told = str(given.get("message") or f"HTTP {answer.status}")[:300]
    text = words(number, told) or told
    if answer.status == 429 or number in TEMPORARY:  # noqa: PLR2004
        return Throttled(text, retry_after=retry_after(answer.headers), per="account")
    if number in MISCONFIGURED and (sending or number != 20404):  # noqa: PLR2004
        return Misconfigured(text)
    if number in REJECTED:
        kind = OptedOut if number == OPTED_OUT else Rejected
        return kind(text, code=str(number))
    return _by_status(answer, text, number, sending=sending)


def _by_status(answer: Answer, text: str, number: int | None, *, sending: bool) -> ChannelError:
    status = answer.status
    if status in (401, 403):
        return Misconfigured(text)
    if status >= _SILENT:
        if status == 503 and "retry-after" in answer.headers:  # noqa: PLR2004
            return Temporary(text, retry_after=retry_after(answer.headers))
        return Uncertain(text) if sending else Temporary(text)
    return Rejected(text, code=str(number or status))


def _given(answer: Answer) -> dict[str, Any]:
    """The error as Twilio describes it: {"code", "message", "more_info", "status"}."""
    try:
        given = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _number(code: Any) -> int | None:
    try:
        return int(code) or None
    except (TypeError, ValueError):
        return None
