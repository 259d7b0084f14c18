from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from contact_center.kernel.errors import SettingsError
from contact_center.kernel.secrets import Sealer, create_key_file, load_sealer
from contact_center.storage import rotation


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    create_key_file(file)
    return file


async def account_with_secret(url: str, sealer: Sealer, secret: bytes) -> UUID:
    """An account sealed as the house seals it; columns without meaning here get anything."""
    account = uuid4()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")  # no brand, no queue
        await connection.execute(
            "INSERT INTO accounts (id, brand_id, queue_id, provider, medium, title, public_key, "
            "secrets) VALUES ($1, $2, $2, 'fake', 'chat', 'T', $3, $4)",
            *(account, uuid4(), account.hex, sealer.seal(secret, account.bytes)),
        )
        await connection.execute("UPDATE workspace SET sealing_key_id = $1", sealer.key_id)
    finally:
        await connection.close()
    return account


async def fetch(url: str, query: str, application: str = "test") -> object:
    connection = await asyncpg.connect(url, server_settings={"application_name": application})
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_secrets_open_with_the_new_key_alone(database_url: str, key_file: Path) -> None:
    old = load_sealer(key_file, create=False)
    account = await account_with_secret(database_url, old, b"a token")
    done = await rotation.rotate(database_url, key_file)
    new = load_sealer(key_file, create=False)
    sealed = await fetch(database_url, "SELECT secrets FROM accounts")
    assert isinstance(sealed, bytes)
    assert new.open(sealed, account.bytes) == b"a token"
    assert (done.sealed, done.key_id) == (1, new.key_id)
    assert await fetch(database_url, "SELECT sealing_key_id FROM workspace") == new.key_id
    assert load_sealer(done.kept, create=False).key_id == old.key_id != new.key_id


async def test_what_a_channel_remembers_opens_with_the_new_key_too(
    database_url: str, key_file: Path
) -> None:
    old = load_sealer(key_file, create=False)
    account = await account_with_secret(database_url, old, b"a token")
    bound_to = rotation.MEMORY + account.bytes
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO account_memories (account_id, sealed) VALUES ($1, $2)",
        *(account, old.seal(b"a rolled token", bound_to)),
    )
    await connection.close()
    await rotation.rotate(database_url, key_file)
    sealed = await fetch(database_url, "SELECT sealed FROM account_memories")
    assert isinstance(sealed, bytes)
    assert load_sealer(key_file, create=False).open(sealed, bound_to) == b"a rolled token"


async def test_a_run_that_died_before_the_files_moved_is_finished_by_the_next(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = load_sealer(key_file, create=False)
    account = await account_with_secret(database_url, old, b"a token")

    def cut(*_: object) -> None:
        raise OSError("power")

    with monkeypatch.context() as power:
        power.setattr(Path, "rename", cut)
        with pytest.raises(OSError, match="power"):
            await rotation.rotate(database_url, key_file)
    await rotation.rotate(database_url, key_file)
    sealed = await fetch(database_url, "SELECT secrets FROM accounts")
    assert isinstance(sealed, bytes)
    assert load_sealer(key_file, create=False).open(sealed, account.bytes) == b"a token"


async def test_it_is_refused_while_a_node_is_connected(database_url: str, key_file: Path) -> None:
    node = await asyncpg.connect(
        database_url, server_settings={"application_name": "contact-center"}
    )
    try:
        with pytest.raises(SettingsError, match="stop them first"):
            await rotation.rotate(database_url, key_file)
    finally:
        await node.close()


async def test_the_key_of_another_installation_is_refused(
    database_url: str, key_file: Path
) -> None:
    await account_with_secret(database_url, Sealer(bytes(32)), b"a token")
    with pytest.raises(SettingsError, match="was sealed with"):
        await rotation.rotate(database_url, key_file)
