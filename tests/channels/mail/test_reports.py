"""What a mail says of deliveries, and whether a server said it."""

import pytest

from tests.channels.mail.samples import ANNA, KEY, OWN, mail, message, receipt, report, token


def handed_on(**fields: str) -> bytes:
    """A mail with a delivery report in it that is no report itself."""
    raw = mail(**fields).partition(b"Content-Type:")[0]
    inner = report("<aa@shop.example>", ANNA).replace(b"multipart/report", b"multipart/mixed")
    return raw + inner.replace(b"Your mail could", b"Why is this? Your mail could")


def test_a_report_that_a_person_hands_on_fails_nothing_and_is_a_file() -> None:
    raw = handed_on()
    assert receipt(raw) is None
    found = message(raw)
    assert not found.automatic
    assert found.text.startswith("Why is this?")
    assert any(file.type == "message/delivery-status" for file in found.attachments)


@pytest.mark.parametrize(
    "fields", [{"Return_Path": "<>"}, {"sender": "MAILER-DAEMON@client.example"}]
)
def test_a_report_in_the_wrong_wrapping_counts_where_a_server_sent_it(
    fields: dict[str, str],
) -> None:
    raw = handed_on(**fields)
    assert receipt(raw) is not None
    assert message(raw).automatic


def wordless(to: str, **fields: str) -> bytes:
    """A report that names a recipient and no mail of ours."""
    raw = mail(to=to, sender="MAILER-DAEMON@client.example", Return_Path="<>", **fields)
    head = raw.partition(b"Content-Type:")[0]
    return head + report("", ANNA).replace(b"Message-ID: \r\n", b"")


def test_a_report_that_quotes_nothing_is_about_the_mail_whose_address_it_came_to() -> None:
    own = f"<0011223344556677.{token()}@shop.example>"
    back = f"help+{own[1:].partition('@')[0]}@shop.example"
    for raw in (wordless(back), wordless(OWN, Delivered_To=back.upper())):
        changed, found = receipt(raw), message(raw)
        assert changed is not None
        assert (changed.target, changed.recipient) == (own, ANNA)
        assert (found.conversation_key, found.answers[0]) == (KEY, own)


@pytest.mark.parametrize(
    "thread", [token()[:-1] + "x", token(secret="thread-1"), token(account="account-1")]
)
def test_a_report_to_an_address_that_is_not_ours_fails_nothing(thread: str) -> None:
    assert receipt(wordless(f"help+0011223344556677.{thread}@shop.example")) is None


def test_a_person_who_writes_to_that_address_fails_nothing() -> None:
    raw = mail(to=f"help+0011223344556677.{token()}@shop.example")
    assert receipt(raw) is None
    assert message(raw).conversation_key == KEY
