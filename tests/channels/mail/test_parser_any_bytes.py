"""Whatever the bytes are, a mail comes out or Malformed is raised; nothing unsafe comes along."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.errors import Malformed
from channels.mail import addresses, charsets, cms, headers, rtf, tnef
from channels.mail.automatic import Own
from channels.mail.message import ParsedMail
from channels.mail.parser import file_bytes, read

MAILS = [path.read_bytes() for path in sorted((Path(__file__).parent / "fixtures").glob("*.eml"))]
UNSAFE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
OWN = Own.of(["desk.shop.example"], ["support@shop.example"])
EASY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(raw: bytes) -> None:
    try:
        mail, parts = read(raw, own=OWN, servers=["mx.shop.example"])
    except Malformed:
        return
    assert mail.message_id
    for text in one_line(mail):
        assert not UNSAFE.search(text), repr(text)
    mail.text.encode()
    (mail.html or "").encode()
    assert "<script" not in (mail.html or "").lower()
    for file in mail.files:
        assert "/" not in file.name
        data = file_bytes(raw, file.ref)
        assert data is not None
        assert len(data) == file.size
        assert data == parts[file.ref]


def one_line(mail: ParsedMail) -> Iterable[str]:
    boxes = [mail.author, mail.sender, *mail.to, *mail.cc, *mail.reply_to]
    for box in boxes:
        if box is not None:
            yield from (box.name, box.address)
    yield from (mail.subject, mail.message_id, *mail.references)
    yield from (file.name for file in mail.files)


@EASY
@given(st.binary(max_size=2_000))
def test_any_bytes_become_a_mail_or_malformed(raw: bytes) -> None:
    check(raw)


@EASY
@given(st.binary(max_size=300), st.binary(max_size=600))
def test_any_field_and_any_body_become_a_mail(value: bytes, body: bytes) -> None:
    names = (b"From", b"Subject", b"Date", b"Content-Type", b"References", b"Received")
    check(b"".join(name + b": " + value + b"\r\n" for name in names) + b"\r\n" + body)


@settings(EASY, max_examples=300)
@given(st.data())
def test_a_mutated_mail_is_still_read(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(MAILS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 40))
        new = data.draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"\r\n", b"--b\r\n", b"=?", b"\0", b"<", b'"', b"(", b"=", b";"]),
                st.just(bytes(raw[at : at + length]) * 3),
            )
        )
        raw[at : at + length] = new
    check(bytes(raw))


@EASY
@given(st.text(max_size=400))
def test_an_address_list_never_holds_what_is_no_address(text: str) -> None:
    for box in addresses.listed([text]).mailboxes:
        assert addresses.valid(box.address) == box.address
        assert not UNSAFE.search(box.name)


LINES = (
    b"From: a@b.example\r\n", b"Subject:x\n", b"X-A : b\0\tc \r\n", b":\n", b" more\r\n", b"\t\r\n",
    b"\r\n", b"\n", b"\r\r\n", b"no field\r\n", b"From a@b Mon\r\n", b"To: \xd0\r", b"To: c@d",
)  # fmt: skip
WORDS = ("a@b.example", "<a@b.example>", "Anna", " ", "\t", ",", "<", ">", "@", "'", '"', "(x)",
         ":", "=?utf-8?q?=2C?=", "=?utf-8?b?0K8=?=", "\\", "Я", "mailto:", "'c@d'")  # fmt: skip


@EASY
@given(st.lists(st.sampled_from(LINES), max_size=8).map(b"".join))
@example(b"A: b\r\n c\r\nB: d\r\n\r\nbody")
def test_a_header_read_whole_is_what_its_lines_say(raw: bytes) -> None:
    whole = headers._orderly(raw, 0, None)
    assert whole in (None, headers._by_lines(raw, 0, None))
    assert whole or not raw.endswith(b"\r\n\r\nbody")


@EASY
@given(st.lists(st.sampled_from(WORDS), max_size=6).map("".join))
@example("=?utf-8?q?=2C?=a@b.example")
def test_an_ordinary_address_is_what_its_tokens_say(value: str) -> None:
    assert addresses._one.__wrapped__(value) == addresses._listed((value,))


@EASY
@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_charset_name_gives_a_text(data: bytes, name: str) -> None:
    assert isinstance(charsets.decode(data, name).text, str)


@EASY
@given(st.text(max_size=300))
def test_parameters_of_any_text_are_safe(text: str) -> None:
    for value in headers.parameters(text)[1].values():
        assert not UNSAFE.search(value)


@EASY
@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_tnef_and_rtf_end(data: bytes, packed: bytes) -> None:
    tnef.read(b"\x78\x9f\x3e\x22\x01\x00" + data)
    rtf.read(b"\0" * 4 + b"\xff\xff\0\0" + b"LZFu" + b"\0" * 4 + packed)


def test_any_rest_of_a_signature_ends() -> None:
    signed = "fixtures/a_letter_inside_its_smime_signature_is_shown.eml"
    raw = (Path(__file__).parent / signed).read_bytes()
    whole = headers.unbase64(raw.partition(b"\n\n")[2])
    letter = cms.signed_letter(whole)
    assert letter is not None
    for cut in range(1, len(whole), 5):
        assert cms.signed_letter(whole[:cut]) in (None, letter)
        assert cms.signed_letter(whole[cut:]) is None
    head = whole[: whole.index(letter)].rpartition(b"\x04")[0]
    for endless in (b"\x24\x80", b"\x30\x80", b"\x04\x80", b"\x24\x84\x00\x00\x00\x02"):
        cms.signed_letter(head + endless * 20_000)


@pytest.mark.parametrize(
    "name", ["punycode", "idna", "unicode_escape", "rot13", "zlib", "../../etc/passwd", "undefined"]
)
def test_what_is_no_charset_is_not_looked_up(name: str) -> None:
    assert charsets.codec_of(name) is None
