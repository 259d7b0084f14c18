"""Split and join of contacts by hand."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.desk.model import NewMessage, Park, Transfer
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from tests.contact_center.desk.house import House, faults
from tests.contact_center.desk.post import Post


@pytest.fixture
async def post(database: Database, clock: ManualClock) -> AsyncIterator[Post]:
    post = Post(database, clock)
    await post.build()
    yield post
    assert await faults(database) == []


async def talk(post: Post, anna: Actor) -> tuple[UUID, UUID, UUID]:
    """Anna's contact of one, taken, first, two, second, three; returns it, two and three."""
    contact = await post.begin(anna, subject="Order 1", ago=600)
    await post.answer(anna, contact, "first")
    two = await post.letter(contact, "two", ago=300, subject="Order 2")
    await post.answer(anna, contact, "second")
    three = await post.letter(contact, "three", ago=100)
    return contact, two, three


# --- split ---------------------------------------------------------------------------------------


async def test_a_letter_and_all_after_it_become_a_contact_of_their_own(
    post: Post, clock: ManualClock
) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    note = await post.note(anna, contact, "look into it")
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert await post.thread(anna, contact) == [
        (1, "one"), (2, "taken"), (3, "first"), (4, "split"),
    ]  # fmt: skip
    assert await post.thread(anna, part) == [
        (1, "two"), (2, "second"), (3, "three"), (4, "look into it"), (5, "split_from"),
    ]  # fmt: skip
    old, new = await post.row(contact), await post.row(part)
    for same in ("account_id", "brand_id", "queue_id", "kind_id", "medium", "operator_id"):
        assert old[same] == new[same]
    assert (new["subject"], new["follows_id"], new["state"]) == ("Order 2", None, "open")
    assert new["identity_id"] == old["identity_id"]
    assert re.fullmatch("[0-9a-f]{20}", new["conversation_key"])
    assert new["opened_at"] == clock.now() - timedelta(seconds=300)
    assert (await post.contacts.message(note)).contact_id == part


async def test_both_say_who_waits_and_since_when(post: Post, clock: ManualClock) -> None:
    anna = await post.hire("Anna")
    contact, two, three = await talk(post, anna)
    part, _ = await post.desk.parting.split(anna, contact, two)
    old, new = await post.row(contact), await post.row(part)
    assert (old["awaiting"], old["waiting_since"], old["last_text"]) == ("client", None, "first")
    assert (new["awaiting"], new["last_text"], new["last_kind"]) == ("us", "three", "inbound")
    assert new["waiting_since"] == new["last_at"] == clock.now() - timedelta(seconds=100)
    assert old["first_reply_at"] == new["first_reply_at"] == clock.now()
    last, _ = await post.desk.parting.split(anna, part, three)
    assert (await post.row(last))["first_reply_at"] is None
    assert (await post.row(part))["awaiting"] == "client"


async def test_what_machines_wrote_makes_nobody_wait(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    await post.answer(anna, contact, "third")
    await post.letter(contact, "away until Monday", automatic=True)
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert (await post.row(part))["awaiting"] == "client"


async def test_answers_to_what_moved_come_to_the_new_contact(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    part, _ = await post.desk.parting.split(anna, contact, two)
    key = (await post.row(part))["conversation_key"]
    for name in ("<two@client>", "<second@us>", "<three@client>"):
        assert await post.leads(name) == key
    assert await post.leads("<first@us>") is None  # its token says where it belongs


async def test_files_and_sendings_follow_their_messages_in_their_order(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, three = await talk(post, anna)
    for text, state in (("third", "held"), ("fourth", "pending"), ("fifth", "failed")):
        await post.answer(anna, contact, text, state)
    await post.database.execute("UPDATE outbox SET state = 'held' WHERE payload->>'text' = 'third'")
    file, stays = new_id(), new_id()
    first = await post.database.fetchval(
        "SELECT id FROM messages WHERE contact_id = $1 AND seq = 1", contact
    )
    for one, message in ((file, three), (stays, first)):
        await post.database.execute(
            "INSERT INTO attachments (id, message_id, contact_id) VALUES ($1, $2, $3)",
            one, message, contact,
        )  # fmt: skip
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert await post.line(contact) == ["first"]
    assert await post.line(part) == ["second", "third", "fourth", "fifth"]
    places = await post.database.fetch("SELECT id, contact_id FROM attachments")
    assert {row["id"]: row["contact_id"] for row in places} == {file: part, stays: contact}
    await post.answer(anna, part, "sixth")
    assert await post.line(part) == ["second", "third", "fourth", "fifth", "sixth"]


async def test_a_letter_on_the_wire_is_waited_for(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    await post.answer(anna, contact, "third", "sending")
    with pytest.raises(Conflict) as caught:
        await post.desk.parting.split(anna, contact, two)
    assert caught.value.code == "sending"
    assert len(await post.thread(anna, contact)) == 7


async def test_participants_follow_their_messages_and_the_first_is_the_owner(post: Post) -> None:
    anna = await post.hire("Anna")
    contact = await post.begin(anna)
    owner = (await post.row(contact))["identity_id"]
    boss, mate = [await post.person(of=contact, verified=one) for one in (True, False)]
    await post.letter(contact, "from mate", who=mate)
    start = await post.letter(contact, "from boss", who=boss)
    await post.letter(contact, "from mate again", who=mate)
    part, _ = await post.desk.parting.split(anna, contact, start)
    assert (await post.row(part))["identity_id"] == boss
    assert await post.people(part) == {boss: ("owner", True), mate: ("member", False)}
    assert await post.people(contact) == {owner: ("owner", False), mate: ("member", False)}


async def test_what_was_read_stays_read_and_drafts_stay(post: Post) -> None:
    anna, boris = await post.hire("Anna"), await post.hire("Boris")
    contact, two, _ = await talk(post, anna)
    await post.contacts.mark_read(boris, contact, 4)
    await post.contacts.mark_read(anna, contact, 6)
    await post.database.execute(
        "INSERT INTO drafts (employee_id, contact_id, kind, text) VALUES ($1, $2, 'note', 'hm')",
        anna.employee_id, contact,
    )  # fmt: skip
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert [await post.read(one, boris.employee_id) for one in (contact, part)] == [3, 1]
    assert [await post.read(one, anna.employee_id) for one in (contact, part)] == [3, 3]
    old, new = [(await post.contacts.rows(anna, [one]))[0] for one in (contact, part)]
    assert (old.unread, new.unread, old.draft, new.draft) == (0, 0, True, False)
    assert (await post.contacts.rows(boris, [part]))[0].unread == 1


async def test_who_has_the_contact_has_both_and_is_told_when_that_is_too_much(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, three = await talk(post, anna)
    before = await post.work(contact)
    part, over = await post.desk.parting.split(anna, contact, two)
    work = await post.work(part)
    assert (work["state"], work["operator_id"]) == ("active", anna.employee_id)
    assert (work["previous_id"], work["virtual_arrival"]) == (
        before["id"], before["virtual_arrival"],
    )  # fmt: skip
    assert (await post.work(contact))["id"] == before["id"]
    operator = await post.operator(anna)
    assert (operator["used"], operator["load"], over) == (40, {"chat": 2}, False)
    await post.database.execute("UPDATE operators SET budget = 50")
    _, over = await post.desk.parting.split(anna, part, three)
    assert over
    assert (await post.operator(anna))["used"] == 60


async def test_what_is_nobodys_waits_where_it_waited(post: Post) -> None:
    anna = await post.hire("Anna")
    contact = await post.begin(ago=900)
    two = await post.letter(contact, "two")
    part, over = await post.desk.parting.split(anna, contact, two)
    old, new = await post.work(contact), await post.work(part)
    assert (old["state"], new["state"], over) == ("waiting", "waiting", False)
    assert new["virtual_arrival"] == old["virtual_arrival"]
    assert (await post.row(part))["operator_id"] is None


async def test_an_offer_of_the_first_part_stands(post: Post) -> None:
    anna, boris = await post.hire("Anna"), await post.hire("Boris")
    contact = await post.begin()
    two = await post.letter(contact, "two")
    offer = await post.offer(contact, boris)
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert await post.desk.taking.accept(boris, offer) == contact
    assert (await post.work(part))["state"] == "waiting"


async def test_there_must_be_something_to_keep_and_a_letter_to_begin_with(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    note = await post.note(anna, contact, "hm")
    first = await post.database.fetchval(
        "SELECT id FROM messages WHERE contact_id = $1 AND seq = 1", contact
    )
    with pytest.raises(Conflict) as caught:
        await post.desk.parting.split(anna, contact, first)
    assert caught.value.code == "nothing_left"
    for wrong in (note, new_id()):
        with pytest.raises(Invalid):
            await post.desk.parting.split(anna, contact, wrong)
    await post.desk.parting.split(anna, contact, two)
    with pytest.raises(Invalid):  # the second click
        await post.desk.parting.split(anna, contact, two)


async def test_only_who_may_answer_splits(post: Post) -> None:
    anna, boris = await post.hire("Anna"), await post.hire("Boris")
    stranger = await post.hire("Clara", await post.elsewhere())
    contact, two, _ = await talk(post, anna)
    with pytest.raises(Conflict) as caught:
        await post.desk.parting.split(boris, contact, two)
    assert (caught.value.code, caught.value.extra["taken_by"]["name"]) == ("not_yours", "Anna")
    with pytest.raises(NotFound):
        await post.desk.parting.split(stranger, contact, two)
    seen = {who: (await post.contacts.contact(who, contact)).can.part for who in (anna, boris)}
    assert seen == {anna: True, boris: False}


async def test_a_chat_is_one_with_its_person(house: House) -> None:
    anna = await house.hire("Anna")
    one, two = await house.arrive(), await house.arrive()
    for contact in (one, two):
        await house.desk.taking.take(anna, contact)
    for act in (
        house.desk.parting.split(anna, one, new_id()),
        house.desk.parting.join(anna, one, two),
    ):
        with pytest.raises(Conflict) as caught:
            await act
        assert caught.value.code == "not_splittable"
    assert not (await house.contacts.contact(anna, one)).can.part


async def test_the_log_tells_of_a_split_and_readers_can_follow(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await talk(post, anna)
    before = len(await post.events(contact))
    part, _ = await post.desk.parting.split(anna, contact, two)
    told = ["message.added", "contact.changed", "message.moved"]
    assert (await post.events(contact))[before:] == told
    assert await post.events(part) == ["contact.opened", *told]
    for one in (contact, part):
        version = "SELECT max(version) FROM events WHERE subject_id = $1"
        assert await post.database.fetchval(version, one) == (await post.row(one))["version"]


# --- join ----------------------------------------------------------------------------------------


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
    contact, two, _ = await talk(post, anna)
    part, _ = await post.desk.parting.split(anna, contact, two)
    await post.desk.parting.join(anna, contact, part)
    assert [text for _, text in await post.thread(anna, contact)] == [
        "one", "taken", "first", "split", "two", "second", "three", "split_from", "joined",
    ]  # fmt: skip
    assert await post.line(contact) == ["first", "second"]
    new = NewMessage(kind="reply", text="third", client_msg_id="x", attachments=[])
    await post.desk.talking.write(anna, contact, new)
    assert await post.line(contact) == ["first", "second", "third"]
