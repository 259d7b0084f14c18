"""What is kept only for a time goes a slice at a time: no long transaction, no scan of history.

The old rows of a table are found through an index in the order of their age, so a day's work grows
with what one day brought. A slice that takes too long is undone by the database and tried again
smaller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry, Counter

from contact_center.kernel.ids import first_id_of
from contact_center.kernel.log import get_logger
from contact_center.settings import Retention as Terms
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

ROWS = 5000
FEWEST = 20
LONGEST_MS = 500
AIM_SECONDS = 0.2  # beyond that the next slice is smaller; the rest is for a busy disk

# Locked first: what somebody gives a new life meanwhile (a dead job that is to run again) stays.
SLICE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM {table} WHERE {old} ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED))
"""
# A mail may be fetched again from a mailbox years later: its keys are kept for ever.
FORGETFUL_ACCOUNTS = "SELECT id FROM accounts WHERE medium <> 'mail' ORDER BY id"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` that are `old` at instant $1 and no longer kept; `name` is for people."""

    name: str
    age: timedelta
    table: str
    old: str
    order: str
    by_id: bool = False  # $1 is the first id of its instant: ids grow with time
    accounts: bool = False  # $3 is an account; one account after the other


def rules(terms: Terms) -> tuple[Rule, ...]:
    """What is forgotten, and when."""
    days = timedelta(days=1)
    return (
        Rule("raw_events", terms.raw_days * days, "raw_events", "id < $1", "id", by_id=True),
        Rule("inbound_keys", terms.inbound_key_days * days, "inbound_keys",
             "account_id = $3 AND at < $1", "at", accounts=True),
        # What is settled was received before that: the index on the receipt narrows the search.
        Rule("quarantine", terms.quarantine_days * days, "quarantine",
             "state IN ('replayed', 'dropped') AND received_at < $1 AND settled_at < $1",
             "received_at"),
        Rule("idempotency_keys", terms.idempotency_key_days * days, "idempotency_keys",
             "at < $1", "at"),
        # The health pages of accounts look back a day.
        Rule("account_counts", 2 * days, "account_counts", "at < $1", "at"),
        Rule("start_links", 30 * days, "start_links", "expires_at < $1", "expires_at"),
        Rule("parked_changes", terms.parked_change_days * days, "parked_changes",
             "parked_at < $1", "parked_at"),
        Rule("done_jobs", terms.done_job_days * days, "jobs",
             "state = 'done' AND ended_at < $1", "ended_at"),
        Rule("dead_jobs", terms.dead_job_days * days, "jobs",
             "state = 'dead' AND ended_at < $1", "ended_at"),
        # Without any checkpoint a router that was away for long would read the whole log.
        Rule("checkpoints", timedelta(hours=terms.checkpoint_hours), "checkpoints",
             "id < $1 AND id <> (SELECT id FROM checkpoints ORDER BY id DESC LIMIT 1)", "id",
             by_id=True),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slice:
    """What one transaction did: how many rows it would have taken and took, in which time."""

    rows: int
    deleted: int
    seconds: float

    def next_rows(self, most: int) -> int:
        """How many rows the next one takes."""
        if self.seconds > AIM_SECONDS:
            return max(FEWEST, self.rows // 2)
        return min(most, self.rows * 2) if self.seconds < AIM_SECONDS / 4 else self.rows


class Retention:
    """Deletes what is old. One slice at a time in this process, however many rules are due."""

    def __init__(
        self, database: Database, terms: Terms, registry: CollectorRegistry,
        *, rows: int = ROWS, longest_ms: int = LONGEST_MS,
    ) -> None:  # fmt: skip
        self._database = database
        self._rules = rules(terms)
        self._rows = rows
        self._longest_ms = longest_ms
        self._turn = asyncio.Lock()
        self._forgotten = Counter(
            "retention_forgotten",
            "Rows deleted because of their age; a parked change among them never met its message",
            ("what",),
            registry=registry,
        )

    def tasks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """The daily tasks, by the kind of their job."""
        return {f"retention.{rule.name}": partial(self.apply, rule) for rule in self._rules}

    async def apply(self, rule: Rule) -> None:
        """Delete everything that is older than the rule allows."""
        # The database's instant, as the rows bear it: a node's clock may be a month ahead.
        before = await self._database.fetchval("SELECT now()") - rule.age
        edge = first_id_of(before) if rule.by_id else before
        if not rule.accounts:
            await self._empty(rule, edge)
            return
        for row in await self._database.fetch(FORGETFUL_ACCOUNTS):
            await self._empty(rule, edge, row["id"])

    async def _empty(self, rule: Rule, edge: Any, *more: Any) -> None:
        rows = self._rows
        while True:
            async with self._turn:
                done = await self._delete(rule, rows, edge, *more)
            self._forgotten.labels(rule.name).inc(done.deleted)
            if done.deleted < done.rows:
                return
            rows = done.next_rows(self._rows)
            await asyncio.sleep(done.seconds)  # others have the disk for as long as we had it

    async def _delete(self, rule: Rule, rows: int, *values: Any) -> Slice:
        """Delete one slice, smaller than asked for where the time does not suffice."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                deleted = await self._database.run(partial(self._step, rule, rows, values))
            except asyncpg.QueryCanceledError:
                if rows <= FEWEST:
                    raise
                rows = max(FEWEST, rows // 4)
                log.info("retention_slice_too_large", what=rule.name, rows=rows)
            else:
                return Slice(rows, deleted, loop.time() - began)

    async def _step(self, rule: Rule, rows: int, values: tuple[Any, ...], unit: Unit) -> int:
        limit = "SELECT set_config('statement_timeout', $1, true)"
        await unit.execute(limit, str(self._longest_ms))
        statement = SLICE.format(table=rule.table, old=rule.old, order=rule.order)
        edge, *more = values
        status = await unit.execute(statement, edge, rows, *more)
        return int(status.rpartition(" ")[2])
