"""What the channels of accounts remember by themselves, sealed with the house's key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

import orjson

from channels.errors import Temporary
from contact_center.accounts import store
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.secrets import Sealer
from contact_center.storage.database import Database
from contact_center.storage.rotation import MEMORY


class AccountMemory:
    """The memory of one account (`channels.contract.Memory`): the same row in every process."""

    def __init__(self, database: Database, sealer: Sealer, account_id: UUID) -> None:
        self._database = database
        self._sealer = sealer
        self._account = account_id
        self._bound_to = MEMORY + account_id.bytes

    async def recall(self) -> Mapping[str, str]:
        """What was kept last; nothing at first. Raises Temporary."""
        try:
            sealed = await store.memory(self._database, self._account)
        except Unavailable as error:
            raise Temporary(f"what the account remembers cannot be read: {error.detail}") from None
        if sealed is None:
            return {}
        kept: Mapping[str, str] = orjson.loads(self._sealer.open(sealed, self._bound_to))
        return kept

    async def keep(self, values: Mapping[str, str]) -> None:
        """Keep this instead. Raises Temporary."""
        sealed = self._sealer.seal(orjson.dumps(dict(values)), self._bound_to)
        step = partial(store.keep_memory, account_id=self._account, sealed=sealed)
        try:
            await self._database.run(step)
        except Unavailable as error:
            raise Temporary(f"what the account learnt cannot be kept: {error.detail}") from None
