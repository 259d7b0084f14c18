"""MMS: files that Twilio fetches from us, and where there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import Rejected, Unsupported
from channels.messages import DeliveryChanged, Outbound, OutboundFile
from channels.registry import provider
from channels.sms.twilio import mms
from tests.channels.twilio.conftest import Place
from tests.channels.twilio.samples import CLIENT, NUMBER, account_settings

HER = "+14155552671"
JPEG = b"\xff\xd8\xff" + bytes(500)


@pytest.fixture
async def shelf() -> AsyncIterator[str]:
    """A server with files, of which some are not what they are called."""

    async def give(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "gone.jpg":
            return web.Response(status=403)
        size = 3 * 1024 * 1024 if name.startswith("large") else 0
        kind = {"zip": "application/zip", "png": "image/png"}.get(name[-3:], "image/jpeg")
        return web.Response(body=JPEG + bytes(size), content_type=kind)

    app = web.Application()
    app.router.add_get("/{name}", give)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


def message(*urls: str, to: str = HER, text: str = "") -> Outbound:
    files = tuple(OutboundFile("image", "a.jpg", "image/jpeg", 10, "/a", url=url) for url in urls)
    return Outbound(id="m1", conversation_key=to, text=text, files=files)


async def test_files_are_fetched_and_delivered(place: Place, shelf: str) -> None:
    receipt = await place.channel().send(message(f"{shelf}1.jpg", f"{shelf}2.jpg", text="Вот"))
    await place.twilio.settle()
    sent = place.twilio.messages[receipt.provider_id]
    assert [(kind, content) for _, kind, content in sent.media] == [("image/jpeg", JPEG)] * 2
    assert sent.body == "Вот"
    assert place.fates()[-1] == ("delivered", "m1")
    assert place.twilio.complaints == []


async def test_a_file_needs_no_text(place: Place, shelf: str) -> None:
    receipt = await place.channel().send(message(f"{shelf}1.jpg"))
    assert place.twilio.messages[receipt.provider_id].body == ""


async def test_twilio_fetches_at_the_address_it_knows(place: Place, shelf: str) -> None:
    channel = place.channel(public_address=shelf.rstrip("/"))
    receipt = await channel.send(message("http://inside.example/1.jpg"))
    assert place.twilio.messages[receipt.provider_id].urls == (f"{shelf}1.jpg",)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["gone.jpg"], "could not fetch"),
        (["a.zip"], "no files of this type"),
        (["a.png"], "no files of this type"),
        (["large1.jpg", "large2.jpg"], "larger than 5 MB together"),
    ],
)
async def test_a_file_that_twilio_does_not_get_fails_in_words(
    place: Place, shelf: str, names: list[str], words: str
) -> None:
    await place.channel().send(message(*(shelf + name for name in names)))
    await place.twilio.settle()
    told = place.events[-1]
    assert isinstance(told, DeliveryChanged)
    assert told.status == "failed"
    assert words in (told.reason or "")


async def test_eleven_files_are_too_many(place: Place, shelf: str) -> None:
    with pytest.raises(Rejected, match="more than ten files"):
        await place.channel().send(message(*[f"{shelf}1.jpg"] * 11))


async def test_where_no_mms_is_carried_files_are_refused_and_nothing_is_sent(place: Place) -> None:
    with pytest.raises(Unsupported, match="US and Canadian"):
        await place.channel().send(message("http://x.example/1.jpg", to=CLIENT))
    assert place.twilio.messages == {}


@pytest.mark.parametrize(
    ("number", "service", "recipient", "carried"),
    [
        (NUMBER, "", HER, True),
        ("262966", "", HER, True),
        ("", "MG1", HER, True),
        ("SHOP", "", HER, False),
        ("+375291234567", "", HER, False),
        (NUMBER, "", "+18765550123", False),
        ("", "MG1", CLIENT, False),
        (NUMBER, "", "262966", False),
    ],
)
def test_mms_go_between_us_and_canadian_numbers(
    number: str, service: str, recipient: str, carried: bool
) -> None:
    assert mms.reaches(number, service, recipient) is carried
    given = account_settings(0, number=number, messaging_service_sid=service)
    told = provider("twilio_sms").carries
    assert told is not None
    assert bool(told(given, recipient).attachments) is carried
