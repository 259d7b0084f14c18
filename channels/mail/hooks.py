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
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from channels.contract import WebhookRequest
from channels.errors import Malformed, Refused
from channels.toolkit import signing

if TYPE_CHECKING:  # who reads is told what he needs of them
    from channels.mail.settings import MailSettings

TOLERANCE_SECONDS = 300
MAX_FIELDS = 200
MAX_HEAD = 4_000
_EPOCH = datetime.fromtimestamp(0, UTC)
RAW_TYPES = frozenset({"message/rfc822", "application/octet-stream", "text/plain"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_PROOF = frozenset({"timestamp", "token", "signature"})
_BOUNDARY = re.compile(r"(?i);\s*boundary=(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))")
_NAME = re.compile(rb"(?im)^content-disposition:[^\r\n]{0,300}?;\s*name=\"([^\"\r\n]{1,200})\"")


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as it was posted. `recipient`: the envelope's, where it was told."""

    raw: bytes
    recipient: str = ""


def verify(request: WebhookRequest, settings: MailSettings) -> None:
    """Raise Refused unless the request is signed by one of the account's keys, in time.

    Cheap however large the request is: anybody may ask, and nothing is proven yet.
    """
    if request.method.upper() != "POST":
        raise Refused("mails are posted", status=403)
    if media_type(request) in FORM_TYPES:
        _verify_form(request, settings)
        return
    headers = request.headers
    stamp = headers.get("webhook-timestamp", "")
    _require_recent(stamp, request.received_at)
    wanted = sign(settings.hook_secret, headers.get("webhook-id", ""), stamp, request.body)
    given = headers.get("webhook-signature", "").split()[:10]
    if not any(signing.same(wanted, one) for one in given):
        raise Refused("the signature is missing or wrong")


def _verify_form(request: WebhookRequest, settings: MailSettings) -> None:
    try:
        fields = {name: _text(value) for name, value in form(request, _PROOF).items()}
    except Malformed as error:
        raise Refused(str(error)) from None
    _require_recent(fields.get("timestamp", ""), request.received_at)
    signed = fields["timestamp"] + fields.get("token", "")
    if not signing.signed_hex(settings.mailgun_key, signed, fields.get("signature", "")):
        raise Refused("Mailgun's signature is missing or wrong")


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


def form(request: WebhookRequest, only: frozenset[str] | None = None) -> Mapping[str, bytes]:
    """The fields of a form, or `only` some of them; of equal names the first. Raises Malformed."""
    given = request.headers.get("content-type", "")
    multipart = given.lower().lstrip().startswith("multipart/")
    found: dict[str, bytes] = {}
    for name, value in _parts(request.body, given) if multipart else _pairs(request.body):
        if name not in found and (only is None or name in only):
            found[name] = value if multipart else _unquoted(value)
    return found


def _pairs(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and values, which are still quoted."""
    pairs = body.split(b"&", MAX_FIELDS)
    if len(pairs) > MAX_FIELDS:
        raise Malformed("the form has too many fields")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        yield _unquoted(name).decode("utf-8", "replace"), value


def _unquoted(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a multipart form (RFC 7578); contents stay as they are, byte by byte.

    Not read by the library's mail parser: it takes seconds for a large form.
    """
    told = _BOUNDARY.search(content_type)
    if told is None:
        raise Malformed("the form names no boundary")
    boundary = re.escape((told[1] or told[2]).encode("latin-1", "replace"))
    delimiter = rb"\r\n--%s(?=(?:--)?[ \t]{0,80}(?:\r\n|\Z))" % boundary
    pieces = re.split(delimiter, b"\r\n" + body, maxsplit=MAX_FIELDS + 1)
    if len(pieces) > MAX_FIELDS + 1:
        raise Malformed("the form has too many fields")
    for piece in pieces[1:]:
        end = piece.find(b"\r\n\r\n", 0, MAX_HEAD)
        name = _NAME.search(piece[:end]) if end >= 0 else None
        if name is not None:
            yield name[1].decode("utf-8", "replace"), piece[end + 4 :]


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
