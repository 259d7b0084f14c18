"""Sending, and what comes of it, against a Twilio of our own over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from channels.errors import (
    ChannelError,
    Misconfigured,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
)
from channels.families.twilio import rest
from contact_center.simulator.twilio import Mischief
from contact_center.simulator.twilio_wire import Fault
from tests.channels.twilio.conftest import Place, outbound
from tests.channels.twilio.samples import CLIENT, NUMBER

OUR_ID = "01890000-0000-7000-8000-000000000001"


async def test_a_message_is_sent_and_its_fate_is_told_with_our_id(place: Place) -> None:
    receipt = await place.channel().send(outbound(name=OUR_ID))
    await place.twilio.settle()
    sent = place.twilio.messages[receipt.provider_id]
    assert (sent.sender, sent.recipient, sent.body) == (NUMBER, CLIENT, "Добрый день")
    assert place.fates() == [("sent", OUR_ID), ("delivered", OUR_ID)]
    assert sent.callback.endswith("#rc=5&ct=2000&rt=4000&rp=ct,rt,5xx")
    assert all(path.startswith("/hooks/key/status?") for path in place.paths)


async def test_a_messaging_service_chooses_the_sender(place: Place) -> None:
    channel = place.channel(messaging_service_sid=place.twilio.service, number="")
    receipt = await channel.send(outbound())
    await place.twilio.settle()
    assert place.twilio.messages[receipt.provider_id].service == place.twilio.service
    assert place.fates() == [("sent", "m1"), ("sent", "m1"), ("delivered", "m1")]


async def test_an_api_key_sends_and_the_token_still_proves(place: Place) -> None:
    key = "SK" + "0" * 32
    place.twilio.keys[key] = "secret of the key"
    channel = place.channel(api_key_sid=key, api_key_secret="secret of the key")
    await channel.check()
    await channel.send(outbound())
    await place.twilio.settle()
    assert place.fates()[-1] == ("delivered", "m1")


async def test_a_failed_delivery_is_told_in_words(place: Place) -> None:
    place.twilio.fails[CLIENT] = 30005
    await place.channel().send(outbound())
    await place.twilio.settle()
    assert place.fates()[-1] == ("failed", "m1")
    reason = getattr(place.events[-1], "reason", None)
    assert reason == "the number is unknown or no longer in use (Twilio 30005)"


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (21211, Rejected, "no such phone number"),
        (21408, Rejected, "switched off"),
        (21610, Rejected, "unsubscribed"),
        (21614, Rejected, "no mobile number"),
        (29999, Rejected, "Error 29999"),
        (21611, Temporary, "wait at Twilio"),
        (20429, Temporary, "fewer requests"),
        (21606, Misconfigured, "does not belong"),
        (20003, Misconfigured, "token"),
    ],
)
async def test_a_refusal_is_named_by_what_to_do_next(
    place: Place, code: int, kind: type[ChannelError], words: str
) -> None:
    place.twilio.refuses[CLIENT] = code
    with pytest.raises(kind, match=words) as caught:
        await place.channel().send(outbound())
    assert str(code) in str(caught.value)


async def test_who_said_stop_is_not_written_to(place: Place) -> None:
    await place.twilio.receive(CLIENT, "STOP")
    with pytest.raises(Rejected) as caught:
        await place.channel().send(outbound())
    assert caught.value.code == "21610"


async def test_wrong_settings_stop_the_account(place: Place) -> None:
    for wrong in ({"auth_token": "not the token"}, {"number": "+15005550007"}):
        with pytest.raises(Misconfigured) as caught:
            await place.channel(**wrong).send(outbound())
        assert "not the token" not in str(caught.value)
        with pytest.raises(Misconfigured):
            await place.channel(**wrong).check()


async def test_check_is_content_with_what_works(place: Place) -> None:
    await place.channel().check()


async def test_the_number_is_told_where_to_post_once(place: Place) -> None:
    place.twilio.webhook = ""
    for _ in range(2):
        await place.channel().install(place.door)
    assert place.twilio.webhook == place.door + "#rc=5&ct=2000&rt=4000&rp=ct,rt,5xx"
    assert place.twilio.configured == 1
    await place.twilio.receive(CLIENT, "Hello")
    assert len(place.events) == 1


async def test_a_public_address_is_told_instead(place: Place) -> None:
    await place.channel(public_address="https://sms.shop.example").install(place.door)
    assert place.twilio.webhook.startswith("https://sms.shop.example/hooks/key#")


async def test_the_address_of_a_messaging_service_is_left_alone(place: Place) -> None:
    await place.channel(messaging_service_sid=place.twilio.service).install(place.door)
    assert place.twilio.configured == 0


async def test_an_address_twilio_does_not_take_is_our_setting(place: Place) -> None:
    with pytest.raises(Misconfigured, match="service's address"):
        await place.channel().install("nowhere")
    with pytest.raises(Misconfigured, match="not one of"):
        await place.channel(number="+15005550007").install(place.door)


async def test_too_many_requests_wait_as_long_as_they_are_told_to(place: Place) -> None:
    place.twilio.faults.append("busy")
    with pytest.raises(Throttled) as caught:
        await place.channel().send(outbound())
    assert caught.value.retry_after == 1.0
    assert caught.value.per == "account", "the concurrency of the whole account"
    assert place.twilio.messages == {}


# Seconds until it is given up; what is to arrive before gets more of them.
SILENCE = {"silent_before": 0.3, "silent_after": 2.0}


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ("broken", 0), ("silent_before", 0), ("silent_after", 1), ("half_answer", 1),
        ("cut_after", 1), ("no_json", 1),
    ],
)  # fmt: skip
async def test_what_nobody_knows_is_uncertain_and_its_report_tells(
    place: Place, monkeypatch: pytest.MonkeyPatch, fault: Fault, arrived: int
) -> None:
    if fault in SILENCE:
        monkeypatch.setattr(rest, "SEND_SECONDS", SILENCE[fault])
    place.twilio.faults.append(fault)
    with pytest.raises(Uncertain):
        await place.channel().send(outbound(name=OUR_ID))
    assert len(place.twilio.messages) == arrived
    await place.twilio.settle()
    assert place.fates() == [("sent", OUR_ID), ("delivered", OUR_ID)][: 2 * arrived]


async def test_a_twilio_that_is_not_there_has_taken_nothing(place: Place) -> None:
    with pytest.raises(Temporary):
        await place.channel(api_address="http://127.0.0.1:9").send(outbound())


@pytest.mark.parametrize("mischief", ["twice", "backwards", "late"])
async def test_reports_come_as_they_like(place: Place, mischief: Mischief) -> None:
    place.twilio.mischief.add(mischief)
    await place.channel().send(outbound())
    await place.twilio.settle()
    keys = [event.external_id.partition(":")[2] for event in place.events]
    assert set(keys) == {"sent", "delivered"}
    assert (len(keys) == 4) == (mischief == "twice")
    assert (keys[0] == "delivered") == (mischief == "backwards")


async def test_reports_somebody_else_signed_are_refused(place: Place) -> None:
    place.twilio.mischief.add("wrongly_signed")
    await place.channel().send(outbound())
    await place.twilio.settle()
    assert place.events == []
    assert len(place.refused) == 2  # a refusal is not repeated
    assert [status for _, _, status in place.twilio.posted] == [401, 401]


async def test_a_door_that_is_shut_for_a_moment_is_tried_again(place: Place) -> None:
    place.shut = 503
    posting = asyncio.create_task(place.channel().send(outbound()))
    while len(place.paths) < 2:
        await asyncio.sleep(0.001)
    place.shut = 0
    await posting
    await place.twilio.settle()
    assert ("delivered", "m1") in place.fates()


async def test_without_an_address_of_ours_no_report_is_asked_for(place: Place) -> None:
    place.door = ""
    receipt = await place.channel().send(outbound())
    await place.twilio.settle()
    assert place.twilio.messages[receipt.provider_id].callback == ""
    assert place.paths == []
