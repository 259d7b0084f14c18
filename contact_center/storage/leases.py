"""Leases: who alone may do a thing for now, on the database's clock.

A lease lapses when its holder is silent for its time to live. A holder that was paused does not
know that; therefore every change of holder raises the fencing token, and the holder's writes
check it in their own transaction (`guard`): the paused one's come too late and change nothing.
"""

from __future__ import annotations

import time

from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

# The row is judged after it is locked, so two who ask at once cannot both win.
TAKE = """
INSERT INTO leases (name, holder, token, until)
VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder,
    token = leases.token + (leases.holder <> excluded.holder)::int,
    until = clock_timestamp() + make_interval(secs => $3)
WHERE leases.holder = excluded.holder OR leases.until < clock_timestamp()
RETURNING token
"""
LEAVE = "UPDATE leases SET until = '-infinity' WHERE name = $1 AND holder = $2 AND token = $3"
CHECK = "SELECT token FROM leases WHERE name = $1 AND holder = $2 FOR SHARE"


class Fenced(Exception):
    """Somebody else holds the lease now; nothing was written. Start again from the rows."""


class Lease:
    """One named lease as one holder sees it. Not for several tasks at once.

    `holder` names the node for people who look at the table; a part of its own makes every
    instance a holder of its own, so a restarted process never passes for the one before.
    """

    def __init__(self, database: Database, name: str, holder: str, ttl: float = 2.0) -> None:
        self._database = database
        self.name = name
        self.holder = f"{holder}/{new_id()}"
        self.ttl = ttl
        self.token = 0
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether it is surely ours at this moment, by our own monotonic clock."""
        return time.monotonic() < self._until

    async def acquire(self) -> bool:
        """Take the lease if it is free or has lapsed, renew it if it is ours; False if it is not.

        Raises Unavailable when the database is away.
        """
        asked = time.monotonic()  # before the question: our own end comes never too late
        token = await self._database.fetchval(TAKE, self.name, self.holder, self.ttl)
        if token is None:
            self._until = 0.0
            return False
        self.token = int(token)
        self._until = asked + self.ttl
        return True

    async def release(self) -> None:
        """Give it up, so that the next one need not wait for the time to live."""
        self._until = 0.0
        await self._database.execute(LEAVE, self.name, self.holder, self.token)

    async def guard(self, unit: Unit) -> None:
        """Make this transaction valid only under our token; call it first, before other locks.

        Until the commit nobody else can take the lease. Raises Fenced when somebody has.
        """
        token = await unit.fetchval(CHECK, self.name, self.holder)
        if token is None or int(token) != self.token:
            self._until = 0.0
            raise Fenced(f"the lease {self.name} has gone to another holder")
