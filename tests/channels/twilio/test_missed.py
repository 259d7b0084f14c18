"""Files, and finding again what nobody told us, against a Twilio of our own over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from channels.contract import Cursor, Missed
from channels.errors import Misconfigured, Rejected, Temporary
from channels.families.twilio import rest
from channels.messages import DeliveryChanged, Event, MessageReceived
from channels.sms.twilio import missed
from channels.sms.twilio.channel import TwilioSms
from contact_center.simulator import twilio_wire as wire
from tests.channels.twilio.conftest import Place, outbound
from tests.channels.twilio.samples import CLIENT

PICTURE = b"\x89PNG not really"


async def begun(channel: TwilioSms) -> Cursor:
    found = await channel.since(None)
    assert found.requests == ()
    return found.cursor


def read(channel: TwilioSms, found: Missed) -> list[Event]:
    return [event for one in found.requests for event in channel.parse(one).events]


async def test_the_first_time_nothing_is_missed(place: Place) -> None:
    await place.twilio.receive(CLIENT, "long ago", told=False)
    assert (await begun(place.channel()))["at"]


async def test_what_came_in_an_outage_is_found_again_oldest_first(place: Place) -> None:
    channel = place.channel()
    cursor = await begun(channel)
    place.shut = 404
    for text in ("one", "two", "три"):
        await place.twilio.receive(CLIENT, text)
    found = read(channel, await channel.since(cursor))
    assert [one.text for one in found if isinstance(one, MessageReceived)] == ["one", "two", "три"]


async def test_it_is_the_same_message_as_the_one_that_is_posted(place: Place) -> None:
    channel = place.channel()
    cursor = await begun(channel)
    message = await place.twilio.receive(CLIENT, "Привет", media=[("image/png", PICTURE)])
    (posted,) = place.events
    (found,) = read(channel, await channel.since(cursor))
    assert isinstance(posted, MessageReceived)
    assert isinstance(found, MessageReceived)
    assert found.external_id == posted.external_id == message.sid
    assert found.attachments == posted.attachments
    assert (found.text, found.sender) == (posted.text, posted.sender)
    assert found.at == message.sent


async def test_fates_that_were_not_told_are_found_too(place: Place) -> None:
    channel = place.channel()
    cursor = await begun(channel)
    place.twilio.mischief.add("none_at_all")
    receipt = await channel.send(outbound())
    place.twilio.fails["+375290000000"] = 30003
    await channel.send(outbound(to="+375290000000"))
    await place.twilio.settle()
    found = read(channel, await channel.since(cursor))
    assert all(isinstance(one, DeliveryChanged) for one in found)
    told = [(one.status.value, one.reason) for one in found if isinstance(one, DeliveryChanged)]
    assert told[0] == ("delivered", None)
    assert told[1][0] == "failed"
    assert "30003" in (told[1][1] or "")
    # It names no message of ours, so it must not stand in the way of the report that does.
    assert found[0].external_id == f"{receipt.provider_id}:delivered:unnamed"


async def test_the_cursor_moves_and_many_pages_are_read(place: Place) -> None:
    channel = place.channel()
    cursor = await begun(channel)
    for i in range(450):
        await place.twilio.receive(CLIENT, str(i), told=False)
    found = await channel.since(cursor)
    assert len(found.requests) == 450
    later = {"at": str(wire.now() + timedelta(hours=1))}
    assert (await channel.since(later)).requests == ()


async def test_the_cursor_moves_no_further_than_was_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "PAGE", 2)
    monkeypatch.setattr(rest, "MAX_PAGES", 2)
    channel, begin = place.channel(), wire.now() - timedelta(hours=2)
    for minute in range(10):
        message = await place.twilio.receive(CLIENT, str(minute), told=False)
        message.sent = begin + timedelta(minutes=10 * minute, seconds=1)
    cursor: Cursor = {"at": begin.isoformat()}
    texts, asked, more = set(), 0, True
    while more and asked < 50:
        found = await channel.since(cursor)
        texts |= {one.text for one in read(channel, found) if isinstance(one, MessageReceived)}
        cursor, more, asked = found.cursor, found.more, asked + 1
    assert texts == {str(minute) for minute in range(10)}
    assert not more


async def test_a_time_that_cannot_be_read_whole_is_not_passed_by(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "PAGE", 2)
    monkeypatch.setattr(rest, "MAX_PAGES", 2)
    sent = wire.now() - timedelta(hours=1)
    for _ in range(5):
        (await place.twilio.receive(CLIENT, "at once", told=False)).sent = sent
    cursor: Cursor = {"at": (sent - timedelta(minutes=1)).isoformat()}

    async def go_on() -> None:
        nonlocal cursor
        for _ in range(100):
            cursor = (await place.channel().since(cursor)).cursor

    with pytest.raises(Temporary, match="more messages"):
        await go_on()
    assert datetime.fromisoformat(cursor["at"]) < sent


async def test_a_messaging_service_finds_its_own(place: Place) -> None:
    channel = place.channel(messaging_service_sid=place.twilio.service)
    cursor = await begun(channel)
    place.twilio.mischief.add("none_at_all")
    await channel.send(outbound())
    await place.channel().send(outbound())  # another account's
    await place.twilio.receive(CLIENT, "hello", told=False)
    await place.twilio.settle()
    assert [type(one) for one in read(channel, await channel.since(cursor))] == [
        MessageReceived, DeliveryChanged,
    ]  # fmt: skip


async def test_a_wrong_token_finds_nothing_and_says_so(place: Place) -> None:
    with pytest.raises(Misconfigured):
        await place.channel(auth_token="not the token").since(None)


async def test_a_file_is_fetched_by_its_reference(place: Place) -> None:
    await place.twilio.receive(CLIENT, "", media=[("image/png", PICTURE)])
    (event,) = place.events
    assert isinstance(event, MessageReceived)
    (file,) = event.attachments
    assert (file.kind, file.type) == ("image", "image/png")
    assert file.ref is not None
    assert "http" not in file.ref
    chunks = [chunk async for chunk in await place.channel().open(file.ref)]
    assert b"".join(chunks) == PICTURE


@pytest.mark.parametrize("ref", ["MM1/ME1", "../../x/y", "", "https://evil.example/a"])
async def test_a_file_that_is_not_there_is_gone(place: Place, ref: str) -> None:
    with pytest.raises(Rejected):
        _ = [chunk async for chunk in await place.channel().open(ref)]


@pytest.mark.parametrize(
    ("start", "end", "half"),
    [
        ("2026-11-01T10:00", "2026-11-05T10:00", "2026-11-03T00:00"),
        ("2026-11-01T23:00", "2026-11-02T02:00", "2026-11-02T00:00"),
        ("2026-11-01T22:00", "2026-11-02T01:00", "2026-11-02T00:00"),
        ("2026-11-01T10:00", "2026-11-01T11:00", "2026-11-01T10:30"),
        ("2026-11-01T00:00", "2026-11-02T00:00", "2026-11-01T12:00"),
    ],
)
def test_a_time_is_parted_at_a_midnight_for_the_list_may_know_days_alone(
    start: str, end: str, half: str
) -> None:
    first, last, expected = (
        datetime.fromisoformat(f"{one}:00+00:00") for one in (start, end, half)
    )
    assert missed.between(first, last) == expected
