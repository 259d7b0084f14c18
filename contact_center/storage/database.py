"""The one door to PostgreSQL: a pool, reads, and transactions that repeat themselves.

Queries are SQL text with $1 … or SQLAlchemy Core statements, which serve as query builder only:
asyncpg runs both (DECISIONS.md, "One pool"). jsonb goes in and out as Python values.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.hints import Hints
from contact_center.storage.stalled import cut
from contact_center.storage.unit import BEFORE_COMMIT, Query, Record, Unit

T = TypeVar("T")
Connection = Any  # asyncpg.Connection or the pool's proxy of one; asyncpg ships no types

LOG_TOPIC = "log"
ATTEMPTS = 5
CALL_SECONDS = 30.0
CUT_SECONDS = 2.0
SESSION = {
    "idle_in_transaction_session_timeout": "1000",
    "lock_timeout": "3000",
    "statement_timeout": "30000",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "jit": "off",
    "timezone": "UTC",
    "application_name": "contact-center",
}
# Deadlock, serialisation, lock time-out: the transaction is gone, all of it may be repeated.
REPEATABLE = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# The server is away, stopping, starting or full. Repeatable while commit was not attempted.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection whose end was noticed only in its next use
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    OSError,
    TimeoutError,
)
_dialect: Any = asyncpg_dialect()  # type: ignore[no-untyped-call]


def compiled(query: Query, args: Sequence[Any]) -> tuple[str, list[Any]]:
    """SQL text and positional values of a Core statement; text passes through."""
    if isinstance(query, str):
        return query, list(args)
    form: Any = query.compile(dialect=_dialect, compile_kwargs={"render_postcompile": True})
    values = form.params
    return str(form), [values[name] for name in form.positiontup or ()]


async def prepare(connection: Connection) -> None:
    """Teach a new connection the house's codecs."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            encoder=_dump,
            decoder=orjson.loads,
            schema="pg_catalog",
            format="text",
        )


async def make_way(connection: Connection) -> None:
    """After a lock time-out: end sessions that keep rows for a process asleep (`stalled.py`).

    So a second try may pass. On the connection in hand: all others may be lent to who waits, too.
    """
    with suppress(*LOST, asyncpg.PostgresError):
        async with asyncio.timeout(CUT_SECONDS):
            await cut(connection)


async def _leave(_: Connection) -> None:
    """Nothing of ours outlives its transaction in a session, so nothing must be asked for back.

    (asyncpg itself ends a transaction that was left open.) The usual RESET costs a round trip for
    every statement of the house. One turn of the loop shows whether the connection has died.
    """
    await asyncio.sleep(0)


def _dump(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


class Database:
    """A pool of prepared connections; safe for all tasks of one event loop."""

    def __init__(self, pool: Any, url: str, hints: Hints | None) -> None:
        self._pool = pool
        self._hints = hints
        self.url = url
        self._wakes: set[asyncio.Task[None]] = set()

    @classmethod
    async def connect(cls, url: str, *, hints: Hints | None = None, size: int = 10) -> Database:
        """Open the pool. Raises Unavailable when the server does not answer within 10 s."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                timeout=10,
                command_timeout=CALL_SECONDS,
                server_settings=SESSION,
                init=prepare,
                reset=_leave,
                max_inactive_connection_lifetime=300,
            )
        except LOST as error:
            raise Unavailable(f"the database does not answer: {error}") from error
        return cls(pool, url, hints)

    async def close(self) -> None:
        """Close all connections; those still busy are cut after 5 s."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def use(self) -> dict[str, float]:
        """How many connections the pool has, may have, and lends out now."""
        size, limit = self._pool.get_size(), self._pool.get_max_size()
        return {
            "database_pool_busy": size - self._pool.get_idle_size(),
            "database_pool_open": size,
            "database_pool_limit": limit,
        }

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One raw connection for a hot path. Raises Unavailable when none is to be had."""
        try:
            async with asyncio.timeout(5):  # the pool's own would make a task of it
                connection = await self._pool.acquire()
        except LOST as error:
            raise Unavailable(f"the database does not answer: {error}") from error
        try:
            yield connection
        except asyncpg.LockNotAvailableError:
            await make_way(connection)
            raise
        finally:
            await self._release(connection)

    async def _release(self, connection: Connection) -> None:
        # The pool ends a connection that it cannot reset by itself; what was the matter with it,
        # whoever used it has heard already.
        with suppress(*LOST):
            await self._pool.release(connection, timeout=5)

    async def fetch(self, query: Query, *args: Any) -> list[Record]:
        """Rows of one autocommitted statement."""
        text, values = compiled(query, args)
        return await self._call(lambda connection: connection.fetch(text, *values))

    async def fetchrow(self, query: Query, *args: Any) -> Record | None:
        text, values = compiled(query, args)
        return await self._call(lambda connection: connection.fetchrow(text, *values))

    async def fetchval(self, query: Query, *args: Any) -> Any:
        text, values = compiled(query, args)
        return await self._call(lambda connection: connection.fetchval(text, *values))

    async def execute(self, query: Query, *args: Any) -> str:
        text, values = compiled(query, args)
        return await self._call(lambda connection: connection.execute(text, *values))

    async def _call(self, call: Callable[[Connection], Awaitable[T]]) -> T:
        async with self.connection() as connection:
            try:
                return await call(connection)
            except LOST as error:
                raise Unavailable(f"the database does not answer: {error}") from error

    async def run(self, step: Callable[[Unit], Awaitable[T]]) -> T:
        """Run `step` in one transaction and commit it.

        A refused transaction (deadlock, lock time-out, pause, connection lost before commit) is
        repeated whole, up to five times, so `step` must have no effect outside the unit. Raises
        Unavailable when the database is away, or when the outcome of a commit is unknown.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result, unit = await self._attempt(step)
            except REPEATABLE:
                if attempt == ATTEMPTS:
                    raise
            except _Lost as lost:
                if attempt == ATTEMPTS or lost.committing:
                    raise Unavailable(f"the database does not answer: {lost.cause}") from lost.cause
            else:
                self._wake(unit)
                return result
            await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError

    async def _attempt(self, step: Callable[[Unit], Awaitable[T]]) -> tuple[T, Unit]:
        async with self.connection() as connection:
            transaction = connection.transaction()
            committing = False
            try:
                await transaction.start()
                unit = Unit(connection, compiled)
                result = await step(unit)
                await unit.write_log()
                if (last := BEFORE_COMMIT.get()) is not None:
                    await last(unit)
                committing = True
                await transaction.commit()
            except LOST as error:
                raise _Lost(error, committing=committing) from error
            except BaseException:
                if not committing and not connection.is_closed():
                    await _rollback(transaction)
                raise
            return result, unit

    def _wake(self, unit: Unit) -> None:
        topics: Iterable[str] = unit.wakes | ({LOG_TOPIC} if unit.logged else set())
        for topic in topics:
            self.wake(topic)

    def wake(self, topic: str = LOG_TOPIC) -> None:
        """Tell the readers that there is something; never waits, never fails."""
        if self._hints is None:
            return
        task = asyncio.get_running_loop().create_task(self._hints.publish(topic))
        self._wakes.add(task)
        task.add_done_callback(self._wakes.discard)


class _Lost(Exception):
    def __init__(self, cause: BaseException, *, committing: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.committing = committing


async def _rollback(transaction: Any) -> None:
    """Roll back; a connection that cannot even do that is dropped by the pool."""
    try:
        async with asyncio.timeout(5):
            await asyncio.shield(transaction.rollback())
    except (*LOST, asyncpg.PostgresError):
        return
