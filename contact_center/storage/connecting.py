"""The first connection of a command: who is away may come back, who is wrong needs a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from contact_center.kernel.errors import SettingsError, Unavailable
from contact_center.storage.database import LOST, Connection

SECONDS = 10.0
REMEDY = "start PostgreSQL, or mend database_url: host, port, name, user, password"
LOCALE_REMEDY = (
    "dump, then  CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8', restore"
)
# No waiting mends these. The driver's own complaint about an address is among those of a lost
# connection, too: therefore this is looked at first.
WRONG = (
    asyncpg.InvalidAuthorizationSpecificationError,  # a wrong password among them
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)


@contextmanager
def told() -> Iterator[None]:
    """Turn the driver's errors into SettingsError (a person must act) or Unavailable (come again).

    `detail` has the server's words, which name no password, and what to do.
    """
    try:
        yield
    except WRONG as error:
        raise SettingsError(f"{one_line(error)}; {REMEDY}", key="database_url") from error
    except LOST as error:
        raise Unavailable(f"the database does not answer: {one_line(error)}; {REMEDY}") from error


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[Connection]:
    """One connection, closed afterwards; raises SettingsError or Unavailable."""
    with told():
        connection = await asyncpg.connect(url, timeout=SECONDS, **options)
    try:
        with told():
            yield connection
    finally:
        await connection.close(timeout=5)


async def require_locale(connection: Connection) -> None:
    """Refuse a database that knows no letters but English ones: its search would find nobody."""
    seen = await letters(connection)
    if seen is not None:
        raise SettingsError(f"the database's locale: {seen}; {LOCALE_REMEDY}", key="database_url")


async def letters(connection: Connection) -> str | None:
    """What is wrong with the letters of this database; None when nothing is."""
    lower = await connection.fetchval("SELECT lower('ПРИВЕТ')")
    encoding = await connection.fetchval("SHOW server_encoding")
    if lower == "привет" and encoding == "UTF8":
        return None
    return f"lower('ПРИВЕТ') = '{lower}', {encoding}: search does not find Russian names"


def one_line(error: BaseException) -> str:
    """An error's words in one line."""
    return " ".join(str(error).split()) or type(error).__name__
