"""Files both ways: fetched after the commit, shown with their state, fetched anew when asked."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from contact_center.contacts.files import fetching
from contact_center.kernel.ids import new_id
from tests.contact_center.telegram.conftest import Shop
from tests.support.waiting import eventually

# aiohttp uses its own deprecated function to read forms.
pytestmark = pytest.mark.filterwarnings("ignore:unread_data:DeprecationWarning")


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), (200, 10, 10)).save(made, kind)
    return made.getvalue()


async def shown(shop: Shop, state: str) -> dict[str, Any]:
    """The one file of the thread as the operator sees it, once it is in that state."""
    contact = (await shop.contact())["id"]

    async def seen() -> Any:
        page = await shop.ask("GET", f"/contacts/{contact}/messages")
        files = [file for message in page.body["items"] for file in message["attachments"]]
        return files[0] if files and files[0]["state"] == state else None

    found: dict[str, Any] = await eventually(seen)
    return found


async def upload(shop: Shop, content: bytes, name: str) -> str:
    said = await shop.office.ask(
        "POST", "/files", shop.olga, data=content, headers={"X-File-Name": name}
    )
    assert said.status == 200, said.body
    return str(said.body["id"])


async def test_a_photo_is_fetched_and_shown_and_its_address_is_kept_nowhere(shop: Shop) -> None:
    photo = picture(90, 60)
    file_id = shop.fake.file(photo)
    await shop.fake.say(
        photo=[{"file_id": file_id, "file_unique_id": "u", "width": 90, "height": 60}]
    )
    file = await shown(shop, "stored")
    assert (file["kind"], file["type"], file["width"], file["size"]) == (
        "image", "image/jpeg", 90, len(photo),
    )  # fmt: skip
    assert (file["reason"], file["progress"], file["can_retry"]) == (None, None, False)
    answer = await shop.office.client.get(f"{file['url']}&inline=1")
    assert await answer.read() == photo
    everything = await shop.office.db.fetch("SELECT a::text AS row FROM attachments a")
    assert not any(shop.fake.token in one["row"] for one in everything)


async def test_what_is_gone_says_so_and_is_fetched_anew_when_asked(shop: Shop) -> None:
    document = {"file_id": "lost", "file_unique_id": "u", "file_name": "Счёт.pdf"}
    await shop.fake.say(document=document)
    file = await shown(shop, "gone")
    assert file["can_retry"]
    assert "does not hold this file any more" in file["reason"]
    assert file["url"] is None
    shop.fake.files["lost"] = b"%PDF-1.7 found again"
    light = await shop.office.hire("light", "light", team="claims")
    foreign = await shop.office.ask("POST", f"/files/{file['id']}/retry", light, json={})
    assert foreign.status == 404
    asked = await shop.ask("POST", f"/files/{file['id']}/retry", json={})
    assert (asked.body["state"], asked.body["reason"]) == ("wanted", None)
    (event,) = await shop.office.db.fetch(
        "SELECT actor FROM events WHERE kind = 'message.changed' AND actor LIKE 'employee:%'"
        " AND cause = 'file'"
    )
    assert event["actor"] == f"employee:{shop.olga.id}"
    file = await shown(shop, "stored")
    assert (file["name"], file["type"]) == ("Счёт.pdf", "application/pdf")
    again = await shop.office.ask("POST", f"/files/{file['id']}/retry", shop.olga, json={})
    assert (again.status, again.code, again.body["current"]) == (409, "file_changed", "stored")


async def test_a_provider_that_is_away_is_asked_again_and_the_reason_is_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ATTEMPTS", 1)
    file_id = shop.fake.file(b"OggS" + bytes(100))
    held = shop.fake.files.pop(file_id)
    monkeypatch.setattr(shop.fake, "token", "another")  # as an account whose token was revoked
    voice = {"file_id": file_id, "file_unique_id": "u", "duration": 1}
    await shop.fake.say(voice=voice)
    file = await shown(shop, "failed")
    assert file["can_retry"]
    assert "does not know this bot token" in file["reason"]
    monkeypatch.undo()
    shop.fake.files[file_id] = held
    await shop.ask("POST", f"/files/{file['id']}/retry", json={})
    assert (await shown(shop, "stored"))["kind"] == "voice"


async def test_a_picture_that_telegram_would_not_show_is_made_smaller_for_it(shop: Shop) -> None:
    await shop.fake.say(text="Фото?")
    contact = await shop.take()
    photo = await upload(shop, picture(6000, 300), "panorama.jpg")
    await shop.reply(contact, "Вот", attachments=[photo])
    said = await shop.said()
    (size,) = said["photo"]
    with Image.open(io.BytesIO(shop.fake.files[size["file_id"]])) as sent:
        assert sent.size == (5000, 250)
    file_id = (await shown(shop, "stored"))["id"]
    assert file_id == photo, "the thread keeps what was uploaded"


async def test_an_animation_leaves_as_it_is(shop: Shop) -> None:
    await shop.fake.say(text="Фото?")
    contact = await shop.take()
    content = picture(6000, 10, "GIF")
    file = await upload(shop, content, "a.gif")
    await shop.reply(contact, "", attachments=[file])
    said = await shop.said()
    assert shop.fake.files[said["animation"]["file_id"]] == content


async def test_a_file_of_a_kind_nobody_carries_is_refused_before_anything_is_said(
    shop: Shop,
) -> None:
    await shop.fake.say(text="Фото?")
    contact = await shop.take()
    file = UUID(await upload(shop, b"x" * 100, "a.txt"))
    await shop.office.db.execute("UPDATE attachments SET size = 60000000 WHERE id = $1", file)
    body = {
        "kind": "reply", "text": "Вот", "client_msg_id": str(new_id()), "attachments": [str(file)],
    }  # fmt: skip
    said = await shop.office.ask("POST", f"/contacts/{contact}/messages", shop.olga, json=body)
    assert (said.status, said.code) == (422, "attachment_too_large")
    assert (said.body["file"], said.body["limit"]) == ("a.txt", 50_000_000)
    assert "60.0 MB" in said.body["detail"]
    assert len(await shop.messages(1)) == 1
