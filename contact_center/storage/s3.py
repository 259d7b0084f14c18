"""The few calls of an S3-compatible store that the house needs, over the guarded HTTP client.

PutObject, GetObject, DeleteObject, ListObjectsV2, by path (https://host/bucket/key), so that stores
without a name per bucket understand them: https://docs.aws.amazon.com/AmazonS3/latest/API/ (read
2026-11). The error codes are those of …/API/ErrorResponses.html.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from channels.errors import ChannelError
from channels.toolkit.answers import Answer
from channels.toolkit.bodies import Streamed
from channels.toolkit.http import Client
from channels.toolkit.multipart import read
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError, NotFound, Unavailable
from contact_center.kernel.s3_signing import EMPTY, Place, query_of, signed

SECONDS = 15.0
SLOWEST = 500_000  # bytes per second: files have more time, the larger the more
GET_SECONDS = 300.0
LARGEST = 5 * 1024**3
PAGE = 1000
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")
_REGION = re.compile(rb"<Region>([a-z0-9-]{1,40})</Region>")
_NONE = 404
_SUCCESS = 300

# What only a person can mend, in words; the names are the store's.
REFUSALS = {
    "NoSuchBucket": "there is no bucket {}: create it, or mend its name",
    "InvalidAccessKeyId": "the store does not know the access key",
    "SignatureDoesNotMatch": "the secret of the access key is wrong (percent-encode it)",
    "AccessDenied": "the access key may not read, write, list and delete in {}",
    "PermanentRedirect": "the bucket {} is at another address or in another region",
    "AuthorizationHeaderMalformed": "the bucket {} is in another region",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "InvalidBucketName": "{} is no name of a bucket",
}


class Refused(HouseError):
    """The store does not let us work until a person has acted."""

    code = "store_refused"
    status = 503


@dataclass(frozen=True, slots=True)
class FileBody:
    """A file as the body of a request."""

    path: Path
    size: int

    def pieces(self) -> AsyncIterator[bytes]:
        return read(self.path)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a list."""

    key: str
    written: datetime


class S3:
    """One place in a store. Everything raises Unavailable or Refused."""

    def __init__(self, place: Place, http: Client, clock: Clock) -> None:
        self.place = place
        self._http = http.with_secrets(place.secret).trusting(place.hostname)
        self._clock = clock

    async def put(self, key: str, file: FileBody, digest: str) -> None:
        """Store a file; `digest` is its SHA-256, which the store checks."""
        await self._call("PUT", key, data=file, digest=digest)

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of an object. Raises NotFound."""
        url, headers = self._request("GET", key, {}, EMPTY)
        try:
            async with self._http.stream(
                "GET", url, headers=headers, deadline=GET_SECONDS, limit=LARGEST
            ) as (head, pieces):
                if head.status >= _SUCCESS:
                    body = b"".join([piece async for piece in pieces])
                    self._refuse(Answer(head.status, head.headers, body))
                async for piece in pieces:
                    yield piece
        except ChannelError as error:
            raise Unavailable("the file store does not answer") from error

    async def delete(self, key: str) -> None:
        """Forget an object; one that is gone already is no error."""
        await self._call("DELETE", key)

    async def listed(self, after: str, most: int) -> list[Listed]:
        """The next objects behind this one, in the order of their keys."""
        prefix = self.place.prefix
        query = {"list-type": "2", "max-keys": str(most), "prefix": prefix}
        if after:
            query["start-after"] = prefix + after
        answer = await self._call("GET", query=query)
        return _listed(answer.body, prefix)

    async def _call(
        self, method: str, key: str = "", *, query: dict[str, str] | None = None,
        data: Streamed | None = None, digest: str = EMPTY,
    ) -> Answer:  # fmt: skip
        url, headers = self._request(method, key, query or {}, digest)
        seconds = SECONDS + (data.size / SLOWEST if data else 0.0)
        try:
            answer = await self._http.request(
                method, url, headers=headers, data=data, deadline=seconds, idempotent=True,
                limit=8 * 1024 * 1024,
            )  # fmt: skip
        except ChannelError as error:
            raise Unavailable("the file store does not answer") from error
        if answer.status >= _SUCCESS and not (method == "DELETE" and _is_no_key(answer)):
            self._refuse(answer)
        return answer

    def _request(
        self, method: str, key: str, query: dict[str, str], digest: str
    ) -> tuple[str, dict[str, str]]:
        path = self.place.path(key)
        now = self._clock.now()
        headers = signed(self.place, method, path, query=query, digest=digest, now=now)
        tail = f"?{query_of(query)}" if query else ""
        return f"{self.place.origin}{path}{tail}", headers

    def _refuse(self, answer: Answer) -> None:
        """Raise what an answer that is no success stands for."""
        found = _CODE.search(answer.body)
        code = found[1].decode() if found else f"HTTP {answer.status}"
        if code == "NoSuchKey" or (found is None and answer.status == _NONE):
            raise NotFound("the file is gone")
        if code in REFUSALS:
            words = REFUSALS[code].format(self.place.bucket)
            region = _REGION.search(answer.body)
            more = f" ({region[1].decode()})" if region else ""
            raise Refused(f"the file store: {words}{more} [{code}]")
        raise Unavailable(f"the file store: {code}")


def _is_no_key(answer: Answer) -> bool:
    return answer.status == _NONE and b"NoSuchBucket" not in answer.body


def _listed(body: bytes, prefix: str) -> list[Listed]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - of the store that an administrator named
    except ET.ParseError:
        raise Unavailable("the file store's list cannot be read") from None
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    found = []
    for one in root.iter(f"{space}Contents"):
        key, at = one.findtext(f"{space}Key", ""), one.findtext(f"{space}LastModified", "")
        found.append(Listed(key.removeprefix(prefix), datetime.fromisoformat(at)))
    return found
