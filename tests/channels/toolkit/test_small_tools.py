from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import registry, table
from channels.contract import Capabilities
from channels.errors import Unsupported
from channels.messages import Address, Button, Letter, Outbound, OutboundFile
from channels.settings import describe, secret_names, with_generated
from channels.toolkit import phone
from channels.toolkit.fitting import fit, split_text
from channels.toolkit.sniff import sniff
from channels.webchat.settings import WebChatSettings

CAN = Capabilities(authentication="body", text_limit=20, attachments={"image": 100}, buttons=2)


def outbound(text: str = "x", **more: object) -> Outbound:
    return Outbound(id="m", conversation_key="k", text=text, **more)  # type: ignore[arg-type]


@given(st.text(max_size=300), st.integers(min_value=1, max_value=50))
def test_splitting_keeps_every_character_but_white_space(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_that_fits_is_left_alone() -> None:
    assert split_text("  a\n", 20) == ["  a\n"]


def test_a_long_text_is_cut_between_sentences() -> None:
    assert split_text("Добрый день. Заказ готов.", 20) == ["Добрый день.", "Заказ готов."]


def test_every_part_knows_its_letter() -> None:
    whom = (Address("email", "olga@client.example"),)
    letter = Letter(to=whom, at=datetime(2026, 1, 5, tzinfo=UTC))
    assert [part.letter for part in fit(outbound("a" * 30, letter=letter), CAN)] == [letter] * 2


def test_files_go_first_and_buttons_last() -> None:
    file = OutboundFile("image", "a.png", "image/png", 10, "/a")
    message = outbound("Добрый день. Заказ готов.", files=(file,), buttons=(Button("да"),))
    first, last = fit(message, CAN)
    assert (first.id, first.files, first.buttons) == ("m.1of2", (file,), ())
    assert (last.id, last.files, last.buttons) == ("m.2of2", (), (Button("да"),))


@pytest.mark.parametrize(
    "message",
    [
        outbound(" "),
        outbound(buttons=(Button("1"), Button("2"), Button("3"))),
        outbound(files=(OutboundFile("video", "a", "video/mp4", 1, "/a"),)),
        outbound(files=(OutboundFile("image", "a", "image/png", 101, "/a"),)),
        outbound(reply_to="m0"),
    ],
)
def test_what_does_not_fit_is_refused_aloud(message: Outbound) -> None:
    with pytest.raises(Unsupported):
        fit(message, CAN)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<!DOCTYPE html><script>", "text/html"),
        (b"\xef\xbb\xbf \n<html>", "text/html"),
        (b"hello <script>alert(1)</script>", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='x'>", "image/svg+xml"),
        (b"<!-- c --><svg:svg >", "image/svg+xml"),
        (
            b"<?xml version='1.0'?><a xmlns='http://www.w3.org/1999/xhtml'/>",
            "application/xhtml+xml",
        ),
        ("Просто текст".encode(), "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_told_by_its_content(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


@given(st.binary(max_size=200))
def test_sniffing_never_fails(head: bytes) -> None:
    assert "/" in sniff(head)


def test_phones_are_written_in_one_way() -> None:
    same = {phone.normalise(text) for text in ("8 029 123-45-67", "+375 (29) 1234567", "291234567")}
    assert same == {"+375291234567"}
    assert phone.normalise("12") is None


def test_settings_are_described_for_the_wizard() -> None:
    fields = {field["name"]: field for field in describe(WebChatSettings)}
    assert fields["position"]["options"] == ["right", "left"]
    assert fields["locales"]["options"] == ["ru", "en"]
    assert fields["allowed_origins"]["options"] == []
    assert fields["session_secret"]["secret"]
    assert fields["session_secret"]["generated"]
    assert fields["session_secret"]["default"] is None
    assert fields["title"]["type"] == "texts"
    assert fields["title"]["default"]["ru"]
    assert fields["prechat"]["type"] == "questions"
    assert secret_names(WebChatSettings) == {"session_secret", "identity_secret"}


def test_generated_secrets_are_made_once_and_differ() -> None:
    made = with_generated(WebChatSettings, {"identity_secret": "mine"})
    assert made["identity_secret"] == "mine"
    assert len(made["session_secret"]) >= 32
    assert made != with_generated(WebChatSettings, {"identity_secret": "mine"})


def test_an_unknown_provider_is_told_the_known_ones() -> None:
    with pytest.raises(registry.UnknownProvider, match="webchat"):
        registry.provider("fax")


def test_the_capability_table_is_fresh() -> None:
    text = table.README.read_text("utf-8")
    assert text == table.refreshed(text), "run  python -m channels.table"
    assert all(f"`{name}`" in text for name in registry.names())
