"""The sealing key and this database: one key opens everything, and only that one may come in.

Another key comes by `contact-center keys rotate` (storage/rotation.py), while no node runs.
"""

from __future__ import annotations

from pathlib import Path

from contact_center.accounts import store
from contact_center.kernel.secrets import Sealer, require_same_key
from contact_center.storage.database import Database


async def require_key(database: Database, sealer: Sealer, key_file: Path) -> None:
    """Refuse to start with another key than the database was sealed with.

    The first node's key becomes the key. Raises SettingsError with the way out.
    """
    await store.adopt_key_id(database, sealer.key_id)
    require_same_key(sealer, await store.sealing_key_id(database), key_file)
