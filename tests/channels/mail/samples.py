"""The mailbox of these tests, and mails to it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.contract import WebhookRequest
from channels.mail import hooks, inbound, threads
from channels.mail.automatic import Own
from channels.mail.message import ParsedMail
from channels.mail.parser import parse
from channels.mail.settings import MailSettings
from channels.messages import DeliveryChanged, Event, MessageReceived

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
ACCOUNT = "account-0"
OWN, ANNA, BORIS = "help@shop.example", "anna@client.example", "boris@other.example"
KEY = "0123456789abcdef0123"  # of a conversation
SECRETS = tuple("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))


def account_settings(which: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "address": OWN, "receives": "hook", "thread_secret": f"thread-{which}",
        "hook_secret": SECRETS[which], "mailgun_key": f"key-{which}",
        "trusted_servers": ["mx.shop.example"], "own_hosts": ["shop.example"], **more,
    }  # fmt: skip


def settings(**more: Any) -> MailSettings:
    return MailSettings(**account_settings(**more))


def mail(
    text: str = "Где мой заказ?", *, sender: str = f"Анна <{ANNA}>", to: str = OWN,
    subject: str = "Заказ 48101", name: str = "<1@client.example>", **fields: str,
) -> bytes:  # fmt: skip
    """A mail; further fields by their names, `_` for `-`; an empty value leaves one out."""
    given = {
        "From": sender, "To": to, "Subject": subject, "Message-ID": name,
        "Date": "Mon, 05 Jan 2026 11:59:00 +0300",
    } | {field.replace("_", "-"): value for field, value in fields.items()}  # fmt: skip
    head = "".join(f"{field}: {value}\r\n" for field, value in given.items() if value)
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def token(key: str = KEY, *, secret: str = "thread-0", account: str = ACCOUNT) -> str:
    return threads.token(secret, account, key)


def parsed(raw: bytes, given: MailSettings | None = None) -> ParsedMail:
    chosen = given or settings()
    own = Own.of(chosen.own_hosts, chosen.own_addresses)
    return parse(raw, own=own, servers=chosen.trusted_servers, below=chosen.checks_below)


def events(raw: bytes, given: MailSettings | None = None, **more: Any) -> tuple[Event, ...]:
    chosen = given or settings()
    return inbound.events(parsed(raw, chosen), chosen, **{"account": ACCOUNT, "at": NOW} | more)


def message(raw: bytes, given: MailSettings | None = None, **more: Any) -> MessageReceived:
    """The message of a mail."""
    found = [event for event in events(raw, given, **more) if isinstance(event, MessageReceived)]
    assert len(found) == 1
    return found[0]


def receipt(raw: bytes, given: MailSettings | None = None) -> DeliveryChanged | None:
    """What a mail tells of a mail of ours."""
    found = [event for event in events(raw, given) if isinstance(event, DeliveryChanged)]
    return found[0] if found else None


def request(body: bytes | None = None, **headers: str) -> WebhookRequest:
    """A mail that is posted, not signed yet."""
    given = {"content-type": "message/rfc822"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    url = "https://cc.example/hooks/key"
    return WebhookRequest("POST", url, given, {}, mail() if body is None else body, NOW)


def signed(given: WebhookRequest, which: int = 0, *, at: datetime = NOW) -> WebhookRequest:
    """The request with the headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    proof = {
        "webhook-id": "msg_1", "webhook-timestamp": stamp,
        "webhook-signature": hooks.sign(SECRETS[which], "msg_1", stamp, given.body),
    }  # fmt: skip
    return WebhookRequest(
        given.method, given.url, {**given.headers, **proof}, given.query, given.body,
        given.received_at,
    )  # fmt: skip


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def report(of: str, recipient: str, words: str = "550 5.1.1 no such user") -> bytes:
    """The text of a bounce by RFC 3464."""
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
        "--r\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.x\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--r\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {of}\r\n\r\n--r--\r\n"
    ).encode()
