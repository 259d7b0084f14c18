"""What Twilio's error codes mean to us, and in which words an operator is told.

The list is https://www.twilio.com/docs/api/errors. The pages of 11751, 21606, 21623, 21659 to
21661, 30003, 30006 and 30019 were read (2026-11); the other codes are unverified, their meanings
stand as remembered. Twilio adds finer codes and asks not to build logic on them: what is not listed here is decided by
the HTTP status, and told in Twilio's own words.
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
from channels.toolkit.http import Answer, retry_after

OPTED_OUT = 21610

# The message will never go, and why.
REJECTED: Mapping[int, str] = {
    21211: "there is no such phone number",
    21217: "there is no such phone number",
    21219: "a trial account may write to verified numbers only",
    21265: "a short number cannot be written to",
    21266: "sender and recipient are the same number",
    21408: "sending to this country is switched off at Twilio (Messaging, Geo permissions)",
    21602: "the message has no text",
    21604: "no recipient was named",
    21605: "the text is too long",
    21608: "a trial account may write to verified numbers only",
    OPTED_OUT: "the recipient has unsubscribed from messages of this number (STOP)",
    21612: "this number cannot be reached from our sender",
    21614: "the number cannot receive SMS: it is no mobile number",
    21617: "the text is longer than 1600 characters",
    11200: "Twilio could not fetch the file from us: is our address public?",
    11751: "the files are larger than 5 MB together",
    12300: "Twilio takes no files of this type",
    21620: "the file's address cannot be used",
    21623: "more than ten files in a message",
    30001: "too many messages were waiting at Twilio",
    30002: "the Twilio account was suspended",
    30003: "the phone cannot be reached: switched off, without network, or not able to get SMS",
    30004: "the recipient's operator blocks messages to this number",
    30005: "the number is unknown or no longer in use",
    30006: "a landline, or an operator that cannot be reached",
    30007: "filtered by the operator as unwanted",
    30008: "not delivered, and the operator does not say why",
    30019: "the file is larger than the recipient's operator carries",
    30010: "the price is above the limit that was set",
    30022: "the operator's rate limit was exceeded",
    30032: "the toll-free sender is not verified",
    30034: "the sender is not registered for messages from businesses (A2P 10DLC)",
    30036: "not delivered in time",
    30410: "the operator did not answer in time",
}
# The account cannot send until somebody changes something.
MISCONFIGURED: Mapping[int, str] = {
    20003: "Twilio does not accept the account SID, token or API key",
    20005: "the Twilio account is not active",
    20006: "the API key may not do this",
    20008: "these are Twilio's test credentials",
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
    21703: "the Messaging Service has no sender",
    21704: "the Messaging Service has no sender",
    21705: "there is no such Messaging Service",
}
TEMPORARY: Mapping[int, str] = {
    20429: "Twilio asks for fewer requests",
    21611: "too many messages of this sender wait at Twilio",
}
_SILENT = 500


def words(code: int | str | None, told: str = "") -> str | None:
    """Why a message was not delivered, for an operator; None where nobody said."""
    number = _number(code)
    if number is None:
        return told or None
    known = REJECTED.get(number) or MISCONFIGURED.get(number) or TEMPORARY.get(number)
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
