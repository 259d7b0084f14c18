"""Receipt confirmations: to people, once, within budgets, and never round in circles."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.contract import WebhookRequest
from contact_center.automation import answers, store
from contact_center.automation.answers import PER_ACCOUNT_AND_HOUR
from contact_center.automation.confirmation import CONFIRM, Confirmations
from contact_center.contacts.files.fetching import TELL
from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from tests.contact_center.mail.post import MEDIA_BYTES, Box, Post, results, with_file
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = {"ru": "Приняли, номер {number}: {subject}", "en": "Taken, number {number}"}


GAPS = """
SELECT c.id FROM contacts c JOIN outbox_lines l USING (account_id, conversation_key)
WHERE c.account_id = $1 AND (
  c.last_seq <> (SELECT count(*) FROM messages m WHERE m.contact_id = c.id)
  OR c.version <> (SELECT max(e.version) FROM events e WHERE e.subject_id = c.id)
  OR l.last_seq <> (SELECT count(*) FROM outbox o WHERE o.line_id = l.id))
"""


async def confirming(post: Post, **settings: Any) -> Box:
    box = await post.box(**settings)
    await box.letters(confirmation=TEXT)
    return box


async def settled(box: Box, contacts: int) -> int:
    """How many confirmations were given when all jobs of these contacts are done."""

    async def done() -> Any:
        found = await box.contacts()
        jobs = await box.db.fetch(
            "SELECT 1 FROM jobs WHERE kind = $1 AND state IN ('waiting', 'running')", CONFIRM
        )
        return len(found) >= contacts and not jobs

    await eventually(done)
    return int((await box.rows(
        "SELECT count(*) FROM auto_answers WHERE account_id = $1"))[0]["count"])  # fmt: skip


async def test_a_client_is_told_the_number_and_the_contact_still_waits_for_us(post: Post) -> None:
    box = await confirming(post)
    box.write(Authentication_Results=results("pass"))
    found, envelope = await box.arrived(), await box.envelope()
    (contact,) = await box.contacts()
    assert found.text == f"Приняли, номер {contact['number']}: Заказ 48101"
    assert (envelope.sender, envelope.recipients) == ("", [box.client])
    assert found.automatic == "auto-reply"
    assert found.in_reply_to == f"<1.{box.number}@client.example>"
    assert (contact["awaiting"], contact["last_text"]) == ("us", "Где заказ?")
    assert contact["first_reply_at"] is None


@pytest.mark.parametrize("sender", ["Ольга <{}>", "Olga <{}>", "{}"])
@pytest.mark.parametrize("subject", ["Где {name}?", "Where is it", ""])
async def test_the_words_are_the_same_whoever_fills_them_in(
    post: Post, sender: str, subject: str
) -> None:
    box = await post.box(start=False)
    text = " {number} {subject} {name} {brand} {queue} {other}\n"
    await box.letters(confirmation={"ru": f"Приняли{text}", "en": f"Taken{text}"})
    live = post.office.workspace.accounts.get(box.account)
    raw = box.mail("?", sender=sender.format(box.client), subject=subject)
    request = WebhookRequest("POST", "", {}, {}, raw, datetime.now(UTC))
    await post.office.workspace.intake.submit(live, live.channel.parse(request).events)
    (contact,) = await box.contacts()
    (row,) = await store.first(post.db, [contact["id"]])
    (said,) = await post.db.fetch(
        "SELECT text FROM messages WHERE contact_id = $1 AND kind = 'outbound'", contact["id"]
    )
    assert said["text"] == answers.wording(row, "confirmation")


async def test_one_contact_is_confirmed_once(post: Post) -> None:
    box = await confirming(post)
    box.write()
    ours = await box.arrived()
    box.answer(ours, "И ещё")
    await box.messages(3)
    assert await settled(box, 1) == 1
    assert len(box.smtp.arrived) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk", "List_Id": "<x.y>"},
        {"Authentication_Results": results("fail")},
        {"Authentication_Results": results("pass", "other.example")},
        {"sender": '"boss@client.example" <crook@evil.example>'},
        {"sender": ""},
    ],
    ids=["machine", "list", "forged", "proven for another", "disguised", "nobody"],
)
async def test_some_get_no_answer(post: Post, headers: dict[str, str]) -> None:
    box = await confirming(post)
    box.write(**headers)
    assert await settled(box, 1) == 0
    assert not box.smtp.said


async def test_a_confirmation_that_comes_back_under_another_name_is_a_loop(post: Post) -> None:
    box = await confirming(post)
    box.write()
    ours = (await box.envelope()).raw
    renamed = ours.replace(b"Message-ID: ", b"Message-ID: <x@list.example>\r\nX-Was: ")
    box.imap.add(renamed.replace(b"From: ", b"From: list@list.example\r\nX-From: "))
    *_, back = await box.messages(3)
    assert back["data"]["mail"]["automatic"] == "loop"
    assert await settled(box, 1) == 1


async def test_our_own_address_gets_no_answer(post: Post) -> None:
    box = await confirming(post)
    box.write(sender=box.address)
    assert await settled(box, 1) == 0


@pytest.mark.parametrize(
    ("results_field", "answer_unjudged", "expected"),
    [
        ("", True, 1), ("", False, 0), (results("none"), True, 1), (results("none"), False, 0),
        (results("pass"), False, 1), (results("fail"), True, 0),
    ],
)  # fmt: skip
async def test_who_was_not_judged_is_answered_where_the_settings_say_so(
    post: Post, results_field: str, answer_unjudged: bool, expected: int
) -> None:
    box = await confirming(post, answer_unjudged=answer_unjudged)
    box.write(Authentication_Results=results_field)
    assert await settled(box, 1) == expected


async def test_an_address_gets_three_a_day_from_all_mailboxes_together(post: Post) -> None:
    one, two = await confirming(post), await confirming(post)
    for box in (one, two):
        for number in range(3):
            box.write(f"{number}", sender=one.client, subject=f"{number}")
    given = [await settled(box, 3) for box in (one, two)]
    assert sum(given) == 3
    for box in (one, two):  # what was refused left no gap in any number
        assert await box.rows(GAPS) == []


async def test_an_account_gives_sixty_an_hour_however_many_jobs_run_at_once(post: Post) -> None:
    box = await confirming(post, start=False)
    contacts = [await crowd(box, number) for number in range(PER_ACCOUNT_AND_HOUR + 15)]
    confirmations = Confirmations(post.db)
    jobs = [Job(new_id(), CONFIRM, str(contact), {}, 1, 1) for contact in contacts]
    parts = [jobs[at : at + 7] for at in range(0, len(jobs), 7)]
    await asyncio.gather(*map(confirmations.confirm, [*parts, *parts, jobs]))
    (spent,) = await box.rows("SELECT count(*) FROM auto_answers WHERE account_id = $1")
    (queued,) = await box.rows("SELECT count(*) FROM outbox WHERE account_id = $1")
    assert spent["count"] == queued["count"] == PER_ACCOUNT_AND_HOUR


@pytest.mark.parametrize("marked", [True, False], ids=["with headers", "headers stripped"])
async def test_two_houses_facing_each_other_fall_silent(post: Post, marked: bool) -> None:
    one, two = await confirming(post), await confirming(post)
    one.write(sender=two.address, subject="Начало")
    carried = {one.number: 0, two.number: 0}

    async def carry() -> bool:
        """Bring what each has sent to the other; whether there was anything."""
        before = dict(carried)
        for here, there in ((one, two), (two, one)):
            for mail in here.smtp.arrived[carried[here.number] :]:
                carried[here.number] += 1
                there.imap.add(mail.raw if marked else stripped(mail.raw, here))
        return carried != before

    async def all_there() -> bool:
        await carry()
        return [len(box.smtp.arrived) for box in (one, two)] == expected

    expected = [1, 0] if marked else [3, 3]
    await eventually(all_there)
    quiet = 0
    while quiet < 10:  # a second of silence
        await asyncio.sleep(0.1)
        quiet = 0 if await carry() else quiet + 1
    for box in (one, two):
        await settled(box, 1)
    given = [len(box.smtp.arrived) for box in (one, two)]
    assert given == expected


def stripped(raw: bytes, box: Box) -> bytes:
    """As a server passes it on that knows neither machines nor threads."""
    kept = (b"from:", b"to:", b"subject:", b"date:", b"mime", b"content")
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(kept)]
    box.written += 1
    return b"\r\n".join([*lines, b"", body]).replace(
        b"Subject:", b"Message-ID: <%d.x@%d>\r\nSubject:" % (box.written, box.number)
    )


async def told(post: Post, **more: Any) -> Box:
    """A mailbox whose queue tells of files that are too large, and a letter with such a file."""
    box = await post.box()
    await box.letters(too_large={"ru": "№ {number}: «{file}» не принят", "en": "x"}, **more)
    return box


def with_too_much(box: Box, name: str, **headers: str) -> bytes:
    return with_file(box.mail("Вот файл", **headers), name, b"%PDF-1.7" + bytes(MEDIA_BYTES))


async def done(box: Box, files: int) -> None:
    """Until so many files were too large and nobody has anything to do about it."""

    async def quiet() -> Any:
        marked = await box.rows(
            "SELECT 1 FROM attachments WHERE account_id = $1 AND state = 'too_large'"
        )
        jobs = await box.db.fetch(
            "SELECT 1 FROM jobs WHERE kind IN ($1, $2) AND state IN ('waiting', 'running')",
            TELL, CONFIRM,
        )  # fmt: skip
        return len(marked) == files and not jobs

    await eventually(quiet)


async def test_a_client_whose_file_was_too_large_is_told_once_and_the_letter_is_taken_in(
    post: Post,
) -> None:
    box = await told(post)
    box.imap.add(with_too_much(box, "план.pdf"))
    found, envelope = await box.arrived(), await box.envelope()
    (contact,) = await box.contacts()
    assert found.text == f"№ {contact['number']}: «план.pdf» не принят"
    assert (found.automatic, envelope.sender) == ("auto-reply", "")
    assert (contact["awaiting"], contact["last_text"]) == ("us", "Вот файл")
    again = f"<1.{box.number}@client.example>"
    box.imap.add(with_too_much(box, "другой.pdf", References=again))
    await done(box, 2)
    given = await box.rows("SELECT kind FROM auto_answers WHERE account_id = $1")
    assert [one["kind"] for one in given] == ["too_large"]
    (letters,) = await box.rows("SELECT count(*) FROM outbox WHERE account_id = $1")
    assert letters["count"] == len(await box.contacts()) == 1


async def test_a_confirmation_comes_before_the_word_about_a_file_and_both_come(
    post: Post,
) -> None:
    box = await told(post, confirmation=TEXT)
    box.imap.add(with_too_much(box, "план.pdf"))
    first, second = await box.arrived(1), await box.arrived(2)
    assert "Приняли" in first.text
    assert "не принят" in second.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Authentication_Results": results("fail")},
        {"Precedence": "bulk", "List_Id": "<x.y>"},
    ],
    ids=["machine", "forged", "list"],
)  # fmt: skip
async def test_nobody_who_gets_no_answer_is_told_of_a_file(
    post: Post, headers: dict[str, str]
) -> None:
    box = await told(post)
    box.imap.add(with_too_much(box, "план.pdf", **headers))
    await done(box, 1)
    assert not box.smtp.said


async def test_a_queue_that_says_nothing_of_files_tells_nobody(post: Post) -> None:
    box = await post.box()
    box.imap.add(with_too_much(box, "план.pdf"))
    await done(box, 1)
    assert not box.smtp.said


async def test_what_is_told_of_files_is_taken_from_the_same_budget(post: Post) -> None:
    box = await told(post, confirmation=TEXT)
    for number in range(2):
        box.imap.add(with_too_much(box, "план.pdf", subject=f"Тема {number}"))
    await box.messages(5)
    await done(box, 2)
    given = await box.rows("SELECT kind FROM auto_answers WHERE account_id = $1")
    assert len(given) == 3  # of four; three a day


async def crowd(box: Box, number: int) -> Any:
    """A contact that begins with a mail of its own sender."""
    client, identity, contact = new_id(), new_id(), new_id()
    address = f"{number}.{box.client}"
    await box.db.execute("INSERT INTO clients (id, name) VALUES ($1, '')", client)
    await box.db.execute(
        "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'email', $3)",
        identity, client, address,
    )  # fmt: skip
    await box.db.execute(
        "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id, "
        "identity_id, last_seq) VALUES ($1, $2, $3, 'mail', $4, $5, $6, 1)",
        contact, box.account, str(number), box.post.office.ids["brand"], box.queue, identity,
    )  # fmt: skip
    await box.db.execute(
        "INSERT INTO messages (id, contact_id, seq, kind, identity_id, text, data) "
        "VALUES ($1, $2, 1, 'inbound', $3, 'x', $4)",
        new_id(), contact, identity, {"mail": {"from": {"address": address}, "aligned": True}},
    )  # fmt: skip
    return contact
