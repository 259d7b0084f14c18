"""Migrations: complete, repeatable, safe when processes start at once."""

import asyncio
import hashlib

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine

from contact_center.kernel.errors import SettingsError
from contact_center.storage.checks import examine
from contact_center.storage.database import Database
from contact_center.storage.migrate import GENERATION, alchemy_url, digests, migrate
from contact_center.storage.tables import Xid8, metadata


async def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    did = await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert sorted(did) == [False, False, True]
    assert not await migrate(empty_database_url)


async def test_the_migrated_database_is_what_the_page_of_tables_says(
    database_url: str,
) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    ischema_names["xid8"] = Xid8
    engine = create_async_engine(alchemy_url(database_url))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert [one for one in found if "alembic_version" not in repr(one)] == []


async def test_a_changed_function_file_is_installed_again(database_url: str) -> None:
    database = await Database.connect(database_url)
    await database.execute("UPDATE installed_functions SET digest = 'old'")
    assert await migrate(database_url)
    rows = await database.fetch("SELECT name, digest FROM installed_functions")
    assert {row["name"]: row["digest"] for row in rows} == digests()
    await database.close()


# After a change of a function's text raise GENERATION in storage/migrate.py and record both here:
# by the generation an older program knows that it must not bring its own text back.
RECORDED = (32, "06cc2692c56ead5e")


def test_functions_change_with_their_generation_only() -> None:
    texts = hashlib.sha256("".join(sorted(digests().values())).encode()).hexdigest()
    assert (GENERATION, texts[:16]) == RECORDED


@pytest.mark.parametrize(
    "newer",
    [
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE installed_functions SET generation = 9999, digest = 'of tomorrow'",
    ],
)
async def test_a_program_older_than_the_database_refuses_and_changes_nothing(
    database_url: str, newer: str
) -> None:
    database = await Database.connect(database_url)
    await database.execute(newer)
    before = await database.fetch("SELECT * FROM installed_functions ORDER BY name")
    with pytest.raises(SettingsError, match="install that version on this node"):
        await migrate(database_url)
    assert await database.fetch("SELECT * FROM installed_functions ORDER BY name") == before
    found = {one.check: one for one in await examine(database_url, pool=5, key_id=None)}
    assert found["schema"].state == "failed"
    assert "install that version" in (found["schema"].remedy or "")
    await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO workspace (id, name, sealing_key_id) VALUES (2, '', '')",
        "INSERT INTO operators (id) VALUES ('00000000-0000-0000-0000-000000000001')",
    ],
)
async def test_the_database_itself_refuses_what_may_not_be(
    database_url: str, statement: str
) -> None:
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await connection.execute(statement)
    await connection.close()
