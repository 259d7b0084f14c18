"""What is old goes, what is not stays, and no transaction takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from contact_center.jobs import store
from contact_center.jobs.daily import Daily
from contact_center.jobs.retention import FEWEST, Retention
from contact_center.jobs.service import JobRunner
from contact_center.kernel.clock import ManualClock, SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import first_id_of, new_id
from contact_center.settings import Retention as Terms
from contact_center.storage.database import Database
from tests.support.waiting import eventually

TERMS = Terms()


class Attic:
    """A database with things of different ages in it."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.clock = SystemClock()
        self.registry = CollectorRegistry()
        self.accounts: dict[str, UUID] = {}

    def keeper(self, **options: Any) -> Retention:
        self.registry = CollectorRegistry()
        return Retention(self.db, TERMS, self.registry, **options)

    async def sweep(self, what: str, **options: Any) -> None:
        await self.keeper(**options).tasks()[f"retention.{what}"]()

    def ago(self, **age: float) -> datetime:
        return self.clock.now() - timedelta(**age)

    def forgotten(self, what: str) -> float | None:
        return self.registry.get_sample_value("retention_forgotten_total", {"what": what})

    async def furnish(self) -> None:
        brand, department, queue = new_id(), new_id(), new_id()
        await self.db.execute("INSERT INTO brands (id, name) VALUES ($1, 'B')", brand)
        await self.db.execute("INSERT INTO departments (id, name) VALUES ($1, 'D')", department)
        await self.db.execute(
            "INSERT INTO queues (id, name, department_id) VALUES ($1, 'Q', $2)", queue, department
        )
        for medium in ("chat", "mail"):
            made = self.accounts[medium] = new_id()
            await self.db.execute(
                "INSERT INTO accounts (id, provider, medium, title, brand_id, queue_id, public_key)"
                " VALUES ($1, $2, $2, $2, $3, $4, $2)", made, medium, brand, queue,
            )  # fmt: skip

    async def keys(self, medium: str, count: int, at: datetime) -> None:
        await self.db.execute(
            "INSERT INTO inbound_keys (account_id, external_id, at)"
            " SELECT $1, gen_random_uuid()::text, $2 FROM generate_series(1, $3)",
            self.accounts[medium], at, count,
        )  # fmt: skip

    async def raw(self, at: datetime, count: int = 1) -> None:
        first = first_id_of(at).int
        ids = [UUID(int=first + n) for n in range(count)]
        await self.db.execute(
            "INSERT INTO raw_events (id, account_id, external_id, body, received_at)"
            " SELECT id, $2, '', '', $3 FROM unnest($1::uuid[]) AS u (id)",
            ids, self.accounts["chat"], at,
        )  # fmt: skip

    async def job(self, key: str, state: str, ended: datetime | None) -> None:
        await self.db.execute(
            "INSERT INTO jobs (id, kind, key, due_at, state, ended_at)"
            " VALUES ($1, 'x', $2, now(), $3, $4)", new_id(), key, state, ended,
        )  # fmt: skip

    async def count(self, table: str) -> int:
        return int(await self.db.fetchval(f"SELECT count(*) FROM {table}"))


@pytest.fixture
async def attic(database_url: str, hints: LocalHints) -> AsyncIterator[Attic]:
    database = await Database.connect(database_url, hints=hints)
    attic = Attic(database)
    await attic.furnish()
    yield attic
    await database.close()


async def test_raw_requests_go_by_the_time_in_their_id(attic: Attic) -> None:
    await attic.raw(attic.ago(days=TERMS.raw_days, minutes=1), count=7)
    await attic.raw(attic.ago(days=TERMS.raw_days, minutes=-1), count=2)
    await attic.sweep("raw_events", rows=3)
    assert await attic.count("raw_events") == 2
    assert attic.forgotten("raw_events") == 7


async def test_dedupe_keys_go_after_their_time_and_those_of_mail_never(attic: Attic) -> None:
    for medium in ("chat", "mail"):
        await attic.keys(medium, 5, attic.ago(days=TERMS.inbound_key_days + 1))
        await attic.keys(medium, 2, attic.ago(days=TERMS.inbound_key_days - 1))
    await attic.sweep("inbound_keys")
    rows = await attic.db.fetch("SELECT account_id, count(*) AS n FROM inbound_keys GROUP BY 1")
    left = {row["account_id"]: row["n"] for row in rows}
    assert left == {attic.accounts["chat"]: 2, attic.accounts["mail"]: 7}


async def test_of_the_quarantine_only_what_was_settled_long_ago_goes(attic: Attic) -> None:
    old, recent = attic.ago(days=TERMS.quarantine_days + 1), attic.ago(days=1)
    for error, state, settled in (
        ("settled", "dropped", old), ("replayed", "replayed", old),
        ("just settled", "dropped", recent), ("waits", "waiting", None),
    ):  # fmt: skip
        await attic.db.execute(
            "INSERT INTO quarantine (id, account_id, kind, error, request, state, received_at,"
            " settled_at) VALUES ($1, $2, 'malformed', $3, '', $4, $5, $6)",
            new_id(), attic.accounts["chat"], error, state, attic.ago(days=400), settled,
        )  # fmt: skip
    await attic.sweep("quarantine")
    rows = await attic.db.fetch("SELECT error FROM quarantine ORDER BY error")
    assert [row["error"] for row in rows] == ["just settled", "waits"]


async def test_kept_answers_go_after_their_days(attic: Attic) -> None:
    for key, days in (("old", 3), ("new", 1)):
        await attic.db.execute(
            "INSERT INTO idempotency_keys (actor, key, fingerprint, at) VALUES ('a', $1, '', $2)",
            key, attic.ago(days=days),
        )  # fmt: skip
    await attic.sweep("idempotency_keys")
    assert await attic.db.fetchval("SELECT string_agg(key, ',') FROM idempotency_keys") == "new"


async def test_a_change_waits_its_days_for_the_message_whatever_the_provider_s_time(
    attic: Attic,
) -> None:
    for target, parked in (("never came", 8), ("may come", 6)):
        await attic.db.execute(
            "INSERT INTO parked_changes (account_id, target, kind, text, at, parked_at)"
            " VALUES ($1, $2, 'edit', '', $3, $4)",
            attic.accounts["chat"], target, attic.ago(days=700), attic.ago(days=parked),
        )  # fmt: skip
    await attic.sweep("parked_changes")
    assert await attic.db.fetchval("SELECT string_agg(target, ',') FROM parked_changes") == (
        "may come"
    )
    assert attic.forgotten("parked_changes") == 1


async def test_jobs_go_some_days_after_their_end_and_dead_ones_later(attic: Attic) -> None:
    await attic.job("done long ago", "done", attic.ago(days=TERMS.done_job_days + 1))
    await attic.job("just done", "done", attic.ago(days=1))
    await attic.job("dead long ago", "dead", attic.ago(days=TERMS.dead_job_days + 1))
    await attic.job("dead", "dead", attic.ago(days=TERMS.done_job_days + 1))
    await attic.job("waits", "waiting", None)
    await attic.sweep("done_jobs")
    await attic.sweep("dead_jobs")
    rows = await attic.db.fetch("SELECT key FROM jobs ORDER BY key")
    assert [row["key"] for row in rows] == ["dead", "just done", "waits"]


async def test_a_dead_job_that_is_let_run_again_meanwhile_stays(attic: Attic) -> None:
    await attic.job("revived", "dead", attic.ago(days=TERMS.dead_job_days + 1))
    async with attic.db.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE jobs SET state = 'waiting', ended_at = NULL")
        await attic.sweep("dead_jobs")
        await transaction.commit()
    assert await attic.count("jobs") == 1


async def test_old_checkpoints_go_but_never_the_newest(attic: Attic) -> None:
    for hours in (400, 300, 200):
        await attic.db.execute(
            "INSERT INTO checkpoints (id, xid, seq, at) VALUES ($1, '1', $2, $3)",
            first_id_of(attic.ago(hours=hours)), hours, attic.ago(hours=hours),
        )  # fmt: skip
    await attic.sweep("checkpoints")
    assert [row["seq"] for row in await attic.db.fetch("SELECT seq FROM checkpoints")] == [200]


async def test_a_slice_that_takes_too_long_is_undone_and_tried_smaller(attic: Attic) -> None:
    # Each row of this table takes a millisecond to delete: 400 at once would take too long.
    await attic.db.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END $$"
    )
    await attic.db.execute(
        "CREATE TRIGGER dawdle BEFORE DELETE ON raw_events FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )
    await attic.raw(attic.ago(days=TERMS.raw_days + 1), count=400)
    await attic.sweep("raw_events", rows=400, longest_ms=200)
    assert (await attic.count("raw_events"), attic.forgotten("raw_events")) == (0, 400)


async def test_a_table_that_stays_locked_is_a_fault_and_no_endless_loop(attic: Attic) -> None:
    await attic.raw(attic.ago(days=TERMS.raw_days + 1))
    async with attic.db.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await connection.execute("LOCK TABLE raw_events")
        with pytest.raises(Exception, match="timeout"):
            await attic.sweep("raw_events", rows=FEWEST * 2, longest_ms=50)
        await transaction.rollback()


@pytest.mark.parametrize("what", [task.removeprefix("retention.") for task in (
    "raw_events", "inbound_keys", "idempotency_keys", "parked_changes", "done_jobs", "dead_jobs",
    "checkpoints")])  # fmt: skip
async def test_the_old_are_found_by_an_index_however_long_the_history(
    attic: Attic, what: str
) -> None:
    from contact_center.jobs.retention import SLICE, rules

    [rule] = [rule for rule in rules(TERMS) if rule.name == what]
    values: list[Any] = [first_id_of(attic.ago(days=1)) if rule.by_id else attic.ago(days=1), 10]
    if rule.accounts:
        values.append(attic.accounts["chat"])
    async with attic.db.connection() as connection:
        for way in (ways := ("seqscan", "bitmapscan", "sort")):  # as if the table were large
            await connection.execute(f"SET enable_{way} = off")
        plan = await connection.fetch(
            f"EXPLAIN {SLICE.format(table=rule.table, old=rule.old, order=rule.order)}", *values
        )
        for way in ways:
            await connection.execute(f"RESET enable_{way}")
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text
    assert "Sort" not in text, text


async def test_a_daily_task_comes_back_tomorrow_and_after_a_fault_within_the_hour(
    database_url: str, hints: LocalHints
) -> None:
    database = await Database.connect(database_url, hints=hints)
    clock, ran = ManualClock(), []

    async def good() -> None:
        ran.append("good")

    async def bad() -> None:
        ran.append("bad")
        raise ValueError("broken today")

    daily = Daily(database, clock, {"good": good, "bad": bad})
    runner = JobRunner(database, hints, clock, daily.handlers(), "n")
    await daily.prepare()
    await daily.prepare()
    task = asyncio.create_task(runner.run())
    await eventually(lambda: sorted(ran) == ["bad", "good"])

    async def due() -> dict[str, Any]:
        rows = await database.fetch("SELECT kind, due_at - $1 AS later FROM jobs", clock.now())
        return {row["kind"]: row["later"] for row in rows}

    async def both() -> bool:
        return await due() == {"good": timedelta(days=1), "bad": timedelta(hours=1)}

    await eventually(both)
    clock.advance(hours=24)
    await hints.publish(store.TOPIC)
    await eventually(lambda: sorted(ran) == ["bad", "bad", "good", "good"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()
