"""The sealing key and this database: one key opens everything, and only that one may come in."""

from __future__ import annotations

from pathlib import Path

from contact_center.accounts import store
from contact_center.kernel.secrets import Sealer, require_same_key
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit


async def require_key(database: Database, sealer: Sealer, key_file: Path) -> None:
    """Refuse to start with another key than the database was sealed with.

    The first node's key becomes the key. Raises SettingsError with the way out.
    """
    await store.adopt_key_id(database, sealer.key_id)
    require_same_key(sealer, await store.sealing_key_id(database), key_file)


async def rotate(database: Database, old: Sealer, new: Sealer, key_file: Path) -> int:
    """Seal everything with another key, in one transaction; how many secrets there were.

    Nodes that still run with the old key must be restarted with the new one. Raises
    SettingsError when `old` is not the present key, Unsealable when a row was changed.
    """

    async def step(unit: Unit) -> int:
        require_same_key(old, await store.lock_key_id(unit), key_file)
        rows = await store.lock_sealed(unit)
        aads = [row["id"].bytes for row in rows]
        await store.reseal(
            unit,
            [(row["id"], new.seal(old.open(row["secrets"], aad), aad))
             for row, aad in zip(rows, aads, strict=True)],
        )  # fmt: skip
        await store.replace_key_id(unit, new.key_id)
        return len(rows)

    return await database.run(step)
