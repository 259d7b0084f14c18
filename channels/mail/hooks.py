"""Mail that is posted to the account: raw (mail-pipe, signed as Standard Webhooks) or by Mailgun.

Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body", key base64
behind "whsec_", several signatures "v1,…" parted by spaces, five minutes of tolerance.
Mailgun (documentation.mailgun.com: user manual, "Receiving Messages via HTTP" and "Securing
Webhooks"): a form with `body-mime`, `recipient`, `timestamp`, `token`, `signature`; the signature
is the hex HMAC-SHA256 of timestamp + token, so it proves the sender and not the body. The address
has to end in "mime"; whatever follows our key in the path is not looked at. Pure.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from channels.contract import WebhookRequest
from channels.errors import Malformed, Refused
from channels.mail.settings import MailSettings
from channels.toolkit import signing

TOLERANCE_SECONDS = 300
MAX_FIELDS = 200
_EPOCH = datetime.fromtimestamp(0, UTC)
RAW_TYPES = frozenset({"message/rfc822", "application/octet-stream", "text/plain"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as it was posted. `recipient`: the envelope's, where it was told."""

    raw: bytes
    recipient: str = ""


def verify(request: WebhookRequest, settings: MailSettings) -> None:
    """Raise Refused unless the request is signed by one of the account's keys, in time."""
    if request.method.upper() != "POST":
        raise Malformed("mails are posted", status=405)
    if media_type(request) in FORM_TYPES:
        fields = form(request)
        text = {name: _text(fields.get(name, b"")) for name in ("timestamp", "token", "signature")}
        _require_recent(text["timestamp"], request.received_at)
        signed = text["timestamp"] + text["token"]
        if not signing.signed_hex(settings.mailgun_key, signed, text["signature"]):
            raise Refused("Mailgun's signature is missing or wrong")
        return
    headers = request.headers
    stamp = headers.get("webhook-timestamp", "")
    _require_recent(stamp, request.received_at)
    wanted = sign(settings.hook_secret, headers.get("webhook-id", ""), stamp, request.body)
    given = headers.get("webhook-signature", "").split()[:10]
    if not any(signing.same(wanted, one) for one in given):
        raise Refused("the signature is missing or wrong")


def sign(secret: str, request_id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature`. Raises Refused where there is nothing to sign with."""
    if not (secret and request_id and timestamp):
        raise Refused("the signature is missing or wrong")
    signed = f"{request_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    return "v1," + base64.b64encode(signing.digest(_key(secret), signed)).decode()


def _key(secret: str) -> bytes:
    """The key of a secret: base64 behind `whsec_`, else the text itself."""
    text = secret.removeprefix("whsec_")
    if text == secret:
        return secret.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return secret.encode()


def posted(request: WebhookRequest) -> Posted:
    """The mail of a request. Raises Malformed."""
    media = media_type(request)
    if media in FORM_TYPES:
        fields = form(request)
        raw = fields.get("body-mime", b"")
        if not raw:
            raise Malformed("there is no body-mime: the address at Mailgun must end in /mime")
        return Posted(raw, _text(fields.get("recipient", b"")))
    if media not in RAW_TYPES:
        raise Malformed(f"expected message/rfc822, got {media or 'nothing'}", status=415)
    if not request.body.strip():
        raise Malformed("the mail is empty")
    return Posted(request.body, request.headers.get("x-envelope-to", ""))


def media_type(request: WebhookRequest) -> str:
    """The media type of a request, without parameters; nothing said means a raw mail."""
    given = request.headers.get("content-type", "message/rfc822")
    return given.partition(";")[0].strip().lower()


def form(request: WebhookRequest) -> Mapping[str, bytes]:
    """The fields of a form. Raises Malformed."""
    given = request.headers.get("content-type", "")
    if not given.lower().lstrip().startswith("multipart/"):
        return _urlencoded(request.body)
    head = f"Content-Type: {_one_line(given)}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    try:
        parts = BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts()
        found: dict[str, bytes] = {}
        for part in parts:
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str) and len(found) < MAX_FIELDS:
                content = part.get_payload(decode=True)
                found[name] = content if isinstance(content, bytes) else b""
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise Malformed(f"the form cannot be read: {type(error).__name__}") from None
    return found


def _urlencoded(body: bytes) -> Mapping[str, bytes]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="latin-1",
            max_num_fields=MAX_FIELDS,
        )  # fmt: skip
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the form cannot be read") from None
    return {name: value.encode("latin-1") for name, value in pairs}


def _require_recent(stamp: str, now: datetime) -> None:
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:  # noqa: PLR2004
        raise Refused("the signature says no time")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise Refused("the signature is too old")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()


def _one_line(value: str) -> str:
    return value.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")


def header_bytes(value: str) -> bytes:
    """A value that cannot begin another header line."""
    return _one_line(value)[:400].encode("ascii", "replace")


def wrapped_mail(body: bytes) -> bytes:
    """The mail inside a stored form, whose headers are not kept. Raises Malformed."""
    kind = "application/x-www-form-urlencoded"
    if body.startswith(b"--"):
        boundary = body[2 : body.find(b"\r\n")].decode("ascii", "replace")
        kind = f'multipart/form-data; boundary="{boundary}"'
    stored = WebhookRequest("POST", "", {"content-type": kind}, {}, body, _EPOCH)
    return posted(stored).raw
