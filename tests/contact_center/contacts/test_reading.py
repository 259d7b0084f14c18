"""Views, counts, threads, drafts and read marks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.contacts.listing import store as listing
from contact_center.contacts.model import DraftIn, ListQuery, MessageQuery, PageQuery, Sort, View
from contact_center.desk.model import NewMessage, Result
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database, compiled
from tests.contact_center.desk.house import House


async def listed(
    house: House, actor: Actor, view: View, *, sort: Sort | None = None, **more: object
) -> list[UUID]:
    """All pages of a view, two lines each."""
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        query = ListQuery.model_validate(
            {"view": view, "sort": sort, "limit": 2, "cursor": cursor, **more}
        )
        page = await house.contacts.page(actor, query)
        found += [row.id for row in page.items]
        if page.next is None:
            return found
        assert len(page.items) == 2
        cursor = page.next


async def taken(house: House, by: Actor, text: str = "hello") -> UUID:
    contact = await house.arrive(text)
    await house.desk.taking.take(by, contact)
    return contact


def reply(text: str = "yes") -> NewMessage:
    return NewMessage(kind="reply", text=text, client_msg_id=str(new_id()), attachments=[])


async def test_every_view_holds_what_its_name_says(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    mine, answered = await taken(house, anna), await taken(house, anna)
    await house.desk.talking.write(anna, answered, reply())
    his = await taken(house, boris)
    offered = await house.arrive()
    await house.offer(offered, anna)
    offered_to_him = await house.arrive()
    await house.offer(offered_to_him, boris)
    waiting = await house.arrive(ago=60)
    closed = await taken(house, anna)
    await house.desk.ending.close(anna, closed, Result(result_code_id=house.code))
    foreign = await house.arrive(queue=await house.elsewhere())

    assert set(await listed(house, anna, "mine")) == {mine, answered}
    assert await listed(house, anna, "offered") == [offered]
    assert await listed(house, anna, "queue") == [waiting, offered_to_him]
    assert await listed(house, anna, "unread") == [mine]
    assert await listed(house, anna, "waiting") == [mine]
    assert await listed(house, anna, "closed") == [closed]
    everything = await listed(house, anna, "all")
    assert set(everything) == {mine, answered, his, offered, offered_to_him, waiting, closed}
    assert foreign not in everything
    counts = await house.contacts.counts(anna)
    assert (counts.mine, counts.offered, counts.queue, counts.unread, counts.waiting) == (
        2, 1, 2, 1, 1,
    )  # fmt: skip
    assert counts.queues == {house.main: 2}


async def test_pages_hold_every_contact_once_in_either_order(
    house: House, clock: ManualClock
) -> None:
    anna = await house.hire("Anna")
    made = []
    for _ in range(7):
        made.append(await house.arrive())
        if len(made) % 3:  # some arrive in the same instant
            clock.advance(1)
    assert await listed(house, anna, "queue") == made
    assert await listed(house, anna, "queue", sort="newest") == made[::-1]
    assert await listed(house, anna, "all") == made[::-1]
    assert await listed(house, anna, "all", sort="oldest") == made
    for contact in made:
        await house.desk.taking.take(anna, contact)
        await house.desk.ending.close(anna, contact, Result())
    assert await listed(house, anna, "closed", sort="oldest") == sorted(made)
    for contact in made:
        assert (await house.row(contact))["closed_at"] == clock.now()


async def test_a_supervisor_sees_his_department_and_an_administrator_everything(
    house: House,
) -> None:
    vera = await house.hire("Vera", role="supervisor")
    boss = await house.hire("Boss", role="administrator")
    ours, theirs = await house.arrive(), await house.arrive(queue=await house.elsewhere())
    assert await listed(house, vera, "all") == [ours]
    assert await listed(house, vera, "queue") == [ours]
    assert set(await listed(house, boss, "all")) == {ours, theirs}
    with pytest.raises(NotFound):
        await house.contacts.contact(vera, theirs)
    with pytest.raises(NotFound):
        await house.contacts.thread(vera, theirs, MessageQuery())


async def test_what_an_operator_handled_stays_in_his_view_of_the_closed(house: House) -> None:
    anna = await house.hire("Anna")
    foreign = await house.arrive(queue=await house.elsewhere())
    await house.desk.taking.accept(anna, await house.offer(foreign, anna))
    await house.desk.ending.close(anna, foreign, Result())
    assert await listed(house, anna, "closed") == [foreign]
    assert await listed(house, anna, "all") == [foreign]


@pytest.mark.parametrize("typed", ["Иванов", "bdfyjd", "ivanov", "ИВАН"])
async def test_a_contact_is_found_by_its_clients_name_however_it_is_typed(
    house: House, typed: str
) -> None:
    anna = await house.hire("Anna")
    wanted = await house.arrive(name="Пётр Иванов")
    await house.arrive(name="Сидоров")
    views: tuple[View, ...] = ("all", "queue")
    for view in views:
        assert await listed(house, anna, view, q=typed) == [wanted]


async def test_a_contact_is_found_by_its_subject(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    await house.contacts.change(anna, contact, {"subject": "Доставка в пятницу"}, None)
    assert await listed(house, anna, "all", q="достав") == [contact]


async def test_a_clients_contacts_are_paged_and_foreign_ones_left_out(house: House) -> None:
    anna = await house.hire("Anna")
    contact, foreign = await house.arrive(), await house.arrive(queue=await house.elsewhere())
    client = (await house.contacts.contact(anna, contact)).client.id
    await house.database.execute(
        "UPDATE identities SET client_id = $1 WHERE id = (SELECT identity_id FROM contacts"
        " WHERE id = $2)", client, foreign
    )  # fmt: skip
    query = PageQuery(limit=1)
    page = await house.contacts.of_client(anna, client, query)
    assert ([row.id for row in page.items], page.next) == ([contact], None)
    boss = await house.hire("Boss", role="administrator")
    first = await house.contacts.of_client(boss, client, query)
    rest = await house.contacts.of_client(boss, client, PageQuery(limit=1, cursor=first.next))
    assert [row.id for row in (*first.items, *rest.items)] == [foreign, contact]
    assert rest.next is None


async def test_a_contact_is_found_by_its_number(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive()
    number = (await house.row(contact))["number"]
    assert await listed(house, anna, "all", q=f"#{number}") == [contact]
    assert await listed(house, anna, "all", q="9" * 30) == []
    assert await listed(house, anna, "all", q="100% of_nothing\\") == []


async def test_a_cursor_somebody_made_up_is_refused(house: House) -> None:
    anna = await house.hire("Anna")
    for cursor in ("x", "WzEsMl0", "e30", "!!!"):
        with pytest.raises(Invalid):
            await house.contacts.page(anna, ListQuery(view="all", cursor=cursor))


async def test_a_thread_is_read_from_either_end(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await house.arrive("1")
    for text in ("2", "3", "4", "5"):
        await house.write(contact, text)

    async def texts(**query: int) -> tuple[list[str], bool, bool]:
        page = await house.contacts.thread(anna, contact, MessageQuery(limit=2, **query))
        return [one.text for one in page.items], page.has_before, page.has_after

    assert await texts() == (["4", "5"], True, False)
    assert await texts(before=4) == (["2", "3"], True, True)
    assert await texts(before=2) == (["1"], False, True)
    assert await texts(after=0) == (["1", "2"], False, True)
    assert await texts(after=3) == (["4", "5"], True, False)
    assert await texts(after=5) == ([], True, False)


async def test_reading_lowers_the_unread_count_and_never_goes_back(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    await house.write(contact)
    assert (await house.contacts.contact(anna, contact)).unread == 2
    await house.contacts.mark_read(anna, contact, 1000)
    await house.contacts.mark_read(anna, contact, 1)
    one = await house.contacts.contact(anna, contact)
    assert (one.unread, one.read_seq) == (0, one.last_seq)


async def test_drafts_are_kept_per_employee_and_kind_and_an_empty_one_is_forgotten(
    house: House,
) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    contact = await taken(house, anna)
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn(text="dear", attachments=[]))
    await house.contacts.keep_draft(anna, contact, "note", DraftIn(text="hm", attachments=[]))
    drafts = (await house.contacts.contact(anna, contact)).drafts
    assert drafts.reply is not None
    assert drafts.note is not None
    assert (drafts.reply.text, drafts.note.text) == ("dear", "hm")
    assert not (await house.contacts.contact(boris, contact)).draft
    await house.contacts.keep_draft(anna, contact, "reply", DraftIn(text="", attachments=[]))
    assert (await house.contacts.contact(anna, contact)).drafts.reply is None


async def test_kind_and_subject_change_only_from_the_version_one_has_seen(house: House) -> None:
    anna = await house.hire("Anna")
    contact = await taken(house, anna)
    version = (await house.row(contact))["version"]
    await house.contacts.change(
        anna, contact, {"kind_id": house.kind, "subject": "Delivery"}, version
    )
    row = await house.row(contact)
    assert (row["kind_id"], row["subject"]) == (house.kind, "Delivery")
    with pytest.raises(Conflict) as caught:
        await house.contacts.change(anna, contact, {"subject": "Late"}, version)
    assert caught.value.current.subject == "Delivery"
    with pytest.raises(Invalid):
        await house.contacts.change(anna, contact, {"kind_id": new_id()}, None)


async def test_what_one_may_do_depends_on_who_has_the_contact(house: House) -> None:
    anna, boris = await house.hire("Anna"), await house.hire("Boris")
    light = await house.hire("Lev", role="light")
    vera = await house.hire("Vera", role="supervisor")
    contact = await house.arrive()

    async def can(actor: Actor) -> set[str]:
        one = (await house.contacts.contact(actor, contact)).can
        return {name for name, may in one.model_dump().items() if may}

    assert await can(anna) == {"note", "take", "spam", "edit"}
    assert await can(light) == {"note"}
    await house.desk.taking.take(anna, contact)
    assert await can(anna) == {"reply", "note", "transfer", "park", "close", "spam", "edit"}
    assert await can(boris) == {"note", "edit"}
    assert await can(vera) == {"note", "transfer", "close", "spam", "edit"}
    await house.desk.ending.close(anna, contact, Result())
    assert await can(anna) == {"note", "wrap_up", "edit"}


async def test_lists_look_at_a_page_however_long_the_history(
    house: House, database: Database
) -> None:
    """The plans of the closed and the complete view read some hundred rows of ten thousand."""
    anna = await house.hire("Anna", house.main, await house.queue("second"))
    await house.arrive()
    await database.execute(
        "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id,"
        " identity_id, state, opened_at, closed_at)"
        " SELECT gen_random_uuid(), account_id, n::text, medium, brand_id, queue_id, identity_id,"
        " 'closed', now() - n * interval '1 minute', now() - n * interval '1 minute'"
        " FROM contacts, generate_series(1, 10000) n"
    )
    await database.execute("ANALYZE contacts")
    seen = listing.Seen(anna.employee_id, visible(anna, "contact"), visible(anna, "queue"))
    views: tuple[View, ...] = ("closed", "all")
    for view in views:
        assert len((await house.contacts.page(anna, ListQuery(view=view))).items) == 50
        text, args = compiled(listing.history(listing.Asked(view), seen), [])
        plan = await database.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *args)
        assert rows_read(plan[0]["Plan"]) < 1000


def rows_read(node: dict[str, Any]) -> float:
    """Rows of contacts the scans of a plan went through, also those they threw away."""
    below = sum(rows_read(one) for one in node.get("Plans", ()))
    if node.get("Relation Name") != "contacts":
        return below
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return float(below + read * node["Actual Loops"])
