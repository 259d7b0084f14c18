"""The shared fixtures do what the other tests rely on."""

import asyncpg

from tests.support.valkey import Valkey


async def test_each_database_is_migrated_and_fresh(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
        assert await connection.fetchval("SELECT count(*) FROM contacts") == 0
    finally:
        await connection.close()


async def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert await connection.fetchval(query) == 0
    finally:
        await connection.close()


def test_a_valkey_can_be_stopped_and_started(own_valkey: Valkey) -> None:
    own_valkey.stop()
    own_valkey.start()
    own_valkey.flush()
