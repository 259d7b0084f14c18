"""How Twilio's requests prove themselves.

https://www.twilio.com/docs/usage/webhooks/webhooks-security (read 2026-11): base64 of HMAC-SHA1,
keyed with the account's primary Auth Token, over the whole address from the protocol to the end of
the query string, followed by every POST parameter, name and value, sorted by name. A body that is
no form is named by its SHA-256 in the query (`bodySHA256`) and not signed otherwise. As
twilio-python's `RequestValidator` does it: a repeated parameter counts once per different value,
in order, and the address may be signed with or without its port. There is no time in it: the same
request stays good for ever, so that only its message's id keeps it from being taken twice.

A Webhooks Rule may sign with a shared key instead (`X-Twilio-Webhooks-Signature-Settings`); such
requests are refused, and say so.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import SplitResult, parse_qs, urlsplit

from channels.contract import WebhookRequest
from channels.errors import Refused
from channels.toolkit import signing

FORM = "application/x-www-form-urlencoded"
HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
MAX_FIELDS = 1000
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_PORTS = {"https": 443, "http": 80}

Fields = Sequence[tuple[str, str]]


def media_type(request: WebhookRequest) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def fields_of(body: bytes) -> Fields:
    """The parameters of a form in their order; raises ValueError where there are too many.

    As `urllib.parse.parse_qsl` reads them, in half the time where a text is all escapes.
    """
    pairs = body.replace(b"+", b" ").split(b"&")
    if len(pairs) > MAX_FIELDS:
        raise ValueError("too many fields")
    return [
        (_text(name), _text(value)) for name, _, value in (p.partition(b"=") for p in pairs if p)
    ]


def _text(part: bytes) -> str:
    if b"%" in part:
        part = _ESCAPES.sub(_meant, part)
    return part.decode("utf-8", "surrogateescape")


def _meant(escapes: re.Match[bytes]) -> bytes:
    """A whole run of them at once: a Cyrillic letter is two."""
    return bytes.fromhex(escapes[0].translate(None, b"%").decode())


def sign(token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """The signature of a request to an address with these POST parameters."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    data = text.encode("utf-8", "surrogateescape")
    return base64.b64encode(signing.digest(token, data, algorithm="sha1")).decode("ascii")


def verify(request: WebhookRequest, token: str, url: str) -> Fields:
    """The parameters of a form that Twilio signed for `url` with the account's token.

    Raises Refused for what it did not sign.
    """
    if SETTINGS_HEADER in request.headers:
        raise Refused("signed with the shared key of a Webhooks Rule, not with the Auth Token")
    given = request.headers.get(HEADER, "")
    if not given or not token:
        raise Refused("not signed")
    fields = _signed_fields(request, url)
    if not any(signing.same(sign(token, one, fields), given) for one in spellings(url)):
        raise Refused("not signed by Twilio for this account and address", status=403)
    return fields


def _signed_fields(request: WebhookRequest, url: str) -> Fields:
    """The parameters that are signed; a body of another kind is compared with its hash."""
    if media_type(request) == FORM:
        try:
            return fields_of(request.body)
        except ValueError:
            raise Refused("more parameters than any message has") from None
    if not request.body:
        return ()
    named = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    if not signing.same(hashlib.sha256(request.body).hexdigest(), named.lower()):
        raise Refused("the body is neither a form nor the one that is named in the address")
    return ()


def spellings(url: str) -> Iterator[str]:
    """The address as given, with the port of its protocol, and without any port."""
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    if parts.hostname is None or parts.scheme not in _PORTS:
        return
    bare = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    full = f"{bare}:{port or _PORTS[parts.scheme]}"
    yield from {_with(parts, bare, url), _with(parts, full, url)} - {url}


def _with(parts: SplitResult, netloc: str, url: str) -> str:
    # Not put together anew by urllib: that would drop a lone "?" and the like, which are signed.
    return url.replace(f"//{parts.netloc}", f"//{netloc}", 1)
