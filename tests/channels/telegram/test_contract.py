from collections.abc import Callable, Mapping
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
from channels.telegram.channel import Telegram
from channels.telegram.settings import TelegramSettings
from channels.toolkit.suite import NOW, SHARED, Fate, Mutation
from tests.channels.contract import ProviderContract
from tests.channels.telegram.samples import (
    HEADER,
    SECRETS,
    account_settings,
    message,
    posted,
    update,
)

HERE = Path(__file__).parent


def changed(**fields: Any) -> WebhookRequest:
    """The good update with another message in it."""
    return replace(posted(update(message=message(**fields))), received_at=NOW)


def other(body: Any) -> WebhookRequest:
    return replace(posted(body), received_at=NOW)


def says(text: str) -> Callable[[Any], bool]:
    return lambda event: bool(event.text == text)


def marked(text: str, kind: str) -> Callable[[Any], bool]:
    return lambda event: (event.text, event.unsupported) == (text, kind)


# Changes of a good update, each with what becomes of it.
MUTATIONS = {
    "a new field beside a text": Mutation(
        changed(new_thing={"a": 1}, text="hi"), Fate.READ, says("hi")
    ),
    "entities out of the text": Mutation(
        changed(text="hi", entities=[{"type": "bold", "offset": -5, "length": 99}]),
        Fate.READ, says("hi"),
    ),
    "an answer to nothing": Mutation(
        changed(text="hi", reply_to_message="none"), Fate.READ, says("hi")
    ),
    "a chat and an album of other types": Mutation(
        changed(text="hi", sender_chat=7, media_group_id=5), Fate.READ, says("hi")
    ),
    "a sender with nothing but an id": Mutation(
        changed(**{"from": {"id": 4242}, "text": "hi"}), Fate.READ, says("hi")
    ),
    "a kind newer than we are": Mutation(
        changed(new_thing={"a": 1}), Fate.UNSUPPORTED, marked("", "new_thing")
    ),
    "a photo that is a number": Mutation(
        changed(photo=5, caption="hi"), Fate.UNSUPPORTED, marked("hi", "photo")
    ),
    "a photo without sizes": Mutation(
        changed(photo=[], text="hi"), Fate.UNSUPPORTED, marked("hi", "photo")
    ),
    "a place that is not on the earth": Mutation(
        changed(location={"latitude": 200, "longitude": 0}), Fate.UNSUPPORTED,
        marked("", "location"),
    ),
    "a text that is a list": Mutation(
        changed(text=["hi"]), Fate.UNSUPPORTED, marked("", "empty")
    ),
    "somebody's reaction": Mutation(
        other(update(message_reaction={"chat": {"id": 4242, "type": "private"}})), Fate.NOTHING
    ),
    "a pinned message": Mutation(changed(pinned_message=message(text="hi")), Fate.NOTHING),
    "no number": Mutation(other({"message": message(text="hi")}), Fate.MALFORMED),
    "a message that is a text": Mutation(other(update(message="hi")), Fate.MALFORMED),
    "a message without a chat": Mutation(changed(text="hi", chat=None), Fate.MALFORMED),
    "a date that is a word": Mutation(changed(text="hi", date="soon"), Fate.MALFORMED),
    "a number beyond 64 bits": Mutation(changed(text="hi", message_id=2**63), Fate.MALFORMED),
    "an update newer than we are": Mutation(
        other(update(brand_new_kind={"a": 1})), Fate.MALFORMED
    ),
    "a press without an id": Mutation(
        other(update(callback_query={"id": "", "from": {"id": 1}})), Fate.MALFORMED
    ),
    "a path for a connection": Mutation(
        other(update(business_message=message(text="hi", business_connection_id="../../x"))),
        Fate.MALFORMED,
    ),
    "no UTF-8": Mutation(other(b"\xff\xfe"), Fate.MALFORMED),
    "a hundred thousand brackets": Mutation(other(b"[" * 100_000), Fate.MALFORMED),
}  # fmt: skip


class TestTelegram(ProviderContract):
    provider = registry.provider("telegram")
    recordings = HERE

    def account_settings(self, which: int) -> dict[str, object]:
        return account_settings(which)

    def request(self) -> WebhookRequest:
        return changed(text="Здравствуйте")

    def sign(self, request: WebhookRequest, which: int) -> WebhookRequest:
        return self._with(request, SECRETS[which])

    def wrongly_signed(self, request: WebhookRequest) -> WebhookRequest:
        return self._with(request, SECRETS[0][:-1] + "x")

    def with_unknown_field(self) -> WebhookRequest:
        return changed(text="Здравствуйте", new_thing={"a": 1})

    def with_unknown_kind(self) -> WebhookRequest:
        return changed(new_thing={"a": 1})

    def mutations(self) -> Mapping[str, Mutation]:
        return MUTATIONS

    def _with(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return replace(request, headers={**request.headers, HEADER.lower(): secret})


def channel(**more: object) -> Telegram:
    return Telegram(TelegramSettings.model_validate(account_settings(**more)), Deps("account-0"))


def test_what_cannot_be_read_is_answered_with_200_so_that_it_does_not_come_again() -> None:
    """https://core.telegram.org/bots/api#setwebhook: what is not answered so is sent again."""
    for mutation in MUTATIONS.values():
        if mutation.fate is Fate.MALFORMED:
            with pytest.raises(Malformed) as raised:
                channel().parse(mutation.request)
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
