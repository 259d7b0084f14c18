"""Whatever order, repetition and competition: one final state."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.messages import DeliveryStatus, Event
from tests.support.intake import House, deletion, edit, message, profile, receipt

SOAK = os.environ.get("CC_SOAK") == "1"
STORM = 40 if SOAK else 8
EXAMPLES = 400 if SOAK else 25


async def check(house: House) -> None:
    """What holds of any history: counters, versions and the log say the same."""
    wrong = await house.rows("""
        SELECT c.id, c.last_seq, c.version, m.n, m.top, e.n AS events, e.top AS latest
        FROM contacts c
        CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(max(seq), 0) AS top FROM messages m
                            WHERE m.contact_id = c.id) m
        CROSS JOIN LATERAL (SELECT count(DISTINCT version) AS n, max(version) AS top FROM events e
                            WHERE e.subject_id = c.id) e
        WHERE c.last_seq <> m.n OR m.n <> m.top OR c.version <> e.top OR e.n <> e.top""")
    assert wrong == []
    assert (
        await house.rows("""
        SELECT c.id FROM contacts c WHERE 1 <> (SELECT count(*) FROM work w
        WHERE w.contact_id = c.id)""")
        == []
    )
    assert (
        await house.rows("""
        SELECT w.id FROM work w WHERE 1 <> (SELECT count(*) FROM events e
        WHERE e.subject_id = w.id AND e.kind = 'work.waiting')""")
        == []
    )


async def test_two_intakes_fed_the_same_events_shuffled_agree(house: House) -> None:
    other = house.start()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    events: list[Event] = []
    for who in range(30):
        events += [message(f"m{who}-{n}", f"{n}", f"v{who}") for n in range(STORM)]
        events += [edit(f"e{who}", f"m{who}-0", "edited", f"v{who}")]
        events += [profile(f"p{who}", f"v{who}", name=f"Client {who}")]

    async def feed(intake: Any) -> None:
        mine = chance.sample(events, len(events))
        parts = list(itertools.batched(mine, 7)) if hasattr(itertools, "batched") else [
            mine[i : i + 7] for i in range(0, len(mine), 7)
        ]  # fmt: skip
        for window in range(0, len(parts), 12):
            await asyncio.gather(
                *(intake.submit(house.account, part) for part in parts[window : window + 12])
            )

    await asyncio.gather(feed(house.intake), feed(other))

    print(f"seed {seed}")
    assert await house.count("messages") == 30 * STORM
    assert await house.count("contacts") == 30
    assert await house.count("identities") == await house.count("clients") == 30
    assert await house.count("raw_events") == await house.count("inbound_keys") == len(events)
    rows = await house.rows(
        "SELECT text, name FROM messages m JOIN contacts c ON c.id = contact_id "
        "JOIN identities i ON i.id = c.identity_id WHERE external_id ~ '-0$'"
    )
    assert {row["text"] for row in rows} == {"edited"}
    assert {row["name"] for row in rows} == {f"Client {who}" for who in range(30)}
    await check(house)


async def test_a_storm_of_duplicates_is_one_message_each(house: House) -> None:
    other = house.start()
    events = [message(f"m{n}", who=f"v{n % 5}") for n in range(50)]
    storm = [(intake, event) for event in events for intake in (house.intake, other)] * 10
    random.shuffle(storm)

    results = await asyncio.gather(
        *(intake.submit(house.account, [event]) for intake, event in storm)
    )

    assert sum(result.stored for result in results) == 50
    assert sum(result.duplicates for result in results) == len(storm) - 50
    assert await house.count("messages") == 50
    await check(house)


async def test_closing_while_messages_come_loses_and_doubles_nothing(house: House) -> None:
    other = house.start()
    done = asyncio.Event()

    async def closer() -> None:
        while not done.is_set():
            for row in await house.rows("SELECT id FROM contacts WHERE state = 'open'"):
                await house.close_contact(row["id"])
            await asyncio.sleep(0.002)

    closing = asyncio.create_task(closer())
    for n in range(40):
        await asyncio.gather(
            *(intake.submit(house.account, [message(f"m{n}-{k}", who=f"v{k}")])
              for k in range(6) for intake in (house.intake, other))
        )  # fmt: skip
    done.set()
    await closing

    assert await house.count("messages") == 240
    gaps = await house.rows("""
        SELECT contact_id FROM messages GROUP BY contact_id HAVING count(*) <> max(seq)""")
    assert gaps == []
    assert (
        await house.rows("""
        SELECT 1 FROM contacts WHERE state = 'open' GROUP BY conversation_key
        HAVING count(*) > 1""")
        == []
    )
    assert await house.count("contacts") > 6  # it did close under us


KINDS = ("m1", "m2", "m3", "e1", "e2", "d1", "sent", "delivered", "read", "failed", "profile")
numbers = itertools.count()


def build(kind: str, who: str) -> Event:
    made: dict[str, Event] = {
        "m1": message(f"{who}m1", "one", who),
        "m2": message(f"{who}m2", "two", who),
        "m3": message(f"{who}m3", "three", who),
        "e1": edit(f"{who}e1", f"{who}m1", "one, first edit", who, minutes=1),
        "e2": edit(f"{who}e2", f"{who}m1", "one, second edit", who, minutes=2),
        "d1": deletion(f"{who}d1", f"{who}m2", who),
        "profile": profile(f"{who}p", who, name="Anna"),
    } | {
        status.value: receipt(f"{who}r{status}", f"{who}out", status, who)
        for status in DeliveryStatus
    }
    return made[kind]


async def state_of(house: House, who: str) -> Any:
    """Everything of a conversation that may not depend on the order of arrival."""
    messages = await house.rows(
        """
        SELECT substr(external_id, length($1) + 1) AS id, text, edited_at, deleted_at, m.version,
               (SELECT jsonb_agg(e ORDER BY e->>'text')
                FROM jsonb_array_elements(m.data->'edits') e) AS edits
        FROM messages m JOIN contacts c ON c.id = m.contact_id
        WHERE c.conversation_key = $1 ORDER BY external_id""",
        who,
    )
    contact = await house.one(
        """
        SELECT state, awaiting, last_seq, version FROM contacts WHERE conversation_key = $1""",
        who,
    )
    client = await house.one(
        """
        SELECT c.name FROM clients c JOIN identities i ON i.client_id = c.id
        WHERE i.value = $1""",
        who,
    )
    delivery = await house.one(
        """
        SELECT status FROM deliveries WHERE provider_id = $1""",
        f"{who}out",
    )
    return messages, contact, client, delivery


@settings(
    max_examples=EXAMPLES, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
async def test_any_order_with_repeats_gives_one_state(house: House, data: st.DataObject) -> None:
    repeats = data.draw(st.lists(st.sampled_from(KINDS), max_size=8))
    order = data.draw(st.permutations([*KINDS, *repeats]))
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=4).map(sorted))
    model, who = f"w{next(numbers)}", f"w{next(numbers)}"
    await house.submit(*(build(kind, model) for kind in KINDS))
    for start, end in itertools.pairwise([0, *cuts, len(order)]):
        await house.submit(*(build(kind, who) for kind in order[start:end]))

    assert await state_of(house, who) == await state_of(house, model)
    assert await house.count("parked_changes") == 0
    await check(house)
