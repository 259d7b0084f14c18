"""What a mail becomes: whose it is, whether it is believed, what it says of mails of ours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.mail.inbound import cut, events
from channels.messages import DeliveryChanged, DeliveryStatus, MessageReceived, Proof
from tests.channels.mail.samples import (
    ACCOUNT,
    ANNA,
    BORIS,
    KEY,
    NOW,
    OWN,
    mail,
    message,
    parsed,
    receipt,
    report,
    settings,
    token,
)

FIXTURES = Path(__file__).parent / "fixtures"
PASSED = "mx.shop.example; dmarc=pass header.from=client.example; spf=pass smtp.mailfrom=x"
ANSWERING = {"In_Reply_To": "<aa@shop.example>"}
FAILED = "mx.shop.example; dmarc=fail header.from=client.example"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes()


# --- who ----------------------------------------------------------------------------------------


def test_a_sender_is_believed_where_our_own_server_says_so() -> None:
    found = message(mail(Authentication_Results=PASSED))
    assert (found.sender.value, found.sender.name) == (ANNA, "Анна")
    assert found.sender.proof is Proof.PROVIDER
    assert found.data["mail"]["aligned"] is True
    assert found.data["mail"]["verdict"] == {"dmarc": "pass", "spf": "pass"}


@pytest.mark.parametrize(
    "results",
    [
        "",
        PASSED.replace("mx.shop", "mx.client"),
        PASSED.replace("mx.shop.example", "mx.shop.example.client.example"),
        FAILED,
        "mx.shop.example; spf=pass smtp.mailfrom=client.example",
        PASSED.replace("header.from=client.example", "header.from=other.example"),
    ],
    ids=["none", "of another server", "of a longer name", "failed", "only spf", "of another"],
)
def test_a_sender_is_not_believed_otherwise(results: str) -> None:
    assert message(mail(Authentication_Results=results)).sender.proof is Proof.CLAIMED


def test_a_failed_check_is_told_and_is_not_the_same_as_none() -> None:
    assert message(mail(Authentication_Results=FAILED)).data["mail"]["aligned"] is False
    assert "aligned" not in message(mail()).data["mail"]


def test_results_that_came_with_the_mail_count_for_nothing() -> None:
    raw = (
        b"Authentication-Results: mx.shop.example; dmarc=fail header.from=client.example\r\n"
        b"Received: from mail.client.example by mx.shop.example; Mon, 05 Jan 2026 11:59:00 +0300"
        b"\r\n"
    ) + mail(Authentication_Results=PASSED)
    assert message(raw).sender.proof is Proof.CLAIMED


def test_where_nobody_checks_the_administrator_decides() -> None:
    trusting = settings(trusted_servers=[], trust_unjudged=True)
    assert message(mail(), trusting).sender.proof is Proof.PROVIDER
    assert message(
        mail(Authentication_Results=FAILED), settings(trust_unjudged=True)
    ).sender.proof is (Proof.CLAIMED)


@pytest.mark.parametrize("sender", [OWN, OWN.upper(), "info@shop.example", f'"{ANNA}" <{OWN}>'])
def test_our_own_address_as_sender_is_a_loop_and_never_ours(sender: str) -> None:
    results = PASSED.replace("client.example", "shop.example")
    raw = mail(sender=sender, Authentication_Results=results)
    found = message(raw, settings(aliases=["info@shop.example"], trust_unjudged=True))
    assert not found.outgoing
    assert found.sender.proof is Proof.CLAIMED
    assert found.automatic
    assert found.data["mail"]["own"] is True


def test_an_own_address_is_known_in_both_spellings_of_its_domain() -> None:
    given = settings(address="help@магазин.рф")
    for sender in ("help@магазин.рф", "HELP@xn--80aairftm.xn--p1ai"):
        assert message(mail(sender=sender), given).data["mail"]["own"] is True


def test_a_name_that_shows_another_address_is_doubtful() -> None:
    raw = mail(sender='"boss@client.example" <crook@evil.example>')
    found = message(raw, settings(trusted_servers=[], trust_unjudged=True))
    assert found.data["mail"]["doubtful"] is True
    assert found.sender.proof is Proof.CLAIMED


def test_without_from_the_next_best_address_stands_in_and_is_only_claimed() -> None:
    assert message(mail(sender="", Sender=ANNA)).sender.value == ANNA
    returned = message(mail(sender="", Return_Path=f"<{ANNA.upper()}>"))
    assert (returned.sender.value, returned.sender.proof) == (ANNA, Proof.CLAIMED)


def test_strangers_without_any_address_are_not_one_client() -> None:
    one, same, other = (
        message(mail(sender="", Subject=subject)).sender.value for subject in ("a", "a", "b")
    )
    assert one == same != other
    assert one.endswith("@invalid")


# --- when and which -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 05 Jan 2026 11:59:00 +0300", datetime(2026, 1, 5, 8, 59, tzinfo=UTC)),
        ("Fri, 05 Jan 2035 12:00:00 +0300", NOW),
        ("yesterday", NOW),
        ("", NOW),
    ],
    ids=["told", "to come", "unreadable", "missing"],
)
def test_a_mail_is_never_from_the_future_and_always_has_a_time(
    date: str, expected: datetime
) -> None:
    assert message(mail(Date=date)).at == expected


def test_the_same_mail_by_another_way_is_the_same_event() -> None:
    traced = b"Received: from a by b; Mon, 05 Jan 2026 12:00:00 +0300\r\n" + mail()
    later = message(traced, at=NOW + timedelta(days=2))
    assert later.external_id == message(mail()).external_id


@pytest.mark.parametrize(
    "other",
    [
        mail("Другой текст"), mail(subject="Другая тема"), mail(sender="boris@other.example"),
        mail(Date="Mon, 05 Jan 2026 11:59:01 +0300"),
    ],
    ids=["text", "subject", "author", "date"],
)  # fmt: skip
def test_a_message_id_that_was_used_before_hides_no_other_mail(other: bytes) -> None:
    assert message(other).external_id != message(mail()).external_id


def test_only_what_is_new_is_the_text_and_the_whole_is_kept() -> None:
    quoted = "Спасибо!\r\n\r\n> Ваш заказ отправлен\r\n> 48101"
    found = message(mail(quoted))
    assert found.text == "Спасибо!"
    assert found.body is not None
    assert "48101" in found.body.text
    assert message(mail()).body is None


# --- machines -----------------------------------------------------------------------------------


def test_a_bounce_marks_the_mail_it_is_about_failed_and_is_automatic() -> None:
    raw = fixture("a_bounce_by_rfc_3464")
    changed, found = receipt(raw), message(raw)
    assert changed is not None
    assert changed.status is DeliveryStatus.FAILED
    assert changed.target == parsed(raw).original_id
    assert "5.1.1" in (changed.reason or "")
    assert found.automatic
    assert found.data["mail"]["automatic"] == "bounce"
    assert changed.external_id != found.external_id


def test_a_bounce_comes_before_its_message_so_that_the_cursor_is_written_last() -> None:
    found = events(parsed(fixture("a_bounce_by_rfc_3464")), settings(), account=ACCOUNT, at=NOW)
    assert isinstance(found[-1], MessageReceived)


def test_a_report_without_a_diagnosis_is_quoted_in_its_own_words() -> None:
    raw = report("<aa@shop.example>", ANNA, words="").replace(
        b"could not be delivered.",
        f"failed:\r\n\r\n  {ANNA}\r\n    No such user\r\n\r\nBye".encode(),
    )
    changed = receipt(mail(Content_Type="").partition(b"Content-Type:")[0] + raw)
    assert changed is not None
    assert (changed.recipient, changed.reason) == (ANNA, "5.1.1 · No such user")


def test_a_bounce_of_two_recipients_tells_of_each_and_of_nobody_who_got_it() -> None:
    raw = report("<aa@shop.example>", ANNA).decode()
    group = raw[raw.index("Final-Recipient") - 2 :].partition("\r\n\r\n")[0].strip()
    more = [
        group.replace(ANNA, BORIS),
        group.replace(ANNA, "vera@x.example").replace("failed", "delivered"),
    ]
    raw = raw.replace(group, "\r\n\r\n".join([group, *more]), 1)
    whole = mail(Content_Type="").partition(b"Content-Type:")[0] + raw.encode()
    found = events(parsed(whole), settings(), account=ACCOUNT, at=NOW)
    changes = [one for one in found if isinstance(one, DeliveryChanged)]
    assert [one.recipient for one in changes] == [ANNA, BORIS]
    assert len({one.external_id for one in found}) == 3


@pytest.mark.parametrize("name", ["a_delay_by_rfc_3464", "a_delay_of_exim"])
def test_a_delay_is_told_and_fails_nothing(name: str) -> None:
    assert receipt(fixture(name)) is None
    found = message(fixture(name))
    assert found.automatic
    assert {one["action"] for one in found.data["mail"]["bounces"]} == {"delayed"}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (mail(Auto_Submitted="auto-replied"), "auto-reply"),
        (mail("Я в отпуске до 9 января", subject="Автоответ: Заказ", **ANSWERING), "out-of-office"),
        (mail("Я в командировке", subject="В командировке до 9 января", **ANSWERING),
         "out-of-office"),
        (mail("Je suis absent", subject="Absence", **ANSWERING), "out-of-office"),
        (mail(Auto_Submitted="auto-generated", subject="Automatic reply: Order"), "out-of-office"),
        (mail(name="<1@shop.example>"), "loop"),
    ],
    ids=["auto-reply", "out-of-office", "away", "in French", "of Exchange", "loop"],
)  # fmt: skip
def test_what_a_machine_answers_is_marked_and_rings_nobody(raw: bytes, kind: str) -> None:
    found = message(raw)
    assert found.automatic
    assert found.data["mail"]["automatic"] == kind


@pytest.mark.parametrize(
    "fields",
    [
        {"List_Id": "<sales.client.example>", "Precedence": "list",
         "X_Original_Sender": ANNA, "List_Unsubscribe": "<mailto:x@googlegroups.com>"},
        {"Precedence": "bulk"},
        {"Auto_Submitted": "auto-generated", "Reply_To": "anna@home.example"},
        {"Auto_Submitted": "auto-generated", **ANSWERING},
        {"X_Auto_Response_Suppress": "All", "Reply_To": "anna@home.example"},
        {"X_MS_Exchange_Inbox_Rules_Loop": "info@client.example"},
        {"X_Cron_Env": "<LANG=ru>"},
    ],
    ids=["a group", "bulk", "a form", "another help desk", "no answers, please", "a rule", "cron"],
)  # fmt: skip
def test_what_a_program_sent_for_a_person_is_offered_and_marked(fields: dict[str, str]) -> None:
    found = message(mail(**fields))
    assert not found.automatic
    assert found.data["mail"]["automatic"] == "bulk"  # so no machine answers it


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("В отпуске сломался чемодан", "Мы были в отпуске, и он сломался. Верните деньги"),
        ("Отсутствует товар", "В заказе отсутствует чайник"),
        ("Absence de livraison", "Le livreur était absent"),
        ("Автоответчик молчит", "Никто не отвечает, отсутствует связь"),
    ],
)
@pytest.mark.parametrize("answering", [False, True])
@pytest.mark.parametrize("program", [False, True])
def test_a_persons_words_about_an_absence_are_no_automatic_answer(
    subject: str, text: str, answering: bool, program: bool
) -> None:
    fields = {**(ANSWERING if answering else {})}
    fields |= {"X_Auto_Response_Suppress": "All"} if program else {}
    found = message(mail(text, subject=subject, **fields))
    assert not found.automatic
    assert found.data["mail"].get("automatic") == ("bulk" if program else None)


def test_words_alone_are_an_absence_only_in_an_answer() -> None:
    said = {"text": "Я в отпуске до 9 января", "subject": "Автоответ: Заказ"}
    assert not message(mail(**said)).automatic
    assert message(mail(**said, References="<1@shop.example>")).automatic


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce_and_fails_nothing(action: str) -> None:
    raw = mail(Content_Type="").partition(b"Content-Type:")[0]
    raw += report("<aa@shop.example>", ANNA).replace(b"failed", action.encode())
    assert receipt(raw) is None
    found = message(raw)
    assert found.automatic
    assert found.data["mail"]["automatic"] == "auto-reply"


def test_a_person_is_no_machine() -> None:
    assert not message(mail(In_Reply_To=f"<aa.{token()}@shop.example>")).automatic


# --- files --------------------------------------------------------------------------------------


def test_of_a_mail_that_was_too_large_the_last_file_is_marked_as_cut() -> None:
    whole = parsed(fixture("a_file_name_in_continuations"))
    assert whole.files
    found = events(cut(whole), settings(), account=ACCOUNT, at=NOW)[-1]
    assert isinstance(found, MessageReceived)
    assert found.attachments[-1].data["cut"] is True
    assert "too-large" in found.data["mail"]["warnings"]
    untouched = events(whole, settings(), account=ACCOUNT, at=NOW)[-1]
    assert isinstance(untouched, MessageReceived)
    assert not untouched.attachments[-1].data


def test_a_letter_to_a_token_of_another_conversation_keeps_its_own_answers() -> None:
    found = message(mail(References="<x@y>", In_Reply_To=f"<a.{token(KEY, secret='no')}@x>"))
    assert found.answers[0].startswith("<a.")
