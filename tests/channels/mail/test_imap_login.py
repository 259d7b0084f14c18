"""How a mailbox gets in: passwords, tokens, encryption, and servers that refuse."""

import asyncio
import logging
import ssl
from typing import Any

import pytest

from channels.errors import Misconfigured, Temporary
from channels.mail.imap import Mailbox
from channels.mail.servers import MailServer
from tests.channels.mail.mailboxes import HASTY, settings
from tests.support import certificates
from tests.support.mailbox import Kept
from tests.support.scripted_imap import (
    ScriptedImap,
    Session,
    answer,
    first,
    hang,
)
from tests.support.waiting import eventually

# --- logging in ---------------------------------------------------------------------------------


async def test_a_wrong_password_stops_the_account_with_the_servers_words_and_is_tried_once(
    server: ScriptedImap, kept: Kept
) -> None:
    server.password = "another"
    with pytest.raises(Misconfigured, match="Wrong password"):
        await kept.mailbox(settings(server)).listen(None, kept.deliver)
    assert server.count("LOGIN") == 1
    assert kept.color == "red"
    assert "Wrong password" in kept.reason


async def test_a_password_that_expires_while_we_listen_stops_the_account(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server)) as task:
        await eventually(lambda: kept.color == "green")
        server.password = "another"
        server.sessions[0].cut()
        with pytest.raises(Misconfigured, match="Wrong password"):
            await task
    assert server.count("LOGIN") == 2


@pytest.mark.parametrize(
    "words",
    [
        "NO [UNAVAILABLE] Temporary authentication failure.",
        "NO [ALERT] Too many simultaneous connections. (Failure)",
        "NO [LIMIT] slow down",
        "BAD User is authenticated but not connected.",
    ],
)
async def test_a_server_that_is_only_busy_is_asked_again(
    server: ScriptedImap, kept: Kept, words: str
) -> None:
    server.faults["LOGIN"] = [answer(words)]
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.color == "green")


@pytest.mark.parametrize(
    "words",
    [
        "NO [AUTHENTICATIONFAILED] Incorrect login, please try again",
        "NO Incorrect password, please try again",
        "NO LOGIN failed. Backend: bad password",
        "NO account temporarily locked, too many failed attempts",
        "NO LOGIN invalid credentials or too many connections",
        "NO Неверный пароль, try again",
    ],
)
async def test_a_wrong_password_stays_wrong_whatever_is_said_beside_it(
    server: ScriptedImap, kept: Kept, words: str
) -> None:
    server.faults["LOGIN"] = [answer(words)]
    with pytest.raises(Misconfigured, match="refused the login"):
        await kept.mailbox(settings(server)).listen(None, kept.deliver)
    assert server.count("LOGIN") == 1
    assert kept.color == "red"


async def test_who_asks_for_patience_is_not_asked_before(server: ScriptedImap, kept: Kept) -> None:
    async def token(_fresh: bool) -> str:
        raise Temporary("slow down", retry_after=90)

    async with kept.listening(settings(server, token=token)):
        await eventually(lambda: len(kept.slept) >= 3)
    assert all(delay >= 90 for delay in kept.slept)


async def test_a_goodbye_along_with_the_refusal_does_not_hide_the_refusal(
    server: ScriptedImap, kept: Kept
) -> None:
    server.password = "another"
    server.faults["LOGIN"] = [first("* BYE too many invalid passwords")]
    with pytest.raises(Misconfigured, match="Wrong password"):
        await kept.mailbox(settings(server)).listen(None, kept.deliver)


async def test_quotes_in_name_and_password_reach_the_server(server: ScriptedImap) -> None:
    server.password = r"a\"b\\c"  # as it is quoted
    await Mailbox(settings(server, user='an "na', password='a"b\\c')).check()
    assert r'LOGIN "an \"na" "a\"b\\c"' in server.said


async def test_a_russian_user_name_goes_by_auth_plain(server: ScriptedImap) -> None:
    server.password = "секрет"
    await Mailbox(settings(server, user="анна@пример.рф", password="секрет")).check()


async def test_a_russian_user_name_without_auth_plain_is_refused_in_words(
    server: ScriptedImap,
) -> None:
    server.capabilities = "IMAP4rev1"
    with pytest.raises(Misconfigured, match="only Latin letters"):
        await Mailbox(settings(server, user="анна")).check()
    assert server.count("LOGIN") == 0


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_token_lets_us_in(server: ScriptedImap, at_once: bool) -> None:
    server.capabilities = "IMAP4rev1 AUTH=XOAUTH2" + " SASL-IR" * at_once

    async def token(fresh: bool) -> str:
        return "token"

    await Mailbox(settings(server, token=token)).check()


async def test_a_token_that_ran_out_is_renewed_once(server: ScriptedImap) -> None:
    asked = []

    async def token(fresh: bool) -> str:
        asked.append(fresh)
        return "token" if fresh else "stale"

    await Mailbox(settings(server, token=token)).check()
    assert asked == [False, True]


async def test_a_token_refused_twice_stops_the_account(server: ScriptedImap, kept: Kept) -> None:
    async def token(fresh: bool) -> str:
        return "stale"

    with pytest.raises(Misconfigured, match="Invalid credentials"):
        await kept.mailbox(settings(server, token=token)).listen(None, kept.deliver)
    assert server.count("AUTHENTICATE") == 2


async def test_a_server_that_takes_no_password_in_the_clear_gets_none(server: ScriptedImap) -> None:
    server.capabilities = "IMAP4rev1 LOGINDISABLED"
    with pytest.raises(Misconfigured, match="without encryption"):
        await Mailbox(settings(server)).check()
    assert server.count("LOGIN") == 0


async def test_a_secret_is_in_no_log_and_in_no_error(
    server: ScriptedImap, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults["LOGIN"] = [
        first("A99 OK not your tag"),  # aioimaplib's error holds the pending command
        hang,
        answer("NO [UNAVAILABLE] LOGIN anna swordfish"),
    ]
    server.password = "swordfish"
    async with kept.listening(settings(server, password="swordfish", timeout=HASTY)):
        await eventually(lambda: kept.color == "green")
    assert server.count("LOGIN") >= 4
    assert "swordfish" not in caplog.text + str(kept.states)


# --- encryption ---------------------------------------------------------------------------------


def test_a_password_crosses_no_network_in_the_clear() -> None:
    with pytest.raises(Misconfigured, match="only a server on this machine"):
        MailServer(host="imap.example.org", port=143, security="plain").check_privacy()
    MailServer(host="10.0.0.5", port=143, security="plain", allow_plain=True).check_privacy()
    for host in ("localhost", "127.0.0.1", "::1"):
        MailServer(host=host, port=143, security="plain").check_privacy()


@pytest.fixture
def context(short_path: Any) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificates.local().write(short_path))
    return made


async def test_what_is_said_before_starttls_is_finished_is_not_believed(
    context: ssl.SSLContext,
) -> None:
    server = ScriptedImap(tls=context)
    await server.start()

    async def inject(session: Session, tag: str, _words: str) -> None:
        session.writer.write(f"{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\n".encode())

    server.faults["STARTTLS"] = [inject]
    trusting = settings(server, security="starttls", authority=certificates.local().certificate)
    with pytest.raises(Temporary, match="before it was encrypted"):
        await Mailbox(trusting).check()
    server.greeting = "* PREAUTH welcome"
    with pytest.raises(Misconfigured, match="choose TLS"):
        await Mailbox(trusting).check()
    assert server.count("LOGIN") == 0
    await server.stop()


async def test_a_server_without_starttls_gets_no_password(server: ScriptedImap) -> None:
    server.faults["STARTTLS"] = [answer("BAD unknown command")]
    with pytest.raises(Misconfigured, match="knows no STARTTLS"):
        await Mailbox(settings(server, security="starttls")).check()
    assert server.count("LOGIN") == 0


async def test_a_certificate_nobody_trusts_is_said(context: ssl.SSLContext) -> None:
    server = ScriptedImap()
    listener = await asyncio.start_server(server._meet, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    with pytest.raises(Misconfigured, match="certificate is not trusted"):
        await Mailbox(settings(server, security="tls")).check()
    listener.close()
