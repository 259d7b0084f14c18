"""What a Twilio of our own says and understands: records, forms, signatures, errors.

As documented (https://www.twilio.com/docs/messaging/api/message-resource, …/media-resource,
https://www.twilio.com/docs/messaging/guides/webhook-request and …/track-outbound-message-status,
https://www.twilio.com/docs/usage/webhooks/webhooks-security, read 2026-11). Written without the
channel's help, so that the two check each other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

from aiohttp import web

from contact_center.simulator import faults
from contact_center.simulator.serving import half

Form = Mapping[str, str]
Fault = faults.Request | Literal["cut_after", "no_json"]

FIELDS = frozenset({
    "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback", "ApplicationSid",
    "MaxPrice", "ProvideFeedback", "Attempt", "ValidityPeriod", "ForceDelivery",
    "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType",
    "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "RiskCheck",
    "ContentSid",
})  # fmt: skip
FILTERS = frozenset({
    "To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken",
})  # fmt: skip
PHONE = re.compile(r"^\+[1-9]\d{6,14}$")
LONGEST = 1600

ERRORS: Mapping[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number"),
    21408: (403, "Permission to send an SMS has not been enabled for the region"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number is not a valid, message-capable Twilio phone number"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21701: (404, "The Messaging Service does not exist"),
}


@dataclass
class Message:
    """One message as Twilio keeps it; `told`: how telling the house ended, 0 for no answer."""

    sid: str
    account: str
    direction: str
    sender: str
    recipient: str
    body: str
    status: str
    sent: datetime
    service: str | None = None
    callback: str = ""
    code: int | None = None
    media: list[tuple[str, str, bytes]] = field(default_factory=list)  # sid, type, bytes
    urls: tuple[str, ...] = ()  # where the files of one to send are fetched
    told: int | None = None

    @property
    def weight(self) -> int:
        """Bytes of its files."""
        return sum(len(content) for _, _, content in self.media)

    def shown(self) -> dict[str, Any]:
        """The record of the REST interface."""
        base = f"/2010-04-01/Accounts/{self.account}/Messages/{self.sid}"
        date = format_datetime(self.sent)
        return {
            "sid": self.sid, "account_sid": self.account, "api_version": "2010-04-01",
            "body": self.body, "date_created": date, "date_sent": date, "date_updated": date,
            "direction": self.direction, "error_code": self.code, "error_message": None,
            "from": self.sender, "to": self.recipient, "messaging_service_sid": self.service,
            "num_media": str(len(self.media)), "num_segments": "1", "price": None,
            "price_unit": "USD", "status": self.status, "uri": f"{base}.json",
            "subresource_uris": {"media": f"{base}/Media.json"},
        }  # fmt: skip


def passes(message: Message, query: Mapping[str, str]) -> bool:
    """Whether a message is within the filters of a list."""
    if query.get("To", message.recipient) != message.recipient:
        return False
    if query.get("From", message.sender) != message.sender:
        return False
    after, before = query.get("DateSent>"), query.get("DateSent<")
    if before is not None and message.sent > datetime.fromisoformat(before):
        return False
    return after is None or message.sent >= datetime.fromisoformat(after)


def incoming(message: Message) -> dict[str, str]:
    """The parameters of a message to us."""
    form = {
        "ToCountry": "US", "SmsMessageSid": message.sid, "NumMedia": str(len(message.media)),
        "SmsSid": message.sid, "SmsStatus": "received", "Body": message.body,
        "To": message.recipient, "NumSegments": "1", "MessageSid": message.sid,
        "AccountSid": message.account, "From": message.sender, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    for i, (name, kind, _) in enumerate(message.media):
        base = f"https://api.twilio.com/2010-04-01/Accounts/{message.account}"
        form[f"MediaUrl{i}"] = f"{base}/Messages/{message.sid}/Media/{name}"
        form[f"MediaContentType{i}"] = kind
    return form


def report(message: Message) -> dict[str, str]:
    """The parameters of a status callback."""
    form = {
        "SmsSid": message.sid, "SmsStatus": message.status, "MessageStatus": message.status,
        "To": message.recipient, "From": message.sender, "MessageSid": message.sid,
        "AccountSid": message.account, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return form | ({"ErrorCode": str(message.code)} if message.code else {})


def signed(token: str, url: str, form: Form) -> str:
    """Twilio's signature of a form."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def basic(user: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def error(code: int) -> web.Response:
    """An error as the REST interface describes it."""
    status, text = ERRORS.get(code, (400, f"Error {code}"))
    headers = {"Retry-After": "1"} if status == 429 else {}  # noqa: PLR2004
    told = {"code": code, "message": text, "status": status,
            "more_info": f"https://www.twilio.com/docs/errors/{code}"}  # fmt: skip
    return web.json_response(told, status=status, headers=headers)


def sid(kind: str) -> str:
    """A new name."""
    return kind + secrets.token_hex(16)


def now() -> datetime:
    """Twilio's clock knows whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def again(status: int, policy: list[str]) -> bool:
    """Whether an address asks for another try after such an answer; 0 stands for none."""
    everything = "all" in policy
    if status == 0:
        return everything or "ct" in policy or "rt" in policy
    return (everything and status >= 400) or f"{status // 100}xx" in policy  # noqa: PLR2004


async def spoilt(request: web.Request, answer: web.Response, fault: Fault) -> web.StreamResponse:
    """An answer that breaks off, or is no JSON."""
    if fault == "no_json":
        return web.Response(status=201, text="<html>", content_type="text/html")
    body = answer.body if isinstance(answer.body, bytes) else b"{}"
    return await half(request, body, 201)
