"""The page that shows the HTML of a letter finds the letter's pictures; who may be written to."""

import pytest
from pydantic import ValidationError

from channels.mail.parser import parse
from contact_center.contacts.letters.model import Recipient, page


@pytest.mark.parametrize(
    ("source", "content_id"),
    [
        ("a@b", "a@b"),
        ("a%40b", "a@b"),
        ("a%26b@c", "a&b@c"),
        ("a&amp;b@c", "a&b@c"),
        ("a%2525@c", "a%25@c"),
    ],
)
def test_a_picture_is_shown_however_the_page_writes_its_content_id(
    source: str, content_id: str
) -> None:
    mail = parse(
        "From: anna@client.example\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
        f'--b\r\nContent-Type: text/html\r\n\r\n<p>x<img src="cid:{source}"></p>\r\n'
        f"--b\r\nContent-Type: image/png\r\nContent-ID: <{content_id}>\r\n\r\npng\r\n"
        "--b--\r\n".encode()
    )
    (file,) = mail.files
    assert file.inline
    shown = page(mail.html or "", {file.content_id or "": "/files/1?a&b"}, images=False)
    assert '<img src="/files/1?a&amp;b"' in shown


def test_a_picture_the_letter_does_not_carry_is_no_address() -> None:
    assert 'src=""' in page('<img src="cid:other">', {}, images=False)


def test_a_recipient_may_have_a_quoted_name_and_nothing_else_in_quotes() -> None:
    assert Recipient(address='"a b"@other.example').address == '"a b"@other.example'
    for wrong in ('"a"b"@x.example', '"a b"c@x.example', "a b@x.example", '"a\n"@x.example'):
        with pytest.raises(ValidationError):
            Recipient(address=wrong)
