"""A letter of ours, as our own parser and the standard library's read it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from channels.errors import Rejected, Unsupported
from channels.mail import threads
from channels.mail.automatic import Own
from channels.mail.message import ParsedMail
from channels.mail.parser import file_bytes, parse
from channels.mail.settings import MailSettings
from channels.mail.writing import MAX_REFERENCES, Written, references_of, write
from channels.messages import Address, Letter, Outbound, OutboundFile, Quoted
from tests.channels.mail.samples import ACCOUNT, ANNA, BORIS, KEY, NOW, OWN, settings

# As long as Exchange makes them, and longer than a line of a header is to be.
LONG = "<AM0PR04MB66120123456789ABCDEF0123456789@AM0PR04MB6612.eurprd04.prod.outlook.com>"
CONTROLS = ["\r\n", "\n", "\r", "\0", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\x7f"]


def person(value: str = ANNA, name: str = "") -> Address:
    return Address("email", value, name)


def outbound(
    text: str = "Добрый день!", files: tuple[OutboundFile, ...] = (), **letter: Any
) -> Outbound:
    given: dict[str, Any] = {"to": (person(),), "at": NOW, "subject": "Заказ 48101"} | letter
    return Outbound(
        id="outbox-1", conversation_key=KEY, text=text, files=files, letter=Letter(**given)
    )


def written(message: Outbound | None = None, given: MailSettings | None = None) -> Written:
    return write(
        message or outbound(), given or settings(), account=ACCOUNT, read=lambda _: b"bytes \r\n"
    )


def read(made: Written) -> ParsedMail:
    return parse(made.raw)


def by_the_library(made: Written) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(made.raw, policy=policy.default))


# --- the same, always ---------------------------------------------------------------------------


def test_the_same_message_always_has_the_same_name_and_another_never() -> None:
    first, again = written(), written()
    assert first.message_id == again.message_id == read(first).message_id
    other = Outbound(id="outbox-2", conversation_key=KEY, text="", letter=outbound().letter)
    assert written(other).message_id != first.message_id


def test_the_name_and_the_plus_address_lead_back_to_the_conversation() -> None:
    made = written(given=settings(plus_addresses=True))
    (reply_to,) = read(made).reply_to
    for text in (made.message_id, reply_to.address):
        assert threads.key_of_token("thread-0", ACCOUNT, [text]) == KEY
    assert read(written()).reply_to == ()


def test_the_sender_names_the_mail_where_the_mailbox_takes_plus_addresses() -> None:
    plain, plus = written(), written(given=settings(plus_addresses=True))
    assert (plain.envelope_from, plain.otherwise) == (OWN, OWN)
    assert (plus.envelope_from, plus.otherwise) == (
        f"help+{plus.message_id[1:].partition('@')[0]}@shop.example", OWN,
    )  # fmt: skip
    automatic = written(outbound(automatic=True), settings(plus_addresses=True))
    assert (automatic.envelope_from, automatic.otherwise) == ("", "")


@pytest.mark.parametrize("length", [10, 11, 27, 28, 64])
def test_the_sender_is_never_longer_than_servers_take(length: int) -> None:
    made = written(given=settings(address=f"{'a' * length}@shop.example", plus_addresses=True))
    local = made.envelope_from.partition("@")[0]
    assert len(local) <= 64
    assert ("." in local, "+" in local) == (length <= 10, length <= 27)


def test_letters_beyond_ascii_go_through_our_own_parser_unchanged() -> None:
    text = "Ёлки-палки — «счёт» №48101 🎄\n\nстрока " + "ы" * 1500
    found = read(written(outbound(text, sender="Анна Ковалёва, Лавка", subject="Заказ «Ёж» " * 9)))
    assert found.text == text
    assert found.subject == ("Заказ «Ёж» " * 9).strip()
    assert found.author is not None
    assert (found.author.address, found.author.name) == (OWN, "Анна Ковалёва, Лавка")
    assert not [one for one in found.warnings if one != "message-id-missing"]


@pytest.mark.parametrize(
    "text",
    [
        "Заказ «Ёж» " * 20,
        "a " * 100,
        "x" * 300,
        "Order " * 30 + "ы",
        "🎄 " * 60,
        "Ы",
    ],
)
def test_long_subjects_and_names_lose_nothing_where_they_are_folded(text: str) -> None:
    name = text.strip()[:100].strip()
    made = written(outbound(subject=text, sender=text, to=(person(name=text), person(BORIS, name))))
    found, library = read(made), by_the_library(made)
    assert found.author is not None
    assert found.author.name == name
    assert [one.address for one in found.to] == [ANNA, BORIS]
    assert (found.subject, library["Subject"]) == (text.strip(), text.strip())
    head = made.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) < 140
    assert b"" not in {line.partition(b":")[2].strip() if line[0] != 32 else line for line in head}


@pytest.mark.parametrize(
    "name",
    ["Счёт на оплату.pdf", "a.txt", "долгое имя " * 12 + ".pdf", "quo'te; a=b.txt", "100%.txt"],
)
def test_files_keep_their_names_and_bytes(name: str) -> None:
    made = written(outbound(files=(OutboundFile("file", name, "application/pdf", 8, "x"),)))
    (file,) = read(made).files
    assert file.name == name
    assert file_bytes(made.raw, file.ref) == b"bytes \r\n"


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "x", "a/b\r\nBcc: e@x", ""])
def test_a_file_of_a_type_that_is_no_plain_file_is_sent_as_bytes(kind: str) -> None:
    made = written(outbound(files=(OutboundFile("file", "a.eml", kind, 8, "x"),)))
    (file,) = read(made).files
    assert (file.name, file.type) == ("a.eml", "application/octet-stream")


def test_a_file_that_is_gone_rejects_the_message() -> None:
    def gone(_path: str) -> bytes:
        raise FileNotFoundError

    with pytest.raises(Rejected, match="gone"):
        write(
            outbound(files=(OutboundFile("file", "a", "text/plain", 1, "x"),)), settings(),
            account=ACCOUNT, read=gone,
        )  # fmt: skip


# --- nobody writes headers but we ---------------------------------------------------------------


@pytest.mark.parametrize("control", CONTROLS)
def test_nothing_that_is_given_breaks_out_of_its_header(control: str) -> None:
    evil = f"x{control}Bcc: evil@other.example{control}{control}body"
    made = written(outbound(
        subject=evil, sender=evil, to=(person(name=evil),), cc=(person(BORIS, evil),),
        references=(f"<a{control}Bcc: e@x>", "<good@x>"),
        files=(OutboundFile("file", evil, "text/plain", 1, "x"),),
        quoted=Quoted(evil, NOW, "was"),
    ))  # fmt: skip
    found = by_the_library(made)
    assert "Bcc" not in found
    assert found["References"] == "<good@x>"
    assert made.recipients == (ANNA, BORIS)
    assert sorted(found.keys()) == sorted(set(found.keys()))
    assert found["Subject"].startswith("Re: x Bcc: evil")


@pytest.mark.parametrize(
    "value",
    ["", "anna", "anna@", "@x", "a b@x.example", "a@b@x y", "a\r\nRCPT TO:<e@x>@y.example", "<a@x>",
     "a@" + "b" * 64 + ".example", "a@x..example", "unknown@invalid"],
)  # fmt: skip
def test_what_is_no_address_is_rejected_before_a_byte_goes_out(value: str) -> None:
    for field in ("to", "cc", "bcc"):
        with pytest.raises(Rejected):
            written(outbound(**{"to": (person(),), field: (person(value),)}))


def test_a_letter_to_nobody_is_not_sent() -> None:
    with pytest.raises(Unsupported):
        written(outbound(to=()))
    with pytest.raises(Unsupported):
        written(Outbound(id="1", conversation_key=KEY, text="x"))


# --- addresses ----------------------------------------------------------------------------------


def test_domains_beyond_ascii_are_written_in_ascii() -> None:
    given = settings(address="help@магазин.рф", plus_addresses=True)
    made = written(outbound(to=(person("анна@пример.рф".replace("анна", "anna")),)), given)
    assert made.recipients == ("anna@xn--e1afmkfd.xn--p1ai",)
    assert made.otherwise == "help@xn--80aairftm.xn--p1ai"
    assert made.envelope_from.endswith("@xn--80aairftm.xn--p1ai")
    assert made.raw.isascii()
    assert b"@xn--80aairftm.xn--p1ai>" in made.raw
    assert threads.key_of_token("thread-0", ACCOUNT, [made.message_id]) == KEY


def test_a_name_beyond_ascii_before_the_at_is_written_as_it_is() -> None:
    """RFC 6532: whether the server takes it, the transport asks (SMTPUTF8)."""
    made = written(outbound(to=(person("анна@example.org", "Анна"),)))
    assert made.recipients == ("анна@example.org",)
    assert "анна@example.org".encode() in made.raw


@pytest.mark.parametrize(
    "value",
    ['"a b"@other.example', '"a@b, c"@other.example', r'"say \"hi\" \\o/"@other.example'],
)
def test_a_quoted_name_before_the_at_is_written_to(value: str) -> None:
    made = written(outbound(to=(person(value, "Анна"), person(BORIS))))
    assert made.recipients == (value, BORIS)
    assert [one.address for one in read(made).to] == [value, BORIS]
    assert [one.addr_spec for one in by_the_library(made)["To"].addresses] == [value, BORIS]


@pytest.mark.parametrize(
    "value",
    ['"a\r\nRCPT TO:<e@x>"@x.example', '"a"b"@x.example', '"a> x"@x.example', '"a\\"@x.example',
     '""@x.example', '"a b"c@x.example'],
)  # fmt: skip
def test_a_quoted_name_cannot_smuggle_anything(value: str) -> None:
    with pytest.raises(Rejected):
        written(outbound(to=(person(value),)))


def test_copies_are_seen_and_blind_copies_are_not() -> None:
    made = written(outbound(cc=(person(BORIS),), bcc=(person("boss@shop.example"), person(ANNA))))
    assert made.recipients == (ANNA, BORIS, "boss@shop.example")
    assert b"boss@" not in made.raw
    assert [one.address for one in read(made).cc] == [BORIS]


# --- what it answers ----------------------------------------------------------------------------


def test_long_names_of_mails_stay_what_they_are() -> None:
    made = written(outbound(references=("<first@x>", LONG, LONG.replace("AM0", "BM0"))))
    found = read(made)
    assert found.references == ("<first@x>", LONG, LONG.replace("AM0", "BM0"))
    assert found.in_reply_to == LONG.replace("AM0", "BM0")
    assert b"=?" not in made.raw.partition(b"References")[2].partition(b"\r\n\r\n")[0]


def test_references_are_folded_and_bounded_to_the_first_and_the_newest() -> None:
    names = tuple(f"<{n}.{'x' * 60}@client.example>" for n in range(200))
    made = written(outbound(references=names))
    assert read(made).references == (names[0], *names[1 - MAX_REFERENCES :])
    assert max(map(len, made.raw.split(b"\r\n"))) < 200


def test_names_that_are_none_are_left_out() -> None:
    letter = outbound(references=("<a b@x>", "a@x", "<имя@x>", "<>", "<ok@x>", "<ok@x>")).letter
    assert letter is not None
    assert references_of(letter) == ("<ok@x>",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("Заказ", "Re: Заказ"), ("RE: Order", "RE: Order"), ("Aw[2]: x", "Aw[2]: x"), ("", ""),
     ("Отв: x", "Отв: x"), ("Recipe", "Re: Recipe")],
)  # fmt: skip
def test_an_answer_says_re_once(given: str, expected: str) -> None:
    assert read(written(outbound(subject=given, references=("<1@x>",)))).subject == expected
    assert read(written(outbound(subject=given))).subject == given


def test_what_is_answered_stands_below_and_our_parser_takes_it_off_again() -> None:
    quoted = Quoted("Анна", NOW, "Где заказ?\nЖду <b>ответа</b>")
    made = written(outbound(
        "Уже едет", html="<p>Уже <b>едет</b></p>", signature="Лавка\nhttps://shop.example",
        quoted=quoted, references=("<1@x>",),
    ))  # fmt: skip
    library = by_the_library(made)
    plain, page = library.get_body(("plain",)), library.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == (
        "Уже едет\n\n-- \nЛавка\nhttps://shop.example\n"
        "\n05.01.2026, 09:00 UTC, Анна:\n> Где заказ?\n> Жду <b>ответа</b>\n"
    )
    assert "Жду &lt;b&gt;ответа&lt;/b&gt;" in page.get_content()
    assert read(made).reply == "Уже едет"


# --- machines -----------------------------------------------------------------------------------


def test_a_machines_letter_says_so_and_asks_for_no_answer_of_any_kind() -> None:
    made = written(outbound(automatic=True, references=("<1@x>",)))
    found = read(made)
    assert made.envelope_from == ""
    assert found.automatic == "auto-reply"
    fields = message_from_bytes(made.raw)
    assert fields["auto-submitted"] == "auto-replied"
    assert fields["x-auto-response-suppress"] == "All"
    assert found.subject == "Заказ 48101"


def test_a_persons_letter_is_no_machines() -> None:
    made = written()
    assert made.envelope_from == OWN
    assert read(made).automatic is None


@pytest.mark.parametrize(
    "own",
    [Own.of(["mx.shop.example"]), Own.of((), [OWN]), Own.of(["shop.example"])],
    ids=["by a server", "by the address", "by its host"],
)
def test_what_a_machine_of_ours_wrote_is_a_loop_when_it_comes_back_by_a_way_that_renamed_it(
    own: Own,
) -> None:
    given = settings(own_hosts=["mx.shop.example", "not a host\r\n"])
    raw = written(outbound(automatic=True), given).raw
    renamed = raw.replace(b"Message-ID: ", b"X-Was: ").replace(
        b"From: ", b"From: list@else.example\r\nX-From: "
    )
    assert parse(renamed, own=own).automatic == "loop"
    assert parse(renamed, own=Own.of(["another.example"])).automatic == "auto-reply"


def test_what_an_operator_wrote_names_no_loop() -> None:
    assert b"X-Loop" not in written().raw
