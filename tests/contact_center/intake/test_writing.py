"""What one event writes, and where it goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.messages import Address, Attachment, DeliveryStatus, Proof, Typing
from contact_center.clients import merging
from contact_center.contacts.triage import Rule
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit
from tests.support.intake import (
    START,
    House,
    deletion,
    edit,
    message,
    profile,
    receipt,
    typed,
    visitor,
)
from tests.support.waiting import eventually


async def kinds(house: House) -> list[str]:
    return [row["kind"] for row in await house.rows("SELECT kind FROM events ORDER BY seq")]


async def test_a_first_message_opens_a_contact_with_client_message_and_work(house: House) -> None:
    result = await house.submit(message("m1", "Привет"), raw=b'{"text":"..."}')

    assert (result.stored, result.duplicates) == (1, 0)
    contact = await house.one("SELECT * FROM contacts")
    assert contact["state"] == "open"
    assert contact["awaiting"] == "us"
    assert contact["waiting_since"] == contact["opened_at"]
    assert (contact["last_seq"], contact["last_text"], contact["version"]) == (1, "Привет", 2)
    work = await house.one("SELECT * FROM work")
    assert (work["state"], work["origin"], work["cost"]) == ("waiting", "arrival", 20)
    assert work["contact_id"] == contact["id"]
    client = await house.one("SELECT * FROM clients")
    assert client["touchpoint_id"] == house.account.touchpoint_id
    stage = await house.one("SELECT * FROM stage_history")
    assert (stage["client_id"], stage["stage"]) == (client["id"], "learns")
    raw = await house.one("SELECT * FROM raw_events")
    assert (raw["external_id"], raw["body"]) == ("m1", b'{"text":"..."}')
    assert await kinds(house) == [
        "client.changed", "contact.opened", "message.added", "work.waiting",
    ]  # fmt: skip


async def test_the_log_carries_the_engines_snapshot_and_the_versions(house: House) -> None:
    await house.submit(message("m1"), message("m2"))

    work = await house.one("SELECT *, cc_work_snapshot(work) AS snapshot FROM work")
    event = await house.one("SELECT * FROM events WHERE kind = 'work.waiting'")
    assert event["data"] == work["snapshot"]
    added = await house.rows("SELECT * FROM events WHERE kind = 'message.added' ORDER BY seq")
    assert [(row["version"], row["data"]["seq"]) for row in added] == [(2, 1), (3, 2)]


async def test_the_same_event_twice_is_one_message(house: House) -> None:
    await house.submit(message("m1"))
    again = await house.submit(message("m1"))
    both = await house.submit(message("m2"), message("m2"))

    assert (again.stored, again.duplicates) == (0, 1)
    assert (both.stored, both.duplicates) == (1, 1)
    assert await house.count("messages") == 2


async def test_messages_of_one_contact_are_numbered_without_gaps(house: House) -> None:
    await asyncio.gather(*(house.submit(message(f"m{n}", f"{n}")) for n in range(50)))

    rows = await house.rows("SELECT seq FROM messages ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, 51))
    contact = await house.one("SELECT last_seq, version FROM contacts")
    assert (contact["last_seq"], contact["version"]) == (50, 51)
    assert await house.count("work") == 1


async def test_a_new_contact_soon_after_closing_follows_the_old_one(house: House) -> None:
    await house.submit(message("m1"))
    first = await house.one("SELECT * FROM contacts")
    await house.close_contact(first["id"])

    await house.submit(message("m2"))

    second = await house.one("SELECT * FROM contacts WHERE state = 'open'")
    assert second["follows_id"] == first["id"]
    works = await house.rows("SELECT * FROM work ORDER BY seq")
    assert works[1]["origin"] == "follow_up"
    assert works[1]["preferred_id"] == house.employee_id
    assert works[1]["preferred_until"] > works[1]["arrived_at"]
    assert works[1]["virtual_arrival"] == works[0]["virtual_arrival"]
    assert await house.count("clients") == 1


async def test_long_after_closing_a_message_opens_a_fresh_contact(house: House) -> None:
    await house.submit(message("m1"))
    first = await house.one("SELECT id FROM contacts")
    await house.close_contact(first["id"])
    await house.database.execute("UPDATE contacts SET closed_at = now() - interval '2 days'")

    await house.submit(message("m2"))

    second = await house.one("SELECT * FROM contacts WHERE state = 'open'")
    assert second["follows_id"] is None
    assert (await house.one("SELECT * FROM work WHERE state = 'waiting'"))["origin"] == "arrival"


async def test_automatic_mail_joins_a_closed_contact_and_wakes_nobody(house: House) -> None:
    await house.submit(message("m1"))
    first = await house.one("SELECT * FROM contacts")
    await house.close_contact(first["id"])

    await house.submit(message("auto", "Я в отпуске", automatic=True))

    contact = await house.one("SELECT * FROM contacts")
    assert (contact["state"], contact["last_seq"], contact["awaiting"]) == ("closed", 2, "nobody")
    assert contact["last_text"] == first["last_text"]
    assert await house.count("work") == 1


async def test_an_automatic_message_of_a_stranger_is_filed_without_work(house: House) -> None:
    await house.submit(message("auto", "Доставка не удалась", automatic=True))

    contact = await house.one("SELECT * FROM contacts")
    assert (contact["state"], contact["automatic"], contact["last_seq"]) == ("closed", True, 1)
    assert await house.count("work") == 0


async def test_what_we_wrote_elsewhere_is_ours_and_stops_the_waiting(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(message("o1", "Уже отвечаем", outgoing=True))

    contact = await house.one("SELECT * FROM contacts")
    assert (contact["awaiting"], contact["waiting_since"]) == ("client", None)
    assert contact["first_reply_at"] is not None
    ours = await house.one("SELECT * FROM messages WHERE kind = 'outbound'")
    assert ours["identity_id"] is None


async def test_an_expected_answer_joins_its_contact_and_rings_nobody(house: House) -> None:
    await house.submit(message("m1"))
    contact = await house.one("SELECT id FROM contacts")
    await house.close_contact(contact["id"])
    await house.database.execute(
        "INSERT INTO expectations (id, account_id, conversation_key, kind, contact_id, until) "
        "VALUES ($1, $2, 'v1', 'survey', $3, now() + interval '1 hour')",
        new_id(), house.account.id, contact["id"],
    )  # fmt: skip

    await house.submit(message("m2", "5"))

    answer = await house.one("SELECT * FROM messages WHERE kind = 'survey'")
    assert (answer["text"], answer["contact_id"]) == ("5", contact["id"])
    assert await house.count("contacts") == 1
    assert await house.count("work") == 1
    event = await house.one("SELECT cause FROM events WHERE data->>'kind' = 'survey'")
    assert event["cause"] == "expectation:survey"


async def test_what_follows_spam_joins_the_spam(house: House) -> None:
    await house.submit(message("m1"))
    contact = await house.one("SELECT id FROM contacts")
    await house.close_contact(contact["id"], spam=True)

    await house.submit(message("m2", "Купите слона"))

    assert await house.count("contacts") == 1
    assert await house.count("work") == 1


async def test_a_rule_sets_queue_priority_and_skills(house: House) -> None:
    other = new_id()
    await house.database.execute(
        "INSERT INTO queues (id, name, department_id, priority_seconds) "
        "SELECT $1, 'VIP', department_id, 60 FROM queues LIMIT 1", other,
    )  # fmt: skip
    rule = Rule("claims", words=frozenset({"верните"}), queue_id=other, priority_seconds=300,
                skills={"claims": 3})  # fmt: skip
    intake = house.start(rules=(rule,))

    await intake.submit(house.account, [message("m1", "Верните деньги!")])

    work = await house.one("SELECT * FROM work")
    assert work["queue_id"] == other
    assert work["requirement"] == {"skills": {"claims": 3}}
    assert work["arrived_at"] - work["virtual_arrival"] == timedelta(seconds=360)


async def test_a_campaign_in_the_address_of_the_page_becomes_the_touchpoint(house: House) -> None:
    page = {"page": "https://shop.example/?utm_source=x&utm_campaign=osen"}
    await house.submit(message("m1", data=page), message("m2", who="v2", data=page))

    point = await house.one("SELECT * FROM touchpoints WHERE kind = 'campaign'")
    assert point["key"] == "osen"
    clients = await house.rows("SELECT touchpoint_id FROM clients")
    assert {row["touchpoint_id"] for row in clients} == {point["id"]}
    contacts = await house.rows("SELECT touchpoint_id, data FROM contacts")
    assert all(row["touchpoint_id"] == point["id"] for row in contacts)
    assert contacts[0]["data"] == page


async def test_a_group_has_one_contact_and_all_who_write_in_it(house: House) -> None:
    for n, who in enumerate(("anna", "boris", "anna", "vera")):
        await house.submit(message(f"m{n}", sender=visitor(who), conversation_key="group"))

    contact = await house.one("SELECT * FROM contacts")
    people = await house.rows("SELECT role FROM participants ORDER BY joined_at, role DESC")
    assert contact["last_seq"] == 4
    assert [row["role"] for row in people] == ["owner", "member", "member"]


# --- identity ------------------------------------------------------------------------------


async def test_a_typed_address_never_attaches_to_another_client(house: House) -> None:
    mail = Address("email", "anna@example.org")
    await house.submit(message("m1", sender=mail, conversation_key="mail"))
    victim = (await house.one("SELECT client_id FROM identities"))["client_id"]

    await house.submit(message("m2", who="thief", claims=(typed("email", "anna@example.org"),)))

    thief = await house.one("SELECT * FROM identities WHERE value = 'thief'")
    assert thief["client_id"] != victim
    claimed = await house.one("SELECT * FROM identities WHERE medium = 'email'")
    assert (claimed["client_id"], claimed["proof"]) == (victim, "provider")
    noted = await house.one("SELECT * FROM client_changes")
    assert (noted["client_id"], noted["field"]) == (thief["client_id"], "email")
    assert (noted["new"], noted["source"]) == ("anna@example.org", "claimed")


async def test_a_free_typed_address_is_kept_as_claimed(house: House) -> None:
    await house.submit(message("m1", claims=(typed("phone", "+375291234567"),)))

    one = await house.one("SELECT * FROM identities WHERE medium = 'phone'")
    sender = await house.one("SELECT * FROM identities WHERE medium = 'visitor'")
    assert (one["client_id"], one["proof"]) == (sender["client_id"], "claimed")


async def test_the_owner_of_an_address_gets_his_own_record_though_it_was_typed_first(
    house: House,
) -> None:
    await house.submit(message("m1", who="thief", claims=(typed("email", "anna@example.org"),)))
    await house.submit(
        message("m2", sender=Address("email", "anna@example.org"), conversation_key="mail")
    )

    anna = await house.one("SELECT * FROM identities WHERE medium = 'email'")
    thief = await house.one("SELECT * FROM identities WHERE value = 'thief'")
    assert anna["client_id"] != thief["client_id"]
    assert anna["proof"] == "provider"


async def test_a_signed_address_brings_a_new_visitor_to_his_client(house: House) -> None:
    signed = Address("user", "shop:42", "Анна", Proof.SIGNED)
    await house.submit(message("m1", who="laptop", claims=(signed,)))
    await house.submit(message("m2", who="phone", claims=(signed,)))

    rows = await house.rows("SELECT DISTINCT client_id FROM identities")
    assert len(rows) == 1
    assert await house.count("identities") == 3


async def test_addresses_that_come_while_their_client_is_merged_go_to_whom_he_is_part_of(
    house: House,
) -> None:
    signed, winner = Address("user", "shop:42", "Анна", Proof.SIGNED), new_id()
    await house.submit(message("m1", who="laptop", claims=(signed,)))
    loser = (await house.one("SELECT id FROM clients"))["id"]
    await house.database.execute("INSERT INTO clients (id, name) VALUES ($1, 'Anna')", winner)
    merged, go = asyncio.Event(), asyncio.Event()

    async def step(unit: Unit) -> None:
        by = house.employee_id
        await merging.merge(unit, winner, loser, reason="", actor="test", employee_id=by)
        merged.set()
        await go.wait()

    merge = asyncio.create_task(house.database.run(step))
    await merged.wait()
    submitted = asyncio.create_task(house.submit(
        message("m2", who="phone", claims=(signed,)),
        message("m3", who="laptop", claims=(typed("phone", "+375291234567"),)),
    ))  # fmt: skip

    async def waits() -> bool:
        locks = (
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return submitted.done() or await house.database.fetchval(locks)

    await eventually(waits)
    go.set()
    await asyncio.gather(merge, submitted)
    rows = await house.rows("SELECT medium, client_id FROM identities ORDER BY medium")
    assert [row["medium"] for row in rows] == ["phone", "user", "visitor", "visitor"]
    assert {row["client_id"] for row in rows} == {winner}


async def test_a_name_told_later_becomes_the_clients(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(profile("p1", name="Анна", email="a@example.org"))

    client = await house.one("SELECT * FROM clients")
    assert (client["name"], client["version"]) == ("Анна", 2)
    changes = await house.rows("SELECT field, new FROM client_changes ORDER BY field")
    assert changes == [{"field": "email", "new": "a@example.org"}, {"field": "name", "new": "Анна"}]


async def test_a_name_an_employee_has_set_stays(house: House) -> None:
    await house.submit(message("m1", sender=visitor("v1", name="vasya_2000")))
    await house.database.execute("UPDATE clients SET name = 'Василий Петров'")

    await house.submit(profile("p1", name="Vasya"))

    assert (await house.one("SELECT name FROM clients"))["name"] == "Василий Петров"
    assert (await house.one("SELECT name FROM identities"))["name"] == "Vasya"


# --- changes, receipts, files --------------------------------------------------------------


async def test_who_edits_for_ever_makes_no_message_that_grows_for_ever(house: House) -> None:
    edits = await house.database.fetchval(
        "SELECT (SELECT a FROM (SELECT 1) one, LATERAL (WITH RECURSIVE t (n, a) AS ("
        "  SELECT 0, NULL::jsonb UNION ALL"
        "  SELECT n + 1, cc_edits(a, to_jsonb(n)) FROM t WHERE n < 60)"
        " SELECT a FROM t WHERE n = 60) x)"
    )
    assert edits == [0, *range(11, 60)]


async def test_edits_and_deletions_change_their_message_and_tell_the_log(house: House) -> None:
    await house.submit(message("m1", "Превет"))
    await house.submit(edit("e1", "m1", "Привет"))
    await house.submit(deletion("d1", "m1"))

    row = await house.one("SELECT * FROM messages")
    assert (row["text"], row["version"]) == ("Привет", 3)
    assert row["edited_at"] == START + timedelta(minutes=1)
    assert row["deleted_at"] is not None
    assert [old["text"] for old in row["data"]["edits"]] == ["Превет"]
    versions = await house.rows("SELECT version FROM events WHERE kind = 'message.changed'")
    assert [row["version"] for row in versions] == [3, 4]
    assert (await house.one("SELECT version, last_text FROM contacts")) == {
        "version": 4, "last_text": "",
    }  # fmt: skip


async def test_an_edit_before_its_message_waits_for_it(house: House) -> None:
    await house.submit(edit("e1", "m1", "Привет"))
    assert await house.count("parked_changes") == 1
    await house.submit(message("m1", "Превет"))

    row = await house.one("SELECT * FROM messages")
    assert row["text"] == "Привет"
    assert await house.count("parked_changes") == 0


async def outbound(house: House, provider_id: str, *, seq: int = 1) -> UUID:
    """A sent message of ours with its outbox row; returns the row's id."""
    contact = await house.one("SELECT id FROM contacts")
    ours, box = new_id(), new_id()
    await house.database.execute(
        "INSERT INTO outbox_lines (id, account_id, conversation_key) VALUES ($1, $2, 'v1') "
        "ON CONFLICT DO NOTHING", new_id(), house.account.id,
    )  # fmt: skip
    row = await house.one(
        "UPDATE contacts SET last_seq = last_seq + 1, version = version + 1 WHERE id = $1 "
        "RETURNING last_seq", contact["id"],
    )  # fmt: skip
    await house.database.execute(
        "INSERT INTO messages (id, contact_id, seq, kind) VALUES ($1, $2, $3, 'outbound')",
        ours, contact["id"], row["last_seq"],
    )  # fmt: skip
    await house.database.execute(
        "INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, state, "
        "provider_id) SELECT $1, id, $2, account_id, $3, $4, 'sent', $5 FROM outbox_lines",
        box, seq, contact["id"], ours, provider_id,
    )  # fmt: skip
    return box


async def test_a_receipt_carries_the_state_and_the_clients_reading_mark(house: House) -> None:
    await house.submit(message("m1"))
    box = await outbound(house, "p1")
    await house.database.fetch("SELECT cc_delivery_meets($1::uuid[])", [box])

    await house.submit(receipt("r1", "p1", DeliveryStatus.READ))

    assert (await house.one("SELECT state FROM outbox"))["state"] == "read"
    mark = await house.one("SELECT * FROM contact_reads WHERE reader = 'client'")
    assert mark["seq"] == 2
    assert (await kinds(house))[-1] == "message.changed"


async def test_a_receipt_before_its_message_meets_it_later(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(receipt("r1", "p1", DeliveryStatus.DELIVERED))
    box = await outbound(house, "p1")
    await house.database.fetch("SELECT cc_delivery_meets($1::uuid[])", [box])

    assert (await house.one("SELECT state FROM outbox"))["state"] == "delivered"


async def test_attachments_are_wanted_and_a_job_fetches_them(house: House) -> None:
    photo = Attachment("image", "ref-1", "чек.jpg", "image/jpeg", 1000)
    place = Attachment("location", None, data={"lat": 53.9, "lon": 27.56})
    await house.submit(message("m1", "", attachments=(photo, place)))

    rows = await house.rows("SELECT * FROM attachments ORDER BY kind")
    assert [(row["kind"], row["state"]) for row in rows] == [
        ("image", "wanted"), ("location", "stored"),
    ]  # fmt: skip
    job = await house.one("SELECT * FROM jobs")
    assert (job["kind"], job["key"]) == ("media.fetch", str(rows[0]["id"]))
    assert job["payload"]["account_id"] == str(rows[0]["account_id"]), "an account has few places"
    bell = await house.one("SELECT data FROM events WHERE kind = 'bell.rung'")
    assert bell["data"] == {"topics": ["jobs"]}, "runners elsewhere hear of the files by the log"
    assert (await house.one("SELECT last_text FROM contacts"))["last_text"] == "чек.jpg"


async def upload(house: House, owner: str) -> UUID:
    made = new_id()
    await house.database.execute(
        "INSERT INTO attachments (id, account_id, owner, state, name) "
        "VALUES ($1, $2, $3, 'stored', 'a.pdf')", made, house.account.id, owner,
    )  # fmt: skip
    return made


async def test_an_upload_is_tied_to_the_message_of_its_owner_and_one_that_is_not_his_is_gone(
    house: House,
) -> None:
    mine, foreign = await upload(house, "v1"), await upload(house, "v2")
    files = tuple(
        Attachment("file", str(one), data={"upload": str(one)}) for one in (mine, foreign)
    )
    bad = Attachment("file", "x", data={"upload": "no-uuid"})

    await house.submit(message("m1", attachments=(*files, files[0], bad)))
    await house.submit(message("m2", "", attachments=(files[0],)))  # named before

    told = await house.rows("""
        SELECT m.seq, a.id, a.state, a.ref, a.data FROM attachments a
        JOIN messages m ON m.id = a.message_id ORDER BY m.seq, a.state DESC, a.id""")
    assert [(row["seq"], row["state"]) for row in told] == [
        (1, "stored"), (1, "gone"), (1, "gone"), (2, "gone"),
    ]  # fmt: skip
    assert told[0]["id"] == mine
    assert {row["data"]["reason"] for row in told[1:]} == {"the upload is not here any more"}
    assert {row["ref"] for row in told[1:]} == {None}
    assert await house.count("attachments") == 5
    assert await house.count("jobs") == 0


async def test_a_reply_points_at_the_message_it_answers(house: House) -> None:
    await house.submit(message("m1"))
    await house.submit(message("m2", reply_to="m1"))

    first, second = await house.rows("SELECT id, reply_to FROM messages ORDER BY seq")
    assert second["reply_to"] == first["id"]


async def test_what_the_channel_cannot_read_is_shown_and_kept_for_replay(house: House) -> None:
    await house.submit(message("m1", "", unsupported="poll"))

    kept = await house.one("SELECT * FROM quarantine")
    assert (kept["kind"], kept["error"]) == ("unsupported", "poll")
    assert (await house.one("SELECT data FROM messages"))["data"] == {"unsupported": "poll"}


async def test_typing_is_told_and_never_written(house: House) -> None:
    event = Typing(external_id="t", at=START, conversation_key="v1", sender=visitor())
    async with house.hints.subscribe(f"typing:{house.account.id}:v1") as heard:
        result = await house.submit(event)
        _, payload = await asyncio.wait_for(anext(aiter(heard)), 5)

    assert result.ephemeral == 1
    assert b'"address":"v1"' in payload
    assert await house.count("inbound_keys") == 0


async def test_stop_by_sms_is_an_opt_out_and_rings_nobody(
    database_url: str, hints: Any, clock: Any
) -> None:
    house = await House.build(database_url, hints, clock, medium="sms")
    try:
        await house.submit(message("m1", "СТОП"))
        consent = await house.one("SELECT * FROM consents")
        assert (consent["purpose"], consent["granted"]) == ("messages", False)
        assert await house.count("work") == 0
        await house.submit(message("m2", "Старт"))
        given = await house.one("SELECT array_agg(granted ORDER BY at, id) AS told FROM consents")
        assert given["told"] == [False, True]
        assert await house.count("work") == 1, "the word may be a hello, too: somebody looks"
    finally:
        await house.close()


async def test_words_to_a_parked_contact_ask_for_it_back_and_machines_do_not(house: House) -> None:
    await house.submit(message("m1"))
    park = "UPDATE contacts SET snoozed_until = now() + interval '1 day'"
    jobs = "SELECT key FROM jobs WHERE kind = 'client_wrote'"
    await house.submit(message("m2"))
    assert await house.rows(jobs) == []
    await house.database.execute(park)
    await house.submit(message("away", automatic=True))
    assert await house.rows(jobs) == []
    await house.submit(message("m3"), message("m4"))
    await house.submit(message("m5"))
    contact = await house.one("SELECT id, snoozed_until FROM contacts")
    assert [row["key"] for row in await house.rows(jobs)] == [str(contact["id"])]
    assert contact["snoozed_until"] is None
