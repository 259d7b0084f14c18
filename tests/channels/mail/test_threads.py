"""A mail joins a conversation only by a mark of ours, or by the names of mails."""

import pytest

from channels.mail import threads
from tests.channels.mail.samples import (
    ACCOUNT,
    ANNA,
    BORIS,
    KEY,
    OWN,
    mail,
    message,
    settings,
    token,
)

GOOD = token()
WRONG = {
    "a wrong mark": KEY + "0" * 16,
    "the mark of another conversation": KEY + token("f" * 20)[20:],
    "the mark of another account": token(account="account-1"),
    "the mark of another secret": token(secret="thread-1"),
    "half a mark": GOOD[:-1],
    "a mark that goes on": GOOD + "0",
    "no mark": KEY,
}


def places(thread: str) -> dict[str, bytes]:
    """A mail with a token, in each place where one may stand."""
    name = f"<0011223344556677.{thread}@shop.example>"
    plus = f"help+{thread}@shop.example"
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        "Final-Recipient: rfc822; anna@client.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {name}\r\n\r\n--b--\r\n"
    )
    head = mail(Content_Type="").partition(b"Content-Type:")[0]
    return {
        "In-Reply-To": mail(In_Reply_To=name),
        "References": mail(References=f"<other@x> {name} <more@x>"),
        "To": mail(to=f"Shop <{plus}>"),
        "To in capitals": mail(to=f"Shop <{plus.upper()}>"),
        "Cc": mail(Cc=f"boss@client.example, {plus}"),
        "Delivered-To": mail(Delivered_To=plus),
        "the mail a report is about": head + report.encode(),
    }


@pytest.mark.parametrize("place", places(GOOD))
def test_a_good_token_is_found_wherever_it_stands(place: str) -> None:
    found = message(places(GOOD)[place])
    assert found.conversation_key == KEY
    assert found.answers[-1] == f"thread:{KEY}"


def test_a_mail_with_a_token_asks_for_what_it_answers_first_and_for_nothing_older() -> None:
    ours, older = f"<0011223344556677.{GOOD}@shop.example>", "<older@x>"
    found = message(mail(In_Reply_To="<theirs@x>", References=f"{older} {ours} <theirs@x>"))
    assert found.answers == ("<theirs@x>", ours, f"thread:{KEY}")


def test_no_mail_can_name_a_conversation_by_its_key_alone() -> None:
    found = message(mail(In_Reply_To=f"thread:{KEY}", name=f"thread:{KEY}"))
    assert all(name.startswith("<") for name in (*found.answers, *found.aliases))


@pytest.mark.parametrize("fault", WRONG)
@pytest.mark.parametrize("place", places(GOOD))
def test_a_token_that_is_not_ours_threads_nothing(fault: str, place: str) -> None:
    assert message(places(WRONG[fault])[place]).conversation_key != KEY


def test_of_several_tokens_the_one_with_a_good_mark_counts() -> None:
    name = f"<1.{WRONG['a wrong mark']}@shop.example>"
    assert message(mail(In_Reply_To=name, to=f"help+{GOOD}@shop.example")).conversation_key == KEY


def test_without_a_secret_no_token_is_good() -> None:
    guessed = threads.token("", ACCOUNT, KEY)
    assert threads.key_of_token("", ACCOUNT, [f"help+{guessed}@x"]) is None


def test_a_subject_or_a_number_threads_nothing() -> None:
    first = message(mail(subject=f"[{KEY}] Re: Заказ 48101"))
    second = message(mail(subject=f"[{KEY}] Re: Заказ 48101", name="<2@client.example>"))
    assert KEY not in {first.conversation_key, second.conversation_key}
    assert first.conversation_key != second.conversation_key


def test_answers_belong_to_the_first_mail_of_their_references() -> None:
    root = message(mail(name="<root@client.example>"))
    answer = message(mail(
        name="<3@client.example>", In_Reply_To="<2@client.example>",
        References="<root@client.example> <2@client.example>",
    ))  # fmt: skip
    assert answer.conversation_key == root.conversation_key
    assert answer.answers == ("<2@client.example>", "<root@client.example>")
    assert answer.aliases == ("<3@client.example>",)


def test_strangers_who_answer_the_same_newsletter_share_no_conversation() -> None:
    named = {"In_Reply_To": "<news@other.example>", "References": "<news@other.example>"}
    anna = message(mail(name="<2@client.example>", **named))
    boris = message(mail(name="<3@other.example>", sender=BORIS, **named))
    assert anna.conversation_key != boris.conversation_key
    assert message(mail(name="<4@x>", sender=ANNA.upper(), **named)).conversation_key == (
        anna.conversation_key
    )


def test_a_report_belongs_to_the_mail_it_is_about_by_whatever_name_we_hold_it() -> None:
    raw = places(GOOD)["the mail a report is about"].replace(GOOD.encode(), b"eu-west-1")
    assert message(raw).answers[0] == "<0011223344556677.eu-west-1@shop.example>"


def test_a_mail_of_very_many_references_asks_for_the_nearest() -> None:
    names = [f"<{n}@x>" for n in range(300)]
    asked = message(mail(References=" ".join(names))).answers
    assert len(asked) == threads.MAX_ANSWERS
    assert asked[0] == "<299@x>"


def test_our_names_are_stable_and_read_back() -> None:
    name = threads.message_id(GOOD, "outbox-1", "shop.example")
    assert name == threads.message_id(GOOD, "outbox-1", "shop.example")
    assert name != threads.message_id(GOOD, "outbox-2", "shop.example")
    given = settings().thread_secret
    for written in (name, threads.plus_address(OWN, GOOD)):
        assert threads.key_of_token(given, ACCOUNT, [written]) == KEY
