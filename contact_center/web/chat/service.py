"""Who has a chat open on this node, and what of the log concerns him."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from aiohttp import WSCloseCode, web

from contact_center.desk import leaving
from contact_center.dispatch.waits import store as waits
from contact_center.dispatch.waits.model import Wait
from contact_center.kernel.background import Background
from contact_center.kernel.clock import Clock, SystemClock
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.hints import Hints
from contact_center.kernel.log import get_logger
from contact_center.kernel.pace import Pace
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.web.chat import store
from contact_center.web.chat.attendance import Attendance
from contact_center.web.chat.ports import Ports
from contact_center.web.chat.talk import TYPING_SECONDS, Key, Limits, Talk, contact_info, cursor_of
from contact_center.web.live.ephemera import typing_payload, typing_topic
from contact_center.web.live.session import Flusher, SocketOutgoing

BEAT_SECONDS = 5.0
PACE_SECONDS = 10.0
SEEN_KINDS = ("inbound", "outbound", "survey", "system")
TYPING = orjson.dumps({"t": "typing"})
CHANGED = orjson.dumps({"t": "changed"})

log = get_logger(__name__)


class Chat:
    """The node's open chats, fed by the process's reader of the log (`note`): it is read once."""

    def __init__(
        self, database: Database, hints: Hints, ports: Ports, *, base_url: str,
        limits: Limits | None = None, clock: Clock | None = None, beat: float = BEAT_SECONDS,
    ) -> None:  # fmt: skip
        self.database = database
        self.hints = hints
        self.ports = ports
        self.base_url = base_url
        self.limits = limits or Limits()
        self.clock = clock or SystemClock()
        self.flusher = Flusher()
        self.pace = Pace(self.limits.events, PACE_SECONDS)
        self._beat = beat
        self._talks: dict[Key, Talk] = {}
        self._by_contact: dict[UUID, Talk] = {}
        self._unknown: dict[UUID, list[Event]] = {}
        self._dirty: set[Talk] = set()
        self._work = asyncio.Event()
        self._attendance = Attendance(database, self.clock, beat)
        self._closing = False
        self._background = Background()

    async def start(self) -> None:
        self._background.start("chat-writer", self.flusher.run)
        self._background.start("chat-beat", self._beat_forever)
        self._background.start("chat-look-up", self._look_up_forever)
        self._background.start("chat-attendance", self._attendance.write_forever)

    async def close(self) -> None:
        """Close all sockets; the widgets come back, so nobody has left."""
        self._closing = True
        for talk in list(self._talks.values()):
            for out in list(talk.sockets):
                await out.socket.close(code=WSCloseCode.GOING_AWAY, message=b"going away")
        await self._background.close()

    # --- who listens -----------------------------------------------------------------------

    async def join(self, key: Key, *, socket: SocketOutgoing | None = None,
                   waiter: asyncio.Event | None = None) -> Talk:  # fmt: skip
        """Listen to a conversation with a socket or a waiting request; `leave` ends it."""
        talk = self._talks.get(key)
        if talk is None:
            talk = self._talks[key] = Talk(key)
        if socket:
            talk.sockets.add(socket)
        if waiter:
            talk.waiters.add(waiter)
        try:
            await self.refresh(talk)
        except BaseException:  # whoever could not join must not be counted as here for ever
            self.leave(talk, socket=socket, waiter=waiter)
            raise
        self._attends(talk, gone=False)
        return talk

    def leave(self, talk: Talk, *, socket: SocketOutgoing | None = None,
              waiter: asyncio.Event | None = None) -> None:  # fmt: skip
        if socket:
            talk.sockets.discard(socket)
        if waiter:
            talk.waiters.discard(waiter)
        if talk.idle and self._talks.get(talk.key) is talk:
            del self._talks[talk.key]
            self._attends(talk, gone=True)
            self._follow(talk, None)

    def _attends(self, talk: Talk, *, gone: bool) -> None:
        if talk.contact is not None and talk.waits and not self._closing:
            self._attendance.note(talk.contact, gone=gone)

    async def give_up(self, key: Key) -> None:
        """The visitor says that he waits no longer."""
        row = await store.contact(self.database, *key)
        if row and row["state"] == "open" and not row["operator"]:
            await leaving.note_given_up(self.database, row["id"], self.clock.now())

    async def refresh(self, talk: Talk) -> dict[str, Any] | None:
        """Read the present contact, follow it and tell the sockets what changed of it."""
        row = await store.contact(self.database, *talk.key)
        if not talk.idle:
            self._follow(talk, row["id"] if row else None)
        info = contact_info(row)
        if row:
            talk.waits = row["state"] == "open" and not row["operator"]
            talk.wait = None if row["ahead"] is None else Wait.of(row)
            frame = orjson.dumps({"t": "contact", "contact": info})
            if frame != talk.shown:
                talk.shown = frame
                talk.tell(frame)
            if row["read_seq"]:
                self._tell_read(talk, row)
        return info

    def _tell_read(self, talk: Talk, row: Any) -> None:
        frame = orjson.dumps({"t": "read", "cursor": cursor_of((row["id"], row["read_seq"]))})
        if frame != talk.read:
            talk.read = frame
            talk.tell(frame)

    def _follow(self, talk: Talk, contact_id: UUID | None) -> None:
        if talk.contact == contact_id and (contact_id is None or talk.follows):
            return
        if talk.contact is not None:
            self._by_contact.pop(talk.contact, None)
        if talk.follows:
            talk.follows.cancel()
            talk.follows = None
        talk.contact = contact_id
        if contact_id is not None:
            self._by_contact[contact_id] = talk
            talk.follows = asyncio.get_running_loop().create_task(self._hear(talk, contact_id))

    async def _hear(self, talk: Talk, contact_id: UUID) -> None:
        """Operators typing an answer; who writes a note is nobody's business outside."""
        async with self.hints.subscribe(typing_topic(contact_id)) as heard:
            async for _, payload in heard:
                try:
                    given = orjson.loads(payload)
                    shown = given["who"]["type"] == "employee" and given.get("kind") != "note"
                except (orjson.JSONDecodeError, KeyError, TypeError):
                    continue
                if shown:
                    talk.typed_at = asyncio.get_running_loop().time()
                    talk.tell(TYPING)
                    talk.wake()

    def sockets_of(self, key: Key) -> int:
        """How many windows of one visitor listen on this node."""
        talk = self._talks.get(key)
        return len(talk.sockets) if talk else 0

    def typing(self, key: Key) -> bool:
        """Whether an operator is writing an answer now."""
        talk = self._talks.get(key)
        now = asyncio.get_running_loop().time()
        return talk is not None and now - talk.typed_at < TYPING_SECONDS

    async def visitor_types(self, key: Key, name: str) -> None:
        """Tell the operators that the visitor writes; never stored."""
        talk = self._talks.get(key)
        contact_id = talk.contact if talk else None
        if contact_id is None:
            row = await store.contact(self.database, *key)
            contact_id = row["id"] if row and row["state"] == "open" else None
        if contact_id is not None:
            await self.hints.publish(
                typing_topic(contact_id), typing_payload("client", key[1], name)
            )

    # --- what happens ----------------------------------------------------------------------

    def note(self, batch: Iterable[Event]) -> None:
        """Pick out of the log what concerns an open chat; called with every batch, never waits."""
        for event in batch:
            family = event.kind.partition(".")[0]
            if family == "work" and (contact := event.data.get("contact_id")):
                self._changed(UUID(str(contact)))
            elif family == "message":
                self._message(event)
            elif event.kind == "contact.opened" and self._talks:
                self._later(event)
            elif event.kind == "contact.sought":
                self._sought(event.subject_id)
            elif family == "contact":
                self._changed(event.subject_id)

    def _sought(self, contact_id: UUID) -> None:
        """Some node misses this visitor: say so where he is here."""
        talk = self._by_contact.get(contact_id)
        if talk is not None:
            self._attends(talk, gone=False)

    def _changed(self, contact_id: UUID) -> None:
        talk = self._by_contact.get(contact_id)
        if talk is not None:
            self._dirty.add(talk)
            self._work.set()

    def _message(self, event: Event) -> None:
        talk = self._by_contact.get(event.subject_id)
        if talk is None:
            if event.subject_id in self._unknown:
                self._unknown[event.subject_id].append(event)
            return
        kind = event.data.get("kind")
        if kind is not None and kind not in SEEN_KINDS:
            return
        talk.wake()
        if event.kind == "message.added" and event.data.get("seq"):
            # What waited for its contact to be looked up may come after what was written later.
            place = (event.subject_id, int(event.data["seq"]))
            talk.newest = max(place, talk.newest or place)
            talk.tell(orjson.dumps({"t": "new", "cursor": cursor_of(place)}))
        else:
            talk.tell(CHANGED)

    def _later(self, event: Event) -> None:
        """A contact was opened, perhaps in one of our conversations: that must be looked up."""
        self._unknown[event.subject_id] = []
        self._work.set()

    async def _look_up_forever(self) -> None:
        while True:
            while self._unknown or self._dirty:  # kept until done, also over a failing database
                await self._look_up()
                for talk in list(self._dirty):
                    self._dirty.discard(talk)
                    try:
                        await self.refresh(talk)
                    except Unavailable:
                        self._dirty.add(talk)
                        raise
            self._work.clear()
            await self._work.wait()

    async def _look_up(self) -> None:
        wanted = list(self._unknown)
        if not wanted:
            return
        rows = await store.conversations(self.database, wanted)
        for row in rows:
            talk = self._talks.get((UUID(str(row["account_id"])), row["conversation_key"]))
            if talk is not None:
                await self.refresh(talk)
                talk.tell(CHANGED)
                talk.wake()
        for contact_id in wanted:
            for event in self._unknown.pop(contact_id, ()):
                self._message(event)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            self.pace.forget()
            now = asyncio.get_running_loop().time()
            for talk in list(self._talks.values()):
                newest = cursor_of(talk.newest) if talk.newest else None
                talk.tell(orjson.dumps({"t": "beat", "cursor": newest}))
                for out in [out for out in talk.sockets if out.stuck(now)]:
                    out.give_up()
            await self._look_at_waits()

    async def _look_at_waits(self) -> None:
        """Note that they are here, and tell them when what they see of their wait has changed."""
        asked = {one: talk for one, talk in self._by_contact.items() if talk.waits}
        try:
            async with asyncio.timeout(self._beat):
                await self._attendance.here(asked)
                if not asked:
                    return
                rows = await waits.of_contacts(self.database, list(asked))
        except (Unavailable, TimeoutError):
            return  # the next beat asks again
        for contact_id, talk in asked.items():
            row = rows.get(contact_id)
            if (row and Wait.of(row)) != talk.wait:
                self._changed(contact_id)


CHAT: web.AppKey[Chat] = web.AppKey("chat", Chat)
