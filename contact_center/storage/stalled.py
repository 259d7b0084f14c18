"""Sessions that hold rows and wait for a client that is asleep: the hole beside the time-outs.

A session idle in a transaction is ended by the server after a second (`database.SESSION`). Not so
one whose process was stopped in the middle of an exchange; it would keep its locks, and hold back
every reader of the log, for as long as the process sleeps. There are two such moments
(https://www.postgresql.org/docs/current/monitoring-stats.html, `ClientWrite`, `ClientRead`):

- the server sends an answer larger than the sockets hold: it is `active` and not to be cancelled;
- the server has answered a part of a request and waits for the next. asyncpg sends `Parse` and
  `Flush`, reads the types and then sends `Bind`, so every first use of a statement on a connection
  has this moment, and every batch of `executemany`. Between the two no time-out works: the idle
  ones run from `ReadyForQuery` only, and a statement's is held off while a message is awaited
  (https://www.postgresql.org/docs/current/protocol-flow.html).

So those who suffer end them: who waits for a lock too long (`Database.connection`, the router's
lease) and who sees the log stand still (`events.LogReader`).
"""

from __future__ import annotations

from typing import Any, Protocol

from contact_center.kernel.log import get_logger

log = get_logger(__name__)

# Only who has locked or written rows, or holds an advisory lock, which needs no xid; who reads a
# long report slowly may go on.
# `query_start` is when the last message of the request began. Whoever else loads a table by COPY
# is `active` and awaits messages, too: of those only the house's own sessions, which never do.
CUT = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE (backend_xid IS NOT NULL
       OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted))
  AND (wait_event = 'ClientWrite' OR wait_event = 'ClientRead' AND state = 'active'
       AND starts_with(application_name, 'contact-center'))
  AND datname = current_database() AND usename = current_user
  AND query_start < clock_timestamp() - interval '1 second'
"""


class Asked(Protocol):
    """What answers a query: the database, or one connection of it."""

    async def fetchval(self, query: str, /) -> Any: ...


async def cut(asked: Asked) -> int:
    """End the sessions that keep rows for nobody; returns how many there were."""
    count = int(await asked.fetchval(CUT))
    if count:
        log.warning("stalled sessions ended", sessions=count)
    return count
