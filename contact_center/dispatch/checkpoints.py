"""The router's checkpoints: what the engine held at a position of the log.

The active router writes one when the lease comes to it and every hour. A checkpoint and the log
from its position show later why somebody was offered something (`replay.py`).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from contact_center.dispatch.snapshots import State, operator_state, queue_state, work_state
from contact_center.kernel.clock import Clock
from contact_center.kernel.ids import new_id
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.events import Position
from routing.engine import Engine
from routing.model import OperatorState, WorkState
from routing.policy import Policy

log = get_logger(__name__)

EVERY = 3600.0
REST = 60.0  # between two, also where the lease comes and goes or writing fails
FINISHED = 1000
"""Finished work kept in a checkpoint: only what is about to be told late needs it."""
LONGEST = 32 * 1024 * 1024
PART = 500  # states made into text at once: nobody else can work meanwhile

READ: dict[str, Callable[[dict[str, Any]], State]] = {
    "work": work_state, "operator": operator_state, "queue": queue_state,
}  # fmt: skip
WRITE = """
INSERT INTO checkpoints (id, era, xid, seq, packed)
VALUES ($1, (SELECT era FROM workspace), $2::xid8, $3, $4)
"""
# Before a restore the log counted otherwise: a position of an earlier era means nothing.
LATEST = """
SELECT id, xid, seq, packed FROM checkpoints
WHERE era = (SELECT era FROM workspace) AND at <= coalesce($1, now()) ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An engine at one moment: its states, and which of them it only assumes."""

    now_ms: int
    states: Sequence[State]
    assumed: Sequence[str]
    policy: Policy = field(default_factory=Policy)

    @classmethod
    def of(cls, engine: Engine, now_ms: int) -> Held:
        """A copy; the states are values that never change."""
        return cls(now_ms, engine.snapshot(), engine.assumed(), engine.policy())

    def packed(self) -> bytes:
        """As bytes: compressed lines of JSON."""
        done = [one for one in self.states if _finished(one)]
        forgotten = {one.id for one in done[:-FINISHED]}
        kept = [one for one in self.states if one.id not in forgotten]
        lines = [orjson.dumps([self.now_ms, list(self.assumed), self.policy])]
        for first in range(0, len(kept), PART):
            part = kept[first : first + PART]
            lines.append(orjson.dumps([(_kind(one), one) for one in part]))
        return zlib.compress(b"\n".join(lines))

    @classmethod
    def unpacked(cls, data: bytes) -> Held:
        """What `packed` has packed."""
        head, *parts = zlib.decompress(data).split(b"\n")
        now_ms, assumed, *said = orjson.loads(head)  # older ones say no policy
        policy = Policy(**{**said[0], "exclusive": tuple(said[0]["exclusive"])} if said else {})
        pairs = [pair for part in parts for pair in orjson.loads(part)]
        return cls(now_ms, [READ[kind](state) for kind, state in pairs], assumed, policy)


def _kind(state: State) -> str:
    if isinstance(state, WorkState):
        return "work"
    return "operator" if isinstance(state, OperatorState) else "queue"


def _finished(state: State) -> bool:
    return isinstance(state, WorkState) and state.state == "done"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A stored one: everything up to `position` is in `held`."""

    id: UUID
    position: Position
    held: Held


async def latest(database: Database, before: object = None) -> Checkpoint | None:
    """The newest one, or the newest before an instant; None when there is none."""
    row = await database.fetchrow(LATEST, before)
    if row is None:
        return None
    position = (int(row["xid"]), int(row["seq"]))
    return Checkpoint(row["id"], position, Held.unpacked(row["packed"]))


class Checkpoints:
    """Writes them beside the router's work. A fault costs a checkpoint and nothing else."""

    def __init__(self, database: Database, clock: Clock, every: float = EVERY) -> None:
        self._database = database
        self._clock = clock
        self._every = every
        self._due = self._begun = 0.0
        self._writing: asyncio.Task[None] | None = None

    def hurry(self) -> None:
        """The lease has come to this router: the next one is due, but for a minute's rest."""
        self._due = min(self._due, self._begun + REST)

    def look(self, engine: Engine, position: Position, now_ms: int) -> None:
        """Begin one when it is due. Call it when the engine has nothing left to decide."""
        if self._clock.monotonic() < self._due or self._writing is not None:
            return
        self._begun = self._clock.monotonic()
        self._due = self._begun + self._every
        held = Held.of(engine, now_ms)
        self._writing = asyncio.create_task(self._write(held, position), name="router checkpoint")

    async def close(self) -> None:
        """End what is being written."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self, held: Held, position: Position) -> None:
        try:
            packed = await asyncio.to_thread(held.packed)
            if len(packed) > LONGEST:
                log.warning("checkpoint_too_large", bytes=len(packed))
                return
            await self._database.execute(WRITE, new_id(), *position, packed)
        except Exception:
            log.exception("checkpoint_failed")
            self._due = self._clock.monotonic() + REST
        finally:
            self._writing = None
