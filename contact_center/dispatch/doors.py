"""When queues open and close: the engine knows no calendars, so it is told at each instant.

What is open follows from the row and the time alone, so every router, a rebuilt one and a replay
come to the same without a row or an event of their own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from contact_center.dispatch.snapshots import HouseQueue, State
from contact_center.work.calendar import changes
from routing.engine import Engine
from routing.model import QueueState, changed


class Doors:
    """The next opening or closing of every queue that has hours."""

    def __init__(self) -> None:
        self._next: list[tuple[int, str, int, bool]] = []
        self._changes: dict[str, tuple[int, Iterator[tuple[int, bool]]]] = {}
        self._told = 0

    def seen(self, states: Iterable[State], now_ms: int) -> list[State]:
        """The states, with every queue open or closed as it is at this instant."""
        return [self.take(s, now_ms) if isinstance(s, HouseQueue) else s for s in states]

    def take(self, queue: HouseQueue, now_ms: int) -> QueueState:
        """The queue as it stands now; its later changes come by `turn`."""
        self._told += 1
        self._changes.pop(queue.id, None)
        if not (queue.hours or queue.holidays):
            return changed(queue, open=True) if not queue.open else queue
        edges = changes(queue, now_ms)
        _, opened = next(edges)
        self._changes[queue.id] = (self._told, edges)
        self._draw(queue.id)
        return changed(queue, open=opened)

    def due_ms(self) -> int | None:
        """When the next one is."""
        return self._next[0][0] if self._next else None

    def turn(self, engine: Engine, now_ms: int) -> None:
        """Tell the engine what has opened and closed by now, each at its own instant."""
        while self._next and self._next[0][0] <= now_ms:
            due, queue_id, told, opens = heapq.heappop(self._next)
            held = engine.queue(queue_id)
            if held is None or self._changes.get(queue_id, (0,))[0] != told:
                continue
            engine.tell([changed(held, open=opens)], due)
            self._draw(queue_id)

    def _draw(self, queue_id: str) -> None:
        told, edges = self._changes[queue_id]
        following = next(edges, None)
        if following is not None:
            heapq.heappush(self._next, (following[0], queue_id, told, following[1]))
