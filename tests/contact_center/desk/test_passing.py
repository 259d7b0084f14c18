"""What is said to clients who are led out of the line."""

from __future__ import annotations

import pytest

from contact_center.desk.passing import WORDS, spoken
from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from contact_center.work.model import OVERFLOWED
from tests.contact_center.desk.house import House


def test_lines_in_brackets_are_buttons_where_the_channel_has_so_many() -> None:
    text = "All busy.\n[Where is my order?]\n [ Wait ] \nThank you."
    labels = ["Where is my order?", "Wait"]
    said, buttons = spoken(text, 2)
    assert [button["text"] for button in buttons] == labels
    assert "[" not in said
    assert said.startswith("All busy.")
    assert said.endswith("Thank you.")
    plain, none = spoken(text, 1)
    assert none == []
    assert plain == "All busy.\n— Where is my order?\n— Wait\nThank you."


def test_the_house_has_words_of_its_own_in_both_languages() -> None:
    for texts in WORDS.values():
        assert set(texts) == {"ru", "en"}
        assert all(spoken(text, 3)[0] for text in texts.values())


@pytest.mark.parametrize("wrote", [True, False])
async def test_nobody_closes_over_words_that_came_before_the_way_out(
    house: House, *, wrote: bool
) -> None:
    contact = await house.arrive()
    turn = (await house.work(contact))["id"]
    await house.database.execute(
        "UPDATE work SET state = 'done', outcome = 'voicemail', ended_at = now(),"
        " virtual_arrival = now() - interval '1 hour' WHERE id = $1", turn,
    )  # fmt: skip
    if wrote:  # intake began before the turn ended and committed after it: only the number tells
        await house.database.execute(
            "INSERT INTO messages (id, contact_id, seq, kind, text, created_at)"
            " VALUES ($1, $2, 2, 'inbound', 'are you there?', now() - interval '1 second')",
            new_id(), contact,
        )  # fmt: skip
        await house.database.execute(
            "UPDATE contacts SET last_seq = 2, last_text = 'are you there?' WHERE id = $1", contact
        )
    payload = {"contact_id": str(contact), "to": "voicemail", "last_seq": 1}
    job = Job(new_id(), OVERFLOWED, str(turn), house.clock.now(), 1, payload)
    await house.desk.passing.act(job)
    rows = await house.database.fetch(
        "SELECT state, requirement, virtual_arrival < now() - interval '59 minutes' AS old"
        " FROM work WHERE contact_id = $1 ORDER BY seq", contact,
    )  # fmt: skip
    assert (await house.row(contact))["state"] == ("open" if wrote else "closed")
    assert [tuple(row) for row in rows[1:]] == ([("waiting", {"stays": True}, True)] * wrote)
