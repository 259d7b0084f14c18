"""`contact-center keys rotate`: seal everything with a new key.

Done while no node runs, in one transaction. The order of steps is such that a crash anywhere
leaves either the old key in force or a new one waiting beside it, which the next run puts in its
place: never secrets that nothing opens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from contact_center.kernel.errors import SettingsError
from contact_center.kernel.secrets import Sealer, create_key_file, load_sealer, require_same_key
from contact_center.storage.connecting import connected

Connection = Any  # asyncpg ships no types

_STORED = "SELECT sealing_key_id FROM workspace WHERE id = 1 FOR UPDATE"
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'contact-center'
"""
_SEALED = "SELECT id, secrets FROM accounts WHERE secrets IS NOT NULL ORDER BY id FOR UPDATE"
_REMEMBERED = """
SELECT account_id AS id, sealed AS secrets FROM account_memories ORDER BY account_id FOR UPDATE
"""
MEMORY = b"memory"  # before an account's id: what it remembers is bound to


@dataclass(frozen=True)
class Rotated:
    """What was done: how many secrets, under which key, and where the old key is kept."""

    sealed: int
    key_id: str
    kept: Path


async def rotate(url: str, key_file: Path) -> Rotated:
    """Seal all secrets with a new key and put it in place; raises `SettingsError`."""
    old = load_sealer(key_file, create=False)
    waiting = key_file.with_name(f"{key_file.name}.new")
    create_key_file(waiting)
    new = load_sealer(waiting, create=False)
    async with connected(url) as connection:
        sealed = await _seal_again(connection, old, new, key_file)
    return Rotated(sealed, new.key_id, _put_in_place(key_file, waiting, old.key_id))


def _put_in_place(key_file: Path, waiting: Path, old_id: str) -> Path:
    kept = key_file.with_name(f"{key_file.name}.{old_id}")
    if not kept.exists():
        kept.hardlink_to(key_file)
    waiting.rename(key_file)  # at every moment there is a key file under its name
    return kept


async def _seal_again(connection: Connection, old: Sealer, new: Sealer, key_file: Path) -> int:
    async with connection.transaction():
        if await connection.fetchval(_OTHERS):
            raise SettingsError("nodes are still connected to the database: stop them first")
        stored = await connection.fetchval(_STORED)
        if stored == new.key_id:
            return 0  # an earlier run got as far as the commit: only the files were left
        if stored:
            require_same_key(old, stored, key_file)
        rows = await connection.fetch(_SEALED)
        await connection.executemany(
            "UPDATE accounts SET secrets = $2 WHERE id = $1", _sealed_again(rows, old, new)
        )
        memories = await connection.fetch(_REMEMBERED)
        await connection.executemany(
            "UPDATE account_memories SET sealed = $2 WHERE account_id = $1",
            _sealed_again(memories, old, new, MEMORY),
        )
        await connection.execute(
            "UPDATE workspace SET sealing_key_id = $1, version = version + 1 WHERE id = 1",
            new.key_id,
        )
        return len(rows)


def _sealed_again(
    rows: Sequence[Any], old: Sealer, new: Sealer, prefix: bytes = b""
) -> list[tuple[UUID, bytes]]:
    bound = ((row["id"], row["secrets"], prefix + row["id"].bytes) for row in rows)
    return [(row_id, new.seal(old.open(sealed, aad), aad)) for row_id, sealed, aad in bound]
