"""MMS both ways through the house: Twilio fetches from us what we fetch from it."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from contact_center.kernel.ids import new_id
from tests.contact_center.sms.line import Line, Phone
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (90, 60), (10, 200, 10)).save(made, "PNG")
    return made.getvalue()


async def files_of(line: Line, contact: UUID) -> list[dict[str, Any]]:
    page = await line.ask("GET", f"/contacts/{contact}/messages")
    return [file for message in page.body["items"] for file in message["attachments"]]


async def upload(line: Line, content: bytes, name: str) -> str:
    said = await line.office.ask(
        "POST", "/files", line.olga, data=content, headers={"X-File-Name": name}
    )
    assert said.status == 200, said.body
    return str(said.body["id"])


async def said(line: Line, contact: UUID, file: str) -> Any:
    await line.ask("POST", f"/contacts/{contact}/take")
    body = {"kind": "reply", "text": "Вот", "client_msg_id": str(new_id()), "attachments": [file]}
    return await line.ask("POST", f"/contacts/{contact}/messages", body)


async def test_a_picture_comes_in_behind_a_redirect(line: Line) -> None:
    phone = line.phone()
    await phone.write("Смотрите", media=[("image/png", picture())])
    contact = await phone.contact()

    async def stored() -> Any:
        found = await files_of(line, contact)
        return found if found and found[0]["state"] == "stored" else None

    (file,) = await eventually(stored)
    answer = await line.office.client.get(file["url"])
    assert await answer.read() == picture()
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_picture_goes_out_to_a_number_that_gets_mms(line: Line) -> None:
    phone = Phone(line, "+14155552671")
    await phone.write("Photo?")
    contact = await phone.contact()
    seen = (await line.ask("GET", f"/contacts/{contact}")).body["capabilities"]
    assert seen["attachments"]["image"] > 4_000_000
    file = await upload(line, picture(), "мёд.png")
    answer = await said(line, contact, file)
    assert answer.status == 200, answer.body
    await phone.becomes(UUID(answer.body["id"]), "delivered")
    (got,) = [one for one in line.twilio.messages.values() if one.recipient == phone.number]
    assert [(kind, content) for _, kind, content in got.media] == [("image/png", picture())]
    assert "/public?e=" in got.urls[0]
    assert "Authorization" not in got.urls[0]
    assert line.twilio.complaints == []


async def test_where_no_mms_gets_files_are_refused_at_once(line: Line) -> None:
    phone = line.phone()
    await phone.write("Фото?")
    contact = await phone.contact()
    assert (await line.ask("GET", f"/contacts/{contact}")).body["capabilities"]["attachments"] == {}
    answer = await said(line, contact, await upload(line, picture(), "a.png"))
    assert (answer.status, answer.code) == (422, "attachments_none")
    assert len(await phone.messages()) == 1


async def test_a_type_that_twilio_does_not_take_is_refused_at_once(line: Line) -> None:
    phone = Phone(line, "+16045550123")
    await phone.write("File?")
    contact = await phone.contact()
    answer = await said(line, contact, await upload(line, b"PK\x03\x04" + bytes(60), "a.zip"))
    assert (answer.status, answer.code, answer.body["file"]) == (422, "attachment_type", "a.zip")
