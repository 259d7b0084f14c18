"""The mailbox against a server that does everything servers do when they fail."""

from typing import Any

import pytest

from channels.mail.imap import Mailbox
from tests.channels.mail.mailboxes import HASTY, settings
from tests.support.mailbox import Kept
from tests.support.scripted_imap import (
    GO_ON,
    ScriptedImap,
    Session,
    answer,
    cut,
    goodbye,
    hang,
)
from tests.support.waiting import eventually

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
    given = {"timeout": HASTY} if fault is hang else {}
    async with kept.listening(settings(server, idle_seconds=0.5, **given)):
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
