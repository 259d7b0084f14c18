"""What a client is shown of us beside messages: that somebody writes, and that he was read.

Signs are worth nothing late: a conversation has one of a kind under way at most, typing is told
every few seconds at most, and where a provider is slow or busy they are dropped and counted.
Nothing waits for them and nothing is tried twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from channels.contract import Capabilities, Channel, SendsReads, SendsTyping
from channels.errors import ChannelError, Temporary
from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import get_logger
from contact_center.outbox.model import Accounts
from contact_center.storage.database import Database
from contact_center.storage.unit import Record

Kind = Literal["typing", "read"]
Key = tuple[Kind, UUID]

TYPING_EVERY = 4.0  # providers show it for five seconds or so
DEADLINE = 5.0
AT_ONCE, AT_ONCE_PER_ACCOUNT = 64, 4
REMEMBERED = 4096
# Only the operator who has the contact speaks to its client.
WHERE_TYPED = """
SELECT account_id, conversation_key, NULL AS name FROM contacts
WHERE id = $1 AND operator_id = $2 AND state = 'open'
"""
WHERE_READ = """
SELECT c.account_id, c.conversation_key, m.external_id AS name FROM contacts c
JOIN contact_reads r ON r.contact_id = c.id AND r.reader = ($2::uuid)::text
JOIN LATERAL (
  SELECT f.external_id FROM messages f WHERE f.contact_id = c.id AND f.kind = 'inbound'
    AND f.external_id IS NOT NULL AND f.deleted_at IS NULL AND f.seq <= r.seq
  ORDER BY f.seq DESC LIMIT 1) m ON true
WHERE c.id = $1 AND c.operator_id = $2 AND c.state = 'open'
"""

log = get_logger(__name__)


class Signs:
    """Signs of one process. `typed` and `seen` return at once."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._again: dict[Key, UUID] = {}
        self._next: dict[UUID, float] = {}  # contact → when typing may be told again
        self._told: dict[UUID, str] = {}  # contact → the message last told as read
        self._busy: Counter[UUID] = Counter()
        self._rests: dict[UUID, float] = {}  # account → until when it wants no more
        self._counts: Counter[str] = Counter(sent=0, failed=0, dropped=0)

    def typed(self, contact_id: UUID, employee_id: UUID) -> None:
        """An operator writes a reply."""
        now = asyncio.get_running_loop().time()
        if self._next.get(contact_id, now) > now:
            return
        if len(self._next) >= REMEMBERED:
            self._next = {key: at for key, at in self._next.items() if at > now}
        self._next[contact_id] = now + TYPING_EVERY
        self._begin(("typing", contact_id), employee_id)

    def seen(self, contact_id: UUID, employee_id: UUID) -> None:
        """An employee has read further in a contact; this is committed."""
        key: Key = ("read", contact_id)
        if key in self._tasks:
            self._again[key] = employee_id
        else:
            self._begin(key, employee_id)

    def numbers(self) -> dict[str, float]:
        """What /metrics tells of them."""
        return {f"outbox_signs_{name}": count for name, count in self._counts.items()}

    async def close(self) -> None:
        """Drop what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: Key, employee_id: UUID) -> None:
        if key in self._tasks or len(self._tasks) >= AT_ONCE:
            self._counts["dropped"] += 1
            return
        task = asyncio.create_task(self._run(key, employee_id), name=f"{key[0]} {key[1]}")
        self._tasks[key] = task

    async def _run(self, key: Key, employee_id: UUID) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                await self._tell(key, employee_id)
        except (ChannelError, HouseError, TimeoutError) as error:
            self._counts["failed"] += 1
            log.debug("sign_dropped", kind=key[0], error=type(error).__name__)
        except Exception:
            self._counts["failed"] += 1
            log.exception("sign_failed", kind=key[0])
        finally:
            del self._tasks[key]
            if (reader := self._again.pop(key, None)) is not None:
                self._begin(key, reader)

    async def _tell(self, key: Key, employee_id: UUID) -> None:
        kind, contact_id = key
        query = WHERE_TYPED if kind == "typing" else WHERE_READ
        where = await self._database.fetchrow(query, contact_id, employee_id)
        if where is None or (kind == "read" and self._told.get(contact_id) == where["name"]):
            return
        account = await self._accounts.live(where["account_id"])
        ask = _way(kind, account.channel, account.capabilities, where)
        if ask is None:
            return
        await self._ask(where["account_id"], ask)
        if kind == "read":
            if len(self._told) >= REMEMBERED:
                self._told.clear()  # told twice does no harm
            self._told[contact_id] = where["name"]

    async def _ask(self, account_id: UUID, ask: Callable[[], Awaitable[None]]) -> None:
        now = asyncio.get_running_loop().time()
        rests = self._rests.get(account_id, 0.0) > now
        if rests or self._busy[account_id] >= AT_ONCE_PER_ACCOUNT:
            self._counts["dropped"] += 1
            return
        self._busy[account_id] += 1
        try:
            await ask()
            self._counts["sent"] += 1
        except Temporary as error:
            self._rests[account_id] = now + (error.retry_after or TYPING_EVERY)
            raise
        finally:
            self._busy[account_id] -= 1


def _way(
    kind: Kind, channel: Channel, can: Capabilities, where: Record
) -> Callable[[], Awaitable[None]] | None:
    """How the channel tells it; None where it cannot."""
    key, name = where["conversation_key"], where["name"]
    if kind == "typing":
        if can.typing and isinstance(channel, SendsTyping):
            return lambda: channel.typing(key)
    elif can.marks_read and isinstance(channel, SendsReads):
        return lambda: channel.read(key, name)
    return None
