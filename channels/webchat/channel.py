"""One web-chat account: what the widget posts becomes events; what we send is already delivered.

The widget reads messages from us by cursor, so `send` has nothing to do but to name the message.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from pydantic import ValidationError

from channels.contract import Deps, Received, Reply, WebhookRequest
from channels.errors import Malformed, Misconfigured, Refused
from channels.messages import (
    Address,
    Attachment,
    DeliveryChanged,
    DeliveryStatus,
    Event,
    MessageReceived,
    Outbound,
    ProfileChanged,
    Proof,
    Receipt,
    Typing,
)
from channels.toolkit import phone, signing
from channels.webchat.session import (
    Session,
    bearer,
    origin_allowed,
    read_session,
    verify_session,
)
from channels.webchat.settings import WebChatSettings
from channels.webchat.wire import (
    BODY,
    MessageBody,
    ProfileBody,
    ReadBody,
    ReadCursor,
)

_EMAIL = re.compile(r"^[^@\s<>,;]{1,64}@[^@\s<>,;.]+(?:\.[^@\s<>,;.]+)+$")
_SHORTEST_SECRET = 32
_JSON = {"content-type": "application/json"}


class WebChat:
    """A chat on a site."""

    def __init__(self, settings: WebChatSettings, deps: Deps) -> None:
        self.settings = settings
        self.account = deps.account_id

    def receive(self, request: WebhookRequest) -> Received:
        """Verify the session and the page's origin, then read the body."""
        origin = request.headers.get("origin", "")
        if not origin_allowed(origin, self.settings.allowed_origins, request.url):
            raise Refused("this site may not use the chat", status=403)
        token = bearer(request.headers.get("authorization", ""))
        session = verify_session(
            self.settings.session_secret, token, account=self.account, now=request.received_at
        )
        return self._read(request, session)

    def parse(self, request: WebhookRequest) -> Received:
        """Read a recording without asking who sent it."""
        try:
            token = bearer(request.headers.get("authorization", ""))
            session = read_session(signing.read_unverified(token))
        except Refused:
            session = Session("unknown", self.account, 0)
        return self._read(request, session)

    async def send(self, message: Outbound) -> Receipt:
        """The message is in our database already, and there the widget finds it."""
        return Receipt(message.id)

    async def typing(self, conversation_key: str) -> None:
        """Nothing to do: the widget hears of it from the hint bus."""

    async def check(self) -> None:
        """Raise Misconfigured where anybody could sign sessions."""
        for name in ("session_secret", "identity_secret"):
            if len(getattr(self.settings, name)) < _SHORTEST_SECRET:
                raise Misconfigured(f"{name} has less than {_SHORTEST_SECRET} characters")

    def _read(self, request: WebhookRequest, session: Session) -> Received:
        body = _body(request)
        event, given = self._event(body, request, session), getattr(body, "id", None)
        answer = orjson.dumps({"ok": True, "id": given})
        return Received((event,) if event else (), Reply(200, _JSON, answer))

    def _event(self, body: Any, request: WebhookRequest, session: Session) -> Event | None:
        common: dict[str, Any] = {
            "at": request.received_at,  # a visitor's own clock proves nothing
            "conversation_key": session.visitor,
        }
        if isinstance(body, MessageBody):
            return self._message(body, session, common)
        if isinstance(body, ReadBody):
            return self._receipt(body, session, common)
        if isinstance(body, ProfileBody):
            return self._profile(body, session, common)
        return Typing(external_id=f"t:{session.visitor}", sender=_visitor(session), **common)

    def _message(
        self, body: MessageBody, session: Session, common: dict[str, Any]
    ) -> MessageReceived:
        if not (body.text.strip() or body.attachments):
            raise Malformed("a message with neither text nor attachments", status=422)
        told = body.prechat
        texts = ("page", "title", "referrer", "locale", "prechat")
        data = {name: value for name in texts if (value := getattr(body, name))}
        return MessageReceived(
            external_id=f"m:{session.visitor}:{body.id}",
            sender=_visitor(session, told.get("name", "")),
            claims=self._claims(session, told.get("email", ""), told.get("phone", "")),
            text=body.text,
            # Uploads are stored already: the reference is our own id of the upload.
            attachments=tuple(
                Attachment("file", ref, data={"upload": ref}) for ref in body.attachments
            ),
            reply_to=body.reply_to,
            data=data | ({"offline": True} if body.offline else {}) | {"client_id": body.id},
            **common,
        )

    def _receipt(
        self, body: ReadBody, session: Session, common: dict[str, Any]
    ) -> DeliveryChanged | None:
        cursor = ReadCursor.parse(body.cursor)
        if cursor is None:
            raise Malformed("the cursor is not one of ours", status=422)
        if not cursor.target:
            return None  # nothing of ours was there to be read
        return DeliveryChanged(
            external_id=f"r:{session.visitor}:{cursor.target}",
            sender=_visitor(session),
            target=cursor.target,
            status=DeliveryStatus.READ,
            up_to=True,
            **common,
        )

    def _profile(
        self, body: ProfileBody, session: Session, common: dict[str, Any]
    ) -> ProfileChanged:
        given = {
            "name": body.name.strip(),
            "email": body.email.strip(),
            "phone": body.phone.strip(),
        }
        fields = {name: value for name, value in given.items() if value}
        mark = signing.fingerprint(*given.values())
        return ProfileChanged(
            external_id=f"p:{session.visitor}:{mark}",
            sender=_visitor(session, body.name),
            claims=self._claims(session, body.email, body.phone),
            fields=fields,
            **common,
        )

    def _claims(self, session: Session, email: str, number: str) -> tuple[Address, ...]:
        """Who else the visitor is: proven only where the site signed it, typed text never."""
        if not (session.user or session.email or email or number):
            return ()  # nearly every message
        claims = []
        if session.user:
            space = self.settings.user_space or self.account
            value = f"{space}:{session.user}"
            claims.append(Address("user", value, session.name, Proof.SIGNED))
        mails = dict.fromkeys(mail.strip().lower() for mail in (email, session.email))
        claims += [
            Address("email", mail, "", Proof.CLAIMED) for mail in mails if _EMAIL.match(mail)
        ]
        normal = phone.normalise(number, region=self.settings.region) if number.strip() else None
        if normal:
            claims.append(Address("phone", normal, "", Proof.CLAIMED))
        return tuple(claims)


def _visitor(session: Session, told: str = "") -> Address:
    return Address("visitor", session.visitor, told.strip() or session.name, Proof.PROVIDER)


def _body(request: WebhookRequest) -> Any:
    if request.method.upper() != "POST":
        raise Malformed("events are posted", status=405)
    media = request.headers.get("content-type", "")
    if media != "application/json":
        media = media.partition(";")[0].strip().lower()
    if media != "application/json":
        raise Malformed(f"expected application/json, got {media or 'nothing'}", status=415)
    try:
        return BODY.validate_json(request.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise Malformed(f"the body is not JSON: {first['msg']}", status=400) from None
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place or 'body'}: {first['msg']}", status=422) from None
