"""From the mailbox into the house: every mail once, whatever happens in between."""

from __future__ import annotations

import errno
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.contract import Received, WebhookRequest
from channels.errors import Malformed
from channels.mail import hooks
from contact_center.intake.model import SubmitResult
from tests.contact_center.mail.post import MEDIA_BYTES, Post, results, with_file
from tests.support.scripted_imap import ScriptedImap
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_mail_becomes_a_contact_that_waits_in_the_queue(post: Post) -> None:
    box = await post.box()
    box.write(sender=f"Анна <{box.client}>", Authentication_Results=results("pass"))
    contact = await box.contact()
    assert (contact["state"], contact["queue_id"]) == ("open", box.queue)
    assert contact["subject"] == "Заказ 48101"
    (who,) = await box.db.fetch(
        "SELECT i.*, c.name AS client FROM identities i JOIN clients c ON c.id = i.client_id "
        "WHERE i.id = $1",
        contact["identity_id"],
    )
    assert (who["medium"], who["value"], who["proof"]) == ("email", box.client, "provider")
    assert who["client"] == "Анна"
    (work,) = await box.db.fetch("SELECT * FROM work WHERE contact_id = $1", contact["id"])
    assert (work["state"], work["medium"], work["queue_id"]) == ("waiting", "mail", box.queue)
    await box.turns("green")


async def test_the_cursor_moves_in_the_transaction_of_the_last_mail(post: Post) -> None:
    box = await post.box(start=False)
    for number in range(3):
        box.write(f"mail {number}")
    await post.switch(box, "on")
    await box.messages(3)
    assert (await box.cursor())["uid"] == 3
    (row,) = await box.rows(
        "SELECT c.xmin::text = (SELECT m.xmin::text FROM messages m JOIN contacts k "
        "ON k.id = m.contact_id WHERE k.account_id = $1 ORDER BY m.created_at DESC, m.id DESC "
        "LIMIT 1) AS same FROM account_cursors c WHERE c.account_id = $1"
    )
    assert row["same"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_stop_around_the_commit_loses_nothing_and_doubles_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    box = await post.box(start=False)
    intake, failed = post.office.workspace.listeners.intake, []

    class Failing:
        with_files = intake.with_files

        def submit(self, account: Any, *args: Any, **more: Any) -> Any:
            if account.id != box.account or failed:
                return intake.submit(account, *args, **more)
            failed.append(1)
            return self.fail(account, *args, **more)

        async def fail(self, *args: Any, **more: Any) -> SubmitResult:
            if when == "after":
                await intake.submit(*args, **more)
            raise ConnectionError("killed")

    monkeypatch.setattr(post.office.workspace.listeners, "intake", Failing())
    for number in range(5):
        box.write(f"mail {number}")
    await post.switch(box, "on")
    await box.messages(5)
    box.write("the next")
    texts = [row["text"] for row in await box.messages(6)]
    assert sorted(texts) == [*(f"mail {n}" for n in range(5)), "the next"]
    assert failed
    assert (await box.cursor())["uid"] == 6


async def test_a_folder_that_is_numbered_anew_gives_no_mail_twice(post: Post) -> None:
    box = await post.box()
    for number in range(4):
        box.write(f"mail {number}")
    await box.messages(4)
    renumber(box.imap)
    box.write("the next")
    assert [row["text"] for row in await box.messages(5)][-1] == "the next"
    assert (await box.cursor())["uidvalidity"] == box.imap.uidvalidity
    assert box.imap.count("UID FETCH") >= 2


async def test_what_cannot_be_read_is_kept_and_delays_nobody(post: Post) -> None:
    box = await post.box()
    await eventually(lambda: box.imap.count("IDLE"))
    box.imap.add(b"\0\1\2\3" * 500)
    box.write("the next")
    (message,) = await box.messages(1)
    assert message["text"] == "the next"
    (kept,) = await box.rows("SELECT id, kind, error FROM quarantine WHERE account_id = $1")
    assert (kept["kind"], kept["error"]) == (
        "malformed", "not a mail: no header field and no readable text",
    )  # fmt: skip
    chief = await post.office.hire(f"chief{box.number}", "administrator")
    seen = await post.office.ask("GET", f"/quarantine/{kept['id']}", chief)
    assert seen.body["url"] == "imap:1/1"
    assert seen.body["body"].startswith("AAECAwABAgM")
    again = await post.office.ask("POST", f"/quarantine/{kept['id']}/replay", chief)
    assert (again.status, again.code) == (422, "failed_again")


async def test_a_mail_that_breaks_the_parser_is_kept_and_delays_nobody(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, parsers = await post.box(), post.office.workspace.listeners.parsers

    async def read(account: Any, request: WebhookRequest) -> Received:
        if b"breaks" in request.body:
            raise KeyError("a defect of ours")
        return await type(parsers).read(parsers, account, request)

    monkeypatch.setattr(parsers, "read", read)
    box.write("breaks")
    box.write("the next")
    assert (await box.messages(1))[0]["text"] == "the next"
    monkeypatch.undo()
    (kept,) = await box.rows("SELECT id FROM quarantine WHERE account_id = $1")
    result = await post.office.workspace.quarantine.replay(kept["id"], post.olga.id)
    assert result.stored == 1
    assert [row["text"] for row in await box.messages(2)][-1] == "breaks"


async def test_a_replay_asks_no_old_signature(post: Post) -> None:
    box = await post.box(receives="hook", imap_host="")
    live = post.office.workspace.accounts.get(box.account)
    old = WebhookRequest(
        "POST", "https://cc.example/hooks/x", {"webhook-signature": "v1,of last year"}, {},
        box.mail("long ago"), datetime(2025, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    quarantine = post.office.workspace.quarantine
    kept = await quarantine.keep(live, old, Malformed("the parser was older"))
    assert (await quarantine.replay(kept, post.olga.id)).stored == 1
    assert (await box.messages(1))[0]["text"] == "long ago"


async def test_a_posted_mail_may_be_as_large_as_mails_are(post: Post) -> None:
    box = await post.box(receives="hook", imap_host="")
    live = post.office.workspace.accounts.get(box.account)
    assert live is not None
    body = with_file(box.mail("large"), "a.pdf", b"%PDF-1.7 " + bytes(2_000_000))
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {
        "Content-Type": "message/rfc822", "webhook-id": "1", "webhook-timestamp": stamp,
        "webhook-signature": hooks.sign(live.settings.hook_secret, "1", stamp, body),  # type: ignore[attr-defined]
    }  # fmt: skip
    client = post.office.client
    posted = await client.post(f"/hooks/{live.public_key}", data=io.BytesIO(body), headers=headers)
    assert posted.status == 200, await posted.text()
    assert (await box.messages(1))[0]["text"] == "large"
    forged = await client.post(
        f"/hooks/{live.public_key}", data=io.BytesIO(body[:-9]), headers=headers
    )
    assert forged.status == 401
    assert not await box.rows("SELECT 1 FROM quarantine WHERE account_id = $1")
    assert (await box.health())[0] != "red"  # nobody tries to read a mailbox there


async def test_files_are_taken_out_of_the_mail_they_came_in(post: Post) -> None:
    box = await post.box()
    small, large = b"%PDF-1.7 " + bytes(range(256)), b"%PDF-1.7 " + bytes(MEDIA_BYTES)
    box.imap.add(with_file(box.mail("small"), "счёт.pdf", small))
    box.imap.add(with_file(box.mail("large"), "large.pdf", large))

    async def settled() -> Any:
        rows = await box.rows("SELECT * FROM attachments WHERE account_id = $1 ORDER BY size")
        return rows if len(rows) == 2 and "wanted" not in {r["state"] for r in rows} else None

    first, second = await eventually(settled)
    assert (first["state"], first["name"], first["type"]) == (
        "stored", "счёт.pdf", "application/pdf",
    )  # fmt: skip
    path = await post.office.workspace.files.blobs.path(first["blob_key"])
    assert path.read_bytes() == small
    assert (second["state"], second["blob_key"]) == ("too_large", None)
    fetched = await post.office.workspace.database.fetch(
        "SELECT key FROM jobs WHERE kind = 'media.fetch' AND key = ANY($1)",
        [str(first["id"]), str(second["id"])],
    )
    # The small one came with its mail.
    assert [row["key"] for row in fetched] == [str(second["id"])]


async def test_a_file_that_cannot_be_written_with_its_mail_is_fetched_later(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no room")

    blobs = post.office.workspace.files.blobs
    monkeypatch.setattr(blobs, "save", full)
    box = await post.box()
    box.imap.add(with_file(box.mail("small"), "счёт.pdf", b"%PDF-1.7 later"))

    async def stored() -> Any:
        rows = await box.rows("SELECT * FROM attachments WHERE account_id = $1")
        return rows if rows and rows[0]["state"] == "stored" else None

    (row,) = await eventually(stored)
    assert (await blobs.path(row["blob_key"])).read_bytes() == b"%PDF-1.7 later"


async def test_the_source_of_a_large_bounce_stays_with_its_message(post: Post) -> None:
    box = await post.box()
    box.imap.add(with_file(box.mail("x" * 300_000), "a.pdf", b"%PDF-1.7"))
    (message,) = await box.messages(1)
    (raw,) = await box.rows(
        "SELECT length(body) AS n FROM raw_events WHERE account_id = $1 AND external_id = $2",
        message["external_id"],
    )
    assert raw["n"] > 300_000


def renumber(imap: ScriptedImap) -> None:
    """The server restored the folder: another UIDVALIDITY, other UIDs, all lines cut."""
    imap.uidvalidity += 1
    for number, mail in enumerate(imap.mails, 1):
        mail.uid = number + 10
    imap.uidnext = len(imap.mails) + 11
    for session in list(imap.sessions):
        session.cut()
