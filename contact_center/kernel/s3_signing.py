"""How a request to an S3-compatible store is signed: AWS Signature Version 4. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (read 2026-11).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, unquote, urlsplit

EMPTY = hashlib.sha256(b"").hexdigest()
SCHEMES = {"s3": "https", "s3+http": "http"}
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, or a folder of one, and who may use it. `prefix` is empty or ends with a slash."""

    origin: str
    bucket: str
    prefix: str
    region: str
    user: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, address: str) -> Place:
        """From "s3://USER:SECRET@host[:port]/bucket[/folder][?region=…]". Raises ValueError.

        "s3+http://" for a store without TLS. What is no letter or digit in USER and SECRET is
        percent-encoded.
        """
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES:
            raise ValueError("expected an address that begins with s3:// or s3+http://")
        if not (parts.hostname and parts.username and parts.password):
            raise ValueError("expected s3://KEY:SECRET@host/bucket, with what is no letter or "
                             "digit in them percent-encoded")  # fmt: skip
        bucket, _, folder = parts.path.strip("/").partition("/")
        if not bucket:
            raise ValueError("the address names no bucket: s3://KEY:SECRET@host/bucket")
        usual = {"s3": 443, "s3+http": 80}[parts.scheme]
        port = f":{parts.port}" if parts.port not in (None, usual) else ""
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        return cls(
            f"{SCHEMES[parts.scheme]}://{host}{port}", bucket, f"{folder}/" if folder else "",
            region, unquote(parts.username), unquote(parts.password),
        )  # fmt: skip

    @property
    def host(self) -> str:
        """As it stands in the Host header."""
        return urlsplit(self.origin).netloc

    @property
    def hostname(self) -> str:
        """The same without a port."""
        return urlsplit(self.origin).hostname or ""

    def path(self, key: str = "") -> str:
        """The path of an object, or of the bucket."""
        name = f"/{self.bucket}/{self.prefix}{key}" if key else f"/{self.bucket}"
        return quote(name, safe="/" + _UNRESERVED)


def signed(
    place: Place, method: str, path: str, *, query: Mapping[str, str], digest: str, now: datetime
) -> dict[str, str]:
    """The headers of a request. `digest`: SHA-256 of its body in hex."""
    at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{place.region}/s3/aws4_request"
    headers = {"host": place.host, "x-amz-content-sha256": digest, "x-amz-date": at}
    names = ";".join(sorted(headers))
    lines = [method, path, query_of(query), *(f"{k}:{headers[k]}" for k in sorted(headers)), "",
             names, digest]  # fmt: skip
    request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{request}"
    signature = hmac.new(_key(place, at[:8]), text.encode(), hashlib.sha256).hexdigest()
    proof = f"Credential={place.user}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {
        "x-amz-content-sha256": digest,
        "x-amz-date": at,
        "Authorization": f"AWS4-HMAC-SHA256 {proof}",
    }


def query_of(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent."""
    return "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(query[name], safe=_UNRESERVED)}"
        for name in sorted(query)
    )


def _key(place: Place, day: str) -> bytes:
    key = f"AWS4{place.secret}".encode()
    for part in (day, place.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
