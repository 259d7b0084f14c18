"""Bad data, full queues and an absent database: who suffers, and who does not."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest

from channels.contract import WebhookRequest
from contact_center.intake import cleaning
from contact_center.intake.packing import unpack
from contact_center.intake.writer import Intake
from contact_center.kernel.errors import Invalid, Unavailable
from contact_center.kernel.hints import LocalHints
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.migrate import migrate
from tests.support.intake import START, House, message
from tests.support.waiting import eventually

# What the cleaning lets through and the database still refuses: a trigger stands in for it.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.text LIKE '%poison%' THEN RAISE EXCEPTION 'bad' USING ERRCODE = '{code}'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
"""


async def plant(house: House, code: str = "22000") -> None:
    await house.database.execute(REFUSE.format(code=code))


async def test_one_poison_event_delays_nobody_and_is_kept(house: House) -> None:
    await plant(house)
    request = WebhookRequest("POST", "http://x/hooks/k", {"a": "b"}, {}, b"raw", START)
    events = [message(f"m{n}", "poison" if n == 17 else "fine", f"v{n}") for n in range(40)]

    results = await asyncio.gather(
        *(house.intake.submit(house.account, [event], b"raw", request) for event in events)
    )

    assert sum(result.stored for result in results) == 39
    assert results[17].quarantined == 1
    assert await house.count("messages") == 39
    kept = await house.one("SELECT * FROM quarantine")
    assert kept["kind"] == "poison"
    assert unpack(kept["request"])[0] == request
    # Nothing of it stays behind: a replay finds its key free.
    assert not await house.rows("SELECT 1 FROM inbound_keys WHERE external_id = 'm17'")


@pytest.mark.parametrize("code", ["22P02", "23514", "54000"])
async def test_only_data_faults_are_poison(house: House, code: str) -> None:
    await plant(house, code)
    assert (await house.submit(message("m1", "poison"))).quarantined == 1


@pytest.mark.parametrize("code", ["53100", "57014", "XX000", "42P01"])
async def test_a_fault_of_the_database_is_never_poison(house: House, code: str) -> None:
    await plant(house, code)
    with pytest.raises(Unavailable):
        await house.submit(message("m1", "poison"))
    assert await house.count("quarantine") == 0
    # The sender comes again after the fault is gone.
    await house.database.execute("DROP TRIGGER refuse ON messages")
    assert (await house.submit(message("m1", "poison"))).stored == 1


async def test_a_deadlock_repeats_the_batch_unseen(house: House) -> None:
    await house.database.execute(
        "CREATE SEQUENCE tries; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; "
        "END IF; RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT ON messages "
        "FOR EACH ROW EXECUTE FUNCTION refuse();"
    )
    assert (await house.submit(message("m1"))).stored == 1


async def test_a_replay_does_not_quarantine_again(house: House) -> None:
    await plant(house)
    with pytest.raises(Invalid):
        await house.intake.submit(house.account, [message("m1", "poison")], keep=False)
    assert await house.count("quarantine") == 0


async def test_what_no_column_can_hold_is_cleaned_at_the_border(house: House) -> None:
    long = "k" * 5000
    data: dict[str, Any] = {"a\x00b": "c\x00d", "big": 2**70, "lone": "\ud83d", "set": {1}}
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    result = await house.submit(
        message("m1", "a\x00b \ud83d\ude00 \udcff" + "z" * 100_000, data=data | {"deep": deep}),
        message(long + "1", who=long),
        message(long + "2", who=long),
        message("n\x00", who="v2"),
        message("n", who="v2"),
    )

    assert (result.stored, result.quarantined) == (5, 0)
    first = await house.one("SELECT text, data FROM messages WHERE external_id = 'm1'")
    assert first["text"].startswith("ab 😀 �zzz")
    assert len(first["text"]) == cleaning.TEXT - 2
    assert first["data"]["ab"] == "cd"


async def test_a_full_queue_says_so_at_once(house: House) -> None:
    idle = Intake(house.database, house.hints, house.clock, queue=10)  # nobody runs it
    waiting = [
        asyncio.ensure_future(idle.submit(house.account, [message(f"m{n}")])) for n in range(10)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refusal:
        await idle.submit(house.account, [message("one more")])
    assert refusal.value.retry_after > 0
    for task in waiting:
        task.cancel()


async def test_a_stopping_node_finishes_what_it_took(house: House) -> None:
    work = [asyncio.create_task(house.submit(message(f"m{n}"))) for n in range(30)]
    await asyncio.sleep(0)
    await house.intake.drain()
    results = await asyncio.gather(*work)
    assert all(result.stored == 1 for result in results)
    with pytest.raises(Unavailable):
        await house.submit(message("late"))


async def test_who_waits_when_the_writer_ends_hears_unavailable(house: House) -> None:
    blocker = await asyncpg.connect(house.database.url)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
    work = [asyncio.create_task(house.submit(message(f"m{n}"))) for n in range(3)]
    await asyncio.sleep(0.2)
    for task in house.tasks:
        task.cancel()
    results = await asyncio.gather(*work, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    await transaction.rollback()
    await blocker.close()


@pytest.mark.slow
async def test_the_database_may_stop_and_nothing_acknowledged_is_lost(
    own_postgres: PrivatePostgres, hints: LocalHints, clock: Any
) -> None:
    url = await asyncio.to_thread(own_postgres.start)
    await migrate(url)
    house = await House.build(url, hints, clock)
    yes: set[str] = set()
    stop = asyncio.Event()

    async def provider(name: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            event = message(f"{name}-{number}", who=name)
            while not stop.is_set():
                with contextlib.suppress(Unavailable):
                    await house.submit(event)
                    yes.add(event.external_id)
                    break
                await asyncio.sleep(0.02)

    async def more() -> None:
        enough = len(yes) + 50
        await eventually(lambda: len(yes) > enough)

    providers = [asyncio.create_task(provider(f"p{n}")) for n in range(8)]
    for _ in range(3):
        await more()
        await asyncio.to_thread(own_postgres.stop, "immediate")
        await asyncio.sleep(0.1)
        await asyncio.to_thread(own_postgres.start)
    before = len(yes)
    await eventually(lambda: len(yes) > before + 50)
    stop.set()
    await asyncio.gather(*providers)

    rows = await house.rows("SELECT external_id FROM messages")
    stored = [row["external_id"] for row in rows]
    assert yes <= set(stored)
    assert len(stored) == len(set(stored))
    await house.close()
