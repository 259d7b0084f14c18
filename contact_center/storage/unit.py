"""The unit of work: what a step may do inside its transaction.

Row locks are taken in one order through `lock`, so two steps can never wait for each other in a
circle; events are gathered and written in one statement before the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.ids import new_id

Record = Mapping[str, Any]  # asyncpg's rows are read by name
Query = str | sa.sql.ClauseElement
Lockable = Literal["leases", "operators", "work", "contacts", "outbox_lines", "clients"]
LOCK_ORDER: tuple[Lockable, ...] = (
    "leases",
    "operators",
    "work",
    "contacts",
    "outbox_lines",
    "clients",
)

WRITE_LOG = """
INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::uuid[], $6::text[],
                     $7::text[], $8::jsonb[])
"""

BELL = "bell.rung"
"""The event by which a transaction wakes sleepers in every process: `data.topics` (see `ring`)."""

BEFORE_COMMIT: ContextVar[Callable[[Unit], Awaitable[None]] | None] = ContextVar(
    "before_commit", default=None
)
"""What every unit of this task adds to its transaction at the end, e.g. that a request was done."""


class Unit:
    """One transaction. Everything read and written through it is committed together or not."""

    def __init__(
        self,
        connection: Any,
        compiled: Callable[[Query, Sequence[Any]], tuple[str, list[Any]]],
    ) -> None:
        self._connection = connection
        self._compiled = compiled
        self._deepest = -1
        self._events: list[tuple[Any, ...]] = []
        self.logged = False
        self.wakes: set[str] = set()
        self._rung: set[str] = set()

    async def fetch(self, query: Query, *args: Any) -> list[Record]:
        text, values = self._compiled(query, args)
        rows: list[Record] = await self._connection.fetch(text, *values)
        return rows

    async def fetchrow(self, query: Query, *args: Any) -> Record | None:
        text, values = self._compiled(query, args)
        row: Record | None = await self._connection.fetchrow(text, *values)
        return row

    async def fetchval(self, query: Query, *args: Any) -> Any:
        text, values = self._compiled(query, args)
        return await self._connection.fetchval(text, *values)

    async def execute(self, query: Query, *args: Any) -> str:
        text, values = self._compiled(query, args)
        status: str = await self._connection.execute(text, *values)
        return status

    async def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        await self._connection.executemany(query, rows)

    async def lock(
        self, kind: Lockable, ids: Iterable[UUID | str], columns: str = "*", *, alone: bool = False
    ) -> list[Record]:
        """Lock rows by id, in id order, and return them; leases are named, the rest are UUIDs.

        `alone`: nobody adds rows that refer to them meanwhile, either.

        Raises AssertionError when this unit already holds locks that come later in the house's
        order: a fault of the program, found by its first test.
        """
        depth = LOCK_ORDER.index(kind)
        if depth < self._deepest:
            msg = f"{kind} must be locked before {LOCK_ORDER[self._deepest]}"
            raise AssertionError(msg)
        self._deepest = depth
        key, cast = ("name", "text[]") if kind == "leases" else ("id", "uuid[]")
        strength = "UPDATE" if alone else "NO KEY UPDATE"
        return await self.fetch(
            f"SELECT {columns} FROM {kind} WHERE {key} = ANY($1::{cast}) "  # noqa: S608 - literals
            f"ORDER BY {key} FOR {strength}",
            list(set(ids)),
        )

    def log(
        self,
        kind: str,
        subject_kind: str,
        subject_id: UUID,
        *,
        version: int,
        actor: str,
        cause: str = "",
        identity_id: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an event with this transaction; `data` holds ids and codes, never personal text."""
        self.logged = True
        self._events.append(
            (
                kind,
                subject_kind,
                subject_id,
                version,
                identity_id,
                actor,
                cause,
                dict(data or {}),
            )
        )

    def wake(self, topic: str) -> None:
        """Publish a hint after the commit."""
        self.wakes.add(topic)

    def ring(self, topic: str) -> None:
        """Wake whoever sleeps on a topic, in every process: by a hint, and surely by the log.

        For work that sleepers find in rows. With the bus away they hear of it as soon as their
        process's reader of the log does (storage/following.py).
        """
        self.wake(topic)
        self._rung.add(topic)

    async def write_log(self) -> None:
        """Write the gathered events (the database does this before it commits)."""
        if self._rung:
            topics, self._rung = sorted(self._rung), set()
            self.log(BELL, "bell", new_id(), version=1, actor="system", data={"topics": topics})
        if self._events:
            columns = [list(column) for column in zip(*self._events, strict=True)]
            self._events.clear()
            await self._connection.execute(WRITE_LOG, *columns)
