"""The one statement by which a batch is stored, on a connection of its own.

What goes wrong has two names: Poison, these rows cannot be written as they are; and Unavailable,
the database cannot do it now, and the same rows may come again.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from contact_center.intake import store
from contact_center.intake.rows import KIND, Row, probe_of
from contact_center.intake.wire import encode
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.log import get_logger
from contact_center.storage.database import LOST, REPEATABLE, SESSION, make_way, prepare

ATTEMPTS = 5
CONNECT_SECONDS = 2.0
CALL_SECONDS = 15.0
REST_SECONDS = 0.5  # after a failed connect nobody else waits for the next one

_BAD_DATA = ("22", "23", "54")  # data exception, integrity violation, limit exceeded

log = get_logger(__name__)


class Poison(Exception):
    """These rows cannot be written as they are; the cause says why."""


class Caller:
    """Calls `cc_intake`, one batch at a time. `retry_after`: seconds, for what it raises."""

    def __init__(self, url: str, *, retry_after: float) -> None:
        self._url = url
        self._retry_after = retry_after
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._rest_until = 0.0

    @property
    def rests(self) -> bool:
        """Whether the database was away a moment ago: nobody is to wait for it."""
        return bool(self._rest_until) and asyncio.get_running_loop().time() < self._rest_until

    async def call(self, rows: list[Row]) -> dict[str, Any]:
        """What `cc_intake` answers, once the rows are committed. Raises Poison or Unavailable."""
        try:
            columns = _columns(rows)
        except (ValueError, TypeError, AttributeError) as error:
            raise Poison from error
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._ask(columns)
            except REPEATABLE as error:
                if attempt == ATTEMPTS:
                    raise Unavailable(f"the database is too busy: {error}") from error
            except LOST as error:
                await self.disconnect()
                if attempt > 1:
                    raise self._away(error) from error
            except asyncpg.PostgresError as error:
                if (error.sqlstate or "")[:2] in _BAD_DATA:
                    raise Poison from error
                raise Unavailable(f"the database refused: {error}") from error
            except (ValueError, TypeError, OverflowError) as error:
                raise Poison from error  # the client could not even encode it
            await asyncio.sleep(0.005 * 2**attempt)
        raise AssertionError

    async def disconnect(self) -> None:
        """Give the connection up; the next call makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _ask(self, columns: list[Any]) -> dict[str, Any]:
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await self._connect()
        try:
            answer: dict[str, Any] = await connection.fetchval(store.CALL, *columns)
        except asyncpg.LockNotAvailableError:
            await make_way(connection)
            raise
        return answer

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=CALL_SECONDS,
            server_settings={**SESSION, "application_name": "contact-center intake"},
        )
        await prepare(connection)
        self._rest_until = 0.0
        return connection

    def _away(self, error: BaseException) -> Unavailable:
        self._rest_until = asyncio.get_running_loop().time() + REST_SECONDS
        log.warning("intake_database_away", error=repr(error))
        return Unavailable("the database does not answer", retry_after=self._retry_after)


def _columns(rows: list[Row]) -> list[Any]:
    edits = [row for row in rows if row.values[KIND] in ("edit", "delete")]
    if edits:
        keys = {row.key for row in rows}
        probes = {probe.key: probe for probe in map(probe_of, edits)}
        rows = [*rows, *(probe for key, probe in probes.items() if key not in keys)]
    return encode([row.values for row in rows])
