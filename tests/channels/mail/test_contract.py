from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from channels import registry
from channels.contract import WebhookRequest
from channels.toolkit.suite import Fate, Mutation
from tests.channels.contract import ProviderContract
from tests.channels.mail.samples import account_settings, mail, request, signed
from tests.channels.recordings import recorded

HERE = Path(__file__).parent / "recordings"


def read(raw: bytes, check: Callable[[Any], bool]) -> Mutation:
    return Mutation(request(raw), Fate.READ, check)


def unread(raw: bytes) -> Mutation:
    return Mutation(request(raw), Fate.MALFORMED)


def has(text: str) -> Callable[[Any], bool]:
    return lambda event: text in event.text


# Changes of a good mail, each with what becomes of it. Whatever is text is shown to somebody.
MUTATIONS = {
    "a field nobody knows": read(mail("hi", X_New_Thing="x"), has("hi")),
    "no subject": read(mail("hi", subject=""), has("hi")),
    "no name of its own": read(mail("hi", name=""), lambda event: bool(event.external_id)),
    "no date": read(mail("hi", Date=""), has("hi")),
    "a date that is a word": read(mail("hi", Date="soon"), has("hi")),
    "a name that is a path": read(mail("hi", name="<../../x@y>"), has("hi")),
    "a charset nobody knows": read(
        mail("hi").replace(b"charset=utf-8", b"charset=klingon"), has("hi")
    ),
    "a content type that is a word": read(
        mail("hi").replace(b"text/plain; charset=utf-8", b"nonsense"),
        lambda event: bool(event.text or event.attachments),
    ),
    "bare line feeds": read(mail("hi").replace(b"\r\n", b"\n"), has("hi")),
    "NUL in a field": read(mail("hi", subject="a\0b"), has("hi")),
    "nothing": unread(b""),
    "nothing but spaces": unread(b" \r\n\t"),
    "binary rubbish": unread(bytes(range(256)) * 4),
}


class TestMail(ProviderContract):
    provider = registry.provider("mail")
    recordings = HERE
    at_the_door = 8  # each is read in a process aside
    wrong_content_type = "application/json"

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return request()

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return signed(request, which)

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        given = signed(request)
        return replace(
            given, headers={**given.headers, "webhook-signature": "v1," + "A" * 43 + "="}
        )

    def with_unknown_field(self) -> WebhookRequest:
        return request(mail(X_New_Thing="x"))

    def with_unknown_kind(self) -> None:
        return None

    def mutations(self) -> Mapping[str, Mutation]:
        return MUTATIONS


def test_there_are_recordings() -> None:
    assert len(recorded(HERE)) >= 5
