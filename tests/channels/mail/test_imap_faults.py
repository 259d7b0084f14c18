"""The mailbox against a server that does everything servers do when they fail."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.errors import Misconfigured, Temporary
from channels.mail.imap import Mailbox, MailboxSettings
from channels.mail.servers import MailServer
from tests.support import certificates
from tests.support.mailbox import Kept
from tests.support.scripted_imap import (
    GO_ON,
    ScriptedImap,
    Session,
    answer,
    cut,
    first,
    goodbye,
    hang,
)
from tests.support.waiting import eventually


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    scripted = ScriptedImap()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def settings(server: ScriptedImap, **more: Any) -> MailboxSettings:
    login: dict[str, Any] = {"user": "anna@example.org", "password": "secret", "timeout": 0.3}
    login |= {name: more.pop(name) for name in list(more) if name in MailServer.__slots__}
    given: dict[str, Any] = {"start": "all", "idle_seconds": 5.0} | more
    mail_server = MailServer(host="127.0.0.1", port=server.port, **{"security": "plain"} | login)
    return MailboxSettings(server=mail_server, **given)


# --- what waits, and what comes ------------------------------------------------------------------


async def test_everything_there_is_comes_in_the_order_of_uids(
    server: ScriptedImap, kept: Kept
) -> None:
    for number in range(130):
        server.add(b"Subject: %d\r\n\r\nhello\r\n" % number)
    async with kept.listening(settings(server)):
        await eventually(lambda: len(kept.mails) == 130)
    assert kept.uids == list(range(1, 131))
    assert [mail.raw for mail in kept.mails] == [mail.raw for mail in server.mails]
    assert kept.batches == [0, 50, 50, 30]
    assert kept.states == [("green", None)]


async def test_a_new_account_begins_with_mail_from_now_on(server: ScriptedImap, kept: Kept) -> None:
    server.add(b"old")
    async with kept.listening(settings(server, start="new")):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.add(b"new")
        await eventually(lambda: kept.mails)
    assert [mail.raw for mail in kept.mails] == [b"new"]


async def test_a_push_during_idle_brings_the_mail_at_once(server: ScriptedImap, kept: Kept) -> None:
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.add(b"one")
        await eventually(lambda: kept.uids == [1], seconds=1)


@pytest.mark.parametrize("command", ["SEARCH", "FETCH"])
async def test_mail_told_of_in_the_answer_to_another_command_comes_at_once(
    server: ScriptedImap, kept: Kept, command: str
) -> None:
    async def meanwhile(session: Session, tag: str, words: str) -> None:
        if command == "SEARCH":
            session.say("* SEARCH 1")
        else:
            session.give(server.mails[0], words)
        server.add(b"two")
        session.known = 2
        session.say("* 2 EXISTS")
        session.say(f"{tag} OK done")

    server.add(b"one")
    server.faults[command] = [meanwhile]
    async with kept.listening(settings(server, idle_seconds=600)):
        await eventually(lambda: kept.uids == [1, 2])
        await eventually(lambda: server.sessions[0].idling)
    assert server.count("UID SEARCH") <= 3


async def test_a_server_that_repeats_how_many_there_are_is_not_asked_for_ever(
    server: ScriptedImap, kept: Kept
) -> None:
    server.faults["SEARCH"] = [first("* 0 EXISTS")] * 100
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
    assert server.count("UID SEARCH") <= 2


async def test_idle_is_renewed_and_followed_by_a_sign_of_life(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server, idle_seconds=0.05)):
        await eventually(lambda: server.count("NOOP") >= 3)
    assert server.count("IDLE") >= 3
    assert server.connections == 1


@pytest.mark.parametrize("refusal", ["not offered", "refused"])
async def test_a_server_without_idle_is_asked_now_and_then(
    server: ScriptedImap, kept: Kept, refusal: str
) -> None:
    if refusal == "refused":
        server.faults["IDLE"] = [answer("NO not today")]
    else:
        server.capabilities = "IMAP4rev1"
    async with kept.listening(settings(server)):
        await eventually(lambda: server.count("NOOP") >= 1)
        server.add(b"one")
        await eventually(lambda: kept.uids == [1])
    assert kept.states == [("green", None)]
    assert server.connections == 1


async def test_no_other_folder_is_ever_opened(server: ScriptedImap, kept: Kept) -> None:
    server.add(b"one")
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.mails)
    opened = [line for line in server.said if line.startswith(("SELECT", "EXAMINE", "LIST"))]
    assert opened == ['SELECT "INBOX"']


async def test_a_folder_with_a_russian_name_is_asked_for_as_servers_want_it(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server, folder="Заявки & R/D")):
        await eventually(lambda: kept.states)
    assert 'SELECT "&BBcEMARPBDIEOgQ4- &- R/D"' in server.said


async def test_a_mail_over_the_limit_comes_as_its_beginning(
    server: ScriptedImap, kept: Kept
) -> None:
    large = b"Subject: large\r\n\r\n" + b"x" * 5000
    for raw in (b"small", large, b"small too"):
        server.add(raw)
    async with kept.listening(settings(server, size_limit=1000, beginning=200)):
        await eventually(lambda: len(kept.mails) == 3)
    assert [(m.raw, m.truncated) for m in kept.mails] == [
        (b"small", False), (large[:200], True), (b"small too", False),
    ]  # fmt: skip


async def test_a_slice_is_bounded_in_bytes(server: ScriptedImap, kept: Kept) -> None:
    for _ in range(6):
        server.add(b"x" * 400)
    async with kept.listening(settings(server, slice_bytes=1000)):
        await eventually(lambda: len(kept.mails) == 6)
    assert kept.batches == [0, 2, 2, 2]


async def test_a_mail_of_ten_megabytes_comes_whole(server: ScriptedImap, kept: Kept) -> None:
    raw = b"Subject: )(\r\n\r\n* BYE {5}\r\nA1 OK\r\n" * 320_000
    server.add(raw)
    async with kept.listening(settings(server, timeout=10.0)):
        await eventually(lambda: kept.mails)
    assert kept.mails[0].raw == raw


async def test_thousands_of_lines_in_one_packet_do_not_end_the_connection(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.push("\r\n".join(f"* {n} FETCH (FLAGS (\\Seen))" for n in range(1, 5000)))
        server.add(b"one")
        await eventually(lambda: kept.mails)
    assert server.connections == 1


# --- what is taken away under our hands ----------------------------------------------------------


async def test_a_mail_expunged_while_it_is_fetched_is_passed_over(
    server: ScriptedImap, kept: Kept
) -> None:
    for number in range(4):
        server.add(b"%d" % number)

    async def expunge(session: Session, tag: str, words: str) -> str | None:
        if "BODY" not in words:
            server.faults["FETCH"].append(expunge)
            return GO_ON
        gone = server.mails.pop(1)
        for mail in server.mails:
            session.server.mails.index(mail)
            session.give(mail, words)
        session.say("* 2 EXPUNGE")
        session.say(f"{tag} NO [EXPUNGEISSUED] UID {gone.uid} no longer exists")
        return None

    server.faults["FETCH"] = [expunge]
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1, 3, 4])
        server.add(b"next")
        await eventually(lambda: kept.uids == [1, 3, 4, 5])
    assert server.connections == 1


async def test_a_mail_moved_in_by_another_program_comes_under_its_new_uid(
    server: ScriptedImap, kept: Kept
) -> None:
    server.add(b"one")
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1])
        server.mails.clear()  # moved out
        server.add(b"one")  # and back
        await eventually(lambda: kept.uids == [1, 2])


async def test_a_mail_the_server_does_not_give_is_told_and_stops_nobody(
    server: ScriptedImap, kept: Kept
) -> None:
    for raw in (b"one", b"broken", b"three"):
        server.add(raw)

    async def withhold(session: Session, tag: str, words: str) -> str | None:
        server.faults["FETCH"].append(withhold)
        if "BODY" not in words:
            return GO_ON
        for mail in session.within(words.split()[2]):
            if mail.uid != 2:
                session.give(mail, words)
        session.say(f"{tag} NO The message could not be converted")
        return None

    server.faults["FETCH"] = [withhold]
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1, 2, 3])
    assert [mail.problem is None for mail in kept.mails] == [True, False, True]
    assert kept.mails[1].raw == b""


async def test_a_mail_at_which_the_server_always_dies_is_told_and_passed(
    server: ScriptedImap, kept: Kept
) -> None:
    for raw in (b"one", b"deadly", b"three"):
        server.add(raw)

    async def die(session: Session, tag: str, words: str) -> str | None:
        server.faults["FETCH"].append(die)
        if "BODY" in words and 2 in {m.uid for m in session.within(words.split()[2])}:
            session.cut()
            return None
        return GO_ON

    server.faults["FETCH"] = [die]
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1, 2, 3])
    assert [mail.problem is None for mail in kept.mails] == [True, False, True]
    assert [state for state, _ in kept.states] == ["red", "green"] * 2


async def test_a_server_that_gives_nothing_at_all_makes_no_mail_unreadable(
    server: ScriptedImap, kept: Kept
) -> None:
    for raw in (b"one", b"two", b"three"):
        server.add(raw)
    server.faults["FETCH"] = [cut] * 10 + [answer("NO [SERVERBUG] Internal error occurred")] * 40
    async with kept.listening(settings(server)):
        await eventually(lambda: "Internal error" in kept.reason)
        await eventually(lambda: not server.faults["FETCH"] and len(kept.mails) == 3)
    assert [mail.raw for mail in kept.mails] == [b"one", b"two", b"three"]
    assert kept.color == "green"


# --- connections that fail ----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["CAPABILITY", "LOGIN", "SELECT", "SEARCH", "FETCH", "IDLE"])
@pytest.mark.parametrize("fault", [cut, hang, goodbye("shutting down"), answer("BAD what?")])
async def test_whatever_fails_at_whatever_command_the_mail_comes_once(
    server: ScriptedImap, kept: Kept, command: str, fault: Any
) -> None:
    if command == "LOGIN" and fault not in (cut, hang):
        fault = answer("NO [UNAVAILABLE] Temporary authentication failure")
    server.add(b"one")
    server.faults[command] = [fault]
    async with kept.listening(settings(server, idle_seconds=0.5)):
        await eventually(lambda: kept.uids == [1] and kept.color == "green")
        server.add(b"two")
        await eventually(lambda: kept.uids == [1, 2])
    assert kept.uids == [1, 2]


async def test_a_peer_that_falls_silent_in_idle_is_noticed_and_told(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server, idle_seconds=0.1, timeout=0.1)):
        await eventually(lambda: kept.color == "green")
        for command in ("NOOP", "CAPABILITY"):
            server.faults[command] = [hang] * 4
        await eventually(lambda: kept.color == "red")
        assert "no answer within" in kept.reason
        await eventually(lambda: kept.color == "green")


async def test_a_goodbye_in_idle_is_heard_though_the_connection_stays(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server, idle_seconds=60)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.push("* BYE the server is going down")
        await eventually(lambda: server.connections == 2)


async def test_a_connection_lost_in_idle_is_weather_and_no_news(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.sessions[0].cut()
        await eventually(lambda: server.connections == 2 and server.sessions[-1].idling)
        server.add(b"one")
        await eventually(lambda: kept.mails)
    assert kept.states == [("green", None)]


async def test_a_server_that_is_away_is_red_with_the_reason_and_recovers_by_itself(
    server: ScriptedImap, kept: Kept
) -> None:
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.color == "green")
        await server.stop()
        await eventually(lambda: kept.color == "red")
        assert "nobody listens there" in kept.reason
        for raw in (b"one", b"two", b"three"):
            server.add(raw)
        await server.start()
        await eventually(lambda: kept.uids == [1, 2, 3])
        assert kept.color == "green"


async def test_attempts_become_rarer_but_never_rarer_than_every_twenty_seconds(
    server: ScriptedImap, kept: Kept
) -> None:
    await server.stop()
    async with kept.listening(settings(server)):
        await eventually(lambda: len(kept.slept) >= 10)
    assert kept.slept[0] <= 0.5
    assert all(delay <= 20 for delay in kept.slept)
    assert kept.slept[9] >= 10


async def test_a_greeting_that_sends_us_away_is_the_reason(
    server: ScriptedImap, kept: Kept
) -> None:
    server.greeting = "* BYE too many connections from your address"
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.color == "red")
    assert "too many connections from your address" in kept.reason


async def test_a_peer_that_speaks_no_imap_is_told_and_not_believed(
    server: ScriptedImap, kept: Kept
) -> None:
    server.greeting = "220 mail.example.org ESMTP"
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.color == "red")
    assert "220 mail.example.org" in kept.reason


async def test_a_mailbox_the_receiver_cannot_store_is_left_at_its_place(
    server: ScriptedImap,
) -> None:
    server.add(b"one")

    async def full(mails: Any, _cursor: Any) -> None:
        if mails:
            raise RuntimeError("the database is down")

    with pytest.raises(RuntimeError, match="database"):
        await Mailbox(settings(server)).listen(None, full)
    await eventually(lambda: not server.sessions)


# --- UIDs that lose their meaning ----------------------------------------------------------------


async def test_a_new_uidvalidity_gives_the_whole_folder_again(
    server: ScriptedImap, kept: Kept
) -> None:
    for raw in (b"one", b"two"):
        server.add(raw)
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1, 2])
        server.uidvalidity = 2
        for uid, mail in enumerate(server.mails, start=11):
            mail.uid = uid
        server.uidnext = 13
        server.add(b"three")
        server.sessions[0].cut()
        await eventually(lambda: len(kept.mails) == 5)
    assert kept.uids == [1, 2, 11, 12, 13]
    assert [mail.uidvalidity for mail in kept.mails] == [1, 1, 2, 2, 2]


async def test_given_again_are_only_mails_that_came_since_the_account_began(
    server: ScriptedImap, kept: Kept
) -> None:
    server.add(b"years ago", date="07-Feb-2019 10:00:00 +0300")
    server.add(b"the newest then", date="07-Feb-2026 10:00:00 +0300")
    async with kept.listening(settings(server, start="new")):
        await eventually(lambda: kept.cursor)
        server.uidvalidity = 2
        server.sessions[0].cut()
        await eventually(lambda: any("SINCE" in line for line in server.said))
    assert "UID SEARCH UID 1:2 SINCE 6-Feb-2026" in server.said


async def test_a_backup_restored_under_the_same_uidvalidity_hides_no_mail(
    server: ScriptedImap, kept: Kept
) -> None:
    for raw in (b"one", b"two", b"three"):
        server.add(raw)
    async with kept.listening(settings(server)):
        await eventually(lambda: kept.uids == [1, 2, 3])
        del server.mails[1:]
        server.uidnext = 2
        server.add(b"after the backup")
        server.sessions[0].cut()
        await eventually(lambda: kept.uids == [1, 2, 3, 1, 2])
    assert kept.mails[-1].raw == b"after the backup"


async def test_a_stop_at_any_time_goes_on_where_it_was(server: ScriptedImap, kept: Kept) -> None:
    for number in range(9):
        server.add(b"%d" % number)
        async with kept.listening(settings(server)):
            await eventually(lambda n=number: len(kept.mails) == n + 1)
    assert kept.uids == list(range(1, 10))


# --- what happens to handled mail ----------------------------------------------------------------


async def test_handled_mail_is_left_as_it_is(server: ScriptedImap, kept: Kept) -> None:
    mail = server.add(b"one")
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
    assert mail.flags == set()


async def test_handled_mail_is_marked_seen(server: ScriptedImap, kept: Kept) -> None:
    mail = server.add(b"one")
    async with kept.listening(settings(server, handled="seen")):
        await eventually(lambda: mail.flags == {"\\Seen"})


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 MOVE", "IMAP4rev1 UIDPLUS"])
async def test_handled_mail_is_moved(server: ScriptedImap, kept: Kept, capabilities: str) -> None:
    server.capabilities = capabilities
    server.add(b"one")
    async with kept.listening(settings(server, handled="move", move_to="Done")):
        await eventually(lambda: not server.mails)
        server.add(b"two")
        await eventually(lambda: kept.uids == [1, 2] and not server.mails)
    assert [mail.raw for mail in server.moved["Done"]] == [b"one", b"two"]


async def test_without_move_and_uidplus_nobody_elses_mail_is_expunged(
    server: ScriptedImap, kept: Kept
) -> None:
    server.capabilities = "IMAP4rev1"
    mail = server.add(b"one")
    async with kept.listening(settings(server, handled="move", move_to="Done")):
        await eventually(lambda: mail.flags == {"\\Deleted"})
    assert server.moved["Done"] == [mail]
    assert server.count("EXPUNGE") == 0


async def test_a_missing_folder_is_made(server: ScriptedImap, kept: Kept) -> None:
    server.add(b"one")
    server.faults["MOVE"] = [answer("NO [TRYCREATE] no such folder")]
    async with kept.listening(settings(server, handled="move", move_to="Готово")):
        await eventually(lambda: not server.mails)
    assert server.count("CREATE") == 1
    assert kept.color == "green"


async def test_a_refused_move_is_told_and_stops_no_mail(server: ScriptedImap, kept: Kept) -> None:
    server.add(b"one")
    server.faults["MOVE"] = [answer("NO permission denied")] * 2
    async with kept.listening(settings(server, handled="move", move_to="Done")):
        await eventually(lambda: kept.color == "yellow")
        server.add(b"two")
        await eventually(lambda: kept.uids == [1, 2])
    assert "permission denied" in kept.reason
    async with kept.listening(settings(server, handled="move", move_to="Done")):
        await eventually(lambda: not server.mails)  # made good at the next visit


async def test_what_was_stored_and_not_yet_marked_is_marked_at_the_next_visit(
    server: ScriptedImap, kept: Kept
) -> None:
    mail = server.add(b"one")
    server.faults["STORE"] = [cut]
    async with kept.listening(settings(server, handled="seen")):
        await eventually(lambda: mail.flags == {"\\Seen"})
    assert kept.uids == [1]


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
    async with kept.listening(settings(server, password="swordfish")):
        await eventually(lambda: kept.color == "green")
    assert server.count("LOGIN") == 4
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
        await Mailbox(settings(server, security="tls", timeout=2.0)).check()
    listener.close()
