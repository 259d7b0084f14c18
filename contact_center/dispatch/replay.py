"""What the engine decided, decided again from a checkpoint and the log.

Every offer says at which instant and after which position of the log it was made. So the log is
told to the engine up to there, and then it is asked again at that instant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from contact_center.dispatch.checkpoints import Checkpoint
from contact_center.dispatch.snapshots import state_of
from contact_center.storage.database import Database
from contact_center.storage.events import Event, LogReader, Position
from routing.engine import Engine
from routing.model import Offer, Tick
from routing.policy import Policy

# The ids of offers are no time stamps: the age of the row narrows the search.
MADE = """
SELECT DISTINCT (explanation #>> '{log,0}')::bigint AS xid,
       (explanation #>> '{log,1}')::bigint AS seq, (explanation ->> 'at_ms')::bigint AS at_ms
FROM offers WHERE created_at >= to_timestamp($1::bigint / 1000.0) AND explanation ? 'log'
ORDER BY 1, 2, 3
"""


@dataclass(slots=True)
class Replayed:
    """The engine at the end of the log, and the offers it made on the way."""

    engine: Engine
    offers: list[Offer] = field(default_factory=list)

    def ask(self, at_ms: int) -> None:
        """Let it decide as it did then."""
        decided = self.engine.apply(Tick(), at_ms)
        self.offers += [one for one in decided if isinstance(one, Offer)]


async def replay(
    database: Database, checkpoint: Checkpoint, policy: Policy | None = None
) -> Replayed:
    """Go on from a checkpoint to the end of the settled log.

    After a refuted decision the router knew rows whose events stand further on in the log: what
    it decided until it had read those may come out otherwise.
    """
    held = checkpoint.held
    engine = Engine.restore(held.states, held.now_ms, policy, assumed=held.assumed)
    done = Replayed(engine)
    rows = await database.fetch(MADE, held.now_ms)
    moments = [((row["xid"], row["seq"]), row["at_ms"]) for row in rows]
    moments = [moment for moment in moments if moment[0] >= checkpoint.position]
    async for event in _events(database, checkpoint.position):
        while moments and moments[0][0] < (event.xid, event.seq):
            done.ask(moments.pop(0)[1])
        state = state_of(event.kind, event.data)
        if state is not None:
            done.engine.observe(state, done.engine.now_ms())
    for _, at_ms in moments:
        done.ask(at_ms)
    return done


async def _events(database: Database, start: Position) -> AsyncIterator[Event]:
    reader = LogReader(database, "replay", start=start)
    while batch := await reader.poll():
        for event in batch:
            yield event
