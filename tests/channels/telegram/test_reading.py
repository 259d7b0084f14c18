"""What the recordings do not show: data, claims, who speaks."""

from __future__ import annotations

from typing import Any

import pytest

from channels.contract import Deps
from channels.messages import Address, MessageReceived, Proof
from channels.telegram.channel import Telegram
from channels.telegram.entities import marked, utf16
from channels.telegram.places import message_of, place_of
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.samples import account_settings, message, posted, update

GROUP = {"id": -1001, "type": "supergroup", "title": "Дом 5"}


def read(body: Any, **more: object) -> MessageReceived:
    settings = TelegramSettings.model_validate(account_settings(**more))
    (event,) = Telegram(settings, Deps("a")).parse(posted(body)).events
    assert isinstance(event, MessageReceived)
    return event


def test_what_the_sender_tells_of_himself_comes_along() -> None:
    event = read(update(message=message(text="hi")))
    assert event.sender == Address("telegram", "4242", "Ольга Иванова", Proof.PROVIDER)
    assert event.data == {"username": "olga", "locale": "ru"}


def test_an_own_number_is_a_claim_the_provider_vouches_for() -> None:
    own = {"phone_number": "375291234567", "first_name": "Ольга", "user_id": 4242}
    (claim,) = read(update(message=message(contact=own))).claims
    assert claim == Address("phone", "+375291234567", "Ольга", Proof.PROVIDER)
    assert read(update(message=message(contact={**own, "user_id": 7}))).claims == ()


def test_a_start_link_is_a_campaign_and_a_word_is_not() -> None:
    assert read(update(message=message(text="/start spring-26"))).data["start"] == "spring-26"
    for text in ("/start", "/start a b", "/start " + "x" * 65, "go /start x"):
        assert "start" not in read(update(message=message(text=text))).data


def test_a_business_owners_words_are_outgoing_and_belong_to_the_client() -> None:
    written = message(text="hi", business_connection_id="AbC") | {
        "from": {"id": 1000, "first_name": "Лавка"}
    }
    event = read(update(business_message=written))
    assert event.outgoing
    assert event.sender.value == "4242"


def test_a_group_tells_its_name_and_who_speaks() -> None:
    event = read(update(message=message(text="hi", chat=GROUP)), groups="contact")
    assert (event.conversation_key, event.sender.value) == ("-1001", "4242")
    assert event.data["group"] == "Дом 5"
    hidden = message(text="hi", chat=GROUP, sender_chat=GROUP)
    assert read(update(message=hidden), groups="contact").sender.value == "-1001"


def test_another_bot_in_a_group_rings_nobody() -> None:
    said = message(text="hi", chat=GROUP) | {"from": {"id": 9, "is_bot": True, "first_name": "B"}}
    assert read(update(message=said), groups="contact").automatic


def test_photos_of_an_album_share_its_id() -> None:
    photo = [{"file_id": "A", "file_unique_id": "u", "width": 1, "height": 1}]
    event = read(update(message=message(media_group_id="77", photo=photo)))
    assert (event.group, event.place) == ("77", 7)


@pytest.mark.parametrize(
    "key", ["4242", "-1001234567890", "-1001234567890/42", "AbC_d-9:4242", "AbC:-100/7"]
)
def test_a_place_is_named_and_found_again(key: str) -> None:
    place = place_of(key)
    assert place.key == key
    found, number = message_of(place.name(7))
    assert (found.chat, found.connection, number) == (place.chat, place.connection, 7)


# --- entities ----------------------------------------------------------------------------------


def test_entities_are_counted_in_characters_and_links_are_written_out() -> None:
    text = "👍 тут и там"
    found = marked(text, [
        {"type": "text_link", "offset": 3, "length": 3, "url": "https://a.example/x"},
        {"type": "bold", "offset": 9, "length": 3},
    ])  # fmt: skip
    assert found.text == "👍 тут (https://a.example/x) и там"
    shown = [found.text[e["offset"] : e["offset"] + e["length"]] for e in found.entities]
    assert shown == ["тут", "там"]


def test_an_address_that_is_shown_is_not_written_twice() -> None:
    link = {"type": "text_link", "offset": 0, "length": 9, "url": "https://a.example/"}
    assert marked("a.example", [link]).text == "a.example"


def test_entities_that_are_wrong_or_unknown_are_left_out() -> None:
    wrong: list[Any] = [
        None, {}, {"type": "bold"}, {"type": "bold", "offset": 0, "length": 99},
        {"type": "bold", "offset": 1, "length": 1}, {"type": "hologram", "offset": 0, "length": 2},
        {"type": "bold", "offset": 0, "length": 0},
    ]  # fmt: skip
    assert marked("👍", wrong).entities == ()
    assert utf16("👍a") == 3
