"""`contact-center receive CHANNEL`: what did the provider send us?

Recorded requests come in as JSON lines, what the adapter makes of each goes out as one line. A
line that cannot be read gives an error line and the work goes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
from pydantic import BaseModel, ValidationError

from channels import registry
from channels.contract import (
    Channel,
    Deps,
    Parses,
    Provider,
    Received,
    WebhookChannel,
    WebhookRequest,
)
from channels.errors import ChannelError, Malformed, Refused, Unsupported
from channels.messages import (
    Address,
    ButtonPressed,
    DeliveryChanged,
    Event,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
)
from contact_center.kernel.lines import BadLine, bytes_of, object_of

MOST_CHANNELS = 64


def main(
    channel: str,
    *,
    verify: bool = True,
    stdin: Iterable[bytes] | None = None,
    stdout: BinaryIO | None = None,
    stderr: BinaryIO | None = None,
) -> int:
    """Read every line of `stdin`, write one line each to `stdout`.

    Returns 0 whatever the lines were, 2 when there is no such channel.
    """
    out, err = stdout or sys.stdout.buffer, stderr or sys.stderr.buffer
    try:
        provider = registry.provider(channel)
    except registry.UnknownProvider as error:
        err.write(f"{error}\n".encode())
        return 2
    reader = Reader(provider, verify=verify)
    for number, line in enumerate(stdin if stdin is not None else sys.stdin.buffer, 1):
        if line.strip():
            out.write(dumped(reader.answer(line, number)) + b"\n")
            out.flush()
    return 0


class Reader:
    """Reads lines for one provider; a channel is built once for all lines of its account."""

    def __init__(self, provider: Provider, *, verify: bool = True) -> None:
        self._provider = provider
        self._verify = verify
        self._channels: dict[bytes, Channel] = {}

    def answer(self, line: bytes, number: int) -> dict[str, Any]:
        """The output line of one input line; `number` is its place, from 1."""
        given: Any = None
        try:
            given = object_of(line)
            received = self._receive(given)
            events = [shown(event) for event in received.events]
            return {
                "id": given.get("id"), "events": events, "reply": _reply(received), "error": None,
            }  # fmt: skip
        except (ChannelError, BadLine) as error:
            status = error.status if isinstance(error, Refused | Malformed) else None
            return {
                "id": given.get("id") if isinstance(given, dict) else None,
                "events": [],
                "reply": {"status": status, "headers": {}, "body": ""} if status else None,
                "error": {"kind": error.kind, "text": str(error), "line": number},
            }
        except Exception as error:  # noqa: BLE001 - the adapter's own fault, and what is asked for
            text = f"{type(error).__name__}: {error}"
            told = {"kind": "fault", "text": text, "line": number}
            return {"id": given.get("id"), "events": [], "reply": None, "error": told}

    def _receive(self, given: Mapping[str, Any]) -> Received:
        request, channel = _request(given), self._channel(given)
        if not self._verify and isinstance(channel, Parses):
            return channel.parse(request)
        if not isinstance(channel, WebhookChannel):
            raise Unsupported(f"{self._provider.name} is not called by its provider: it listens")
        return channel.receive(request)

    def _channel(self, given: Mapping[str, Any]) -> Channel:
        account, settings = str(given.get("account") or ""), _mapping(given, "settings")
        key = orjson.dumps([account, settings])
        if key not in self._channels:
            if len(self._channels) >= MOST_CHANNELS:
                self._channels.clear()
            valid = _settings(self._provider, settings)
            self._channels[key] = self._provider.build(valid, Deps(account_id=account))
        return self._channels[key]


def dumped(answer: dict[str, Any]) -> bytes:
    """One line of JSON; what UTF-8 cannot say becomes a question mark."""
    try:
        return orjson.dumps(answer, default=str)
    except TypeError:  # lone surrogates, or numbers beyond 64 bits
        return json.dumps(answer, ensure_ascii=False, default=str).encode("utf-8", "replace")


def shown(event: Event) -> dict[str, Any]:
    """An event as JSON; what does not apply is null, `reply_to` is what it refers to.

    `data` is what the adapter tells beside: consent, group, page; of a receipt our own message.
    """
    result: dict[str, Any] = {
        "type": type(event).__name__,
        "external_id": event.external_id,
        "at": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "conversation_key": event.conversation_key,
        "sender": _address(event.sender),
    }
    nothing = dict.fromkeys(("text", "attachments", "buttons", "reply_to", "status"))
    beside = {"claims": [_address(claim) for claim in event.claims], "data": event.data}
    return result | nothing | _particulars(event) | beside


def _address(address: Address) -> dict[str, str]:
    return {"medium": address.medium, "value": address.value, "name": address.name}


def _particulars(event: Event) -> dict[str, Any]:
    if isinstance(event, MessageReceived):
        files = [
            {
                "kind": file.kind,
                "ref": file.ref,
                "name": file.name,
                "type": file.type,
                "size": file.size,
                "data": file.data,
            }
            for file in event.attachments
        ]
        buttons = [{"text": b.text, "value": b.value, "url": b.url} for b in event.buttons]
        return {
            "text": event.text, "attachments": files, "buttons": buttons,
            "reply_to": event.reply_to, "subject": event.subject, "automatic": event.automatic,
            "outgoing": event.outgoing, "unsupported": event.unsupported,
            "group": event.group,
        }  # fmt: skip
    if isinstance(event, MessageEdited):
        return {"text": event.text, "reply_to": event.target}
    if isinstance(event, MessageDeleted):
        return {"reply_to": event.target}
    if isinstance(event, DeliveryChanged):
        return {"reply_to": event.target, "status": event.status.value, "reason": event.reason}
    if isinstance(event, ButtonPressed):
        pressed = {"text": event.text, "value": event.value, "url": None}
        return {"text": event.text, "buttons": [pressed], "reply_to": event.target}
    return {}


def _settings(provider: Provider, given: Mapping[str, Any]) -> BaseModel:
    try:
        return provider.Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(("settings", *map(str, first["loc"])))
        raise BadLine(f"{place}: {first['msg']}") from None


def _request(given: Mapping[str, Any]) -> WebhookRequest:
    body = bytes_of(given, "body")
    headers = {name.lower(): str(value) for name, value in _mapping(given, "headers").items()}
    query = {name: str(value) for name, value in _mapping(given, "query").items()}
    method, url = str(given.get("method") or "POST"), str(given.get("url") or "")
    return WebhookRequest(method, url, headers, query, body, _now(given.get("now")))


def _now(value: Any) -> datetime:
    try:
        if value is None:
            return datetime.now(UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        raise BadLine("now is neither a time in ISO 8601 nor seconds since 1970") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mapping(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadLine(f"{name} is not an object")
    return value


def _reply(received: Received) -> dict[str, Any]:
    reply = received.reply
    return {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": reply.body.decode("utf-8", "replace"),
    }
