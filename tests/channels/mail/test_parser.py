"""What the value of a parsed mail holds beyond what parse-mail prints."""

from pathlib import Path

import pytest

from channels.mail import html, identifiers
from channels.mail.automatic import Own
from channels.mail.headers import unbase64
from channels.mail.message import Authentication, Mailbox, ParsedMail, Verdict
from channels.mail.parser import file_bytes, parse
from channels.mail.results import NAMELESS

FIXTURES = Path(__file__).parent / "fixtures"


def raw(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes()


def read(name: str) -> ParsedMail:
    return parse(raw(name))


def with_results(*fields: str, sender: str = "anna@client.example") -> bytes:
    top = "".join(f"{field}\r\n" for field in fields)
    return f"{top}From: {sender}\r\nMessage-ID: <1@x>\r\n\r\ntext\r\n".encode()


OURS = (
    "Authentication-Results: mx.shop.example; spf={0} smtp.mailfrom=client.example;"
    " dmarc={0} header.from=client.example"
)
RECEIVED = "Received: from mail.client.example by mx.shop.example; Fri, 27 Nov 2026 16:00:00 +0300"


@pytest.mark.parametrize(
    "name",
    [
        "a_bounce_by_rfc_3464",
        "a_delay_by_rfc_3464",
        "a_bounce_of_gmail",
        "a_bounce_of_qmail",
        "a_bounce_of_exim",
        "a_bounce_of_exchange_in_words",
    ],
)
def test_a_report_names_our_mail(name: str) -> None:
    assert read(name).original_id == "<cc.7.k3y@shop.example>"


def test_a_report_names_our_envelope_and_gives_the_reason() -> None:
    mail = read("a_report_of_two_recipients_one_delivered")
    assert mail.envelope_id == "cc-env-7"
    assert mail.bounces[1].reason == "552 mailbox full"


def test_a_file_can_be_had_by_its_reference() -> None:
    source = raw("winmail_dat_is_unpacked")
    (file,) = parse(source).files
    assert file_bytes(source, file.ref) == b"Invoice 7\r\n"
    assert file_bytes(source, "9.9") is None


def test_an_invitation_is_kept_beside_the_text() -> None:
    (invitation,) = read("an_invitation_beside_its_text_is_a_file").invitations
    assert invitation.method == "REQUEST"
    assert invitation.summary == "Встреча, офис"
    assert invitation.starts == "2026-12-01 10:00 Russian Standard Time"
    assert invitation.organizer == "Anna Client <anna@client.example>"


@pytest.mark.parametrize(
    ("name", "protection"),
    [
        ("pgp_encrypted_parts_are_files", "pgp-encrypted"),
        ("a_pgp_signature_is_a_file_beside_the_text", "pgp-signed"),
        ("s_mime_encrypted_mail_is_a_file", "smime-encrypted"),
    ],
)
def test_protection_is_recognised(name: str, protection: str) -> None:
    assert read(name).protection == (protection,)


@pytest.mark.parametrize(
    "name",
    [
        "a_stray_bracket_does_not_make_a_friend",
        "two_addresses_for_one_author_are_none",
        "a_name_that_shows_another_address",
        "several_authors",
        "without_from_date_and_message_id",
    ],
)
def test_a_doubtful_author_is_marked(name: str) -> None:
    assert read(name).author_doubtful


def test_a_plain_author_is_not_doubtful() -> None:
    assert not read("a_letter_in_windows_1251").author_doubtful


def test_verdicts_of_our_own_server_are_believed() -> None:
    mail = parse(with_results(OURS.format("pass"), RECEIVED), servers=["MX.shop.example"])
    assert mail.authentication is not None
    assert mail.authentication.dmarc == Verdict("pass", "client.example")
    assert mail.authentication.spf == Verdict("pass", "client.example")
    assert mail.authentication.aligned


def test_verdicts_of_strangers_are_not_seen() -> None:
    source = with_results(OURS.format("pass"), RECEIVED)
    assert parse(source, servers=["mx.other.example"]).authentication is None
    assert parse(source).authentication is None


def test_a_forged_verdict_below_ours_is_not_merged() -> None:
    spf = "Authentication-Results: mx.shop.example; spf=fail smtp.mailfrom=evil.example"
    above = parse(with_results(spf, RECEIVED, OURS.format("pass")), servers=["mx.shop.example"])
    below = parse(
        with_results(RECEIVED, spf, OURS.format("pass")), servers=["mx.shop.example"], below=True
    )
    for mail in (above, below):
        assert mail.authentication is not None
        assert mail.authentication.spf == Verdict("fail", "evil.example")
        assert mail.authentication.dmarc is None
        assert not mail.authentication.aligned


def judged(value: str, *, sender: str = "boss@bank.example") -> Authentication:
    field = f"Authentication-Results: mx.shop.example; {value}"
    mail = parse(with_results(field, RECEIVED, sender=sender), servers=["mx.shop.example"])
    assert mail.authentication is not None
    return mail.authentication


FORGED = "dmarc=pass header.from=bank.example"


@pytest.mark.parametrize(
    "before",
    [
        f'spf=pass smtp.mailfrom="a; {FORGED}; x"@evil.example',
        f'spf=pass smtp.mailfrom="a\\"; {FORGED}; x"@evil.example',
        f"spf=pass (domain of a(x)@evil.example; {FORGED}; (b) c) smtp.mailfrom=evil.example",
        f"spf=pass ({'very long ' * 100}; {FORGED}; ) smtp.mailfrom=evil.example",
        f"spf=pass (an escaped \\) ; {FORGED}; ) smtp.mailfrom=evil.example",
        f'spf=pass smtp.mailfrom=evil.example reason="; {FORGED}; "',
        f'spf=pass smtp.mailfrom=\\"; {FORGED}; x"@evil.example',
    ],
)
@pytest.mark.parametrize("after", ["; dmarc=fail (p=reject) header.from=bank.example", ""])
def test_what_a_stranger_chose_is_no_verdict(before: str, after: str) -> None:
    found = judged(before + after)
    assert not found.aligned
    assert found.dmarc == (Verdict("fail", "bank.example") if after else None)


def test_what_a_server_lets_out_of_a_comment_does_not_outweigh_its_own_verdict() -> None:
    value = f"spf=pass (said a server that escapes nothing: a); {FORGED}; (b) ; dmarc=fail"
    assert not judged(value).aligned


@pytest.mark.parametrize(
    ("results", "counts"),
    [
        (["pass", "fail"], "fail"),
        (["fail", "pass"], "fail"),
        (["pass", "none"], "none"),
        (["pass", "pass"], "pass"),
        (["temperror", "fail"], "fail"),
    ],
)
def test_of_two_dmarc_results_the_worse_one_counts(results: list[str], counts: str) -> None:
    value = "; ".join(f"dmarc={result} header.from=bank.example" for result in results)
    found = judged(value)
    assert found.dmarc == Verdict(counts, "bank.example")
    assert found.aligned == (counts == "pass")


def test_two_domains_that_both_passed_are_no_pass() -> None:
    assert not judged(f"{FORGED}; dmarc=pass header.from=evil.example").aligned


def test_a_quoted_property_names_its_domain_and_nothing_else() -> None:
    found = judged('spf=pass smtp.mailfrom="a smtp.mailfrom=bank.example b"@evil.example')
    assert found.spf == Verdict("pass", "evil.example")


def test_results_below_received_are_not_believed_where_ours_is_missing() -> None:
    source = with_results(RECEIVED, OURS.format("pass"))
    assert parse(source, servers=["mx.shop.example"]).authentication is None


def test_results_below_received_are_believed_where_the_settings_say_so_and_of_gmail() -> None:
    ours = with_results(RECEIVED, OURS.format("pass"))
    mail = parse(ours, servers=["mx.shop.example"], below=True)
    assert mail.authentication is not None
    assert mail.authentication.aligned
    gmail = ours.replace(b"mx.shop.example", b"mx.google.com")
    mail = parse(gmail, servers=["mx.google.com"])
    assert mail.authentication is not None
    assert mail.authentication.aligned


def test_dmarc_of_another_domain_is_not_aligned() -> None:
    source = with_results(OURS.format("pass"), RECEIVED, sender="boss@shop.example")
    mail = parse(source, servers=["mx.shop.example"])
    assert mail.authentication is not None
    assert not mail.authentication.aligned


def test_a_server_that_leaves_its_name_out_can_be_trusted() -> None:
    field = "Authentication-Results: spf=pass (sender IP is 192.0.2.7)"
    field += " smtp.mailfrom=client.example; dkim=none"
    mail = parse(with_results(field, RECEIVED), servers=[NAMELESS])
    assert mail.authentication is not None
    assert mail.authentication.spf == Verdict("pass", "client.example")


def test_our_own_address_as_author_is_a_loop() -> None:
    mail = parse(
        with_results(sender="Support@shop.example"), own=Own.of([], ["support@SHOP.example"])
    )
    assert mail.automatic == "loop"
    assert mail.signs == ("own-author",)


def test_the_key_of_an_address_ignores_case() -> None:
    assert Mailbox("Anna@Client.example").key == Mailbox("anna@client.EXAMPLE").key


@pytest.mark.parametrize(
    ("field", "read_as"),
    [
        ("'help@shop.example'; Boris <boris@other.example>",
         ["help@shop.example", "boris@other.example"]),
        ("Help <'help@shop.example'>", ["help@shop.example"]),
        ("o'neil@client.example", ["o'neil@client.example"]),
    ],
)  # fmt: skip
def test_outlooks_apostrophes_are_no_part_of_an_address(field: str, read_as: list[str]) -> None:
    mail = parse(f"From: a@x.example\r\nTo: {field}\r\n\r\ntext\r\n".encode())
    assert [box.address for box in mail.to] == read_as


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Fri, 27 Nov 2026 16:05:09 +0300 (MSK)", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 MSK", "2026-11-27T13:05:09+00:00"),
        ("27 Nov 26 13:05 GMT", "2026-11-27T13:05:00+00:00"),
        ("Fri, 27 Nov 2026 13:05:60 -0000", "2026-11-27T13:05:59+00:00"),
        ("2026-11-27T16:05:09+03:00", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 msk", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 GMT+0300", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 +03:00", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 GMT+3", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 UTC+03:00 (MSK)", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 UTC +3", "2026-11-27T13:05:09+00:00"),
        ("Fri, 27 Nov 2026 16:05 GMT-3:30", "2026-11-27T19:35:00+00:00"),
        ("Fri, 27 Nov 2026 16:05:09 GMT", "2026-11-27T16:05:09+00:00"),
        ("2026-11-27 16:05:09 +03:00", "2026-11-27T13:05:09+00:00"),
        ("2026-11-27T16:05:09.123+0300", "2026-11-27T13:05:09.123000+00:00"),
        ("2026-11-27", "2026-11-27T00:00:00+00:00"),
        ("Fri, 31 Feb 2026 13:05:00 +0000", None),
        ("Fri, 27 Nov 2026 13:05:00 +9999", None),
        ("вчера", None),
    ],
)
def test_dates_are_read(written: str, read_as: str | None) -> None:
    moment, _ = identifiers.date(written)
    assert (moment.isoformat() if moment else None) == read_as


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (b"QQ==QUJD", b"AABC"),
        (b"QUJ", b"AB"),
        (b"Q", b""),
        (b"Q!U@J#D", b"ABC"),
        (b"QUI=\r\n", b"AB"),
    ],
)
def test_damaged_base64_gives_what_there_is(data: bytes, meant: bytes) -> None:
    assert unbase64(data) == meant


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<p style='background:url(https://t.example/x)'>x</p>",
        "<p style='background:\\75rl(https://t.example/x)'>x</p>",
        "<p style='width:expression(alert(1))'>x</p>",
        "<style>@import 'https://t.example/x.css'</style>",
        "<link rel=stylesheet href=https://t.example/x.css>",
        "<table background='https://t.example/x.png'><tr><td>x</table>",
        "<video poster=https://t.example/x.png><source src=https://t.example/x></video>",
        "<iframe src=https://t.example/></iframe>",
        "<form action=https://t.example/><input name=password></form>",
        "<base href=https://t.example/><img src=x.png>",
        "<meta http-equiv=refresh content='0;url=https://t.example/'>",
        "<img srcset='https://t.example/x 1x'>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<img src="https://t.example/a b&quot; onerror=alert(1)">',
    ],
)
def test_html_can_neither_run_nor_call_home(attack: str) -> None:
    safe = html.sanitise(html.tame(attack).html).html
    shown = safe.lower().replace("data-remote-src=", "held=")
    assert "<script" not in shown
    assert " on" not in shown.replace(" onerror=alert(1)%22", "").replace("&quot; onerror", "")
    for word in (
        "javascript:",
        "url(",
        "expression",
        "<iframe",
        "<form",
        "<svg",
        " src=",
        "srcset",
    ):
        assert word not in shown


def test_pictures_from_elsewhere_are_held_back_and_counted() -> None:
    safe = html.sanitise('<img src="HTTPS://t.example/a.png"><img src="cid:a"><img alt="x">')
    assert safe.remote == 1
    assert 'data-remote-src="HTTPS://t.example/a.png"' in safe.html
    assert 'src="cid:a"' in safe.html


def test_sanitising_gives_the_same_every_time_and_stays() -> None:
    source = '<a href="https://x.example" title="t">x</a><img src="https://x.example/i.png">'
    once = html.sanitise(source).html
    assert all(html.sanitise(source).html == once for _ in range(5))
    assert html.sanitise(once).html.count("<a ") == 1
