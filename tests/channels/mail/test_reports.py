"""What a mail says of deliveries, and whether a server said it."""

import pytest

from tests.channels.mail.samples import ANNA, mail, message, receipt, report


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
