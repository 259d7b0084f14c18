"""Two contacts joined by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contact_center.desk.model import NewMessage, Park, Transfer
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.post import Post, three_letters


async def test_the_other_contacts_messages_follow_and_it_closes(
    post: Post, clock: ManualClock
) -> None:
    anna = await post.hire("Anna")
    contact = await post.begin(anna, "one", ago=600)
    other = await post.begin(anna, "alpha", ago=900)
    await post.answer(anna, other, "beta")
    await post.letter(other, "gamma", ago=100)
    await post.desk.parting.join(anna, contact, other)
    assert await post.thread(anna, contact) == [
        (1, "one"), (2, "taken"), (3, "alpha"), (4, "taken"), (5, "beta"), (6, "gamma"),
        (7, "joined"),
    ]  # fmt: skip
    assert await post.thread(anna, other) == [(1, "joined_into")]
    row, closed = await post.row(contact), await post.row(other)
    assert (row["state"], row["last_text"], row["awaiting"]) == ("open", "gamma", "us")
    assert row["waiting_since"] == clock.now() - timedelta(seconds=600)
    assert row["first_reply_at"] == clock.now()
    assert (closed["state"], closed["closed_by"]) == ("closed", anna.employee_id)
    assert closed["data"]["joined_into"] == str(contact)
    assert (closed["awaiting"], closed["last_text"]) == ("nobody", "gamma")
    work = await post.work(other)
    assert (work["state"], work["outcome"]) == ("done", "joined")
    assert (await post.operator(anna))["used"] == 20
    assert (await post.events(other))[-3:] == ["message.added", "contact.closed", "message.moved"]


async def test_the_key_of_the_joined_one_leads_to_what_it_was_joined_into(post: Post) -> None:
    anna = await post.hire("Anna")
    one, two, three = [await post.begin(anna, text) for text in ("one", "two", "three")]
    keys = [(await post.row(contact))["conversation_key"] for contact in (one, two, three)]
    await post.desk.parting.join(anna, two, three)
    await post.desk.parting.join(anna, one, two)
    resolved = await post.database.fetchval(
        "SELECT cc_intake_conversations(array_fill($1::uuid, ARRAY[3]), $2::text[],"
        " array_fill('{\"answers\": [\"<new@client>\"]}'::jsonb, ARRAY[3]))",
        post.account, keys,
    )  # fmt: skip
    assert resolved == [keys[0]] * 3


async def test_people_files_sendings_drafts_and_marks_follow(post: Post) -> None:
    anna, boris = await post.hire("Anna"), await post.hire("Boris")
    contact, other = await post.begin(anna, "one"), await post.begin(anna, "alpha")
    owners = [(await post.row(one))["identity_id"] for one in (contact, other)]
    mate = await post.person(of=other)
    await post.answer(anna, contact, "first", "pending")
    for text in ("beta", "gamma"):
        await post.answer(anna, other, text, "pending")
    alpha = await post.database.fetchval(
        "SELECT id FROM messages WHERE contact_id = $1 AND seq = 1", other
    )
    await post.database.execute(
        "INSERT INTO attachments (id, message_id, contact_id) VALUES ($1, $2, $3)",
        new_id(), alpha, other,
    )  # fmt: skip
    for kept, text in ((other, "theirs"), (contact, "mine")):
        await post.database.execute(
            "INSERT INTO drafts (employee_id, contact_id, kind, text) VALUES ($1, $2, $3, $4)",
            anna.employee_id, kept, "reply" if kept == other else "note", text,
        )  # fmt: skip
    await post.contacts.mark_read(boris, contact, 1)
    await post.desk.parting.join(anna, contact, other)
    assert await post.people(contact) == {
        owners[0]: ("owner", False), owners[1]: ("member", False), mate: ("member", True),
    }  # fmt: skip
    assert await post.line(contact) == ["first", "beta", "gamma"]
    assert await post.database.fetchval("SELECT contact_id FROM attachments") == contact
    drafts = await post.database.fetch("SELECT text, contact_id FROM drafts")
    assert {row["text"]: row["contact_id"] for row in drafts} == dict.fromkeys(
        ("theirs", "mine"), contact
    )
    seen = {who: (await post.contacts.rows(who, [contact]))[0].unread for who in (anna, boris)}
    assert seen == {anna: 0, boris: 1}
    assert (await post.contacts.rows(anna, [other]))[0].unread == 0


async def test_who_had_either_has_the_one_that_remains(post: Post) -> None:
    anna = await post.hire("Anna")
    mine, free = await post.begin(anna, "one"), await post.begin(text="two")
    await post.desk.parting.join(anna, free, mine)
    assert (await post.row(free))["operator_id"] == anna.employee_id
    assert (await post.work(free))["state"] == "active"
    assert (await post.operator(anna))["used"] == 20
    third = await post.begin(text="three")
    await post.desk.parting.join(anna, free, third)
    assert (await post.work(third))["outcome"] == "joined"
    assert (await post.operator(anna))["used"] == 20


async def test_what_is_nobodys_keeps_the_older_place(post: Post) -> None:
    anna = await post.hire("Anna")
    late, early = await post.begin(text="one", ago=100), await post.begin(text="two", ago=900)
    place = (await post.work(early))["virtual_arrival"]
    await post.desk.parting.join(anna, late, early)
    work = await post.work(late)
    assert (work["state"], work["virtual_arrival"]) == ("waiting", place)


async def test_others_contacts_and_offers_are_left_alone(post: Post) -> None:
    anna, boris = await post.hire("Anna"), await post.hire("Boris")
    mine, his, offered = [
        await post.begin(actor, text) for actor, text in ((anna, "1"), (boris, "2"), (None, "3"))
    ]
    await post.offer(offered, boris)
    for pair, code in (
        ((mine, his), "not_yours"), ((his, mine), "not_yours"), ((mine, offered), "offered"),
        ((offered, mine), "offered"),
    ):  # fmt: skip
        with pytest.raises(Conflict) as caught:
            await post.desk.parting.join(anna, *pair)
        assert caught.value.code == code
    hidden = await post.arrive(queue=await post.elsewhere())
    for wrong in (mine, hidden, new_id()):
        with pytest.raises(Invalid):
            await post.desk.parting.join(anna, mine, wrong)
    with pytest.raises(NotFound):
        await post.desk.parting.join(anna, hidden, mine)


async def test_only_open_contacts_of_one_connection_are_joined(post: Post) -> None:
    anna = await post.hire("Anna")
    one, two, three = [await post.begin(anna, text) for text in ("1", "2", "3")]
    other = new_id()
    await post.database.execute(
        "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
        " SELECT $1, provider, title, medium, brand_id, queue_id, 'second' FROM accounts", other
    )  # fmt: skip
    await post.database.execute("UPDATE contacts SET account_id = $2 WHERE id = $1", two, other)
    await post.desk.ending.spam(anna, three)
    for pair, code in (((one, two), "not_joinable"), ((one, three), "contact_closed")):
        with pytest.raises(Conflict) as caught:
            await post.desk.parting.join(anna, *pair)
        assert caught.value.code == code


async def test_who_waits_in_what_is_joined_to_a_parked_contact_waits_on(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, other = await post.begin(anna, "one"), await post.begin(anna, "two")
    await post.desk.parking.park(anna, contact, Park())
    await post.desk.moving.transfer(anna, other, Transfer(to="anyone"))
    await post.desk.parting.join(anna, contact, other)
    work = await post.work(contact)
    assert (work["state"], work["preferred_id"]) == ("waiting", anna.employee_id)
    assert work["parked_until"] is None


async def test_a_letter_of_the_other_on_the_wire_is_waited_for(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, other = await post.begin(anna, "one"), await post.begin(anna, "two")
    await post.answer(anna, other, "first", "sending")
    with pytest.raises(Conflict) as caught:
        await post.desk.parting.join(anna, contact, other)
    assert caught.value.code == "sending"


async def test_a_part_can_be_joined_again(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await three_letters(post, anna)
    part, _ = await post.desk.parting.split(anna, contact, two)
    await post.desk.parting.join(anna, contact, part)
    assert [text for _, text in await post.thread(anna, contact)] == [
        "one", "taken", "first", "split", "two", "second", "three", "split_from", "joined",
    ]  # fmt: skip
    assert await post.line(contact) == ["first", "second"]
    new = NewMessage(kind="reply", text="third", client_msg_id="x", attachments=[])
    await post.desk.talking.write(anna, contact, new)
    assert await post.line(contact) == ["first", "second", "third"]
