"""What Twilio took in or delivered while we could not be reached, put as it would have posted it.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources (read
2026-11): the list can be narrowed by From, To and DateSent, newest first. Twilio gives an incoming
message up after its few retries; the list is the only way to it. Records name neither opt-outs nor
the id of ours that callbacks carry.

DateSent takes GMT dates, "on and before" and "on and after" one; its OpenAPI type is a date and
time, and Twilio's own libraries send seconds (serialize.iso8601_datetime). That seconds are heeded
is unverified. A beginning that is cut to its day only gives what we know already; an end is put at
a midnight where one lies between, which means the same either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from channels.contract import Cursor, Missed, WebhookRequest
from channels.errors import Temporary
from channels.families.twilio.rest import Page, Rest
from channels.families.twilio.signature import FORM
from channels.sms.twilio.settings import TwilioSmsSettings

SHORTEST = timedelta(seconds=2)
DAY = timedelta(days=1)
OVERLAP = timedelta(minutes=15)  # the list may be behind; what came already is known by its sid
FATES = frozenset({"delivered", "undelivered", "failed", "read", "canceled"})
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_INCOMING = {"MessageSid": "sid", "AccountSid": "account_sid", "From": "from", "To": "to",
             "Body": "body", "NumMedia": "num_media", "NumSegments": "num_segments",
             "MessagingServiceSid": "messaging_service_sid"}  # fmt: skip
_REPORT = {"MessageSid": "sid", "AccountSid": "account_sid", "From": "from", "To": "to",
           "MessageStatus": "status", "ErrorCode": "error_code",
           "ErrorMessage": "error_message"}  # fmt: skip


async def since(rest: Rest, settings: TwilioSmsSettings, cursor: Cursor | None) -> Missed:
    """What there is since the cursor, oldest first. Raises Temporary or Misconfigured."""
    start = _instant(cursor)
    if start is None:
        page = await rest.newest()
        return Missed((), _cursor(page.at))
    page, end = await _read(rest, settings, start)
    found = []
    for record in reversed(page.records):
        sent = _sent(record)
        if sent is None or sent < start - OVERLAP:
            continue
        if form := await _form(rest, record):
            found.append(_request(form, sent))
    until = end or page.at
    return Missed(tuple(found), _cursor(until) if until else dict(cursor or {}), end is not None)


async def _read(
    rest: Rest, settings: TwilioSmsSettings, start: datetime
) -> tuple[Page, datetime | None]:
    """What there is since `start`, and until when, where there is more than is read at once.

    The list begins with the newest: of one that was not read to its end the oldest are missing, so
    half the time is asked about instead. Raises Temporary.
    """
    end: datetime | None = None
    while True:
        page = await _listed(rest, settings, _span(start - OVERLAP, end))
        if page.whole:
            return page, end
        latest = end or page.at
        if latest is None or latest - start < SHORTEST:
            raise Temporary("Twilio lists more messages than can be read at once")
        end = between(start, latest)


def between(start: datetime, end: datetime) -> datetime:
    """An instant about half-way: a midnight of GMT where there is one between."""
    half = start + (end - start) / 2
    midnight = half.replace(hour=0, minute=0, second=0, microsecond=0)
    return next((one for one in (midnight, midnight + DAY) if start < one < end), half)


def _span(start: datetime, end: datetime | None) -> dict[str, str]:
    """The filters of a time. Which second of a bound they take in does not matter: they overlap."""
    ends = {} if end is None else {"DateSent<": end.strftime(_TIME)}
    return {"DateSent>": start.strftime(_TIME), **ends}


async def _listed(rest: Rest, settings: TwilioSmsSettings, span: Mapping[str, str]) -> Page:
    """The records of this account's sender, and the time at which they were all there were."""
    service = settings.messaging_service_sid
    if settings.number:
        to_us = await rest.messages({"To": settings.number, **span})
        if not service:
            from_us = await rest.messages({"From": settings.number, **span})
            return _both(from_us, to_us)
    page = await rest.messages(span)
    ours = tuple(one for one in page.records if one.get("messaging_service_sid") == service)
    ours_alone = Page(ours, page.at, page.whole)
    return _both(ours_alone, to_us) if settings.number else ours_alone


def _both(from_us: Page, to_us: Page) -> Page:
    """The earlier time of the two: what came between them is in the next list."""
    return Page((*from_us.records, *to_us.records), to_us.at, from_us.whole and to_us.whole)


async def _form(rest: Rest, record: Mapping[str, Any]) -> dict[str, str] | None:
    incoming = record.get("direction") == "inbound"
    if not incoming and record.get("status") not in FATES:
        return None
    names = _INCOMING if incoming else _REPORT
    form = {name: str(record[key]) for name, key in names.items() if record.get(key) is not None}
    if incoming and form.get("NumMedia", "0") != "0":
        files = await rest.media(str(record["sid"]))
        form["NumMedia"] = str(len(files))
        for i, file in enumerate(files):
            form[f"MediaUrl{i}"] = f"/Messages/{record['sid']}/Media/{file.get('sid')}"
            form[f"MediaContentType{i}"] = str(file.get("content_type", ""))
    return form


def sent_at(url: str) -> datetime | None:
    """When a message of the list was sent; None for what was posted to us."""
    scheme, _, text = url.partition("list:")
    return None if scheme or not text else _instant({"at": text})


def _request(form: Mapping[str, str], sent: datetime) -> WebhookRequest:
    url = f"list:{sent.isoformat()}"
    body = urlencode(form, errors="surrogatepass").encode()
    return WebhookRequest("POST", url, {"content-type": FORM}, {}, body, sent)


def _sent(record: Mapping[str, Any]) -> datetime | None:
    try:
        text = record.get("date_sent") or record.get("date_created")
        return parsedate_to_datetime(str(text)).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def _instant(cursor: Cursor | None) -> datetime | None:
    try:
        return datetime.fromisoformat((cursor or {})["at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _cursor(at: datetime | None) -> Cursor:
    return {"at": at.astimezone(UTC).isoformat()} if at else {}
