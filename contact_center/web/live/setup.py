"""The live service of a node: fed by the process's reader of the log, it serves all screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from aiohttp import WSCloseCode, web

from contact_center.access.model import Actor, Permission
from contact_center.access.service import SERVICE, AccessService
from contact_center.kernel.background import Background
from contact_center.kernel.clock import Clock, SystemClock
from contact_center.kernel.errors import NotFound, Unavailable
from contact_center.kernel.hints import Hints
from contact_center.kernel.ids import new_id
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.storage.following import Follower
from contact_center.web.live import protocol, rights, store
from contact_center.web.live.attendance import Attendance
from contact_center.web.live.ephemera import Ephemera
from contact_center.web.live.hub import Hub
from contact_center.web.live.protocol import BadFrame, Topic
from contact_center.web.live.session import BUFFER, Flusher, Outgoing, Session

BEAT_SECONDS = 5.0
SILENT_BEATS = 1.5
LONGEST_PAUSE = 2.0
"""Seconds between two tries of a failed beat: screens wait for it, and so does the grace."""
POLL_LASTS = 60.0

log = get_logger(__name__)


class Live:
    """Screens, topics and the beat of one node."""

    def __init__(
        self,
        database: Database,
        access: AccessService,
        hints: Hints,
        follower: Follower,
        *,
        node: str = "node",
        buffer: int = BUFFER,
        beat: float = BEAT_SECONDS,
        clock: Clock | None = None,
        on_typing: Callable[[UUID, UUID], None] = lambda _contact, _employee: None,
    ) -> None:
        self.database = database
        self.access = access
        self.buffer = buffer
        self.flusher = Flusher()
        self.clock = clock or SystemClock()
        self.hub = Hub(self._places_changed)
        self.ephemera = Ephemera(hints, self.hub, self._revoked, on_typing)
        self.hub.watched = self.ephemera.watch
        self._attendance = Attendance(
            database, node, silence=SILENT_BEATS * max(beat, BEAT_SECONDS)
        )
        self._beat = beat
        self._background = Background()
        self._asked: dict[UUID, set[UUID] | None] = {}  # sessions to ask again, and what for
        self._asking = asyncio.Event()
        follower.listeners.append(self.follow)

    def numbers(self) -> dict[str, float]:
        """What /metrics tells of this node's screens."""
        return {"live_sessions": len(self.hub.sessions)}

    # --- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Serve screens: whoever connects gets the present by a resync."""
        self._background.start("live-writer", self.flusher.run)
        self._background.start("live-beat", self._beat_forever, longest=LONGEST_PAUSE)
        self._background.start("live-rights", self._ask_again)

    async def close(self) -> None:
        """Close all screens; they come back to another node or to the next start."""
        await asyncio.gather(*(
            session.end("going away", WSCloseCode.GOING_AWAY)
            for session in list(self.hub.sessions.values())
        ))  # fmt: skip
        await self._background.close()
        await self.ephemera.close()

    async def open(
        self,
        request: web.Request,
        actor: Actor,
        out: Outgoing,
        socket: web.WebSocketResponse | None,
    ) -> Session:
        """A new screen; its first object is "ready"."""
        session = Session(new_id(), actor, request, out, socket)
        session.asked_at = asyncio.get_running_loop().time()
        if actor.may(Permission.WORK) and actor.session is not None:
            session.counted = await self._attendance.open(session.id, actor.employee_id)
        self.hub.add(session)
        ready = protocol.encoded(t="ready", session=session.id, now=self.clock.now(), n=0)
        out.put(ready)
        return session

    async def leave(self, session: Session) -> None:
        """A screen is gone."""
        session.out.cut = True
        if session.viewing is not None:
            await self.ephemera.view(session, None)
        self.hub.remove(session)
        if session.counted:
            try:
                await self._attendance.close(session.id)
            except Unavailable:
                log.info("a screen's end is not noted; its grace runs from the last beat")

    def poll_session(self, session_id: str, actor: Actor) -> Session:
        """The long-poll session of this actor; raises NotFound."""
        try:
            session = self.hub.sessions.get(UUID(session_id))
        except ValueError:
            session = None
        if session is None or session.socket or session.employee_id != actor.employee_id:
            raise NotFound("there is no such live session", code="live_session_gone")
        session.asked_at = asyncio.get_running_loop().time()
        return session

    # --- what a screen says ----------------------------------------------------------------

    async def handle(self, session: Session, frame: dict[str, Any]) -> None:
        """Follow one object of a client; what cannot be followed is answered by an error."""
        try:
            await self._handle(session, frame)
        except BadFrame as error:
            session.out.put(protocol.encoded(t="error", detail=str(error)))

    async def _handle(self, session: Session, frame: dict[str, Any]) -> None:
        kind = frame.get("t")
        if kind == "sub":
            await self._subscribe(session, protocol.topics_of(frame))
        elif kind == "unsub":
            names = [rights.internal(topic, session.actor) for topic in protocol.topics_of(frame)]
            own = f"operator:{session.employee_id}"  # always heard: revocation hangs on it
            self.hub.unsubscribe(session, [name for name in names if name != own])
        elif kind == "resync":
            await self._resync(session, protocol.contacts_of(frame))
        elif kind == "typing":
            contact_id = self._watched(session, frame.get("contact"))
            note = frame.get("kind") == "note"
            await self.ephemera.type(session, contact_id, "note" if note else "reply")
        elif kind == "view":
            given = frame.get("contact")
            await self.ephemera.view(session, self._watched(session, given) if given else None)
        elif kind == "ping":
            session.out.put(protocol.numbered(session.out.n, protocol.beat_tail(self.clock.now())))
        else:
            raise BadFrame(f"unknown object {str(kind)[:40]!r}")

    def _watched(self, session: Session, given: Any) -> UUID:
        contact_id = protocol.uuid(given)
        if f"contact:{contact_id}" not in session.topics:
            raise BadFrame("subscribe to the contact first")
        return contact_id

    async def _subscribe(self, session: Session, topics: list[Topic]) -> None:
        if len(session.topics) + len(topics) > protocol.MOST_TOPICS:
            raise BadFrame(f"at most {protocol.MOST_TOPICS} topics")
        allowed = await rights.allowed(self.database, session.actor, topics)
        self.hub.subscribe(session, [rights.internal(one, session.actor) for one in allowed])
        contacts = {topic.id: topic for topic in allowed if topic.kind == "contact" and topic.id}
        # Versions as of after the subscription: whoever has an older one fetches again.
        versions = await rights.seen_contacts(self.database, session.actor, contacts)
        gone = [topic for key, topic in contacts.items() if key not in versions]
        self.hub.unsubscribe(session, map(str, gone))  # moved before we heard of it
        allowed.difference_update(gone)
        for topic in topics:
            if topic not in allowed:
                session.out.put(protocol.encoded(t="denied", topic=str(topic)))
        for contact_id in versions:
            self.ephemera.show_to(session, contact_id)
        session.out.put(protocol.encoded(
            t="subscribed", topics=[str(topic) for topic in topics if topic in allowed],
            contacts=[{"id": key, "version": value} for key, value in versions.items()],
        ))  # fmt: skip

    async def _resync(self, session: Session, known: dict[UUID, int]) -> None:
        n = session.out.n  # of before the rows are read: what comes meanwhile comes as events, too
        present = await rights.seen_contacts(self.database, session.actor, known)
        offers = await rights.live_offers(self.database, session.actor)
        differ = [
            {"id": key, "version": version}
            for key, version in present.items()
            if known[key] != version
        ]
        session.out.put(protocol.encoded(
            t="sync", n=n, now=self.clock.now(), contacts=differ,
            gone=[key for key in known if key not in present], offers=offers,
        ))  # fmt: skip

    # --- what happens ----------------------------------------------------------------------

    def follow(self, batch: Sequence[Event]) -> None:
        """Take what the log has brought."""
        self._note_rights(batch)
        self.hub.publish(batch)

    async def _beat_forever(self) -> None:
        while True:
            # Without the database no beat: a screen must not call itself live on stale data.
            async with asyncio.timeout(max(self._beat, BEAT_SECONDS)):
                await self.tick()
            await asyncio.sleep(self._beat)  # after it: one that failed is tried again at once

    async def tick(self) -> None:
        """One beat: renew, check, sweep, tell the time."""
        sessions = list(self.hub.sessions.values())
        await self._attendance.renew([session.id for session in sessions if session.counted])
        await self._end_invalid(sessions)
        self.hub.beat(self.clock.now())
        await self.ephemera.renew()
        await self._attendance.sweep(self.clock.now())

    async def _end_invalid(self, sessions: list[Session]) -> None:
        """The net under the hints: what was revoked while the bus was away, or grew too old."""
        loop_time, now = asyncio.get_running_loop().time(), self.clock.now()
        hashes = [session.proof for session in sessions if session.proof]
        since = now - self.access.lasting.absolute
        rows = await self.database.fetch(store.VALID, hashes, since, now)
        valid = {bytes(row["hash"]) for row in rows}
        for session in sessions:
            if session.proof and session.proof not in valid:
                await self._end(session, "signed out")
            elif session.out.stuck(loop_time):
                session.out.give_up()
            elif session.socket is None and (
                session.out.cut or loop_time - session.asked_at > POLL_LASTS
            ):
                await self._end(session, "gone")

    async def _end(self, session: Session, reason: str) -> None:
        await session.end(reason)
        if session.socket is None:
            await self.leave(session)

    # --- rights ----------------------------------------------------------------------------

    def _revoked(self, employee_id: UUID) -> None:
        self._ask(self.hub.of_employee(employee_id), None)

    def _places_changed(self, contacts: set[UUID]) -> None:
        for contact_id in contacts:
            self._ask(self.hub.listeners(f"contact:{contact_id}"), {contact_id})

    def _note_rights(self, batch: Iterable[Event]) -> None:
        for event in batch:
            if event.kind in ("queue.changed", "directory.changed"):
                self._ask(self.hub.sessions.values(), None)
            elif event.kind == "employee.changed":
                self._ask(self.hub.of_employee(event.subject_id), None)
            elif event.kind == "operator.changed":
                queues = {str(queue) for queue in event.data.get("queues", ())}
                for session in self.hub.of_employee(event.subject_id):
                    if {str(queue) for queue in session.actor.queues} != queues:
                        self._ask([session], None)

    def _ask(self, sessions: Iterable[Session], contacts: set[UUID] | None) -> None:
        """Ask for rights again: of some contacts, or (None) of the session and all it hears."""
        for session in sessions:
            before = self._asked.get(session.id, set())
            both = None if contacts is None or before is None else before | contacts
            self._asked[session.id] = both
        self._asking.set()

    async def _ask_again(self) -> None:
        while True:
            while self._asked:
                session_id, contacts = self._asked.popitem()
                session = self.hub.sessions.get(session_id)
                if session is None:
                    continue
                try:
                    await self._check(session, contacts)
                except BaseException:
                    self._ask([session], contacts)  # stays asked over a failing database
                    raise
            self._asking.clear()
            await self._asking.wait()

    async def _check(self, session: Session, contacts: set[UUID] | None) -> None:
        if contacts is None:
            known = await self.access.identify(session.request)
            if known is None:
                await self._end(session, "signed out")
                return
            session.actor = known.actor
        own = f"operator:{session.employee_id}"
        topics = [Topic.parse(name) for name in session.topics if name != own]
        if contacts is not None:
            topics = [topic for topic in topics if topic.id in contacts]
        allowed = await rights.allowed(self.database, session.actor, topics)
        for topic in topics:
            if topic not in allowed:
                self.hub.unsubscribe(session, [str(topic)])
                session.out.put(protocol.encoded(t="denied", topic=str(topic)))


LIVE: web.AppKey[Live] = web.AppKey("live", Live)


def setup_live(app: web.Application, live: Live, *, prefix: str = "/api/v1") -> None:
    """Mount the socket, and start and stop the service with the application.

    The long-poll routes stand in the route table (`ROUTES`).
    """
    from contact_center.web.live.handlers import socket  # noqa: PLC0415 - it needs LIVE from here

    app[LIVE] = live
    app.setdefault(SERVICE, live.access)
    app.router.add_get(f"{prefix}/live", socket)

    async def run(_: web.Application) -> AsyncIterator[None]:
        await live.start()
        yield
        await live.close()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(_say_goodbye)


async def _say_goodbye(app: web.Application) -> None:
    # Before the server waits for its handlers to end: open sockets would hold it up.
    for session in list(app[LIVE].hub.sessions.values()):
        await session.end("going away", WSCloseCode.GOING_AWAY)
