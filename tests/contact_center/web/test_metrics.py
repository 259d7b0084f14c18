"""/metrics: what the services and the database say when it is read."""

from __future__ import annotations

import asyncio
from typing import Any

from prometheus_client.core import CounterMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage import health
from contact_center.storage.database import Database
from contact_center.web import gauges
from contact_center.web.gauges import LOCAL, SHARED, Shared
from tests.support.office import Office


async def read(office: Office) -> dict[str, float]:
    answer = await office.ask("GET", "/metrics", prefix="")
    families = text_string_to_metric_families(answer.body)
    return {one.name: one.value for family in families for one in family.samples if not one.labels}


async def test_a_web_node_tells_everything_that_is_worth_an_alarm(office: Office) -> None:
    seen = await read(office)
    counters = {name for name, (family, _) in LOCAL.items() if family is CounterMetricFamily}
    wanted = {f"{name}_total" if name in counters else name for name in (*LOCAL, *SHARED)}
    assert wanted <= set(seen)
    assert seen["database_up"] == 1
    assert 1 <= seen["database_pool_open"] <= seen["database_pool_limit"]


async def test_what_is_open_is_counted_and_what_is_done_is_not(office: Office) -> None:
    before = await read(office)
    for state in ("waiting", "running", "dead", "dead", "done"):
        await office.workspace.database.execute(
            "INSERT INTO jobs (id, kind, key, state, due_at, ended_at)"
            " VALUES ($1, 'test', $2, $3, now(), now())",
            new_id(), str(new_id()), state,
        )  # fmt: skip
    seen = await read(office)
    assert seen["jobs_waiting"] - before["jobs_waiting"] == 2
    assert seen["jobs_dead"] - before["jobs_dead"] == 2


async def test_a_transaction_that_still_may_write_shows_as_the_lag_of_the_log(
    office: Office,
) -> None:
    async with office.workspace.database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT pg_current_xact_id()")
        await asyncio.sleep(0.3)
        seen = await read(office)
        await transaction.rollback()
    assert seen["log_horizon_lag_seconds"] >= 0.3
    assert seen["database_pool_busy"] >= 1


async def test_a_prepared_transaction_holds_the_horizon_back_on_every_page(
    database_url: str,
) -> None:
    """The servers of the tests allow none, so the view is replaced by one that has one."""
    database = await Database.connect(database_url)
    await database.execute(
        "CREATE VIEW public.pg_prepared_xacts AS SELECT now() - interval '1 hour' AS prepared"
    )
    async with database.connection() as connection:
        await connection.execute("SET search_path = public, pg_catalog")
        assert await connection.fetchval(health.HORIZON) >= 3600
        assert (await connection.fetchrow(health.GAUGES))["log_horizon_lag_seconds"] >= 3600
    await database.close()


class Away:
    """A database that is away, or never answers."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    async def fetchrow(self, *_: object) -> None:
        if self.silent:
            await asyncio.Event().wait()
        raise Unavailable("away")


async def test_a_database_that_does_not_answer_costs_its_numbers_and_not_the_scrape(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(gauges, "SECONDS", 0.05)
    for silent in (False, True):
        shared = await Shared.read(Away(silent=silent))  # type: ignore[arg-type]
        told = {one.name: one.samples[0].value for one in shared.collect()}
        assert told == {"database_up": 0}


async def test_no_number_is_found_by_going_through_history(database_url: str) -> None:
    database = await Database.connect(database_url)
    async with database.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN {health.GAUGES}")
    await database.close()
    text = "\n".join(row[0] for row in plan)
    for table in ("outbox", "jobs", "quarantine"):
        assert f"Seq Scan on {table}" not in text, text
