"""What a mailbox brings, and what becomes of handled mail, while servers behave."""

import asyncio

import pytest

from tests.channels.mail.mailboxes import settings
from tests.support.mailbox import Kept
from tests.support.scripted_imap import (
    ScriptedImap,
    Session,
    answer,
    cut,
    first,
)
from tests.support.waiting import eventually

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
    async with kept.listening(settings(server, idle_seconds=600)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        server.add(b"one")
        await eventually(lambda: kept.uids == [1])


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
    server.faults["IDLE"] = [first("* 0 EXISTS")] * 100
    async with kept.listening(settings(server)):
        await eventually(lambda: server.sessions and server.sessions[0].idling)
        await asyncio.sleep(0.2)
    assert server.count("UID SEARCH") <= 5


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
