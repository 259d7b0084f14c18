"""Who listens to a mailbox, and when nobody does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from contact_center.storage.leases import Lease
from tests.contact_center.mail.post import Box, Post
from tests.support.scripted_imap import cut
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAKEN_OVER_WITHIN = 45.0


async def test_a_wrong_password_stops_the_account_with_the_servers_words(post: Post) -> None:
    box = await post.box(password="wrong")
    assert "Wrong password" in await box.turns("red")
    asked = box.imap.count("LOGIN")
    post.office.workspace.listeners._news.set()  # whatever happens to other accounts
    await asyncio.sleep(1.5)  # longer than the first rests after a failure
    assert (asked, box.imap.count("LOGIN")) == (1, 1)


async def test_a_process_that_was_refused_keeps_others_from_trying(post: Post) -> None:
    box = await post.box(password="wrong")
    await box.turns("red")
    await asyncio.sleep(0.5)
    assert not await Lease(box.db, f"listen:{box.account}", "another process").acquire()


async def test_a_new_password_is_tried_at_once(post: Post) -> None:
    box = await post.box(password="wrong")
    await box.turns("red")
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    path = f"/accounts/{box.account}"
    await post.office.ask("PATCH", path, chief, json={"settings": {"password": "secret"}})
    await box.turns("green")
    box.write()
    await box.messages(1)


async def test_the_same_password_saved_again_is_tried_again(post: Post) -> None:
    box = await post.box(password="changed")
    await box.turns("red")
    box.imap.password = box.smtp.password = "changed"  # the server was behind, not we
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    path = f"/accounts/{box.account}"
    await post.office.ask("PATCH", path, chief, json={"settings": {"password": "changed"}})
    await box.turns("green")
    box.write()
    await box.messages(1)


@pytest.mark.parametrize("cured", [True, False], ids=["works again", "refused again"])
async def test_a_check_that_goes_well_lets_a_refused_account_listen_again(
    post: Post, cured: bool
) -> None:
    box = await post.box(password="changed")
    await box.turns("red")
    if cured:
        box.imap.password = box.smtp.password = "changed"
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    checked = await post.office.ask("POST", f"/accounts/{box.account}/check", chief)
    assert checked.body["health"] == ("green" if cured else "red")
    box.write()
    if cured:
        await box.messages(1)
    else:
        await asyncio.sleep(1)
        assert box.imap.count("LOGIN") == 2  # ours and the one a person asked for


async def test_an_account_that_is_switched_off_is_not_listened_to_and_goes_on_later(
    post: Post,
) -> None:
    box = await post.box()
    box.write("before")
    await box.messages(1)
    await post.switch(box, "off")
    await eventually(lambda: not box.imap.sessions)
    box.write("meanwhile")
    await asyncio.sleep(0.5)
    assert len(await box.messages(1)) == 1
    await post.switch(box, "on")
    assert [row["text"] for row in await box.messages(2)] == ["before", "meanwhile"]


async def test_a_mailbox_nobody_can_read_is_not_well_because_letters_leave(post: Post) -> None:
    box = await post.box()
    box.write()
    contact = await box.contact()
    await box.take(contact["id"])
    box.imap.faults["LOGIN"] = [cut] * 50
    for session in list(box.imap.sessions):
        session.cut()
    await box.turns("red")
    message = await box.reply(contact["id"])
    await box.delivery(message, "sent")
    await asyncio.sleep(0.3)
    assert (await box.health())[0] == "red"


async def test_a_server_that_refuses_our_letters_is_told_and_its_cure_too(post: Post) -> None:
    box = await post.box()
    box.write()
    contact = await box.contact()
    await box.take(contact["id"])
    await box.turns("green")
    box.smtp.answers["AUTH"] = ["535 5.7.8 Expired"]
    message = await box.reply(contact["id"])
    assert "Expired" in await box.turns("red")
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    asked = box.smtp.count("AUTH")
    path = f"/accounts/{box.account}"
    await post.office.ask("PATCH", path, chief, json={"settings": {"user": "anna"}})
    await box.delivery(message, "sent")
    assert asked == 1
    await box.turns("green")


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.processes
@pytest.mark.slow
async def test_one_of_two_processes_listens_and_the_other_takes_over_when_it_is_killed(
    post: Post, post_url: str, processes: ExitStack
) -> None:
    box = await post.box(start=False)
    await box.db.execute("UPDATE accounts SET state = 'on' WHERE id = $1", box.account)
    first, second = (listener(post_url, str(post.office.workspace.settings.data_dir), processes)
                     for _ in range(2))  # fmt: skip
    for process in (first, second):
        assert await asyncio.to_thread(process.stdout.readline) == b"listening\n"  # type: ignore[union-attr]
    holder = await held(box, {first.pid: first, second.pid: second})
    box.write("first")
    await box.messages(1)
    assert len(box.imap.sessions) == 1
    orphans = children(holder.pid)
    assert orphans, "it reads mails in a process of its own"
    os.kill(holder.pid, signal.SIGKILL)
    killed = time.monotonic()
    box.write("second")
    await box.messages(2, seconds=TAKEN_OVER_WITHIN)
    print(f"taken over {time.monotonic() - killed:.1f} s after the kill")
    assert time.monotonic() - killed < TAKEN_OVER_WITHIN
    assert [row["text"] for row in await box.messages(2)] == ["first", "second"]
    await eventually(
        lambda: not [pid for pid in orphans if alive(pid)]
    )  # nobody else would end them


def children(pid: int) -> list[int]:
    """The processes that read mails for a process."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(one) for one in found if b"intake.aside" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def listener(url: str, directory: str, stack: ExitStack) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.contact_center.mail.listener", url, directory]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def end() -> None:
        process.kill()
        process.communicate()

    stack.callback(end)
    return process


async def held(box: Box, among: dict[int, Any]) -> subprocess.Popen[bytes]:
    """Which process listens, as soon as one does."""

    async def holder() -> Any:
        rows = await box.db.fetch(
            "SELECT holder FROM leases WHERE name = $1 AND until > now()", f"listen:{box.account}"
        )
        pids = [int(row["holder"].partition("/")[0].rpartition(":")[2]) for row in rows]
        return [among[pid] for pid in pids if pid in among]

    (found,) = await eventually(holder)
    process: subprocess.Popen[bytes] = found
    return process
