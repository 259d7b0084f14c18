"""The few calls of Twilio's REST interface that channels need, on the toolkit's HTTP client.

https://www.twilio.com/docs/messaging/api/message-resource, …/media-resource and
https://www.twilio.com/docs/iam/api/account (read 2026-11; names of fields as in twilio-python's
`rest/api/v2010/account/message`). Messages have no idempotency key: no answer to a creation means
that nobody knows whether the message went out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from channels.errors import Misconfigured, Rejected, Temporary, Uncertain
from channels.families.twilio.faults import fault
from channels.toolkit.answers import Answer
from channels.toolkit.bodies import Form
from channels.toolkit.http import Client

API = "https://api.twilio.com"
VERSION = "/2010-04-01"
SEND_SECONDS = 12.0  # less than the house gives a send, so that the error is ours
MEDIA_SECONDS = 120.0
MEDIA_BYTES = 64 * 1024 * 1024  # what is stored has a limit of its own
PAGE = 200
MAX_PAGES = 500
_SID = re.compile(r"^[A-Za-z]{2}[0-9A-Za-z]{1,40}$")


@dataclass(frozen=True, slots=True)
class Login:
    """An account, and who acts for it: an API key, or the account itself with its Auth Token."""

    account: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Records in Twilio's order, and Twilio's own time when it answered.

    `whole`: these are all there were.
    """

    records: tuple[dict[str, Any], ...]
    at: datetime | None
    whole: bool = True


class Rest:
    """One account at `address`. Without a client every call raises Temporary."""

    def __init__(self, http: Client | None, login: Login, address: str = "") -> None:
        self._login = login
        self._base = (address or API).rstrip("/")
        credentials = f"{login.user}:{login.password}".encode()
        basic = base64.b64encode(credentials).decode("ascii")
        self._headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
        if http is not None:
            http = http.with_secrets(login.password, basic)
            if address:  # an administrator named it: a region of Twilio's, or a test
                http = http.trusting(urlsplit(address).hostname or "")
        self._http = http

    async def send(self, form: Form) -> dict[str, Any]:
        """Create a message. Raises Temporary, Rejected, Misconfigured, Uncertain."""
        answer = await self._client.request(
            "POST", self._url("/Messages.json"), headers=self._headers, form=form,
            deadline=SEND_SECONDS,
        )  # fmt: skip
        if answer.status >= 300:  # noqa: PLR2004
            raise fault(answer, sending=True)
        made = _object(answer)
        if not made.get("sid"):
            raise Uncertain(f"HTTP {answer.status}, but the answer names no message")
        return made

    async def account(self) -> dict[str, Any]:
        """The account itself; a standard API key may not ask for it. Raises Misconfigured."""
        return await self._get(f"{self._base}{VERSION}/Accounts/{self._login.account}.json")

    async def numbers(self, number: str) -> list[dict[str, Any]]:
        """The account's numbers that are this one."""
        found = await self._get(self._url("/IncomingPhoneNumbers.json", {"PhoneNumber": number}))
        return _records(found, "incoming_phone_numbers")

    async def post_to(self, number: str, url: str) -> None:
        """Let messages to this number (its sid) be posted there. Raises Misconfigured or Temporary.

        An application that is set for a number hides its addresses, so it is taken away:
        https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource.
        """
        form = {"SmsUrl": url, "SmsMethod": "POST", "SmsApplicationSid": ""}
        answer = await self._client.request(
            "POST", self._url(f"/IncomingPhoneNumbers/{_sid(number)}.json"),
            headers=self._headers, form=form, idempotent=True,
        )  # fmt: skip
        if answer.status >= 300:  # noqa: PLR2004
            error = fault(answer, sending=False)
            if isinstance(error, Rejected):
                raise Misconfigured(f"Twilio does not take the service's address: {error}")
            raise error

    async def newest(self) -> Page:
        """The latest message, if there is one. Raises Temporary or Misconfigured."""
        answer = await self._ask(self._url("/Messages.json", {"PageSize": "1"}))
        records = _records(_object(answer), "messages")
        return Page(tuple(records), _date(answer.headers.get("date")))

    async def messages(self, filters: Mapping[str, str]) -> Page:
        """The newest messages that pass, newest first, 100,000 at most.

        Raises Temporary or Misconfigured.
        """
        url: str | None = self._url("/Messages.json", {"PageSize": str(PAGE), **filters})
        records: list[dict[str, Any]] = []
        at: datetime | None = None
        for _ in range(MAX_PAGES):
            if url is None:
                break
            answer = await self._ask(url)
            at = at or _date(answer.headers.get("date"))
            page = _object(answer)
            records += _records(page, "messages")
            onward = page.get("next_page_uri")
            url = self._base + onward if isinstance(onward, str) and onward[:1] == "/" else None
        return Page(tuple(records), at, whole=url is None)

    async def media(self, message: str) -> list[dict[str, Any]]:
        """The files of a message: their sids and content types."""
        found = await self._get(self._url(f"/Messages/{_sid(message)}/Media.json"))
        return _records(found, "media_list")

    async def file(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file, named "message/media". Raises Rejected or Temporary.

        Twilio answers with a redirect to a short-lived address, which nobody keeps.
        """
        message, _, media = ref.partition("/")
        url = self._url(f"/Messages/{_sid(message)}/Media/{_sid(media)}")
        headers = {"Authorization": self._headers["Authorization"]}
        async with self._client.stream(
            "GET", url, headers=headers, deadline=MEDIA_SECONDS, limit=MEDIA_BYTES
        ) as (head, chunks):
            if head.status >= 300:  # noqa: PLR2004
                if head.status in (404, 410):
                    raise Rejected("Twilio no longer holds the file", code=str(head.status))
                raise fault(head, sending=False)
            async for chunk in chunks:
                yield chunk

    @property
    def _client(self) -> Client:
        if self._http is None:
            raise Temporary("there is no connection to the outside here")
        return self._http

    def _url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return f"{self._base}{VERSION}/Accounts/{self._login.account}{path}{tail}"

    async def _ask(self, url: str) -> Answer:
        answer = await self._client.request("GET", url, headers=self._headers, limit=16 * 1024**2)
        if answer.status >= 300:  # noqa: PLR2004
            raise fault(answer, sending=False)
        return answer

    async def _get(self, url: str) -> dict[str, Any]:
        return _object(await self._ask(url))


def _object(answer: Answer) -> dict[str, Any]:
    """The answer's object; an empty one where it is none, so that the caller finds nothing."""
    try:
        given = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _records(page: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = page.get(name)
    if not isinstance(found, list):
        raise Temporary(f"Twilio's answer holds no {name}")
    return [record for record in found if isinstance(record, dict)]


def _sid(text: str) -> str:
    if not _SID.match(text):
        raise Rejected("not a name of Twilio's", code="bad_reference")
    return text


def _date(text: str | None) -> datetime | None:
    with suppress(TypeError, ValueError):
        return parsedate_to_datetime(text) if text else None
    return None
