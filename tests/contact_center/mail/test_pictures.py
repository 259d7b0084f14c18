"""Pictures within a letter of ours: the files of this letter, and no others."""

from __future__ import annotations

from uuid import UUID

import pytest

from channels.mail.parser import parse
from contact_center.contacts.letters.model import NewLetter, cleaned, pictures_in
from tests.contact_center.mail.post import Box, Post
from tests.contact_center.mail.test_forwarding import PNG, html_of, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def upload(box: Box, name: str = "plan.png") -> str:
    answer = await box.ask("POST", "/files", data=PNG, headers={"X-File-Name": name})
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


def shows(*files: str) -> str:
    return "".join(f'<div>Вот: <img src="cid:{one}@letter" alt="план"></div>' for one in files)


async def talk(box: Box) -> UUID:
    box.write()
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    return contact


async def test_a_picture_leaves_within_the_page_and_other_files_beside_it(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    picture, beside = await upload(box), await upload(box, "other.png")
    message = await box.reply(
        contact, "Вот: [план]", letter={"html": shows(picture)}, attachments=[picture, beside]
    )
    raw = (await box.envelope()).raw
    assert f'<img src="cid:{picture}@letter" alt="план">' in html_of(raw)
    mail = opened(raw)
    related = [one for one in mail.walk() if one.get_content_type() == "multipart/related"]
    (part,) = [one for one in related[0].iter_parts() if one["Content-ID"]]
    assert (part["Content-ID"], part.get_content()) == (f"<{picture}@letter>", PNG)
    assert [one.get_filename() for one in mail.iter_attachments()][-1] == "other.png"
    assert "[план]" in parse(raw).text
    seen = await box.ask("GET", f"/contacts/{contact}/messages")
    (ours,) = [one for one in seen.body["items"] if one["id"] == str(message)]
    assert {one["id"]: one["inline"] for one in ours["attachments"]} == {
        picture: True, beside: False,
    }  # fmt: skip


async def test_files_stand_in_the_order_in_which_they_were_chosen(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    names = ["one.png", "two.png", "three.png"]
    uploaded = {name: await upload(box, name) for name in reversed(names)}
    message = await box.reply(contact, "Вот", attachments=[uploaded[name] for name in names])
    seen = await box.ask("GET", f"/contacts/{contact}/messages")
    (ours,) = [one for one in seen.body["items"] if one["id"] == str(message)]
    assert [one["name"] for one in ours["attachments"]] == names
    mail = opened((await box.envelope()).raw)
    assert [one.get_filename() for one in mail.iter_attachments()] == names


async def test_a_picture_of_our_letter_is_passed_on_with_it(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    picture = await upload(box)
    message = await box.reply(
        contact, "Вот", letter={"html": shows(picture)}, attachments=[picture]
    )
    letter = {"to": [{"address": "stock@depot.example"}], "forwards": str(message)}
    await box.reply(contact, "", letter=letter)
    raw = (await box.envelope(2)).raw
    assert f'src="cid:{picture}@letter"' in html_of(raw)
    assert f"<{picture}@letter>" in [one["Content-ID"] for one in opened(raw).walk()]


async def test_a_letter_cannot_show_a_file_that_is_not_among_its_own(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    picture, another = await upload(box), await upload(box)
    await box.reply(contact, "Вот", letter={"html": shows(picture, another)}, attachments=[picture])
    raw = (await box.envelope()).raw
    assert another not in html_of(raw)
    assert html_of(raw).count("<img") == 1


async def test_a_draft_keeps_its_pictures(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    picture, another = await upload(box), await upload(box)
    draft = {
        "text": "Вот", "attachments": [picture], "letter": {"html": shows(picture, another)},
    }  # fmt: skip
    kept = await box.ask("PUT", f"/contacts/{contact}/drafts/reply", json=draft)
    assert kept.status < 300, kept.body
    found = (await box.ask("GET", f"/contacts/{contact}")).body["drafts"]["reply"]
    assert f"cid:{picture}@letter" in found["letter"]["html"]
    assert another not in found["letter"]["html"]


OWN, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (f'<img src="cid:{OWN}@letter" width="300">', f'<img src="cid:{OWN}@letter" width="300">'),
        (f'<img src="cid:{OTHER}@letter">', ""),
        (f'<img src="cid:{OWN}@letter" onerror="x()">', f'<img src="cid:{OWN}@letter">'),
        (f'<img src="cid:{OWN}@letter" width="9e9">', f'<img src="cid:{OWN}@letter">'),
        (f'<img src="cid:{OWN}@elsewhere">', ""),
        ('<img src="https://spy.example/a.png" alt="a">', ""),
        ('<img src="data:image/png;base64,AA==">', ""),
        (f'<img src="/api/v1/files/{OWN}">', ""),
        (f'<img srcset="cid:{OWN}@letter">', ""),
        ('<img alt="><script>x()</script>">', ""),
        ('<img alt="&gt;&lt;script&gt;x()&lt;/script&gt;">', ""),
        (f'<a href="cid:{OWN}@letter">x</a>', '<a rel="noopener noreferrer">x</a>'),
    ],
)
async def test_of_pictures_nothing_but_own_files_is_left(given: str, left: str) -> None:
    assert cleaned(given, {OWN}) == left
    assert pictures_in(left) <= {OWN}


async def test_nothing_said_in_pictures_becomes_markup() -> None:
    alt = f'<img src="cid:{OWN}@letter" alt="a&quot;&gt;&lt;b onclick=x&gt;">'
    letter = NewLetter.model_validate({"html": alt})
    kept = letter.kept([OWN])["html"]
    assert kept == f'<img src="cid:{OWN}@letter" alt="ab onclick=x">'
    assert pictures_in(str(kept)) == {OWN}
