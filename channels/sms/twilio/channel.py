"""One number, or one Messaging Service, at Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from channels.contract import Cursor, Deps, Missed, Received, Reply, Report, WebhookRequest
from channels.errors import Malformed, Misconfigured, Rejected, Unsupported
from channels.families.twilio import signature
from channels.families.twilio.faults import words
from channels.families.twilio.rest import Rest
from channels.messages import DeliveryChanged, Outbound, Receipt
from channels.sms.twilio import callbacks, inbound, missed, mms
from channels.sms.twilio.settings import TwilioSmsSettings

# https://www.twilio.com/docs/messaging/twiml: an empty response answers nothing to the sender.
NOTHING_TO_SAY = Reply(
    200,
    {"content-type": "text/xml; charset=utf-8"},
    b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
)
NOTED = Reply(204)


class TwilioSms:
    """The channel of one account."""

    def __init__(self, settings: TwilioSmsSettings, deps: Deps) -> None:
        self.settings = settings
        self._webhook = callbacks.public(deps.webhook, settings.public_address)
        self._rest = Rest(deps.http, settings.login, settings.api_address)
        self._owner = Rest(deps.http, settings.owner, settings.api_address)

    # --- in --------------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Raise Refused for what Twilio did not sign for this account and address."""
        signature.verify(request, self.settings.auth_token, self._address(request))

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and read a message, or what became of one of ours."""
        fields = signature.verify(request, self.settings.auth_token, self._address(request))
        return self._read(request, fields)

    def parse(self, request: WebhookRequest) -> Received:
        """Read without asking who sent it: a recording, or what `since` found."""
        try:
            fields = signature.fields_of(request.body)
        except ValueError:
            raise Malformed("more parameters than any message has", status=400) from None
        return self._read(request, fields)

    def _read(self, request: WebhookRequest, fields: signature.Fields) -> Received:
        if request.method.upper() != "POST":
            raise Malformed("set the webhook to HTTP POST", status=405)
        kind = signature.media_type(request)
        if kind != signature.FORM:
            raise Malformed(f"expected a form, got {kind or 'nothing'}", status=415)
        event = inbound.event(
            fields,
            account=self.settings.account_sid,
            at=missed.sent_at(request.url) or request.received_at,
            own=callbacks.own_id(request.url, self.settings.auth_token),
        )
        told = isinstance(event, DeliveryChanged)
        return Received((event,), NOTED if told else NOTHING_TO_SAY)

    def _address(self, request: WebhookRequest) -> str:
        return callbacks.public(request.url, self.settings.public_address)

    async def since(self, cursor: Cursor | None) -> Missed:
        """Messages and fates that were not told to us. Raises Temporary or Misconfigured."""
        return await missed.since(self._rest, self.settings, cursor)

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file. They raise Rejected when it is gone, or Temporary."""
        return self._rest.file(ref)

    # --- out -------------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> Receipt:
        """Send an SMS or MMS. Raises Unsupported, Temporary, Rejected, Uncertain, Misconfigured."""
        settings = self.settings
        if message.files and not mms.reaches(
            settings.number, settings.messaging_service_sid, message.conversation_key
        ):
            raise Unsupported(mms.NOWHERE)
        told = callbacks.address(self._webhook, self.settings.auth_token, message.id)
        form = {
            "To": message.conversation_key,
            **({"Body": message.text} if message.text or not message.files else {}),
            **({"MediaUrl": self._addresses(message)} if message.files else {}),
            **settings.sender,
            **({"StatusCallback": told} if told else {}),
        }
        return _receipt(await self._rest.send(form))

    def _addresses(self, message: Outbound) -> list[str]:
        """Where Twilio finds the files: at the address of ours that it knows."""
        return [callbacks.public(file.url, self.settings.public_address) for file in message.files]

    async def check(self) -> None:
        """Ask as the account, as the key, and for the number. Raises Misconfigured, Temporary."""
        settings = self.settings
        found = await self._owner.account()  # what comes in is signed with this token
        if (status := found.get("status")) not in (None, "active"):
            raise Misconfigured(f"the Twilio account is {status}")
        if settings.api_key_sid:
            await self._rest.newest()
        if settings.number.startswith("+"):
            await self._record()

    async def report(self) -> Report:
        """How Twilio calls the account and the number, and where it posts. Raises as `check`."""
        found = await self._owner.account()
        record = await self._record() if self.settings.number.startswith("+") else {}
        names = (found.get("friendly_name"), self.settings.number, found.get("status"))
        known = [str(one) for one in names if one and one != "active"]
        return Report(name=" · ".join(known), address=str(record.get("sms_url") or ""))

    async def install(self, webhook_url: str) -> None:
        """Let Twilio post messages to our number there. Raises Misconfigured or Temporary.

        A Messaging Service has an address of its own, which stays a person's to set; short numbers
        and names cannot be asked for.
        """
        if self.settings.messaging_service_sid or not self.settings.number.startswith("+"):
            return
        record = await self._record()
        url = callbacks.public(webhook_url, self.settings.public_address) + callbacks.OVERRIDES
        known = (record.get("sms_url"), record.get("sms_method"), record.get("sms_application_sid"))
        if known != (url, "POST", ""):
            await self._rest.post_to(str(record.get("sid", "")), url)

    async def _record(self) -> dict[str, Any]:
        """Our number as Twilio keeps it."""
        found = await self._rest.numbers(self.settings.number)
        if not found:
            raise Misconfigured(f"{self.settings.number} is not one of the account's numbers")
        return found[0]


def _receipt(made: dict[str, Any]) -> Receipt:
    """Of a message that was taken; some are refused with a sid all the same."""
    if made.get("status") in ("failed", "undelivered", "canceled"):
        code = made.get("error_code")
        told = str(made.get("error_message") or "Twilio refused the message")
        raise Rejected(words(code, told) or told, code=str(code or ""))
    return Receipt(str(made["sid"]))
