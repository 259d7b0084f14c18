"""The address Twilio tells of a message's fate: it names our message, and we sign the name.

Messages have no idempotency key at Twilio and no field that is given back; what comes back is the
address we gave. So a message whose answer was lost is known again by its first report. No report is
made of a message's first status ("queued", or "accepted" in a Messaging Service), see
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.

The overrides behind "#" make Twilio try again after a failed connection, a time-out or a 5xx, as
often as it does and within the 15 seconds it has
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). They never reach us and
are no part of what is signed: that ends with the query string. All read 2026-11.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

from channels.toolkit import signing

OVERRIDES = "#rc=5&ct=2000&rt=4000&rp=ct,rt,5xx"
_PURPOSE = "message:"
_MARK = 32


def public(url: str, origin: str) -> str:
    """The address as Twilio knows it: of another origin where one is set."""
    if not origin or not url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return origin.rstrip("/") + url[len(f"{parts.scheme}://{parts.netloc}") :]


def address(webhook: str, token: str, message_id: str) -> str:
    """Where the fate of this message is to be told; empty where we cannot be reached."""
    if not webhook:
        return ""
    query = urlencode({"m": message_id, "s": _mark(token, message_id)})
    return f"{webhook}/status?{query}{OVERRIDES}"


def own_id(url: str, token: str) -> str | None:
    """The id of ours in such an address; None where there is none, or none that we signed."""
    if "?" not in url:
        return None
    try:
        query = parse_qs(urlsplit(url).query)
    except ValueError:
        return None
    name, mark = query.get("m", [""])[0], query.get("s", [""])[0]
    return name if name and signing.same(_mark(token, name), mark) else None


def _mark(token: str, message_id: str) -> str:
    return signing.hexdigest(token, _PURPOSE + message_id)[:_MARK]
