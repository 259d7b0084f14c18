"""A confirmation may tell the client's place in line and how long he will wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contact_center.automation import answers, confirmation
from contact_center.automation.confirmation import CONFIRM, Confirmations
from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from tests.contact_center.mail.post import Post
from tests.contact_center.mail.test_confirming import crowd, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = {"ru": "Приняли, номер {number}. Вы в очереди {position}, ждать {wait}. Спасибо!", "en": "x"}
WAITING = """
INSERT INTO work (id, contact_id, queue_id, medium)
SELECT gen_random_uuid(), id, queue_id, 'mail' FROM contacts WHERE id = $1
"""
PROMISED = """
INSERT INTO wait_promises (work_id, queue_id, medium, asked, ahead, senior, room, low_ms, high_ms,
                           told_ms, cause, first_low_ms, first_high_ms)
SELECT id, queue_id, 'mail', '', 2, 2, 1, 130000, 290000, 0, 'arrived', 0, 0 FROM work
WHERE contact_id = $1
"""
SAID = "SELECT text FROM messages WHERE contact_id = $1 AND kind = 'outbound'"
DUE = "SELECT due_at, payload FROM jobs WHERE kind = $1 AND key = $2 AND state = 'waiting'"


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        (TEXT["ru"], True, "Приняли, номер 7. Вы в очереди 3, ждать 3–5 мин. Спасибо!"),
        (TEXT["ru"], False, "Приняли, номер 7. Спасибо!"),
        ("№ {number}\nЖдать: {wait}\nВаш магазин", False, "№ 7\nВаш магазин"),
        ("Ждать {wait}", False, ""),
        ("№ {number}", False, "№ 7"),
    ],
)
async def test_sentences_about_an_unknown_wait_are_left_out(
    text: str, known: bool, said: str
) -> None:
    row: dict[str, Any] = {
        "letters": {"confirmation": {"ru": text}}, "locale": "ru", "number": 7, "subject": "",
        "name": "", "brand": "", "queue": "", "ahead": 2.0 if known else None, "low_ms": 130_000,
        "high_ms": 290_000,
    }  # fmt: skip
    assert answers.wording(row, "confirmation") == said


async def test_a_confirmation_waits_once_for_the_router_and_then_tells_what_is_known(
    post: Post,
) -> None:
    box = await post.box(start=False)
    await box.letters(confirmation=TEXT)
    contact = await crowd(box, 1)
    await post.db.execute("UPDATE contacts SET locale = 'ru' WHERE id = $1", contact)
    await post.db.execute(WAITING, contact)
    confirmations, now = Confirmations(post.db), datetime.now(UTC) + timedelta(hours=1)
    first = Job(new_id(), CONFIRM, str(contact), now, 1)
    await confirmations.confirm([first])
    assert await post.db.fetchval(SAID, contact) is None
    row = await post.db.fetchrow(DUE, CONFIRM, str(contact))
    assert row is not None
    assert (row["due_at"], row["payload"]) == (now + confirmation.HELD, {"held": True})
    await post.db.execute("DELETE FROM jobs WHERE kind = $1 AND key = $2", CONFIRM, str(contact))
    await post.db.execute(PROMISED, contact)
    await confirmations.confirm([first])
    assert "Вы в очереди 3, ждать 3–5 мин. Спасибо!" in await post.db.fetchval(SAID, contact)


async def test_where_nobody_knows_the_wait_the_confirmation_comes_without_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation, "HELD", timedelta(0))
    box = await post.box()
    await box.letters(confirmation=TEXT)
    box.write()
    assert await settled(box, 1) == 1
    (contact,) = await box.contacts()
    assert (await box.arrived()).text == f"Приняли, номер {contact['number']}. Спасибо!"
