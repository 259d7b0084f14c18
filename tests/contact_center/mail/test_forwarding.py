"""A letter that is passed on is the letter that came: text, HTML, pictures and files."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import pytest

from channels.mail.parser import file_bytes, parse
from tests.contact_center.mail.post import Box, Post
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.7 invoice"
PAGE = (
    '<p onclick="steal()">Смотрите <b>схему</b>: <img src="cid:plan@x"></p>'
    '<script>alert(1)</script><img src="https://pictures.example/a.png">'
)
WORDS = "Смотрите схему:"


def designed(box: Box) -> bytes:
    """A mail of the client with HTML, a picture within it and a file beside it."""
    made = EmailMessage(policy=policy.SMTP)
    head = box.mail("x").partition(b"Content-Type:")[0].decode()
    for line in head.strip().splitlines():
        name, _, value = line.partition(": ")
        made[name] = value
    made.set_content(WORDS)
    made.add_alternative(PAGE, subtype="html")
    page = cast("EmailMessage", made.get_body(("html",)))
    page.add_related(PNG, "image", "png", cid="<plan@x>", filename="plan.png")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="счёт.pdf")
    return made.as_bytes()


async def came(box: Box) -> tuple[UUID, UUID]:
    """The contact that begins with it, and its message, when its files are stored."""
    box.imap.add(designed(box))
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)

    async def stored() -> Any:
        rows = await box.db.fetch(
            "SELECT message_id FROM attachments WHERE contact_id = $1 AND state = 'stored'", contact
        )
        return rows if len(rows) == 2 else None

    rows = await eventually(stored)
    return contact, rows[0]["message_id"]


def opened(raw: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(raw, policy=policy.default))


def html_of(raw: bytes) -> str:
    part = opened(raw).get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def test_what_is_passed_on_keeps_its_page_its_pictures_and_its_files(post: Post) -> None:
    box = await post.box()
    contact, message = await came(box)
    copied = await box.ask("POST", f"/messages/{message}/copies?pictures=false")
    assert [file["name"] for file in copied.body] == ["счёт.pdf"]
    letter = {"to": [{"address": "stock@depot.example"}], "forwards": str(message)}
    files = [file["id"] for file in copied.body]
    await box.reply(contact, "Проверьте, пожалуйста", letter=letter, attachments=files)
    raw = (await box.envelope()).raw
    found, page = parse(raw), html_of(raw)
    assert found.text.index("Проверьте") < found.text.index(WORDS)
    assert page.index("Проверьте") < page.index("<b>схему</b>")
    assert 'src="cid:plan@x"' in page
    assert 'src="https://pictures.example/a.png"' in page
    assert "script" not in page
    assert "onclick" not in page
    pictures = [part for part in opened(raw).walk() if part["Content-ID"] == "<plan@x>"]
    assert [part.get_content() for part in pictures] == [PNG]
    assert pictures[0].get_content_disposition() == "inline"
    (file,) = [one for one in found.files if not one.inline]
    assert (file.name, file_bytes(raw, file.ref)) == ("счёт.pdf", PDF)


async def test_nothing_has_to_be_said_to_pass_a_letter_on(post: Post) -> None:
    box = await post.box()
    contact, message = await came(box)
    letter = {"to": [{"address": "stock@depot.example"}], "forwards": str(message)}
    await box.reply(contact, "", letter=letter)
    assert "<b>схему</b>" in html_of((await box.envelope()).raw)


async def test_what_is_written_out_in_the_text_is_not_passed_on_twice(post: Post) -> None:
    box = await post.box()
    contact, message = await came(box)
    letter = {
        "to": [{"address": "stock@depot.example"}], "forwards": str(message), "whole": False,
    }  # fmt: skip
    await box.reply(contact, f"Вот:\n{WORDS}", letter=letter)
    found = await box.arrived()
    assert found.text.count(WORDS) == 1
    assert found.html is None
