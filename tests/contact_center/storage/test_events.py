"""The log's one reader: nothing skipped, nothing twice, whatever commits when."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage import era
from contact_center.storage.database import Database
from contact_center.storage.era import ensure_era
from contact_center.storage.events import FEW, REST_SECONDS, LogReader
from contact_center.storage.unit import Unit

WRITE = """INSERT INTO events (kind, subject_kind, subject_id, version, actor)
           VALUES ($1, 'x', $2, 1, 'test') RETURNING seq"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, hints=LocalHints(), size=8)
    yield database
    await database.close()


async def poll_until_settled(reader: LogReader) -> list[str]:
    kinds = [event.kind for event in await reader.poll()]
    while reader.behind:
        kinds += [event.kind for event in await reader.poll()]
        await asyncio.sleep(0.01)
    return kinds


async def test_an_event_that_commits_late_is_not_stepped_over(
    database: Database, database_url: str
) -> None:
    reader = LogReader(database, "test", start=(0, 0))
    slow = await asyncpg.connect(database_url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(WRITE, "early, commits late", new_id())
    await database.execute(WRITE, "late, commits early", new_id())

    assert await reader.poll() == []
    assert reader.behind

    await transaction.commit()
    await slow.close()
    assert await poll_until_settled(reader) == [
        "early, commits late",
        "late, commits early",
    ]


async def test_many_writers_and_a_reader_agree_on_every_row(database: Database) -> None:
    reader = LogReader(database, "test", start=(0, 0))
    seen: list[int] = []
    written: list[int] = []
    done = asyncio.Event()

    async def writer(seed: int) -> None:
        dice = random.Random(seed)

        async def step(unit: Unit) -> list[int]:
            rows = []
            for _ in range(dice.randrange(1, 4)):
                rows.append(await unit.fetchval(WRITE, f"w{seed}", new_id()))
                await asyncio.sleep(dice.random() / 200)
            return rows

        for _ in range(20):
            written.extend(await database.run(step))

    async def read() -> None:
        while not (done.is_set() and len(seen) >= len(written)):
            seen.extend(event.seq for event in await reader.poll())
            await asyncio.sleep(0.002)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(writer(seed) for seed in range(5)))
    done.set()
    await asyncio.wait_for(reading, 20)
    assert sorted(seen) == sorted(written)


async def test_a_durable_reader_goes_on_where_it_committed(database: Database) -> None:
    for number in range(3):
        await database.execute(WRITE, str(number), new_id())
    first = LogReader(database, "mail", durable=True)
    assert len(await first.poll()) == 3
    await database.run(first.commit)
    await database.execute(WRITE, "3", new_id())
    second = LogReader(database, "mail", durable=True)
    assert [event.kind for event in await second.poll()] == ["3"]


async def test_a_hint_wakes_the_reader_and_its_absence_only_makes_it_slower(
    database: Database,
) -> None:
    for hints in (LocalHints(), None):
        reader = LogReader(database, "test", hints=hints)
        await reader.open()
        batches = reader.read()
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0.05)
        await database.execute(WRITE, "news", new_id())
        if hints:
            await hints.publish("log")
        assert [event.kind for event in await asyncio.wait_for(waiting, 5)] == ["news"]
        await batches.aclose()


async def test_of_a_steady_stream_one_look_takes_what_came_meanwhile(database: Database) -> None:
    hints, rests = LocalHints(), 4
    reader = LogReader(database, "test", hints=hints)
    await reader.open()
    batches = reader.read()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(1 + FEW + rests):  # the first look waits for nothing
        await database.execute(WRITE, "news", new_id())
        await hints.publish("log")
        assert await asyncio.wait_for(anext(batches), 5)
    assert loop.time() - began >= (rests - 1) * REST_SECONDS
    await batches.aclose()


async def test_a_restored_log_opens_a_new_era_and_is_read_on(
    database: Database,
) -> None:
    await database.execute(WRITE, "before", new_id())
    await database.execute("UPDATE events SET xid = '900000000000'")
    reader = LogReader(database, "mail", durable=True, start=None)
    await database.execute(
        "INSERT INTO cursors (reader, xid, seq) VALUES ('mail', '900000000000', 1)"
    )

    assert await ensure_era(database)
    assert not await ensure_era(database)
    assert await database.fetchval("SELECT era FROM workspace") == 2
    await database.execute(WRITE, "after", new_id())
    assert await poll_until_settled(reader) == ["after"]


# Ends the work at one row as long as the table says so, and refuses any time-out.
HAMPERED = """
CREATE TABLE broken (seq bigint);
CREATE FUNCTION hamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('statement_timeout') <> '0' OR EXISTS (SELECT FROM broken WHERE seq = old.seq)
  THEN RAISE 'hampered'; END IF;
  RETURN new;
END $$;
CREATE TRIGGER hamper BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION hamper();
"""


async def test_a_large_restored_log_is_numbered_anew_without_time_outs_and_goes_on_where_it_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(era, "SLICE", 2)
    first, *_, fifth = [await database.fetchval(WRITE, str(n), new_id()) for n in range(5)]
    await database.execute("UPDATE events SET xid = (900000000000 - seq)::text::xid8")  # reversed
    await database.execute(
        "INSERT INTO cursors (reader, xid, seq) VALUES ('mail', '900000000000', $1)", fifth
    )
    async with database.connection() as connection:
        await connection.execute(HAMPERED)
    await database.execute("INSERT INTO broken VALUES ($1)", first)
    with pytest.raises(asyncpg.RaiseError):
        await ensure_era(database)
    moved = "SELECT count(*) FROM events WHERE xid = '3'"
    assert await database.fetchval(moved) == 4
    assert await database.fetchval("SELECT era FROM workspace") == 1
    await database.execute("DELETE FROM broken")

    nodes = await asyncio.gather(*(ensure_era(database) for _ in range(3)))
    assert sorted(nodes) == [False, False, True]  # the others have waited
    assert await database.fetchval(moved) == 5
    assert await database.fetchval("SELECT era FROM workspace") == 2
    assert await database.fetchval("SELECT xid::text FROM cursors") == "3"
    reader = LogReader(database, "all", start=(0, 0))
    assert await poll_until_settled(reader) == ["0", "1", "2", "3", "4"]
