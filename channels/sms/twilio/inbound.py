"""What Twilio posts to us becomes events. Pure.

Parameters: https://www.twilio.com/docs/messaging/guides/webhook-request (incoming messages) and
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (status callbacks), read
2026-11. Parameters are added without notice, so unknown ones are ignored. Incoming messages carry
no time: they are as old as their arrival here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.errors import Malformed
from channels.families.twilio.faults import words
from channels.messages import (
    Address,
    Attachment,
    DeliveryChanged,
    DeliveryStatus,
    Event,
    MessageReceived,
)
from channels.sms import consent

MAX_MEDIA = 100
_MEDIA = re.compile(
    r"/Messages/([A-Za-z]{2}[0-9A-Za-z]{1,40})/Media/([A-Za-z]{2}[0-9A-Za-z]{1,40})"
)
_SID = r"^[A-Za-z]{2}[0-9A-Za-z]{1,60}$"
_KINDS = ("image", "video", "audio")
# About a message, not in it: what else there is in one without text and files, we cannot read.
_ABOUT_NAMES = """
    MessageSid SmsSid SmsMessageSid AccountSid MessagingServiceSid From To Body NumMedia NumSegments
    ApiVersion SmsStatus OptOutType FromCity FromState FromZip FromCountry ToCity ToState ToZip
    ToCountry AddOns MessageType ChannelMetadata ProfileName WaId
"""
_ABOUT = frozenset(_ABOUT_NAMES.split())

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES: Mapping[str, DeliveryStatus] = {
    "accepted": DeliveryStatus.SENT,
    "scheduled": DeliveryStatus.SENT,
    "queued": DeliveryStatus.SENT,
    "sending": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}


class _Posted(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sid: str = Field(alias="MessageSid", pattern=_SID)
    account: str = Field(alias="AccountSid")
    sender: str = Field(alias="From", min_length=1, max_length=100)
    recipient: str = Field("", alias="To", max_length=100)


class Incoming(_Posted):
    """A message to us."""

    text: str = Field("", alias="Body")
    service: str = Field("", alias="MessagingServiceSid")
    media: str = Field("0", alias="NumMedia")
    segments: str = Field("", alias="NumSegments")
    opt_out: str = Field("", alias="OptOutType")
    country: str = Field("", alias="FromCountry", max_length=100)


class Report(_Posted):
    """What became of a message of ours; a Messaging Service may not have chosen its sender yet."""

    sender: str = Field("", alias="From", max_length=100)
    recipient: str = Field(alias="To", min_length=1, max_length=100)
    status: str = Field(alias="MessageStatus")
    code: str = Field("", alias="ErrorCode")
    told: str = Field("", alias="ErrorMessage")


def event(
    fields: Iterable[tuple[str, str]], *, account: str, at: datetime, own: str | None
) -> Event:
    """The event of a request of this Twilio account. Raises Malformed."""
    given = dict(fields)
    given.setdefault("MessageSid", given.get("SmsSid", ""))
    is_report = "MessageStatus" in given
    try:
        posted = Report.model_validate(given) if is_report else Incoming.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Malformed(f"{first['loc'][0]}: {first['msg']}") from None
    if posted.account != account:
        raise Malformed("it is about another account of Twilio's")
    # What we send may leave by RCS, where the Messaging Service has such a sender.
    if ":" in posted.recipient or (":" in posted.sender and not is_report):
        raise Malformed("it is no SMS but of another channel of Twilio's")
    return _report(posted, at, own) if isinstance(posted, Report) else _message(posted, given, at)


def _message(posted: Incoming, given: Mapping[str, str], at: datetime) -> MessageReceived:
    data: dict[str, Any] = {"to": posted.recipient}
    more = {"country": posted.country, "segments": posted.segments, "service": posted.service}
    data |= {name: value for name, value in more.items() if value}
    if wish := posted.opt_out.lower() or consent.wish(posted.text):
        data["consent"] = wish
    files = tuple(_attachments(posted, given))
    others = () if posted.text or files else sorted(given.keys() - _ABOUT)
    return MessageReceived(
        external_id=posted.sid,
        at=at,
        conversation_key=posted.sender,
        sender=_person(posted.sender),
        text=posted.text,
        attachments=files,
        unsupported=others[0][:64] if others else None,
        automatic=_is_a_program(posted.sender),
        data=data,
    )


def _person(number: str) -> Address:
    """Short numbers and names are no telephones; they are kept apart."""
    return Address("phone" if number.startswith("+") else "sms", number)


def _is_a_program(sender: str) -> bool:
    """Names instead of numbers send one-time codes and notices; nobody can answer them."""
    return any(char.isalpha() for char in sender)


def _attachments(posted: Incoming, given: Mapping[str, str]) -> Iterable[Attachment]:
    """The files by their sids: addresses may be signed, and are never kept."""
    announced = int(posted.media) if posted.media.isascii() and posted.media.isdecimal() else 0
    for i in range(min(announced, MAX_MEDIA)):
        found = _MEDIA.search(given.get(f"MediaUrl{i}", ""))
        kind = given.get(f"MediaContentType{i}", "").partition(";")[0].strip().lower()
        major = kind.partition("/")[0]
        ref = f"{found[1]}/{found[2]}" if found else None
        yield Attachment(major if major in _KINDS else "file", ref, type=kind)


def _report(posted: Report, at: datetime, own: str | None) -> DeliveryChanged:
    status = STATUSES.get(posted.status.lower())
    if status is None:
        raise Malformed(f"MessageStatus: {posted.status[:40]!r} is not known")
    failed = status is DeliveryStatus.FAILED
    reason = words(posted.code, posted.told) or f"Twilio says: {posted.status[:40]}"
    # What the list says names no message of ours: it must not pass for the report that does.
    unnamed = "" if own else ":unnamed"
    return DeliveryChanged(
        external_id=f"{posted.sid}:{posted.status.lower()}{unnamed}",
        at=at,
        conversation_key=posted.recipient,
        sender=_person(posted.recipient),
        target=posted.sid,
        status=status,
        reason=reason if failed else None,
        data={"own": own} if own else {},
    )
