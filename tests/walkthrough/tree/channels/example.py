"""Example: a messenger that exists in the walk-through of channels/README.md and nowhere else.

It posts JSON, `{"id", "from": {"id", "name"}, "at", <kind>: …}`, signed with its time:
`x-example-signature` is the hex HMAC-SHA256 of "<x-example-time>.<body>".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.contract import Capabilities, Deps, Provider, Received, WebhookRequest
from channels.errors import Malformed, Misconfigured, Refused
from channels.messages import Address, Attachment, Medium, MessageReceived, Outbound, Receipt
from channels.settings import AccountSettings, setting
from channels.toolkit import signing
from channels.toolkit.answers import accepted

SECONDS = 300
_ABOUT = frozenset({"id", "from", "at"})
_KINDS = frozenset({"text", "picture"})


class Settings(AccountSettings):
    token: str = setting(label={"ru": "Токен", "en": "Token"}, secret=True, min_length=8)
    secret: str = setting("", label={"ru": "Секрет", "en": "Secret"}, secret=True, generated=True)
    api: str = setting(
        "https://api.messenger.example", label={"ru": "Адрес API", "en": "API address"}
    )


class Author(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    name: str = ""


class Posted(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=100)]
    author: Author = Field(alias="from")
    at: Annotated[int, Field(ge=0, lt=2**33)]


class Example:
    """One account."""

    def __init__(self, settings: Settings, deps: Deps) -> None:
        self.settings = settings
        self._http = deps.http

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and read."""
        self.verify(request)
        return self.parse(request)

    def verify(self, request: WebhookRequest) -> None:
        """Raise Refused for what is not signed by this account's secret, in time."""
        stamp = request.headers.get("x-example-time", "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 10):
            raise Refused("not signed")
        if abs(request.received_at.timestamp() - int(stamp)) > SECONDS:
            raise Refused("signed too long ago")
        data = stamp.encode() + b"." + request.body
        given = request.headers.get("x-example-signature", "")
        if not signing.signed_hex(self.settings.secret, data, given):
            raise Refused("not signed by this account")

    def parse(self, request: WebhookRequest) -> Received:
        """Read without asking who sent it."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Malformed("expected application/json", status=415)
        try:
            raw = orjson.loads(request.body)
            posted = Posted.model_validate(raw)
        except (orjson.JSONDecodeError, ValidationError) as error:
            raise Malformed(f"not a message: {str(error)[:100]}") from None
        return Received((_message(posted, raw),))

    async def send(self, message: Outbound) -> Receipt:
        """Send it under our id, which the messenger takes once only."""
        body = {"id": message.id, "to": message.conversation_key, "text": message.text}
        headers = {"authorization": f"Bearer {self.settings.token}"}
        url = f"{self.settings.api}/messages"
        answer = accepted(
            await self._http.request("POST", url, headers=headers, json=body), idempotent=True
        )
        return Receipt(str(answer.json()["id"]))

    async def check(self) -> None:
        """Raise Misconfigured without a secret: anybody could write."""
        if not self.settings.secret:
            raise Misconfigured("the secret is empty")


def _message(posted: Posted, raw: dict[str, Any]) -> MessageReceived:
    text, picture = raw.get("text"), raw.get("picture")
    said = text if isinstance(text, str) else ""
    files = (Attachment("image", picture),) if isinstance(picture, str) else ()
    strange = sorted(raw.keys() - _ABOUT - _KINDS) or ["empty"]
    return MessageReceived(
        external_id=posted.id,
        at=datetime.fromtimestamp(posted.at, UTC),
        conversation_key=posted.author.id,
        sender=Address("example", posted.author.id, posted.author.name),
        text=said,
        attachments=files,
        unsupported=None if said or files else strange[0][:64],
    )


PROVIDER = Provider(
    name="example",
    title={"ru": "Пример", "en": "Example"},
    icon="messenger",
    medium=Medium.MESSENGER,
    Settings=Settings,
    capabilities=Capabilities(
        authentication="body", timestamped=True, text_limit=1000, starts_conversations=True,
        idempotent_send=True,
    ),
    build=Example,
)  # fmt: skip
