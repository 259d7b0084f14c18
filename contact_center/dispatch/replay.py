"""What the engine decided, decided again from a checkpoint and the log.

Every offer says at which instant and after which position of the log it was made. So the log is
told to the engine up to there, and then it is asked again at that instant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from contact_center.dispatch.checkpoints import Checkpoint
from contact_center.dispatch.doors import Doors
from contact_center.dispatch.snapshots import HouseQueue, policy_of, state_of
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
    doors: Doors = field(default_factory=Doors)

    def ask(self, at_ms: int) -> None:
        """Let it decide as it did then."""
        self.doors.turn(self.engine, at_ms)
        self.engine.observe(Tick(), at_ms)
        decided = self.engine.decide()
        self.offers += [one for one in decided if isinstance(one, Offer)]

    def tell(self, event: Event) -> None:
        """Take in what the log says."""
        if event.kind == "policy.changed":
            self.engine.adopt(policy_of(event.data))
            return
        state, now_ms = state_of(event.kind, event.data), self.engine.now_ms()
        if isinstance(state, HouseQueue):
            held_queue = self.engine.queue(state.id)
            if held_queue is not None and held_queue.version >= state.version:
                return
            state = self.doors.take(state, now_ms)
        if state is not None:
            self.engine.observe(state, now_ms)


async def replay(
    database: Database, checkpoint: Checkpoint, policy: Policy | None = None
) -> Replayed:
    """Go on from a checkpoint to the end of the settled log.

    After a refuted decision the router knew rows whose events stand further on in the log: what
    it decided until it had read those may come out otherwise.
    """
    held, doors = checkpoint.held, Doors()
    states = doors.seen(held.states, held.now_ms)
    engine = Engine.restore(states, held.now_ms, policy or held.policy, assumed=held.assumed)
    done = Replayed(engine, doors=doors)
    rows = await database.fetch(MADE, held.now_ms)
    moments = [((row["xid"], row["seq"]), row["at_ms"]) for row in rows]
    moments = [moment for moment in moments if moment[0] >= checkpoint.position]
    async for event in _events(database, checkpoint.position):
        while moments and moments[0][0] < (event.xid, event.seq):
            done.ask(moments.pop(0)[1])
        done.tell(event)
    for _, at_ms in moments:
        done.ask(at_ms)
    return done


async def _events(database: Database, start: Position) -> AsyncIterator[Event]:
    reader = LogReader(database, "replay", start=start)
    while batch := await reader.poll():
        for event in batch:
            yield event
