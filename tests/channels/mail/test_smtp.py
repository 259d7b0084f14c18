"""Sending against a server that fails in every way, and what each failure lets the outbox do."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvloop

from channels.errors import (
    ChannelError,
    LoginRefused,
    Misconfigured,
    Rejected,
    Temporary,
    Uncertain,
    Unsupported,
)
from channels.mail.servers import MailServer
from channels.mail.smtp import Sender, Sent, SmtpSettings, learnt
from tests.support import certificates
from tests.support.house import free_port
from tests.support.scripted_smtp import CUT, HANG, ScriptedSmtp
from tests.support.waiting import eventually

RAW = "Subject: привет\r\n\r\nhello\r\n.\r\n..two dots\r\n".encode()
LARGE = (b"x" * 70 + b"\r\n") * 250_000  # more than the sockets of both sides hold
US, ANNA, BORIS = "us@example.org", "anna@example.org", "boris@example.org"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedSmtp]:
    scripted = ScriptedSmtp()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def context(short_path: Any) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificates.local().write(short_path))
    return made


def sender(server: ScriptedSmtp, *, idle_seconds: float = 30.0, **more: Any) -> Sender:
    given: dict[str, Any] = {"user": US, "password": "secret", "timeout": 10.0, "security": "plain"}
    pool = {
        name: more.pop(name) for name in ("connections", "mails_per_connection") if name in more
    }
    mail_server = MailServer(host="127.0.0.1", port=server.port, **given | more)
    return Sender(SmtpSettings(server=mail_server, idle_seconds=idle_seconds, **pool))


async def send(server: ScriptedSmtp, *recipients: str, raw: bytes = RAW, **more: Any) -> Sent:
    sending = sender(server, **more)
    try:
        return await sending.send(US, recipients or (ANNA,), raw)
    finally:
        await sending.close()


# --- what arrives -------------------------------------------------------------------------------


async def test_a_mail_arrives_as_it_was_written_dots_and_all(server: ScriptedSmtp) -> None:
    sent = await send(server, ANNA, BORIS)
    assert sent == Sent((ANNA, BORIS), {}, None)
    arrived = server.arrived[0]
    assert (arrived.sender, arrived.recipients, arrived.raw) == (US, [ANNA, BORIS], RAW)


@pytest.mark.parametrize("raw", [b"a\nb\rc\r\n", b"no end", b"", b".\r\n", b"x" * 3_000_000])
async def test_lines_end_as_mail_wants_it(server: ScriptedSmtp, raw: bytes) -> None:
    await send(server, raw=raw)
    got = server.arrived[0].raw
    assert got.endswith(b"\r\n")
    assert got.split() == raw.split() or raw == b".\r\n"


async def test_a_refused_recipient_is_told_and_the_others_have_the_mail(
    server: ScriptedSmtp,
) -> None:
    server.recipients[BORIS] = "550 5.1.1 No such user"
    sent = await send(server, ANNA, BORIS)
    assert sent.accepted == (ANNA,)
    assert sent.refused == {BORIS: (550, "5.1.1 No such user")}
    assert server.arrived[0].recipients == [ANNA]


async def test_an_address_with_russian_letters_goes_where_the_server_takes_it(
    server: ScriptedSmtp,
) -> None:
    await send(server, "анна@пример.рф")
    assert server.arrived[0].recipients == ["анна@пример.рф"]
    server.extensions.remove("SMTPUTF8")
    with pytest.raises(Unsupported, match="Latin letters"):
        await send(server, "анна@пример.рф")


# --- what fails, and what may be done next ------------------------------------------------------

NOT_ACCEPTED: list[tuple[str, str]] = [
    ("greeting", "421 too busy"),
    ("greeting", CUT),
    ("greeting", HANG),
    ("EHLO", CUT),
    ("AUTH", "454 4.7.0 Too many login attempts, please try again later"),
    ("MAIL", "451 greylisted"),
    ("MAIL", "421 closing"),
    ("MAIL", CUT),
    ("DATA", "451 later"),
    ("DATA", CUT),
    ("DATA", HANG),
    ("body", CUT),
    ("dot", "451 4.3.0 later"),
    ("dot", "421 closing"),
]


@pytest.mark.parametrize(("where", "answer"), NOT_ACCEPTED)
async def test_what_was_not_accepted_may_be_sent_again(
    server: ScriptedSmtp, where: str, answer: str
) -> None:
    server.answers[where] = [answer]
    given = {"timeout": 0.3} if answer == HANG else {}
    with pytest.raises(Temporary):
        await send(server, raw=LARGE if where == "body" else RAW, **given)
    assert server.arrived == []
    assert (await send(server)).accepted == (ANNA,)


def test_the_loop_of_the_service_knows_what_has_not_left_either() -> None:
    """Its transports are of other classes."""

    async def cut_short() -> None:
        server = ScriptedSmtp()
        await server.start()
        server.answers["body"] = [CUT]
        with pytest.raises(Temporary):
            await send(server, raw=LARGE)
        await server.stop()

    uvloop.run(cut_short())


@pytest.mark.parametrize("where", ["MAIL", "dot"])
async def test_a_server_that_refuses_a_sender_gets_the_other_one_from_then_on(
    server: ScriptedSmtp, where: str
) -> None:
    plus = "us+1@example.org"
    server.answers[where] = ["553 5.7.1 not owned by user"]
    sending = sender(server)
    for _ in range(2):
        assert (await sending.send(plus, [ANNA], RAW, otherwise=US)).accepted == (ANNA,)
    await sending.close()
    assert [one.sender for one in server.arrived] == [US, US]


async def test_a_server_that_refuses_the_sender_late_gets_the_other_one(
    server: ScriptedSmtp,
) -> None:
    plus = "us+1@example.org"
    server.refuses_senders.add(plus)
    sending = sender(server)
    await sending.send(plus, [ANNA, BORIS], RAW, otherwise=US)
    await sending.close()
    assert [(one.sender, one.recipients) for one in server.arrived] == [(US, [ANNA, BORIS])]


async def test_what_is_refused_from_both_senders_is_rejected_and_both_are_tried_again(
    server: ScriptedSmtp,
) -> None:
    plus = "us+1@example.org"
    server.recipients[ANNA] = "550 5.1.1 no such user"
    sending = sender(server)
    with pytest.raises(Rejected, match="no such user"):
        await sending.send(plus, [ANNA], RAW, otherwise=US)
    await sending.send(plus, [BORIS], RAW, otherwise=US)
    await sending.close()
    assert [one.sender for one in server.arrived] == [plus]


REJECTED: list[tuple[str, str]] = [
    ("MAIL", "553 5.7.1 not your address"),
    ("DATA", "554 no valid recipients"),
    ("dot", "550 5.7.1 looks like spam"),
    ("dot", "552 too large"),
]


@pytest.mark.parametrize(("where", "answer"), REJECTED)
async def test_a_no_for_good_is_rejected_with_the_servers_words(
    server: ScriptedSmtp, where: str, answer: str
) -> None:
    server.answers[where] = [answer]
    with pytest.raises(Rejected) as failed:
        await send(server)
    assert answer in str(failed.value)
    assert failed.value.code == answer[:3]


async def test_a_no_in_the_middle_of_the_mail_is_heard(server: ScriptedSmtp) -> None:
    server.answers["body"] = ["552 5.3.4 too large" + CUT]
    with pytest.raises((Rejected, Temporary)):
        await send(server, raw=LARGE)


@pytest.mark.parametrize("answer", [CUT, HANG, "250-half" + CUT, "25\r" + CUT, "what?"])
async def test_no_answer_after_the_final_dot_is_uncertain(
    server: ScriptedSmtp, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"timeout": 0.3} if answer == HANG else {}
    if given:
        monkeypatch.setattr("channels.mail.smtp_session._FINAL_SECONDS", 0.3)
    server.answers["dot"] = [answer]
    with pytest.raises(Uncertain):
        await send(server, **given)


async def test_all_recipients_refused_for_good_is_rejected(server: ScriptedSmtp) -> None:
    server.recipients = {ANNA: "550 no such user", BORIS: "550 nor this one"}
    with pytest.raises(Rejected, match="nor this one"):
        await send(server, ANNA, BORIS)
    assert server.count("DATA") == 0


async def test_all_recipients_refused_for_now_may_be_sent_again(server: ScriptedSmtp) -> None:
    server.recipients = {ANNA: "450 mailbox busy"}
    with pytest.raises(Temporary, match="mailbox busy"):
        await send(server, ANNA)


async def test_an_address_with_a_quoted_name_goes_out_as_it_is(server: ScriptedSmtp) -> None:
    await send(server, '"a b"@example.org')
    assert server.arrived[0].recipients == ['"a b"@example.org']


@pytest.mark.parametrize(
    "address",
    ["a\r\nRCPT TO:<b@example.org>", "a@b\0c", "a@b> SIZE=1", "a@b SIZE=1", '"a b"@c SIZE=1'],
)
async def test_an_address_cannot_smuggle_a_command(server: ScriptedSmtp, address: str) -> None:
    with pytest.raises(ChannelError):
        await send(server, address)
    assert server.arrived == []
    assert server.count("RCPT") == 0


async def test_nobody_to_send_to_is_rejected(server: ScriptedSmtp) -> None:
    with pytest.raises(Rejected):
        await sender(server).send(US, [], RAW)


async def test_nobody_listening_may_be_sent_again() -> None:
    nowhere = ScriptedSmtp()
    nowhere.port = free_port()
    with pytest.raises(Temporary, match="nobody listens there"):
        await send(nowhere)


# --- logging in ---------------------------------------------------------------------------------


async def test_a_wrong_password_stops_the_account_and_is_tried_once(server: ScriptedSmtp) -> None:
    with pytest.raises(Misconfigured, match="Bad credentials"):
        await send(server, password="swordfish")
    assert server.count("AUTH") == 1


async def test_of_many_mails_at_once_one_alone_tries_a_wrong_password(server: ScriptedSmtp) -> None:
    sending = sender(server, password="swordfish")
    mails = [sending.send(US, [ANNA], RAW) for _ in range(10)]
    ends = await asyncio.gather(*mails, return_exceptions=True)
    assert {str(end) for end in ends} == {str(ends[0])}
    assert all(isinstance(end, LoginRefused) for end in ends)
    assert server.count("AUTH") == 1


async def test_after_a_check_that_goes_well_a_refused_login_is_used_again(
    server: ScriptedSmtp,
) -> None:
    sending = sender(server, password="swordfish")
    with pytest.raises(LoginRefused):
        await sending.send(US, [ANNA], RAW)
    with pytest.raises(LoginRefused):
        await sending.check()
    server.password = "swordfish"
    with pytest.raises(LoginRefused):
        await sending.send(US, [ANNA], RAW)
    await sending.check()
    assert (await sending.send(US, [ANNA], RAW)).accepted == (ANNA,)
    assert server.count("AUTH") == 4  # that of the mail between was not tried
    await sending.close()


async def test_a_server_that_wants_a_login_we_have_not_stops_the_account(
    server: ScriptedSmtp,
) -> None:
    server.answers["MAIL"] = ["530 5.7.0 Authentication required"]
    with pytest.raises(Misconfigured, match="Authentication required"):
        await send(server, user="")
    server.extensions = []
    with pytest.raises(Misconfigured, match="offers no login"):
        await send(server)


async def test_a_token_that_ran_out_is_renewed_once(server: ScriptedSmtp) -> None:
    asked = []

    async def token(fresh: bool) -> str:
        asked.append(fresh)
        return "token" if fresh else "stale"

    assert (await send(server, token=token)).accepted == (ANNA,)
    assert asked == [False, True]


async def test_check_logs_in_and_sends_nothing(server: ScriptedSmtp) -> None:
    await sender(server).check()
    with pytest.raises(Misconfigured):
        await sender(server, password="another").check()
    assert server.count("MAIL") == 0


async def test_a_secret_is_in_no_error(server: ScriptedSmtp) -> None:
    server.password = "swordfish"
    server.answers["MAIL"] = ["550 the password swordfish is weak"]
    with pytest.raises(Rejected) as failed:
        await send(server, password="swordfish")
    assert "swordfish" not in str(failed.value)


# --- encryption ---------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_an_encrypted_connection_checks_the_certificate(
    context: ssl.SSLContext, security: str
) -> None:
    server = ScriptedSmtp(tls=context)
    await server.start(encrypted=security == "tls")
    more = {"security": security, "timeout": 5.0}
    with pytest.raises(Misconfigured, match="not trusted"):
        await send(server, **more)
    trusted = certificates.local().certificate
    assert (await send(server, authority=trusted, **more)).accepted == (ANNA,)
    await server.stop()


async def test_a_server_without_starttls_gets_no_password(server: ScriptedSmtp) -> None:
    with pytest.raises(Misconfigured, match="STARTTLS"):
        await send(server, security="starttls")
    assert server.count("AUTH") == 0


async def test_starttls_refused_for_now_may_be_tried_again(context: ssl.SSLContext) -> None:
    server = ScriptedSmtp(tls=context)
    await server.start()
    server.answers["STARTTLS"] = ["454 TLS not available"]
    with pytest.raises(Temporary, match="TLS not available"):
        await send(server, security="starttls")
    await server.stop()


async def test_mail_crosses_no_network_in_the_clear() -> None:
    server = MailServer(host="smtp.example.org", port=25, security="plain")
    with pytest.raises(Misconfigured, match="only a server on this machine"):
        await Sender(SmtpSettings(server=server)).send(US, [ANNA], RAW)


# --- connections that are kept ------------------------------------------------------------------


async def test_one_connection_carries_many_mails(server: ScriptedSmtp) -> None:
    sending = sender(server)
    for _ in range(5):
        await sending.send(US, [ANNA], RAW)
    assert (server.connections, len(server.arrived)) == (1, 5)
    await sending.close()
    assert server.count("QUIT") == 1


async def test_connections_are_bounded(server: ScriptedSmtp) -> None:
    sending = sender(server, connections=2)
    await asyncio.gather(*(sending.send(US, [ANNA], RAW) for _ in range(12)))
    assert len(server.arrived) == 12
    assert server.connections <= 2
    await sending.close()


async def test_a_kept_connection_that_died_is_not_noticed_by_the_mail(server: ScriptedSmtp) -> None:
    sending = sender(server)
    await sending.send(US, [ANNA], RAW)
    server.cut()
    await sending.send(US, [ANNA], RAW)
    server.answers["RSET"] = ["421 idle too long"]
    await sending.send(US, [ANNA], RAW)
    server.answers["MAIL"] = ["421 closing"]
    await sending.send(US, [ANNA], RAW)
    assert (len(server.arrived), server.connections) == (4, 4)
    await sending.close()


async def test_a_connection_is_given_up_after_its_idle_time_and_its_share_of_mails(
    server: ScriptedSmtp,
) -> None:
    for more in ({"idle_seconds": 0.0}, {"mails_per_connection": 1}):
        before = server.connections
        sending = sender(server, **more)
        for _ in range(3):
            await sending.send(US, [ANNA], RAW)
        assert server.connections == before + 3
        await sending.close()


async def test_a_broken_off_mail_leaves_no_connection_behind(server: ScriptedSmtp) -> None:
    server.answers["dot"] = [HANG]
    sending = sender(server)
    broken_off = asyncio.create_task(sending.send(US, [ANNA], RAW))
    await eventually(lambda: not server.answers["dot"])
    broken_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await broken_off
    await sending.send(US, [ANNA], RAW)
    assert server.connections == 2
    await sending.close()


# --- a Message-ID that is rewritten -------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "words", "message_id"),
    [
        (
            "email-smtp.us-east-1.amazonaws.com",
            "Ok 0100018f-7a",
            "<0100018f-7a@email.amazonses.com>",
        ),
        ("email-smtp.eu-west-1.amazonaws.com", "Ok 0102-9", "<0102-9@eu-west-1.amazonses.com>"),
        ("smtp.example.org", "2.0.0 Ok: queued as 4XyZ", None),
    ],
)
def test_a_relay_known_to_rewrite_the_message_id_is_believed(
    host: str, words: str, message_id: str | None
) -> None:
    assert learnt(SmtpSettings(server=MailServer(host=host, port=587)), words) == message_id


@pytest.mark.parametrize("words", ["Ok <abc@relay.example>", "2.0.0 Ok abc@relay.example", "abc"])
def test_any_relay_may_be_said_to_rewrite_it(words: str) -> None:
    settings = SmtpSettings(
        server=MailServer(host="relay.example", port=587),
        message_id_from_reply=True,
        message_id_domain="relay.example",
    )
    assert learnt(settings, words) == "<abc@relay.example>"
