"""Who listens to what on this node, and the giving out of events. Synchronous: it never waits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from contact_center.storage.events import Event
from contact_center.web.live import protocol
from contact_center.web.live.session import Session

Facts = tuple[str | None, ...]


class Hub:
    """Sessions by topic.

    `on_moved` is called with contacts that went to another queue or operator, by themselves or by
    their work, while somebody watches them, for the watchers may have lost the right to. Where it
    was before the first news of it is not known here, so that counts as a move.
    """

    def __init__(self, on_moved: Callable[[set[UUID]], None] = lambda _: None) -> None:
        self.sessions: dict[UUID, Session] = {}
        self._topics: dict[str, set[Session]] = {}
        self._holders: dict[UUID, str] = {}  # work → operator who has or is offered it
        self._places: dict[str, dict[str, Facts]] = {}  # watched contact → who may have it
        self._on_moved = on_moved
        self._serial = 0
        self.watched: Callable[[str, bool], None] = lambda _topic, _on: None

    def add(self, session: Session) -> None:
        self.sessions[session.id] = session
        self.subscribe(session, [f"operator:{session.employee_id}"])

    def remove(self, session: Session) -> None:
        """Forget a session and all it listened to."""
        self.sessions.pop(session.id, None)
        self.unsubscribe(session, list(session.topics))

    def subscribe(self, session: Session, topics: Iterable[str]) -> None:
        for topic in topics:
            session.topics.add(topic)
            listeners = self._topics.get(topic)
            if listeners is None:
                listeners = self._topics[topic] = set()
                self.watched(topic, True)
            listeners.add(session)

    def unsubscribe(self, session: Session, topics: Iterable[str]) -> None:
        for topic in topics:
            session.topics.discard(topic)
            listeners = self._topics.get(topic)
            if listeners is None:
                continue
            listeners.discard(session)
            if not listeners:
                del self._topics[topic]
                self._places.pop(topic, None)
                self.watched(topic, False)

    def listeners(self, topic: str) -> Collection[Session]:
        return self._topics.get(topic, ())

    def of_employee(self, employee_id: UUID) -> list[Session]:
        return [s for s in self.sessions.values() if s.employee_id == employee_id]

    def publish(self, events: Iterable[Event]) -> None:
        """Give events out: to every session once, under its most particular topic."""
        moved: set[UUID] = set()
        reached: list[Session] = []
        for event in events:
            self._serial += 1
            former = self._former_holder(event)
            if not self._topics:
                continue  # nobody has a screen on this node
            topics = protocol.topics_for(event)
            if topics and self._moved(topics[0], event):
                moved.add(UUID(topics[0].partition(":")[2]))
            for topic in (*topics, *former):
                if listeners := self._topics.get(topic):
                    self._give(listeners, protocol.event_tail(event, topic), reached)
        self._number(reached)
        if moved:
            self._on_moved(moved)

    def _give(self, listeners: Iterable[Session], tail: bytes, reached: list[Session]) -> None:
        serial = self._serial
        for session in listeners:
            if session.seen != serial:
                session.seen = serial
                if not session.batch:
                    reached.append(session)
                session.batch.append(tail)

    def _number(self, reached: Iterable[Session]) -> None:
        """Number each session's part of the batch; those with the same part share its bytes."""
        templates: dict[tuple[int, ...], bytes] = {}
        for session in reached:
            tails, session.batch = session.batch, []
            key = tuple(map(id, tails))
            template = templates.get(key)
            if template is None:
                template = templates[key] = protocol.template(tails)
            session.out.push(template, len(tails))

    def whisper(self, topic: str, part: bytes, *, but: Session | None = None) -> None:
        """Give an unnumbered object to the listeners of a topic."""
        for session in self._topics.get(topic, ()):
            if session is not but:
                session.out.put(part)

    def beat(self, now: datetime) -> None:
        """Tell every session the time and the last number it should have."""
        tail = protocol.beat_tail(now)
        for session in self.sessions.values():
            session.out.put(protocol.numbered(session.out.n, tail))

    def _former_holder(self, event: Event) -> list[str]:
        """Who had the work before: he must learn that it is gone, and the event no longer says."""
        if not event.kind.startswith("work."):
            return []
        holder = event.data.get("operator_id")
        former = self._holders.pop(event.subject_id, None)
        if holder and event.kind != "work.done":
            self._holders[event.subject_id] = str(holder)
        return [f"operator:{former}"] if former and former != holder else []

    def _moved(self, topic: str, event: Event) -> bool:
        if topic not in self._topics or not topic.startswith("contact:"):
            return False
        known, place = self._places.setdefault(topic, {}), _place(event)
        before = known.get(event.subject_kind)
        known[event.subject_kind] = place
        return before != place


def _place(event: Event) -> Facts:
    """What of a contact's event, or of its work's, says who may see the contact."""
    data = event.data
    if event.subject_kind == "work":  # offered, laid aside, or over
        return event.kind, data.get("operator_id"), data.get("preferred_id")
    return data.get("queue_id"), data.get("operator_id")
