from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels import registry
from channels.contract import Deps, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import MessageReceived
from channels.telegram.channel import Telegram
from channels.telegram.settings import TelegramSettings
from channels.toolkit.suite import NOW, SHARED, WebhookContract
from tests.channels.recordings import compare, recorded
from tests.channels.telegram.samples import (
    HEADER,
    SECRETS,
    account_settings,
    message,
    posted,
    update,
)

HERE = Path(__file__).parent


class TestTelegram(WebhookContract):
    provider = registry.provider("telegram")

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return replace(posted(update(message=message(text="Здравствуйте"))), received_at=NOW)

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return self._with(request, SECRETS[which])

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        return self._with(request, SECRETS[0][:-1] + "x")

    def _with(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return replace(request, headers={**request.headers, HEADER.lower(): secret})


@pytest.mark.parametrize("sentence", recorded(HERE))
def test_recording(sentence: str) -> None:
    compare(HERE, "telegram", sentence, verify=True)


def channel(**more: object) -> Telegram:
    return Telegram(TelegramSettings.model_validate(account_settings(**more)), Deps("account-0"))


def read(body: Any, **more: object) -> tuple[Any, ...]:
    return channel(**more).parse(posted(body)).events


# Ten changes of a good update, each with what becomes of it.
PHOTO = [{"file_id": "AgAC", "file_unique_id": "u", "width": 90, "height": 60}]


@pytest.mark.parametrize(
    ("change", "text", "unsupported"),
    [
        ({"new_thing": {"a": 1}, "text": "hi"}, "hi", None),
        ({"new_thing": {"a": 1}}, "", "new_thing"),
        ({"photo": 5, "caption": "hi"}, "hi", "photo"),
        ({"photo": [], "text": "hi"}, "hi", "photo"),
        ({"location": {"latitude": 200, "longitude": 0}}, "", "location"),
        ({"text": "hi", "entities": [{"type": "bold", "offset": -5, "length": 99}]}, "hi", None),
        ({"text": ["hi"]}, "", "empty"),
        ({"from": {"id": 4242}, "text": "hi"}, "hi", None),
        ({"text": "hi", "reply_to_message": "none"}, "hi", None),
        ({"text": "hi", "sender_chat": 7, "media_group_id": 5}, "hi", None),
    ],
)
def test_what_is_strange_within_a_message_leaves_the_rest_readable(
    change: dict[str, Any], text: str, unsupported: str | None
) -> None:
    (event,) = read(update(message=message(**change)))
    assert isinstance(event, MessageReceived)
    assert (event.text, event.unsupported) == (text, unsupported)


@pytest.mark.parametrize(
    "body",
    [
        {"message": message(text="hi")},
        update(message="hi"),
        update(message={**message(text="hi"), "chat": None}),
        update(message={**message(text="hi"), "date": "soon"}),
        update(message={**message(text="hi"), "message_id": 2**63}),
        update(brand_new_kind={"a": 1}),
        update(callback_query={"id": "", "from": {"id": 1}}),
        update(business_message=message(text="hi", business_connection_id="../../x")),
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_attributed_is_malformed_and_answered_with_200(body: Any) -> None:
    with pytest.raises(Malformed) as raised:
        channel().parse(posted(body))
    assert raised.value.status == 200


@settings(suppress_health_check=SHARED, max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(message(text="", photo=0, entities=0, venue=0, contact=0, poll=0))),
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "type", "file_id", "offset", "length", "location", "x"]),
                inner,
            )
        ),
    ),
)
def test_any_value_of_any_field_is_read_or_malformed(name: str, value: Any) -> None:
    import json

    body = json.dumps(update(message=message(**{"text": "hi", name: value}))).encode()
    with suppress(Malformed):
        channel(groups="contact").parse(posted(body))


def test_a_bot_that_asks_is_not_called() -> None:
    with pytest.raises(Refused):
        channel(mode="polling").receive(posted(update(), SECRETS[0]))


def test_a_press_is_answered_in_the_answer() -> None:
    query = {"id": "77", "from": {"id": 4242}, "message": message(text="?"), "data": "yes"}
    reply = channel().parse(posted(update(callback_query=query))).reply
    assert reply.body == b'{"method":"answerCallbackQuery","callback_query_id":"77"}'


def test_reading_does_not_import_the_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from channels.registry import provider; provider('telegram');"
        "print('telegram' in sys.modules or 'httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
