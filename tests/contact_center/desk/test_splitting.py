"""A contact split by hand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from contact_center.desk.model import Park
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from tests.contact_center.desk.house import House
from tests.contact_center.desk.post import Post, three_letters


async def test_a_letter_and_all_after_it_become_a_contact_of_their_own(
    post: Post, clock: ManualClock
) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await three_letters(post, anna)
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
    contact, two, three = await three_letters(post, anna)
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
    contact, two, _ = await three_letters(post, anna)
    await post.answer(anna, contact, "third")
    await post.letter(contact, "away until Monday", automatic=True)
    part, _ = await post.desk.parting.split(anna, contact, two)
    assert (await post.row(part))["awaiting"] == "client"


async def test_answers_to_what_moved_come_to_the_new_contact(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, _ = await three_letters(post, anna)
    part, _ = await post.desk.parting.split(anna, contact, two)
    key = (await post.row(part))["conversation_key"]
    for name in ("<two@client>", "<second@us>", "<three@client>"):
        assert await post.leads(name) == key
    assert await post.leads("<first@us>") is None  # its token says where it belongs


async def test_files_and_sendings_follow_their_messages_in_their_order(post: Post) -> None:
    anna = await post.hire("Anna")
    contact, two, three = await three_letters(post, anna)
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
    contact, two, _ = await three_letters(post, anna)
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
    contact, two, _ = await three_letters(post, anna)
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
    contact, two, three = await three_letters(post, anna)
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


async def test_what_lies_aside_gives_no_seniority_to_what_is_split_off_or_joined(
    post: Post, clock: ManualClock
) -> None:
    anna, chief = await post.hire("Anna"), await post.hire("Vera", role="supervisor")
    contact, two, _ = await three_letters(post, anna)
    until = clock.now() + timedelta(days=20)
    await post.desk.parking.park(anna, contact, Park(until=until))
    clock.advance(3 * 86_400)
    waits, _ = await post.desk.parting.split(chief, contact, two)
    work = await post.work(waits)
    assert (work["state"], work["virtual_arrival"]) == ("waiting", clock.now())
    await post.desk.parting.join(chief, waits, contact)
    work = await post.work(waits)
    assert (work["state"], work["virtual_arrival"]) == ("waiting", clock.now())


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
    contact, two, _ = await three_letters(post, anna)
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
    contact, two, _ = await three_letters(post, anna)
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
    contact, two, _ = await three_letters(post, anna)
    before = len(await post.events(contact))
    part, _ = await post.desk.parting.split(anna, contact, two)
    told = ["message.added", "contact.changed", "message.moved"]
    assert (await post.events(contact))[before:] == told
    assert await post.events(part) == ["contact.opened", *told]
    for one in (contact, part):
        version = "SELECT max(version) FROM events WHERE subject_id = $1"
        assert await post.database.fetchval(version, one) == (await post.row(one))["version"]
