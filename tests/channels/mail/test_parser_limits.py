"""Mail made to hurt: each is read within a second, and something of it is shown."""

import time
import tracemalloc

import pytest

from channels.mail.message import ParsedMail
from channels.mail.parser import parse

SECONDS = 3.0  # of this process; what is not linear takes minutes
TEN_MB = 10_000_000
HEAD = (
    b"From: a@client.example\r\nTo: c@shop.example\r\nSubject: x\r\n"
    b"Message-ID: <1@client.example>\r\n"
    b"Date: Fri, 27 Nov 2026 16:00:00 +0300\r\nMIME-Version: 1.0\r\n"
)
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def full(unit: bytes, size: int = TEN_MB) -> bytes:
    return (unit * (size // len(unit) + 1))[:size]


def nested(count: int, *, same: bool = False) -> bytes:
    names = [b"b" if same else b"b%d" % number for number in range(count)]
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n' % (name, name)
        for name in names
    )
    closed = b"".join(b"\r\n--%s--" % name for name in reversed(names))
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\ndeep text" + closed


def header(name: bytes, value: bytes) -> bytes:
    kept = [line for line in HEAD.splitlines(keepends=True) if not line.startswith(name)]
    return b"".join(kept) + name + b": " + value + b"\r\n\r\nbody\r\n"


PEOPLE = b", ".join(b"User %d <user%d@client.example>" % (n, n) for n in range(8_000))
LINKS = b"".join(b"<a href='https://client.example/%d'>link %d</a> " % (n, n) for n in range(2_000))
HOSTILE = {
    "html_of_ten_megabytes": HTML + full(b"<p>Hello <b>w</b> &amp; <a href='http://x'>l</a></p>\n"),
    "html_of_nested_blocks": HTML + full(b"<div>"),
    "html_of_nested_formats": HTML + full(b"<a><b><i><font>"),
    "html_of_different_formats": HTML + b"".join(b"<font x=%d>" % n for n in range(600_000)),
    "html_of_ampersands": HTML + full(b"&"),
    "html_of_references": HTML + full(b"&am;"),
    "html_of_nested_tables": HTML + full(b"<table><tr><td>"),
    "html_of_misplaced_table_content": HTML + full(b"<table><b>"),
    "html_of_nested_quotes": HTML + full(b"<blockquote>"),
    "html_of_selects": HTML + full(b"<select><optgroup><option>"),
    "html_of_open_comments": HTML + full(b"<!--"),
    "html_of_lines": HTML + full(b"x<br>\n"),
    "two_thousand_links": HTML + LINKS,
    "a_thousand_parts_in_each_other": nested(1_000),
    "a_thousand_parts_of_one_boundary": nested(1_000, same=True),
    "a_thousand_mails_in_each_other": HEAD
    + full(b"Content-Type: message/rfc822\r\n\r\n", 30_000)
    + b"\r\n",
    "a_hundred_thousand_parts": MIXED + full(b"--b\r\nContent-Type: text/html\r\n\r\nx\r\n"),
    "lines_that_look_like_boundaries": MIXED + full(b"--c\n"),
    "eight_thousand_recipients": header(b"To", PEOPLE),
    "eight_thousand_folded_recipients": header(b"To", PEOPLE.replace(b", ", b",\r\n ")),
    "brackets_in_from": header(b"From", b"(" * 10_000),
    "a_million_brackets_in_from": header(b"From", b"(" * 1_000_000),
    "a_million_quotes_in_from": header(b"From", b'"' * 1_000_001),
    "a_million_commas": header(b"To", b"," * 1_000_000),
    "a_million_at_signs": header(b"To", b"@" * 1_000_000),
    "half_a_million_names": header(b"To", b"a," * 500_000),
    "a_header_of_ten_megabytes": header(b"Subject", full(b"x")),
    "a_header_of_encoded_words": header(b"Subject", full(b"=?utf-8?q?=D0?=")),
    "a_header_of_open_encoded_words": header(b"Subject", full(b"=?a?q?")),
    "a_million_header_fields": HEAD + full(b"X-A: b\r\n") + b"\r\nbody",
    "a_header_field_of_a_million_lines": HEAD + b"X-A: b\r\n" + full(b" c\r\n") + b"\r\nbody",
    "a_million_damaged_header_lines": HEAD + full(b"zzzz\r\n") + b"To: z\r\n\r\nbody",
    "references_of_ten_megabytes": header(b"References", full(b"<a@b> ")),
    "references_without_ids": header(b"References", b"a" * 1_000_000),
    "received_a_hundred_thousand_times": HEAD + full(b"Received: from a by b\r\n") + b"\r\nbody",
    "parameters_without_end": header(b"Content-Type", b"text/plain" + b'; a*0="b' * 100_000),
    "text_of_ten_megabytes": HEAD + b"\r\n" + full(b"word "),
    "text_of_empty_lines": HEAD + b"\r\n" + full(b"\n"),
    "text_of_quotes": HEAD + b"\r\n" + full(b"> a\r\n"),
    "flowed_text": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + full(b"> a \r\n"),
    "uuencode_without_end": HEAD + b"\r\n" + full(b"begin 644 a\n"),
    "uuencode_of_short_lines": HEAD + b"\r\nbegin 644 a\n" + full(b"#0V%T\n") + b"end\n",
    "calendar_of_events": HEAD
    + b"Content-Type: text/calendar\r\n\r\n"
    + full(b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"),
    "report_of_a_hundred_thousand_recipients": HEAD
    + b"Content-Type: message/delivery-status\r\n\r\n"
    + full(b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n"),
    "bytes_of_no_sense": HEAD + b"\r\n" + bytes(range(256)) * 40_000,
}


def read(raw: bytes) -> tuple[ParsedMail, float]:
    """The mail and the processor's time: others may be busy on the machine."""
    start = time.process_time()
    mail = parse(raw)
    return mail, time.process_time() - start


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    parse(HTML + b"<p>the libraries are loaded once</p>")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_in_little_time(name: str) -> None:
    mail, seconds = read(HOSTILE[name])
    assert seconds <= SECONDS
    assert len(mail.text) <= 1_000_000
    assert mail.message_id


def test_a_large_html_is_marked_as_shortened() -> None:
    mail, _ = read(HOSTILE["html_of_ten_megabytes"])
    assert mail.shortened
    assert "text-shortened" in mail.warnings
    assert mail.text.startswith("Hello w & l")


def test_text_below_a_thousand_parts_is_shown() -> None:
    mail, _ = read(HOSTILE["a_thousand_parts_in_each_other"])
    assert mail.text == "deep text"
    assert "parts-too-deep" in mail.warnings


def test_all_recipients_are_kept() -> None:
    mail, _ = read(HOSTILE["eight_thousand_recipients"])
    assert len(mail.to) == 8_000
    assert mail.to[-1].address == "user7999@client.example"


def test_a_huge_field_does_not_hide_the_others() -> None:
    mail, _ = read(HOSTILE["a_header_of_ten_megabytes"])
    assert mail.author is not None
    assert mail.message_id == "<1@client.example>"
    assert "headers-shortened" in mail.warnings


def test_a_large_file_takes_a_few_times_its_size() -> None:
    raw = MIXED + b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    raw += full(b"QUJD" * 19 + b"\r\n") + b"\r\n--b--\r\n"
    tracemalloc.start()
    mail = parse(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert mail.files[0].size > 7_000_000
    assert peak < 4 * len(raw)
